#!/usr/bin/env bash
# Brings up a real Odoo server (14 or 19) on this machine from Debian's own packages, in a chroot, over a throwaway
# PostgreSQL cluster. Debian 12 or later, as root. Minutes the first time, seconds after that.
#
#   odoo.sh up 19                    install if needed, create the database pristine19 if needed, serve it; prints an env block
#   odoo.sh up 19 NAME               the same over a fresh copy NAME of Odoo's demo database
#   odoo.sh shell 19 [NAME]          Python on standard input, run in Odoo's own shell (env is bound; commit yourself)
#   odoo.sh psql 19 [NAME [ARG…]]    psql on Odoo's own database: the ground truth to compare a mirror with
#   odoo.sh down 19 [NAME]           stop serving it
#   odoo.sh drop 19 NAME             stop serving it and remove the database
#   odoo.sh stop                     stop every server and the cluster
#
# REAL_ODOO_HOME    where all of it lives (/var/tmp/odoo_sync-odoo)
# REAL_ODOO_PORT    the server's port; its live chat has the one 1000 above (80 and the version, or the next free one)
# REAL_ODOO_PGPORT  the cluster's port (5433, or the next free one)
# REAL_ODOO_MIRROR  the Debian mirror to install from (the one that this machine uses)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/common.sh
source "$here/common.sh"

modules=(account sale_management purchase stock sale_stock purchase_stock)

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

# --- the installation -------------------------------------------------------------------------------------------------

# in_odoo COMMAND…: in the chroot, as its user odoo, in an environment of its own
in_odoo() {
  chroot --userspec=odoo:odoo "$root" \
    /usr/bin/env -i PATH=/usr/bin:/bin HOME=/var/lib/odoo LANG=C.UTF-8 TZ=UTC "$@" 8>&- 9>&-
}

# The chroot gets its name only when it is complete, so that an interrupted installation starts anew.
install_chroot() {
  if [[ ! -x $root/usr/bin/odoo ]]; then
    "$here/setup.sh" odoo
    remove_tree "$root"
    remove_tree "$root.partial"
    note "installing Odoo $version into $root (about 2 minutes)"
    local mirror
    mirror=${REAL_ODOO_MIRROR:-$(debian_mirror REAL_ODOO_MIRROR)}
    local options=(--variant=minbase
      --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"')
    case $version in
      19) # packaged for sid only, and wants sid's odoo on trixie's Python 3.13 (sid's 3.14 breaks it)
        # shellcheck disable=SC2016 # $1 is the hook's own
        options+=('--include=odoo-19,tzdata-legacy'
          --setup-hook='mkdir -p "$1/etc/apt/preferences.d"; printf "Package: *\nPin: release n=sid\nPin-Priority: 100\n" >"$1/etc/apt/preferences.d/sid"'
          trixie "$root.partial" "deb $mirror trixie main" "deb $mirror sid main") ;;
      14) options+=(--include=odoo-14 bullseye "$root.partial" "deb $mirror bullseye main") ;;
    esac
    logged "$home/install$version.log" mmdebstrap "${options[@]}"
    install -d "$root.partial/proc"
    chroot "$root.partial" install -d -o odoo -g odoo /var/lib/odoo
    mv "$root.partial" "$root"
  fi
  # gone after a reboot
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" ||
    die "cannot mount /proc in $root, which Odoo needs: this machine does not let root mount"
}

# remove_tree DIRECTORY: with what an interrupted installation left mounted in it let go first
remove_tree() {
  local mounted
  while read -r mounted; do umount "$mounted"; done < <(awk -v below="$1/" 'index($2, below) == 1 {print $2}' /proc/self/mounts | sort -r)
  rm -rf --one-file-system "$1"
}

# --- the cluster ------------------------------------------------------------------------------------------------------

pg() { psql -qAtX -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$pgport" -U odoo "$@"; }

has_database() { [[ $(pg -d postgres -c "select 1 from pg_database where datname = '$1'") == 1 ]]; }

# The running cluster's port, or nothing. A pid file outlives a server that was killed, so the server itself is asked.
cluster_port() {
  local port directory
  port=$(sed -n 4p "$home/pg/postmaster.pid" 2>/dev/null) || return 0
  directory=$(psql -qAtX -h 127.0.0.1 -p "${port:-0}" -U postgres -d postgres -c 'show data_directory' 2>/dev/null) || return 0
  [[ ! $directory -ef $home/pg ]] || echo "$port"
}

# Sets pgport, and starts the cluster where it does not run.
start_cluster() {
  exec 8>"$home/lock-pg"
  flock 8
  pgport=$(cluster_port)
  if [[ -n $pgport ]]; then
    [[ ${REAL_ODOO_PGPORT:-$pgport} == "$pgport" ]] ||
      die "the cluster of $home runs on port $pgport, not on $REAL_ODOO_PGPORT: leave REAL_ODOO_PGPORT away, or choose another REAL_ODOO_HOME"
  else
    local bin pid
    "$here/setup.sh" odoo
    bin=$(server_bin)
    if [[ ! -e $home/pg/PG_VERSION ]]; then
      rm -rf "$home/pg" "$home/pg.partial"
      install -d -o postgres -m 700 "$home/pg.partial"
      logged "$home/initdb.log" as_postgres "$bin/initdb" -D "$home/pg.partial" -A trust -E UTF8 --locale=C.UTF-8
      cat >>"$home/pg.partial/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
synchronous_commit = off
max_connections = 200
CONF
      mv "$home/pg.partial" "$home/pg"
    fi
    # another process may have got a killed server's pid, and PostgreSQL would take it for that server
    if pid=$(head -n 1 "$home/pg/postmaster.pid" 2>/dev/null) && ! grep -qaF -- "$home/pg" "/proc/$pid/cmdline" 2>/dev/null; then
      rm "$home/pg/postmaster.pid"
    fi
    pgport=$(free_port REAL_ODOO_PGPORT 5433 10)
    note "starting Odoo's PostgreSQL on port $pgport"
    logged "$home/pg_ctl.log" as_postgres "$bin/pg_ctl" -D "$home/pg" -l "$home/pg/log" -w -t 120 -o "-p $pgport" start 8>&- 9>&-
  fi
  [[ $(pg -U postgres -d postgres -c "select 1 from pg_roles where rolname = 'odoo'") == 1 ]] ||
    pg -U postgres -d postgres -c 'create role odoo superuser login'
  exec 8>&-
}

# the binaries of the version that the cluster was made with, or of the newest one there is
server_bin() {
  local major
  if [[ -e $home/pg/PG_VERSION ]]; then
    major=$(<"$home/pg/PG_VERSION")
  else
    major=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1)
  fi
  [[ -x /usr/lib/postgresql/$major/bin/pg_ctl ]] ||
    die "the cluster of $home was made by PostgreSQL $major, which is not installed any more: install postgresql-$major, or remove $home/pg"
  echo "/usr/lib/postgresql/$major/bin"
}

# --- the databases ----------------------------------------------------------------------------------------------------

# seedNN holds Odoo's own demo data and is never served: CREATE DATABASE copies only what nobody is connected to. It gets
# its name only when it is complete.
make_seed() {
  local partial=${seed}_partial demo=() state
  has_database "$seed" && [[ -d $filestore/$seed ]] && return
  note "creating Odoo $version's demo database (about a minute)"
  pg -d postgres -c "set client_min_messages = warning" -c "drop database if exists $partial with (force)" -c "drop database if exists $seed with (force)"
  rm -rf "${filestore:?}/$partial"
  [[ $version == 14 ]] || demo=(--with-demo)
  logged "$home/init$version.log" in_odoo odoo -d "$partial" "${database[@]}" \
    -i "$(IFS=, && echo "${modules[*]}")" "${demo[@]}" --stop-after-init --no-http
  # Odoo ends with 0 also where demo data could not be loaded
  state=$(pg -d "$partial" -c "select count(*) || ' ' || (select count(*) from ir_demo_failure) from ir_module_module
    where state = 'installed' and demo and name = any (string_to_array('${modules[*]}', ' '))")
  [[ $state == "${#modules[@]} 0" ]] ||
    die "Odoo $version did not install all modules with their demo data (installed, failures: $state); see $home/init$version.log"
  [[ $version == 14 ]] || make_key "$partial" "$seed"
  mv "$filestore/$partial" "$filestore/$seed"
  pg -d postgres -c "alter database $partial rename to $seed"
}

make_database() {
  has_database "$name" && return
  make_seed
  [[ $name != "$seed" ]] || return 0
  # linked, not copied: Odoo names these files by their content and never writes into one
  rm -rf "${filestore:?}/$name"
  cp -al "$filestore/$seed" "$filestore/$name"
  [[ $version == 14 ]] || cp -p "$(key_file "$seed")" "$(key_file "$name")"
  pg -d postgres -c "create database $name template $seed"
}

key_file() { if [[ $1 == "pristine$version" ]]; then echo "$home/key$version"; else echo "$home/key-$1"; fi; }

# make_key DATABASE [NAME]: gives the admin user of DATABASE an API key, and keeps it as NAME's
make_key() {
  local file
  file=$(key_file "${2:-$1}")
  (umask 077 && in_odoo odoo shell -d "$1" "${database[@]}" --no-http --log-level=error >"$file.partial" 2>"$home/key$version.log") <<'PY' ||
import datetime
user = env.ref('base.user_admin')
print(env['res.users.apikeys'].with_user(user)._generate('rpc', 'sync', datetime.datetime.now() + datetime.timedelta(days=80)))
env.cr.commit()
PY
    { tail -n 20 "$home/key$version.log" >&2 && die "could not make an API key in $1"; }
  grep -qE '^[0-9a-f]{40}$' "$file.partial" || { tail -n 20 "$home/key$version.log" >&2 && die "Odoo's shell printed no API key for $1"; }
  mv "$file.partial" "$file"
}

read_key() { grep -oE '^[0-9a-f]{40}$' "$(key_file "$name")" 2>/dev/null || true; }

# The secret to log in with. A key that the database does not know, or that ends within 20 days, is replaced.
secret() {
  local key
  if [[ $version == 14 ]]; then echo admin && return; fi
  key=$(read_key)
  if [[ $(pg -d "$name" -c "select 1 from res_users_apikeys where index = '${key:0:8}'
      and expiration_date > now() at time zone 'utc' + interval '20 days' limit 1") != 1 ]]; then
    note "making a new API key in $name"
    make_key "$name"
  fi
  read_key
}

# --- the servers ------------------------------------------------------------------------------------------------------

# server_pid NAME: the pid of NAME's server, or nothing. A pid may belong to another process by now: only one that
# runs in this chroot and serves this database counts.
server_pid() {
  local pid
  pid=$(cat "$home/serve-$1.pid" 2>/dev/null) || return 0
  [[ /proc/$pid/root -ef $root && $(command_line "$pid") == *" -d $1 "* ]] || return 0
  echo "$pid"
}

command_line() { tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline"; }

answers() { [[ $(curl -s -o /dev/null --max-time 60 -w '%{http_code}' "http://127.0.0.1:$1/web/login") == 200 ]]; }

# Sets port, and starts the server where it does not run as it should.
serve() {
  local pid chat=--gevent-port deadline=$((SECONDS + 120))
  pid=$(server_pid "$name")
  if [[ -n $pid && $(command_line "$pid") =~ --db_port\ $pgport\ .*--http-port\ ([0-9]+) ]]; then
    port=${BASH_REMATCH[1]}
    if [[ ${REAL_ODOO_PORT:-$port} == "$port" ]] && answers "$port"; then return; fi
  fi
  stop_server "$name"
  port=$(free_port REAL_ODOO_PORT "80$version" 100 1000)
  note "serving $name on port $port"
  [[ $version == 19 ]] || chat=--longpolling-port
  # two workers: the prefork server that production uses; no cron threads, so that nothing changes by itself;
  # a live-chat port of its own, or a second server on the machine restarts that child for ever
  setsid chroot --userspec=odoo:odoo "$root" \
    /usr/bin/env -i PATH=/usr/bin:/bin HOME=/var/lib/odoo LANG=C.UTF-8 TZ=UTC \
    odoo -d "$name" "${database[@]}" --db-filter "^$name\$" --http-interface 127.0.0.1 --http-port "$port" \
    "$chat" $((port + 1000)) --workers 2 --max-cron-threads 0 >"$home/serve-$name.log" 2>&1 </dev/null 8>&- 9>&- &
  pid=$!
  echo "$pid" >"$home/serve-$name.pid"
  until answers "$port"; do
    if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= deadline)); then
      tail -n 40 "$home/serve-$name.log" >&2
      stop_server "$name"
      die "Odoo $version did not come up over $name on port $port; its log is $home/serve-$name.log"
    fi
    sleep 0.2
  done
}

stop_server() {
  local pid
  pid=$(server_pid "$1")
  [[ -z $pid ]] || end_group "$pid"
  rm -f "$home/serve-$1.pid"
}

# --- what was asked for -----------------------------------------------------------------------------------------------

verb=${1:-}
home=${REAL_ODOO_HOME:-/var/tmp/odoo_sync-odoo}
if [[ $verb != stop ]]; then
  version=${2:-} name=${3:-pristine${2:-}}
  [[ $verb =~ ^(up|shell|psql|down|drop)$ && $version =~ ^(14|19)$ ]] || usage
  [[ $verb != drop || -n ${3:-} ]] || usage
  [[ $name =~ ^[a-z][a-z0-9_]{0,50}$ ]] || die "'$name' is no name for a database here: small letters, digits and _"
  root=$home/$version
  seed=seed$version
  filestore=$root/var/lib/odoo/.local/share/Odoo/filestore
fi
can_run_odoo || die "a real Odoo needs root and Debian 12 or later"
mkdir -p "$home"
[[ -O $home ]] || die "$home belongs to another user; choose another REAL_ODOO_HOME"
home=$(cd "$home" && pwd -P)

# connect: what every verb that talks to the databases needs
connect() {
  install_chroot
  start_cluster
  database=(--db_host 127.0.0.1 --db_port "$pgport" --db_user odoo)
}

case $verb in
  up)
    # one at a time for each version; the servers do not inherit the lock
    exec 9>"$home/lock-$version"
    flock 9
    connect
    make_database
    key=$(secret)
    serve
    # ODOO_PASSWORD is the same user's, where the secret is an API key; at ODOO_PGPORT is Odoo's own database, for role odoo
    printf '%s\n' "ODOO_URL=http://127.0.0.1:$port" "ODOO_DB=$name" "ODOO_LOGIN=admin" "ODOO_SECRET=$key" \
      "ODOO_PASSWORD=admin" "ODOO_PGPORT=$pgport"
    ;;
  shell)
    connect
    in_odoo odoo shell -d "$name" "${database[@]}" --no-http --log-level=error
    ;;
  psql)
    start_cluster
    shift $(($# < 3 ? $# : 3))
    pg -d "$name" "$@"
    ;;
  down) stop_server "$name" ;;
  drop)
    stop_server "$name"
    start_cluster
    pg -d postgres -c "set client_min_messages = warning" -c "drop database if exists $name with (force)"
    rm -rf "$(key_file "$name")" "$home/serve-$name.log" "${filestore:?}/$name"
    ;;
  stop)
    for root in "$home"/14 "$home"/19; do
      for file in "$home"/serve-*.pid; do
        name=${file##*/serve-}
        [[ ! -e $file || -z $(server_pid "${name%.pid}") ]] || stop_server "${name%.pid}"
      done
    done
    if [[ -n $(cluster_port) ]]; then
      logged "$home/pg_ctl.log" as_postgres "$(server_bin)/pg_ctl" -D "$home/pg" -m fast -w stop
    fi
    ;;
  *) usage ;;
esac
