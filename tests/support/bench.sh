#!/usr/bin/env bash
# Runs the benchmark over a copy of the real Odoo 19's database that grow.sql has grown: each posted invoice, sales and
# purchase order K times more (1500: 339,319 records in the eight models). ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_SECRET
# tell the benchmark where it is.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/common.sh
source "$here/common.sh"

k=${K:-1500}
[[ $k =~ ^[1-9][0-9]{0,5}$ ]] || die "K is how many copies of each document to make: a number, not '$k'"
name=bench_$k

can_run_odoo || die "the benchmark needs a real Odoo beside its own database: root and Debian 12 or later"
# the comment says that growing was not interrupted
if [[ $("$here/odoo.sh" psql 19 postgres -c "select shobj_description(oid, 'pg_database') from pg_database where datname = '$name'") != grown ]]; then
  "$here/odoo.sh" drop 19 "$name"
  server=$("$here/odoo.sh" up 19 "$name")
  note "growing $name"
  "$here/odoo.sh" psql 19 "$name" -v "k=$k" -f "$here/grow.sql" -c "comment on database $name is 'grown'" >&2
else
  server=$("$here/odoo.sh" up 19 "$name")
fi
export_odoo ODOO <<<"$server"
exec cargo run --release -p odoo_sync_tests --bin bench -- "$@"
