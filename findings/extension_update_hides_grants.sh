#!/usr/bin/env bash
# pg_dump leaves out an administrator's grants on an extension's objects once an update of it granted on them.
#
# One would guess: pg_dump writes every grant that the administrator made by hand on an extension's view or function,
# and it does, as long as the extension stays at the version that CREATE EXTENSION installed. A GRANT in an update
# script, though, records the object's whole access list as the extension's own (pg_init_privs), with the
# administrator's entries in it. From then on they work as before, and no dump has them: whoever restores the dump
# loses the access.
#
# Needs PostgreSQL 15 as Debian packages it (installed by apt-get if it is not there). pg_buffercache, one of its
# contrib modules, is pinned by its version; 1.2 to 1.3 is two GRANTs. Runs as root, or as a user who may start a
# server.
set -euo pipefail

bin=/usr/lib/postgresql/15/bin
[[ -x $bin/initdb ]] || apt-get install -y -qq postgresql-15 >/dev/null

work=$(mktemp -d)
as_server=()
if [[ $(id -u) == 0 ]]; then
  as_server=(runuser -u postgres --)
  chown postgres "$work"
fi
pg() { (cd "$work" && "${as_server[@]}" "$bin/$1" "${@:2}"); }
query() { pg psql -XqAt -v ON_ERROR_STOP=1 -h "$work" -d "$1" -c "$2"; }
finish() {
  [[ ! -e $work/data/postmaster.pid ]] || pg pg_ctl -D "$work/data" -m immediate stop >/dev/null
  rm -rf "$work"
}
trap finish EXIT
differs() {
  echo "DIFFERS: $1" >&2
  exit 1
}

pg initdb -D "$work/data" -A trust -U postgres -N >/dev/null
pg pg_ctl -D "$work/data" -l "$work/log" -w \
  -o "-c listen_addresses='' -c unix_socket_directories='$work' -c fsync=off" start >/dev/null
export PGUSER=postgres
query postgres 'SELECT version()'
query postgres 'CREATE ROLE dashboard'

# granted DATABASE: whether dashboard may read pg_buffercache there
granted() { query "$1" "SELECT has_table_privilege('dashboard', 'pg_buffercache', 'SELECT')"; }

# The same extension and the same grant in both; only one of them is updated.
for database in kept updated; do
  query postgres "CREATE DATABASE $database"
  query "$database" "CREATE EXTENSION pg_buffercache VERSION '1.2'"
  query "$database" 'GRANT SELECT ON pg_buffercache TO dashboard'
done
query updated "ALTER EXTENSION pg_buffercache UPDATE TO '1.3'"

for database in kept updated; do
  query postgres "CREATE DATABASE restored_$database"
  pg pg_dump -h "$work" -d "$database" -f "$work/$database.sql"
  pg psql -Xq -v ON_ERROR_STOP=1 -h "$work" -d "restored_$database" -o /dev/null -f "$work/$database.sql"
  grants=$(grep -c 'TO dashboard;' "$work/$database.sql" || [[ $? == 1 ]])
  echo "$database: dashboard may read: $(granted "$database"); grants to it in the dump: $grants;" \
    "after restoring: $(granted "restored_$database")"
done | tee "$work/seen"

echo "pg_init_privs after the update: $(query updated "SELECT initprivs FROM pg_init_privs
  WHERE objoid = 'pg_buffercache'::regclass AND classoid = 'pg_class'::regclass")"

diff "$work/seen" - <<'SEEN' >/dev/null ||
kept: dashboard may read: t; grants to it in the dump: 1; after restoring: t
updated: dashboard may read: t; grants to it in the dump: 0; after restoring: f
SEEN
  differs 'the grant of an updated extension is dumped, or one that was not updated is lost'
echo 'As recorded: the update took the grant out of the dump.'
