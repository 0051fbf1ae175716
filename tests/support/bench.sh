#!/usr/bin/env bash
# Runs the benchmarks over copies of the real Odoo 19's database that grow.sql has grown: each posted invoice, sales and
# purchase order K times more (1500: 339,319 records in the eight models). ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_SECRET
# tell the benchmark where it is.
#
#   bench.sh first [ROUNDS]         a first run over K copies (1500), against its bounds
#   bench.sh incremental [ROUNDS]   incremental runs over K copies (500), and over 3 and 10 times as many
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/common.sh
source "$here/common.sh"

can_run_odoo || die "the benchmark needs a real Odoo beside its own database: root and Debian 12 or later"

# grown K: serves the copy that is grown by K, made where it is missing; prints where it is.
grown() {
  local name=bench_$1
  # the comment says that growing was not interrupted
  if [[ $("$here/odoo.sh" psql 19 postgres -c "select shobj_description(oid, 'pg_database') from pg_database where datname = '$name'") != grown ]]; then
    "$here/odoo.sh" drop 19 "$name"
    "$here/odoo.sh" up 19 "$name"
    note "growing $name"
    "$here/odoo.sh" psql 19 "$name" -v "k=$1" -f "$here/grow.sql" -c "comment on database $name is 'grown'" >&2
  else
    "$here/odoo.sh" up 19 "$name"
  fi
}

# measure BENCHMARK K [ROUNDS]
measure() {
  local server
  server=$(grown "$2")
  export_odoo ODOO <<<"$server"
  cargo run --quiet --release -p odoo_sync_tests --bin "$1" -- "${@:3}"
}

kind=${1:-first}
case $kind in
  first) sizes=("${K:-1500}") program=bench ;;
  incremental) sizes=("${K:-500}" $((3 * ${K:-500})) $((10 * ${K:-500}))) program=bench_incremental ;;
  *) die "there is 'first' and 'incremental', not '$kind'" ;;
esac
[[ ${K:-1} =~ ^[1-9][0-9]{0,5}$ ]] || die "K is how many copies of each document to make: a number, not '$K'"
for size in "${sizes[@]}"; do
  measure "$program" "$size" "${@:2}"
done
