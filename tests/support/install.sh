#!/usr/bin/env bash
# Copies the extension that `cargo build --release` has built into the server of PG_CONFIG, or removes it from there.
#
#   install.sh install
#   install.sh uninstall
#
# DESTDIR is put before each path, for packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/common.sh
source "$here/common.sh"

pg_config=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
[[ -x $pg_config ]] || die "there is no $pg_config; PG_CONFIG=… names the pg_config of the PostgreSQL server to install for"
root=$here/../..
libraries=${DESTDIR:-}$("$pg_config" --pkglibdir)
extensions=${DESTDIR:-}$("$pg_config" --sharedir)/extension

# place MODE FILE TARGET: by a rename, so that a server that has the old file mapped keeps it, and none reads half a file
place() {
  install -m "$1" "$2" "$3.new"
  mv -f "$3.new" "$3"
  note "$3"
}

# may_write DIRECTORY: ends the script where the caller has no right to change what is in it
may_write() {
  [[ ! -d $1 || -w $1 ]] ||
    die "$1 is not writable by this user; run $here/install.sh $action as root, which only copies or removes files"
}

action=${1:-}
[[ $action =~ ^(un)?install$ ]] || die "install.sh knows 'install' and 'uninstall', not '$action'"
may_write "$libraries"
may_write "$extensions"
case $action in
  install)
    [[ -e $(built)/libodoo_sync.so ]] || die "there is no $(built)/libodoo_sync.so; 'make install' builds it first"
    install -d -m 755 "$libraries" "$extensions"
    place 755 "$(built)/libodoo_sync.so" "$libraries/odoo_sync.so"
    for script in "$root"/sql/odoo_sync--*.sql; do
      place 644 "$script" "$extensions/${script##*/}"
    done
    # last: it names the version whose script must be there
    place 644 "$root/odoo_sync.control" "$extensions/odoo_sync.control"
    ;;
  uninstall) rm -f "$extensions"/odoo_sync.control "$extensions"/odoo_sync--*.sql "$libraries/odoo_sync.so" ;;
esac
