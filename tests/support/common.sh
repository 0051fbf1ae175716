# shellcheck shell=bash
# What the other scripts share; sourced by them.

# a failure inside $(…) ends the script too
shopt -s inherit_errexit

# note TEXT…: one line about what goes on, on stderr, so that standard output stays the script's result.
note() { printf '==> %s\n' "$*" >&2; }

# die TEXT…: the reason why this script stops, on stderr; ends it with status 1.
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# logged FILE COMMAND…: runs the command with its output in FILE, and shows the end of FILE only if it fails.
logged() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || {
    local status=$?
    tail -n 40 "$log" >&2
    die "'$*' failed with status $status; all of its output is in $log"
  }
}

# can_run_odoo: whether this machine can install and serve a real Odoo.
can_run_odoo() { [[ $EUID == 0 && -e /etc/debian_version ]]; }

# export_odoo PREFIX: exports the ODOO_URL, ODOO_DB, … of an env block on standard input, as PREFIX_URL, PREFIX_DB, …
export_odoo() {
  local key value
  while IFS='=' read -r key value; do export "$1_${key#ODOO_}=$value"; done
}

# given_odoo PREFIX: whether the caller's environment names an Odoo by PREFIX_URL; then the rest must be there too
given_odoo() {
  local url=$1_URL part
  [[ -n ${!url:-} ]] || return 1
  for part in "$1_DB" "$1_LOGIN" "$1_SECRET"; do
    [[ -n ${!part:-} ]] || die "$url is set and $part is not"
  done
  export "${url?}" "$1_DB" "$1_LOGIN" "$1_SECRET"
}

# as_postgres COMMAND…: PostgreSQL refuses to run as root, so root hands its commands to the user postgres.
as_postgres() {
  if [[ $EUID == 0 ]]; then
    id postgres >/dev/null 2>&1 || die "PostgreSQL does not run as root, and this machine has no user 'postgres' to run it as"
    # from a directory which that user can read
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# free_port VARIABLE FIRST STEP [OFFSET]: the port that the environment variable asks for, else the first free one of FIRST,
# FIRST+STEP, …; a port counts as free when the one OFFSET above it is free too.
free_port() {
  local asked=${!1:-} port offset=${4:-0}
  port=${asked:-$2}
  while taken "$port" || taken $((port + offset)); do
    [[ -z $asked ]] || die "another program uses port $port$([[ $offset == 0 ]] || echo " or $((port + offset))"); choose another $1"
    port=$((port + $3))
    [[ $port -lt 64000 ]] || die "no free port from $2 on"
  done
  echo "$port"
}

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# end_group PID: ends a process that was started with setsid, with all that it started; nothing to do if it is gone.
end_group() {
  local deadline=$((SECONDS + 20))
  kill -- "-$1" 2>/dev/null || return 0
  while kill -0 -- "-$1" 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      note "process group $1 ignored TERM for 20 s; killing it"
      kill -KILL -- "-$1" 2>/dev/null || return 0
      deadline=$((SECONDS + 20))
    fi
    sleep 0.1
  done
}

# built: the directory in which cargo leaves what it builds with --release
built() { echo "${CARGO_TARGET_DIR:-$(dirname "${BASH_SOURCE[0]}")/../../target}/release"; }

# debian_mirror VARIABLE: the mirror of the machine's own sources, without Debian's security archive and without other people's;
# the environment variable is where the caller can name one
debian_mirror() {
  local mirror log
  mirror=$(known_mirror)
  if [[ -z $mirror ]]; then # the lists have not been fetched yet
    log=$(mktemp)
    logged "$log" apt-get update
    rm "$log"
    mirror=$(known_mirror)
  fi
  [[ -n $mirror ]] || die "apt knows no Debian mirror on this machine; name one in $1"
  echo "$mirror"
}

known_mirror() { apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1; }
