#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Speed as ratios against named peers over the same file in the same run. LINES=3000000 ROUNDS=3.
# Never part of `make check`: a loaded machine is no failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
lines=${LINES:-3000000} rounds=${ROUNDS:-3}
export LC_ALL=C TZ=UTC
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/mainlog root=$work/root
perl tests/bench/make_log.pl tests/data/exim-small/mainlog "$lines" >"$log"
mkdir -p "$root/etc"
jq -r '.accounts | keys[]' tests/data/exim-small/truth.json |
	awk '{print $1 ":x:" 1000 + NR ":" 1000 + NR "::/home/" $1 ":/bin/bash"}' >"$root/etc/passwd"
jq -r '.meta.domains | to_entries[] | .key + ": " + .value' tests/data/exim-small/truth.json >"$root/etc/userdomains"
jq -r '.meta.domains | to_entries | unique_by(.value)[] | .key + ": " + .value' tests/data/exim-small/truth.json >"$root/etc/trueuserdomains"
jq -r '.meta.domains | keys[]' tests/data/exim-small/truth.json >"$root/etc/localdomains"
printf 'log: %s lines, %s MB\n' "$(wc -l <"$log")" "$(($(stat -c %s "$log") / 1000000))"

best() { # best of the rounds, in seconds
	local name=$1 least= t i
	shift
	for ((i = 0; i < rounds; i++)); do
		t=$( { TIMEFORMAT=%R; time "$@" >"$work/out" 2>"$work/err"; } 2>&1) || { echo "$name failed:"; cat "$work/err"; return 1; }
		if [ -z "$least" ] || awk "BEGIN{exit !($t < $least)}"; then least=$t; fi
	done
	printf '%s\t%s\n' "$name" "$least" >>"$work/times"
	printf '  %-34s %8s s\n' "$name" "$least"
}
cat "$log" >/dev/null
best 'wc -l' wc -l "$log"
best "grep -c ' <= '" grep -c ' <= ' "$log"
best 'osm replay (whole engine)' build/osm --root "$root" replay "$log"
best 'osm replay --json (every report)' build/osm --root "$root" replay --json "$log"
best 'osm replay --totals' build/osm --root "$root" replay --totals --json "$log"
command -v mawk >/dev/null && best 'mawk, four patterns' mawk '/ <= /{if(/ A=/)a++;else if(/ U=/)u++} / cwd=/{c++} END{print a,u,c}' "$log"
best 'Perl loop, three expressions' perl tests/bench/perl_loop.pl "$log"
best 'Perl loop, lfd-like expressions' perl tests/bench/lfd_like.pl "$log"
if [ "${SLOW_PEERS:-1}" = 1 ]; then
	rounds=1
	command -v eximstats >/dev/null && best 'eximstats' eximstats -nr -nt -h0 "$log"
	if command -v fail2ban-regex >/dev/null; then
		head -n 300000 "$log" >"$work/part"
		best 'fail2ban-regex (first 300,000 lines)' fail2ban-regex --no-check-all "$work/part" '^.* <= .* A=\w+:\S+ .*\[<HOST>\]' || true
	fi
fi
echo
awk -F'\t' -v n="$lines" '{t[$1]=$2; o[++k]=$1} END{
  g=t["grep -c \x27 <= \x27"]; m=t["osm replay (whole engine)"]
  printf "%-38s %12s %10s %10s\n", "", "lines/s", "x grep", "x osm"
  for(i=1;i<=k;i++){c=(o[i]~/300,000/)?300000:n; s=t[o[i]]>0?t[o[i]]:0.001
    printf "%-38s %12d %10.2f %10.2f\n", o[i], c/s, (s/c)/(g/n), (s/c)/(m/n)}}' "$work/times"
echo
echo "memory: peak of osm replay over a tenth of the log, the log, and the log twice"
head -n $((lines / 10)) "$log" >"$work/tenth"
python3 - "$root" "$work/tenth" "$log" <<'P'
import os, subprocess, sys
root, tenth, log = sys.argv[1:]
for files in [tenth], [log], [log, log]:
    p = subprocess.Popen(["build/osm", "--root", root, "replay", "--json", *files], stdout=subprocess.DEVNULL)
    print("  %6d KiB" % os.wait4(p.pid, 0)[2].ru_maxrss)
P
if command -v valgrind >/dev/null; then
	head -n 20000 "$log" >"$work/small"
	valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" build/osm --root "$root" replay --json "$work/small" >/dev/null 2>"$work/err"
	awk -v n=20000 '/Collected/{printf "instructions: %.0f a line (callgrind, 20,000 lines, start-up included)\n", $NF/n}' "$work/err"
fi
echo
[ "$(id -u)" != 0 ] || python3 tests/bench/latency.py
