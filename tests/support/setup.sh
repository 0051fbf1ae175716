#!/usr/bin/env bash
# Installs what the project needs on this machine and leaves alone what is there: a second call does nothing, in no time.
#
#   setup.sh build     to compile the extension for PG_CONFIG's server: a C compiler, libclang, the server's headers
#   setup.sh schema    to generate its SQL: cargo-pgrx, which is compiled from source and takes minutes
#   setup.sh server    to run a cluster with pg_cron: the server of PG_CONFIG, and pg_cron for it
#   setup.sh odoo      to run a real Odoo: mmdebstrap, curl, any PostgreSQL
#   setup.sh chroot    to make a Debian in a directory: mmdebstrap
#   setup.sh lint      shellcheck
#
# As root on Debian 12 it installs; elsewhere it names what is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/common.sh
source "$here/common.sh"

pg_config=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
missing=()

# want PACKAGE COMMAND…: PACKAGE is missing unless the command, which looks for what it brings, succeeds
want() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

major_version() {
  local version
  if [[ $pg_config =~ ^/usr/lib/postgresql/([0-9]+)/bin/pg_config$ ]]; then
    echo "${BASH_REMATCH[1]}"
  elif version=$("$pg_config" --version 2>/dev/null) && [[ $version =~ ^PostgreSQL\ ([0-9]+) ]]; then
    echo "${BASH_REMATCH[1]}"
  else
    die "$pg_config is no pg_config; PG_CONFIG=… names the one of the PostgreSQL server to install for"
  fi
}

# bindgen loads libclang, and takes the compiler's own headers from beside a clang of the same version
has_clang() {
  { command -v clang || compgen -G '/usr/lib/llvm-*/bin/clang'; } && [[ -n $(find -L /usr/lib /usr/lib64 /usr/local/lib \
    "${LIBCLANG_PATH:-/usr/lib}" -maxdepth 4 -name 'libclang[.-]*so*' -print -quit 2>/dev/null) ]]
}
has_file() { [[ -e $("$pg_config" "$1")/$2 ]]; }
has_any_server() { compgen -G '/usr/lib/postgresql/*/bin/initdb'; }

# the version of pgrx that Cargo.toml asks for
pgrx_version() { sed -n 's/^pgrx = .*"=\([0-9.]*\)".*/\1/p' "$here/../../Cargo.toml"; }
has_cargo_pgrx() { [[ $(cargo pgrx --version 2>/dev/null) == "cargo-pgrx $(pgrx_version)" ]]; }

[[ $# -gt 0 ]] || die "usage: setup.sh build|schema|server|odoo|chroot|lint …"
for part; do
  case $part in
    build)
      command -v cargo >/dev/null || die "no cargo on the PATH; install Rust 1.95 or later"
      # with the server it will be there; and whoever only looks at the code needs no server, just its headers
      [[ -x $pg_config || " $* " == *" server "* || " $* " == *" schema "* ]] ||
        die "there is no $pg_config; PG_CONFIG=… names the pg_config of the PostgreSQL server to install for"
      major=$(major_version)
      want build-essential command -v cc
      want clang has_clang
      want "postgresql-server-dev-$major" has_file --includedir-server postgres.h
      ;;
    schema)
      if ! has_cargo_pgrx; then # it links OpenSSL
        want pkg-config command -v pkg-config
        want libssl-dev pkg-config --exists openssl
      fi
      ;;
    server)
      major=$(major_version)
      want "postgresql-$major" has_file --bindir initdb
      want "postgresql-$major-cron" has_file --sharedir extension/pg_cron.control
      ;;
    odoo)
      want mmdebstrap command -v mmdebstrap
      want curl command -v curl
      want postgresql has_any_server
      ;;
    chroot) want mmdebstrap command -v mmdebstrap ;;
    lint) want shellcheck command -v shellcheck ;;
    *) die "setup.sh knows no '$part'" ;;
  esac
done

if [[ ${#missing[@]} -gt 0 ]]; then
  if ! command -v apt-get >/dev/null || [[ $EUID != 0 ]]; then
    die "this machine lacks (by the names of their Debian packages): ${missing[*]}. As root on Debian they would be installed now; here, install them by hand"
  fi
  if [[ " ${missing[*]} " == *" postgresql-"* && $pg_config != /usr/lib/postgresql/* && $pg_config != /usr/bin/pg_config ]]; then
    die "the server of $pg_config is not one of Debian's packages, and lacks what these would bring: ${missing[*]}. Install that for it by hand"
  fi
  note "installing ${missing[*]}"
  log=$(mktemp)
  # a package source of somebody else's that is down need not matter; whether it does, the installation tells
  apt-get -o DPkg::Lock::Timeout=300 -qq update >"$log" 2>&1 || { tail -n 5 "$log" >&2 && note "apt-get update failed; going on with the lists there are"; }
  DEBIAN_FRONTEND=noninteractive logged "$log" \
    apt-get -o DPkg::Lock::Timeout=300 -qq install --no-install-recommends "${missing[@]}"
  rm "$log"
fi

if [[ " $* " == *" schema "* ]] && ! has_cargo_pgrx; then
  note "installing cargo-pgrx $(pgrx_version) (about 4 minutes)"
  log=$(mktemp)
  logged "$log" cargo install cargo-pgrx --version "=$(pgrx_version)" --locked
  rm "$log"
fi
