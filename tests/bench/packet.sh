#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# Whose a connection is: osm's three sources and the classic way (libpcap, /proc/net/tcp, every
# descriptor of every process), one after the other in the same run, in namespaces of its own.
# Clients are processes of two users in two folders that connect, live on for some milliseconds
# and exit; what each source tells is held against the generator's truth.
# ROUNDS=2 CLIENTS=1000 RATE=500 IDLE="0 500 2000" LIVES="0 5 50" BURST=30000. Never part of
# `make check`: a loaded machine is no failure. What can't be measured here is said.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "$(id -u)" != 0 ] || ! unshare --net --mount --pid --fork true 2>/dev/null; then
	echo "connections are not measured here: not root, or no namespaces"
	exit 0
fi
if [ -z "${OSM_BENCH_INSIDE:-}" ]; then
	OSM_BENCH_INSIDE=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0"
fi
rounds=${ROUNDS:-2} clients=${CLIENTS:-1000} rate=${RATE:-500} burst=${BURST:-30000}
idles=${IDLE:-0 500 2000} lives=${LIVES:-0 5 50}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/a" "$work/b"
ip link set lo up
build/connector -s 127.0.0.1 25 &

reader_begin() { # SOURCE
	rm -f "$work/end"
	mkfifo "$work/end"
	case $1 in
	classic) build/packet_classic 25 <"$work/end" >"$work/told" & ;;
	*) build/packettool "$1" 25 <"$work/end" >"$work/told" & ;;
	esac
	reader=$!
	exec 7>"$work/end"
	for _ in $(seq 100); do
		! grep -q '^failed' "$work/told" || break
		! grep -q '^source' "$work/told" || return 0
		sleep 0.05
	done
	reader_end
	return 1
}
reader_end() {
	exec 7>&-
	wait "$reader" || true
}
# Until all are told, or nothing more comes.
settle() { # COUNT
	local before=-1 now=0
	while [ "$now" -lt "$1" ] && [ "$now" != "$before" ]; do
		before=$now
		for _ in 1 2 3 4 5 6; do
			sleep 0.25
			now=$(grep -c '^packet' "$work/told" || true)
			[ "$now" -lt "$1" ] || break
		done
	done
}
once() { # SOURCE LIFE: one line of JSON
	reader_begin "$1" || return 1
	build/connector -k -c "$clients" -r "$rate" -l "$2" \
		-u "61001:$work/a" -u "61002:$work/b" 127.0.0.1 25 >"$work/truth"
	settle "$clients"
	reader_end
	/usr/bin/python3 tests/bench/packet_judge.py "$work/truth" "$work/told"
}
# What a reader uses to start and end, which is not the connections' cost.
start_cost() {
	for _ in 1 2 3; do
		reader_begin "$1" || return 0
		sleep 0.5
		reader_end
		sed -n 's/^cpu //p' "$work/told"
	done | sort -n | head -n 1
}
idle_begin() {
	rm -f "$work/idle"
	mkfifo "$work/idle"
	/usr/bin/python3 tests/lab/idle.py "$1" <"$work/idle" >"$work/ready" 7>&- &
	idler=$!
	exec 6>"$work/idle"
	until grep -q ready "$work/ready"; do sleep 0.1; done
}
idle_end() {
	exec 6>&-
	wait "$idler" || true
}

sources="classic"
for s in pcap nflog bpf; do
	if reader_begin $s; then
		reader_end
		sources="$sources $s"
	else
		echo "$s doesn't work here: $(sed -n 's/^failed //p' "$work/told")"
	fi
done
echo "of $clients clients each, $rate a second, $rounds rounds: right answers, in %; wrong ones, as a number; the least CPU of the rounds"
printf '%-6s %-8s %-8s %6s %6s %6s %6s %13s\n' idle life_ms source uid pid cwd wrong cpu_s/1000
for idle in $idles; do
	idle_begin "$idle"
	for s in $sources; do start_cost "$s" >"$work/start.$s"; done
	for life in $lives; do
		for s in $sources; do rm -f "$work/rows.$s"; done
		for ((round = 0; round < rounds; round++)); do
			for s in $sources; do once "$s" "$life" >>"$work/rows.$s"; done
		done
		for s in $sources; do
			jq -rs --arg s "$s" --arg idle "$idle" --arg life "$life" \
				--argjson start "$(cat "$work/start.$s")" '
				(map(.clients) | add) as $n |
				def share(f): (map(f) | add) / $n * 1000 | round / 10;
				[$idle, $life, $s, share(.uid), share(.pid), share(.cwd),
				 (map(.wrong + .unsure_wrong_uid) | add),
				 ((map((.cpu_s - $start) / .clients) | min) * 1000 * 10000 | round / 10000)] | @tsv' \
				"$work/rows.$s"
		done | while IFS=$'\t' read -r a b c d e f g h; do
			printf '%-6s %-8s %-8s %6s %6s %6s %6s %13s\n' "$a" "$b" "$c" "$d" "$e" "$f" "$g" "$h"
		done
	done
	echo "one look-up with $idle idle processes, the process still there, microseconds:"
	build/packet_lookup 500 | jq -r 'to_entries[] | select(.value) |
		"  \(.key): p50 \(.value.p50), p99 \(.value.p99), right \(.value.right) of \(.value.of)"'
	idle_end
done
echo "$burst connections from one process at 10,000 a second:"
for s in ${sources#classic}; do
	reader_begin "$s"
	read -r connected ms < <(build/connector -1 -c "$burst" -r 10000 127.0.0.1 25)
	settle "$burst"
	sleep 1.2 # the last stats
	reader_end
	printf '  %-8s %s connected in %s ms, %s told, kernel dropped %s, cpu %s s\n' "$s" "$connected" "$ms" \
		"$(grep -c '^packet' "$work/told")" \
		"$(sed -n 's/^stats .*dropped=\([0-9]*\).*/\1/p' "$work/told" | tail -n 1)" \
		"$(sed -n 's/^cpu //p' "$work/told")"
done
