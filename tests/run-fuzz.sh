#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run-fuzz.sh SECONDS FUZZER...: the kept corpus, then new inputs for so many seconds each.
set -eu
seconds=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
for f in "$@"; do
	name=${f##*/fuzz_}
	seeds=$root/tests/fuzz/corpus/$name
	mkdir -p "$scratch/$name"
	[ -d "$seeds" ] || { echo "fuzz: no seed corpus for $name" >&2; exit 1; }
	if "$f" -max_total_time="$seconds" -max_len=20000 -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix="$root/tests/fuzz/crash-$name-" "$scratch/$name" "$seeds" >"$scratch/log" 2>&1; then
		echo "fuzz $name: $(grep -a '^Done' "$scratch/log" || tail -n 1 "$scratch/log")"
	else
		tail -n 40 "$scratch/log"
		echo "fuzz $name: FAILED (the input is kept beside the fuzzers)" >&2
		exit 1
	fi
done
