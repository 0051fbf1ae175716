#!/usr/bin/env bash
# Times `make demo` on a fresh Debian 12: the first time, with nothing there but Rust, git and make, and a second time. In a chroot,
# with mounts and processes of its own, all of which are gone afterwards. As root on Debian 12 or later.
#
#   fresh.sh [COMMIT]    of what (HEAD); what is not committed is left out
#
# FRESH_HOME    where it lives (/var/tmp/odoo_sync-fresh)
# FRESH_MIRROR  the Debian mirror to install from (the one that this machine uses)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/common.sh
source "$here/common.sh"

home=${FRESH_HOME:-/var/tmp/odoo_sync-fresh}
root=$home/root
project=/root/odoo_sync

# in_chroot SCRIPT: with this machine's way to the network and to the registry, and nothing else of its environment
in_chroot() {
  local passed=() name
  for name in $(compgen -e); do
    [[ ! $name =~ ^(https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|CARGO_HTTP_.*|CARGO_NET_.*|CARGO_REGISTR.*)$ ]] || passed+=("$name=${!name}")
  done
  # shellcheck disable=SC2016 # expanded by the shell in the new namespaces
  unshare --mount --pid --fork --kill-child bash -euc '
    mount -t proc proc "$1/proc"
    mount -t tmpfs tmpfs "$1/dev/shm"
    mount --bind "$2" "$1/opt/rust"
    exec chroot "$1" "${@:3}"' bash "$root" "$(rustc --print sysroot)" \
    /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/opt/rust/bin:/usr/sbin:/usr/bin:/sbin:/bin "${passed[@]}" \
    bash -euc "cd $project; $1"
}

# Removes the chroot. What an interrupted run left in it is being killed by the kernel, and may still write for a moment.
remove_root() {
  local deadline=$((SECONDS + 10))
  until rm -rf --one-file-system "$root" 2>/dev/null; do
    ((SECONDS < deadline)) || die "cannot remove $root: $(rm -rf --one-file-system "$root" 2>&1)"
    sleep 0.2
  done
}

install_chroot() {
  local settings=$home/apt.conf cargo=${CARGO_HOME:-$HOME/.cargo} file
  apt-config dump | grep -E '^Acquire::(https?|Retries|Check-)' >"$settings" || : # there may be none
  logged "$home/install.log" mmdebstrap --variant=minbase --include=ca-certificates,git,make --aptopt="$settings" \
    bookworm "$root" "deb ${FRESH_MIRROR:-$(debian_mirror FRESH_MIRROR)} bookworm main"
  # a proxy between here and the network may have a certificate of its own
  for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
    cp -L "$file" "$root$file"
  done
  install -d "$root/opt/rust" "$root/dev/shm" "$root/root/.cargo"
  for file in "$cargo"/config "$cargo"/config.toml; do
    [[ ! -e $file ]] || cp "$file" "$root/root/.cargo/"
  done
}

[[ $EUID == 0 && -e /etc/debian_version ]] || die "this takes root and Debian 12 or later"
"$here/setup.sh" chroot
commit=$(git -C "$here" rev-parse --verify "${1:-HEAD}^{commit}")
[[ ! -e $home || -e $home/fresh || -z $(ls -A "$home") ]] || die "$home is not fresh.sh's directory; choose another FRESH_HOME"
install -d "$home"
touch "$home/fresh"
remove_root
trap remove_root EXIT

note "making a Debian 12 in $root"
install_chroot
git clone -q --no-checkout --no-local "$(git -C "$here" rev-parse --show-toplevel)" "$root$project"
git -C "$root$project" checkout -q --detach "$commit"

note "make demo, cold and warm, of $(git -C "$here" log -1 --format='%h %s' "$commit"); its output goes to $home/log"
printf '%s cores, load before %s\n' "$(nproc)" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
# shellcheck disable=SC2016 # expanded by the shell in the chroot
in_chroot '
  TIMEFORMAT="%1R s"
  for run in cold warm; do
    printf "%s " "$run" >&3
    { time make demo >>/tmp/log 2>&1; } 2>&3 || { tail -n 40 /tmp/log >&2; exit 1; }
  done
  make demo-stop' 3>&1
cp "$root/tmp/log" "$home/log"
printf 'load after %s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
