#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run-system.sh [NAME...]: the bats files of tests/system, all or those named (10_burst ...).
# All of them run in two lanes: those in a lab, and those in a machine of their own (95 and up).
# A test that can't run here skips loudly; with OSM_NO_SKIP=1 a skip is a failure.
set -eu
cd "$(dirname "$0")/system"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

lane() { # NAME FILE...: its lines come as they are made; whole only with every test that was planned
	name=$1
	shift
	bats --tap "$@" 2>&1 | tee "$dir/$name"
	[ "$(grep -c -E '^(not )?ok ' "$dir/$name")" = "$(sed -n 's/^1\.\.//p' "$dir/$name")" ] ||
		echo "not ok: lane $name ended before its last test" | tee -a "$dir/$name"
}

if [ $# -gt 0 ]; then
	files=
	for n in "$@"; do files="$files $n.bats"; done
	# shellcheck disable=SC2086
	lane named $files
else
	lane machine ./9[5-9]_*.bats &
	lane lab $(ls ./*.bats | grep -v '/9[5-9]_')
	wait
fi
status=0
cat "$dir"/* >"$dir.all"
mv "$dir.all" "$dir/all"
grep -q '^not ok' "$dir/all" && status=1
grep -q '^ok' "$dir/all" || status=1
if grep -q '^ok .*# skip' "$dir/all"; then
	echo "system: some tests were SKIPPED (see above)"
	[ "${OSM_NO_SKIP:-0}" != 1 ] || status=1
fi
echo "system: $(grep -c '^ok' "$dir/all") passed, $(grep -c '^not ok' "$dir/all") failed"
exit $status
