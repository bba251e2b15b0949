#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs unit test programs one after the other; the closing line counts the programs.
set -u
passed=0 failed=0
for t in "$@"; do
	if out=$("$t" --short-filename -j2 2>&1); then
		passed=$((passed + 1))
		printf '%s\n' "$out" | grep -a 'Synthesis' | sed "s|^.*Synthesis|${t##*/}|"
	else
		failed=$((failed + 1))
		printf '%s\n%s\n' "--- $t" "$out"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
