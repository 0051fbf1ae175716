#!/usr/bin/env bash
# INSERT ... ON CONFLICT ... RETURNING (xmax = 0), the test for a new row, is refused by a partitioned table.
#
# One would guess: a partitioned table answers as each of its partitions does. So it is for UPDATE and DELETE, whose
# RETURNING may name xmax, and for INSERT with ctid or tableoid. An INSERT into the parent cannot return xmin or xmax:
# the usual way to count what an upsert added is lost on the day that its table is partitioned, at run time, with the
# first row. The plan is made without complaint, and a run that writes no row succeeds.
#
# Needs PostgreSQL 15 as Debian packages it (installed by apt-get if it is not there). Runs as root, or as a user who
# may start a server.
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

query postgres 'CREATE TABLE plain (id int PRIMARY KEY, value text);
  CREATE TABLE parent (id int PRIMARY KEY, value text) PARTITION BY RANGE (id);
  CREATE TABLE partition PARTITION OF parent FOR VALUES FROM (0) TO (1000)'

# upsert TABLE ID COLUMN
upsert() {
  echo "INSERT INTO $1 SELECT id, 'new' FROM generate_series($2, $2) AS id" \
    "ON CONFLICT (id) DO UPDATE SET value = excluded.value RETURNING $3"
}
# expect WHAT SQL RECORDED: the first line of the statement's answer or error
expect() {
  local seen
  seen=$(query postgres "$2" 2>&1) || true
  seen=${seen%%$'\n'*}
  echo "$1: $seen"
  [[ $seen == "$3" ]] || differs "$1: $seen, recorded was: $3"
}

refused='ERROR:  cannot retrieve a system column in this context'
expect 'plain table, new row: xmax = 0' "$(upsert plain 1 '(xmax = 0)')" t
expect 'plain table, updated row: xmax = 0' "$(upsert plain 1 '(xmax = 0)')" f
expect 'partition, new row: xmax = 0' "$(upsert partition 1 '(xmax = 0)')" t
expect 'partition, updated row: xmax = 0' "$(upsert partition 1 '(xmax = 0)')" f
expect 'parent, new row: xmax = 0' "$(upsert parent 2 '(xmax = 0)')" "$refused"
expect 'parent, updated row: xmax = 0' "$(upsert parent 1 '(xmax = 0)')" "$refused"
expect 'parent, updated row: tableoid' "$(upsert parent 1 tableoid::regclass)" partition
expect 'parent, updated row: ctid is null' "$(upsert parent 1 'ctid IS NULL')" f
expect 'parent, no row: rows' "WITH written AS (INSERT INTO parent SELECT 1, 'new' WHERE false
  ON CONFLICT (id) DO UPDATE SET value = excluded.value RETURNING xmax = 0) SELECT count(*) FROM written" 0
expect 'parent, UPDATE: xmax = 0' "UPDATE parent SET value = 'set' WHERE id = 1 RETURNING xmax = 0" t
expect 'parent, DELETE: xmax = 0' 'DELETE FROM parent WHERE id = 1 RETURNING xmax = 0' f
echo 'As recorded: of the three, INSERT alone refuses xmax on the parent.'
