#!/usr/bin/env bash
# Shows the extension at work, in a throwaway PostgreSQL cluster of its own with pg_cron.
#
#   demo.sh start   replaces the demo before it; over the Odoo that ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_SECRET name,
#                   else over a real one with ODOO=19 or ODOO=14, else over the sample Odoo that the project carries
#   demo.sh stop    stops it and removes all of it
#
# DEMO_HOME is where it lives (/var/tmp/odoo_sync-demo).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/common.sh
source "$here/common.sh"

home=${DEMO_HOME:-/var/tmp/odoo_sync-demo}
data=$home/data

stop() {
  local pid bin
  [[ -e $home || -L $home ]] || return 0
  [[ $home != / && (-e $home/demo || -z $(ls -A "$home")) ]] || die "$home is not a demo's directory; choose another DEMO_HOME"
  # a pid may have gone to another process since
  if pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) && grep -qaF -- "$data" "/proc/$pid/cmdline" 2>/dev/null; then
    bin=$(<"$home/demo") # the binaries that it was started with
    as_postgres "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null
  fi
  if pid=$(cat "$home/sample_odoo.pid" 2>/dev/null) && grep -qa sample_odoo "/proc/$pid/cmdline" 2>/dev/null; then
    end_group "$pid"
  fi
  rm -rf "$home"
}

start_cluster() {
  local owner=()
  [[ $EUID != 0 ]] || owner=(-o postgres)
  install -d "${owner[@]}" -m 700 "$home"
  echo "$bin" >"$home/demo"
  logged "$home/initdb.log" as_postgres "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8
  cat >>"$data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$home'
shared_preload_libraries = 'pg_cron'
cron.database_name = 'demo'
cron.host = '$home'
# a statement that somebody typed a secret into must not end in the log because it failed
log_min_error_statement = panic
CONF
  logged "$home/pg_ctl.log" as_postgres "$bin/pg_ctl" -D "$data" -l "$data/log" -w start
  logged "$home/createdb.log" as_postgres "$bin/createdb" -h "$home" -U postgres demo
}

# Sets and exports ODOO_URL, ODOO_DB, ODOO_LOGIN, ODOO_SECRET.
choose_odoo() {
  local block
  if given_odoo ODOO; then
    return
  elif [[ -n ${ODOO:-} ]]; then
    [[ $ODOO =~ ^(14|19)$ ]] || die "ODOO is 14 or 19, not '$ODOO'; ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_SECRET name another"
    block=$("$here/odoo.sh" up "$ODOO")
  else
    start_sample
    block=$(<"$home/sample_odoo")
  fi
  export_odoo ODOO <<<"$block"
}

start_sample() {
  local pid deadline=$((SECONDS + 30))
  (umask 077 && : >"$home/sample_odoo" && : >"$home/sample_odoo.log")
  setsid "$(built)/sample_odoo" >"$home/sample_odoo" 2>"$home/sample_odoo.log" </dev/null &
  pid=$!
  echo "$pid" >"$home/sample_odoo.pid"
  until grep -q '^ODOO_SECRET=' "$home/sample_odoo"; do
    if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= deadline)); then
      tail -n 20 "$home/sample_odoo.log" >&2
      die "the sample Odoo did not come up; its output is in $home/sample_odoo.log"
    fi
    sleep 0.1
  done
}

case ${1:-} in
  start)
    stop
    bin=$("${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}" --bindir)
    # a socket in a directory that is closed to others is the only way in: no port to collide on, no password to invent
    psql=("$bin/psql" -X -h "$home" -U postgres -d demo)
    start_cluster
    choose_odoo
    "${psql[@]}" <"$here/demo.sql" || die "the demo stopped at the error above; its database is still there: ${psql[*]}"
    cat <<TEXT

It is yours to look around in:
  ${psql[*]}
'make demo' starts anew, 'make demo-stop' removes it.
TEXT
    ;;
  stop) stop ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
esac
