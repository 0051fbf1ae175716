#!/usr/bin/env bash
# pg_cron: scheduling a job for a second database under a name in use gives the first database the new command.
#
# One would guess: cron.schedule_in_database('refresh', ..., 'second') makes a job in "second", or moves the job
# "refresh" there, or is refused because "first" has a job of that name. In fact a name is unique for each role over the
# whole cluster, and a name in use means an update of schedule and command alone. The call returns a job id, "second"
# has no job, and "first" runs the command that was meant for "second" in place of its own. By the same rule
# active => true does not wake up a job that alter_job() has put to sleep.
#
# Needs PostgreSQL 15 and pg_cron 1.4 as Debian 12 packages them (installed by apt-get if they are not there). By its
# changelog and source, pg_cron 1.6.3 and later update the database, too, so that the first database is left without its
# job; active stays as it was. Waits up to 85 s for the job's minute. Runs as root, or as a user who may start a server.
set -euo pipefail

bin=/usr/lib/postgresql/15/bin
[[ -x $bin/initdb && -e ${bin%/bin}/lib/pg_cron.so ]] ||
  apt-get install -y -qq postgresql-15 postgresql-15-cron >/dev/null

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
# expect WHAT SEEN RECORDED
expect() {
  echo "$1: $2"
  [[ $2 == "$3" ]] || differs "$1: $2, recorded was: $3"
}

pg initdb -D "$work/data" -A trust -U postgres -N >/dev/null
cat >>"$work/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$work'
fsync = off
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
CONF
pg pg_ctl -D "$work/data" -l "$work/log" -w start >/dev/null
export PGUSER=postgres
query postgres 'SELECT version()'
query postgres "CREATE EXTENSION pg_cron VERSION '1.4-1'"
query postgres "SELECT 'pg_cron ' || extversion FROM pg_extension WHERE extname = 'pg_cron'"
for database in first second; do
  query postgres "CREATE DATABASE $database"
  query "$database" 'CREATE TABLE ran (command text)'
done

# schedule NAME DATABASE: a job that leaves a row in the table "ran" of the database that it runs in
schedule() {
  query postgres "SELECT cron.schedule_in_database('$1', '* * * * *',
    'INSERT INTO ran VALUES (''for $2'')', '$2', active => true)"
}
job() { query postgres "SELECT database || ', ' || command || ', active: ' || active FROM cron.job WHERE jobid = $1"; }

# Far enough from the minute's end that no job starts between these calls.
while ((10#$(date +%S) > 50)); do sleep 1; done
first=$(schedule refresh first)
second=$(schedule refresh second)
other=$(schedule other second)
query postgres "SELECT cron.unschedule($other)" >/dev/null
expect 'the call for second answered the job of first' "$([[ $second == "$first" ]] && echo yes || echo no)" yes
expect 'the same under another name did' "$([[ $other == "$first" ]] && echo yes || echo no)" no
expect 'jobs named refresh' "$(query postgres "SELECT count(*) FROM cron.job WHERE jobname = 'refresh'")" 1
expect 'the job' "$(job "$first")" "first, INSERT INTO ran VALUES ('for second'), active: true"

for ((second = 0; second < 75; second++)); do
  [[ $(query postgres "SELECT count(*) FROM cron.job_run_details WHERE status = 'succeeded'") == 0 ]] || break
  sleep 1
done
expect 'what ran in first' "$(query first 'SELECT DISTINCT command FROM ran')" 'for second'
expect 'what ran in second' "$(query second 'SELECT DISTINCT command FROM ran')" ''

query postgres "SELECT cron.alter_job($first, active => false)" >/dev/null
schedule refresh first >/dev/null
expect 'the job, put to sleep, then scheduled as active' "$(job "$first")" \
  "first, INSERT INTO ran VALUES ('for first'), active: false"
echo 'As recorded: a name in use updates schedule and command, and nothing else.'
