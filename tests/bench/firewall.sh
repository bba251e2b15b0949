#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# Blocking, natively and by the others' programs, in the same run and in a network namespace
# of its own. ROUNDS=5 COUNT=100000. Never part of `make check`: a loaded machine is no failure.
# What can't be measured here is said, and is no failure either.
set -euo pipefail
cd "$(dirname "$0")/../.."
missing() {
	[ "$(id -u)" = 0 ] || { echo "not root"; return; }
	local c
	for c in nft ipset ip taskset python3; do
		command -v $c >/dev/null || { echo "no $c"; return; }
	done
	unshare --net --mount true 2>/dev/null || { echo "no network namespace of its own"; return; }
	unshare --net nft list tables >/dev/null 2>&1 || { echo "no nf_tables"; return; }
	unshare --net ipset list >/dev/null 2>&1 || echo "no ipset"
}
if [ -z "${OSM_BENCH_INSIDE:-}" ]; then
	why=$(missing)
	[ -z "$why" ] || { echo "blocking is not measured here: $why"; exit 0; }
	OSM_BENCH_INSIDE=1 exec unshare --net --mount --propagation private bash "$0"
fi
rounds=${ROUNDS:-5} count=${COUNT:-100000}
tool=build/fwtool
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export FWTOOL_ROOT=$work
mkdir "$work/run"
ip link set lo up

ms() { # COMMAND...: the least of the rounds, in milliseconds; $round counts them
	local least="" begin t
	for ((round = 0; round < rounds; round++)); do
		[ -z "${before:-}" ] || $before >/dev/null
		begin=${EPOCHREALTIME/[.,]/}
		"$@" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; return 1; }
		t=$((${EPOCHREALTIME/[.,]/} - begin))
		if [ -z "$least" ] || [ $t -lt "$least" ]; then least=$t; fi
	done
	awk "BEGIN {printf \"%.1f\", $least / 1000}"
}

row() { printf '  %-58s %12s\n' "$1" "$2"; }

echo "one block (the median of 1,000 by osm in one process; a program's least of $rounds)"
for b in nft iptables; do
	$tool $b init
	$tool $b time 1000 >"$work/time"
	row "osm $b: in force" "$(awk '$1 == "in-force" {print $3}' "$work/time") µs"
	row "osm $b: and its open connections ended" "$(awk '$1 == "all" {print $3}' "$work/time") µs"
done
nft add table inet peer
nft add set inet peer s '{ type ipv4_addr; flags timeout; }'
ipset create peer hash:net timeout 0 maxelem 1048576
one_nft() { nft add element inet peer s "{ 10.9.0.$round timeout 1h }"; }
one_ipset() { ipset add peer "10.9.0.$round" timeout 3600; }
row "nft add element" "$(ms one_nft) ms"
row "ipset add" "$(ms one_ipset) ms"
row "an empty process, for scale" "$(ms /bin/true) ms"

echo
echo "$count addresses in one batch, with a time (the least of $rounds; each into empty sets)"
awk -v n="$count" 'BEGIN {for (i = 0; i < n; i++) print "10." int(i / 65536) "." int(i / 256) % 256 "." i % 256}' >"$work/many"
awk 'BEGIN {printf "add element inet peer s { "} {printf "%s%s timeout 1h", (NR > 1 ? ", " : ""), $1} END {print " }"}' "$work/many" >"$work/nft"
awk '{print "add peer " $1 " timeout 3600"}' "$work/many" >"$work/ipset"
bulk() { # BACKEND: the whole process, as nft -f and ipset restore are measured
	$tool "$1" many "$count" 3600
}
row "osm nft (whole process)" "$(before="$tool nft flush" ms bulk nft) ms"
row "nft -f" "$(before="nft flush set inet peer s" ms nft -f "$work/nft") ms"
row "osm iptables with ipset (whole process)" "$(before="$tool iptables flush" ms bulk iptables) ms"
row "ipset restore" "$(before="ipset flush peer" ms ipset restore -f "$work/ipset") ms"

echo
echo "a packet's way there and back with 0, 1,000 and $count blocked addresses (UDP over veth, both"
echo "ends on one CPU; the least of $rounds medians of 20,000)"
ip netns add far 2>/dev/null || { mount -t tmpfs none /run/netns && ip netns add far; }
trap 'ip netns del far 2>/dev/null; rm -rf "$work"' EXIT
ip link add wire type veth peer name wire netns far
ip addr add 192.0.2.10/24 dev wire
ip link set wire up
ip -n far addr add 192.0.2.1/24 dev wire
ip -n far link set wire up
ip netns exec far taskset -c 0 python3 tests/bench/udp_way.py serve >"$work/ready" &
echo_pid=$!
trap 'kill $echo_pid; ip netns del far; rm -rf "$work"' EXIT
until grep -q ready "$work/ready"; do sleep 0.05; done
way() { # NAME: measured once, beside the others of the same name
	taskset -c 0 python3 tests/bench/udp_way.py 192.0.2.1 20000 >>"$work/way $1"
}
for ((round = 0; round < rounds; round++)); do
	way "without osm's rules"
	for b in nft iptables; do
		for size in 0 1000 "$count"; do
			$tool $b init
			[ "$size" = 0 ] || $tool $b many "$size" 3600 >/dev/null
			way "osm $b, $size"
			$tool $b flush
		done
	done
done
for what in "without osm's rules" "osm "{nft,iptables}", "{0,1000,"$count"}; do
	row "$what" "$(sort -n "$work/way $what" | head -1) µs"
done
