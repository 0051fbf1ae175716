#!/usr/bin/env bash
# Runs the tests over a real Odoo 19 and 14: those that ODOO19_URL, …_DB, …_LOGIN, …_SECRET and ODOO14_… name, else
# those that odoo.sh brings up. Arguments go to `cargo test`. Where there is no real Odoo to be had it says so at the
# start and at the end, and with REQUIRE_REAL_ODOO=1 it fails instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/common.sh
source "$here/common.sh"

# the Odoo client's tests, and those of the extension
tests=(cargo test -p odoo -p odoo_sync_tests --release)
# compiled first: a mistake shows before any server is waited for
"${tests[@]}" --no-run

wanted=() skipped=()
for version in 19 14; do
  if given_odoo "ODOO$version"; then
    continue
  elif can_run_odoo; then
    wanted+=("$version")
  else
    skipped+=("$version")
  fi
done

tell_skipped() {
  if [[ ${#skipped[@]} -gt 0 ]]; then
    note "SKIPPED: everything that needs a real Odoo ${skipped[*]}, which this machine cannot run (that takes root and Debian 12 or later)." \
      "ODOO19_URL, ODOO19_DB, ODOO19_LOGIN and ODOO19_SECRET name one elsewhere; ODOO14_… likewise."
  fi
}
tell_skipped
[[ ${#skipped[@]} == 0 || ${REQUIRE_REAL_ODOO:-} != 1 ]] || die "REQUIRE_REAL_ODOO=1 and no real Odoo ${skipped[*]}"

[[ ${#wanted[@]} == 0 ]] || "$here/setup.sh" odoo
# both at once: a first installation waits for the network and for single-threaded tools most of the time
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
declare -A pids
for version in "${wanted[@]}"; do
  "$here/odoo.sh" up "$version" >"$scratch/odoo$version" &
  pids[$version]=$!
done
failed=()
for version in "${wanted[@]}"; do
  wait "${pids[$version]}" || failed+=("$version")
done
[[ ${#failed[@]} == 0 ]] || die "no real Odoo ${failed[*]} to test with; the reason stands above"
for version in "${wanted[@]}"; do
  export_odoo "ODOO$version" <"$scratch/odoo$version"
done

status=0
# all of them, so that one run tells all there is to mend
"${tests[@]}" --no-fail-fast "$@" || status=$?
tell_skipped
[[ ${#wanted[@]} == 0 ]] || note "Odoo ${wanted[*]} stay up for the next run; 'make odoo-stop' ends them"
exit "$status"
