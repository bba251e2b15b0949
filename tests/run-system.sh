#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run-system.sh [NAME...]: the bats files of tests/system, all or those named (10_burst ...).
# A test that can't run here skips loudly; with OSM_NO_SKIP=1 a skip is a failure.
set -eu
cd "$(dirname "$0")/system"
if [ $# -gt 0 ]; then
	files=
	for n in "$@"; do files="$files $n.bats"; done
else
	files=$(ls ./*.bats)
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
status=0
# shellcheck disable=SC2086
bats --tap $files 2>&1 | tee "$out" || status=$?
grep -q '^not ok' "$out" && status=1
grep -q '^ok' "$out" || status=1
if grep -q '^ok .*# skip' "$out"; then
	echo "system: some tests were SKIPPED (see above)"
	[ "${OSM_NO_SKIP:-0}" != 1 ] || status=1
fi
exit $status
