# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# What the firewall's tests share: a server and a far host (two network namespaces joined by
# veth), what others have in the server's firewall, and connections between the two.

TOOL=$TESTS/../build/fwtool
PEER="/usr/bin/python3 $TESTS/lab/fwpeer.py"

missing() {
	[ "$(id -u)" = 0 ] || { echo "not root"; return; }
	local c
	for c in ip nft ipset iptables-legacy iptables-legacy-save ip6tables-legacy-save setpriv jq; do
		command -v "$c" >/dev/null || { echo "no $c"; return; }
	done
	[ -x "$TOOL" ] || { echo "no build/fwtool (make build/fwtool)"; return; }
	unshare --net nft list tables >/dev/null 2>&1 || { echo "no nf_tables in this kernel"; return; }
	unshare --net iptables-legacy -S >/dev/null 2>&1 || { echo "no legacy tables in this kernel"; return; }
	unshare --net ipset create x hash:net timeout 0 comment 2>/dev/null || echo "no ipset in this kernel"
}

setup_file() {
	FW_WHY_NOT=$(missing)
	export FW_WHY_NOT
	if [ -n "$FW_WHY_NOT" ]; then
		echo "# the firewall can't be tested here: $FW_WHY_NOT" >&3
		[ "${OSM_NO_SKIP:-0}" != 1 ]
		return
	fi
	export SRV=osmfw-$$-srv FAR=osmfw-$$-far
	ip netns add "$SRV"
	ip netns add "$FAR"
	ip -n "$SRV" link add wire type veth peer name wire netns "$FAR"
	ip -n "$SRV" link set lo up
	ip -n "$FAR" link set lo up
	ip -n "$SRV" addr add 192.0.2.10/24 dev wire
	ip -n "$SRV" addr add 2001:db8:1::10/64 dev wire nodad
	local a
	for a in 1 2 130 131; do
		ip -n "$FAR" addr add 192.0.2.$a/24 dev wire
		ip -n "$FAR" addr add 2001:db8:1::$a/64 dev wire nodad
	done
	ip -n "$SRV" link set wire up
	ip -n "$FAR" link set wire up
	serve_in "$SRV" && serve_in "$FAR"
}

serve_in() { # NAMESPACE
	ip netns exec "$1" $PEER serve 25 587 2525 >"$BATS_FILE_TMPDIR/$1.ready" 2>&1 3>&- &
	echo $! >>"$BATS_FILE_TMPDIR/pids"
	wait_until 5 grep -q ready "$BATS_FILE_TMPDIR/$1.ready"
}

teardown_file() {
	local pid
	for pid in $(cat "$BATS_FILE_TMPDIR/pids" 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
	ip netns del "$SRV" 2>/dev/null || true
	ip netns del "$FAR" 2>/dev/null || true
}

setup() {
	[ -z "$FW_WHY_NOT" ] || skip "$FW_WHY_NOT"
	export FWTOOL_ROOT=$BATS_TEST_TMPDIR/root
	export XTABLES_LOCKFILE=$FWTOOL_ROOT/run/xtables.lock
	mkdir -p "$FWTOOL_ROOT/run"
	foreign_make
}

teardown() {
	[ -z "$FW_WHY_NOT" ] || return 0
	srv nft flush ruleset
	local t
	for t in iptables-legacy ip6tables-legacy; do srv $t -F && srv $t -X; done
	srv ipset destroy
}

srv() { ip netns exec "$SRV" "$@"; }
far() { ip netns exec "$FAR" "$@"; }
fw() { srv "$TOOL" "$@"; }

# ---- what is not ours --------------------------------------------------------------------

foreign_make() {
	srv nft -f - <<-'N'
		table inet other {
			set s { type ipv4_addr; flags interval; elements = { 203.0.113.0/24 }; }
			chain input { type filter hook input priority -20; ip saddr @s drop; }
		}
		table ip filter {
			chain INPUT { type filter hook input priority 0; policy accept; }
			chain DENYIN { ip saddr 203.0.113.9 drop; }
		}
	N
	srv ipset create chain_DENY hash:net
	srv ipset add chain_DENY 203.0.113.0/25
	srv iptables-legacy -N DENYIN
	srv iptables-legacy -A DENYIN -m set --match-set chain_DENY src -j DROP
	srv iptables-legacy -A INPUT ! -i lo -j DENYIN
	srv iptables-legacy -A OUTPUT -d 203.0.113.77 -j REJECT
	srv ip6tables-legacy -A INPUT -s 2001:db8:99::/48 -j DROP
}

foreign() { # everything but what is osm's, counters and times too
	srv nft -s list ruleset | awk '/^table inet osm \{/ {skip = 1} !skip {print} /^}/ {skip = 0}'
	srv iptables-legacy-save | grep -v -e '^#' -e OSM_ | sed 's/\[[0-9:]*\]//'
	srv ip6tables-legacy-save | grep -v -e '^#' -e OSM_ | sed 's/\[[0-9:]*\]//'
	srv ipset save | grep -v ' osm_'
}

# ---- connections -------------------------------------------------------------------------

from() { far $PEER connect "$1" "${3:-192.0.2.10}" "${2:-25}" | cut -d' ' -f1; } # SRC [PORT [DST]]
from6() { from "$1" "${2:-25}" 2001:db8:1::10; }
to() { srv $PEER connect - "$1" "${2:-25}"; } # DST [PORT]: how, and after how many ms

as() { srv setpriv --reuid "$1" --regid "$1" --clear-groups $PEER connect - "$2" "$3"; } # UID DST PORT

# now WHAT COMMAND...: its answer's first word. A handshake over veth is the kernels' alone and
# takes no millisecond: what has not come in 250 does not come.
now() {
	local want=$1 got
	shift
	got=$(FWPEER_WAIT=$([ "$want" = timeout ] && echo 0.25 || echo 5) "$@")
	[ "${got%% *}" = "$want" ] || { echo "$*: $got, not $want"; return 1; }
}
# The same, and sooner than a second SYN would be sent (1 s).
at_once() {
	local want=$1 got
	shift
	got=$("$@")
	[ "${got%% *}" = "$want" ] && [ "${got##* }" -lt 900 ] || { echo "$*: $got, not $want at once"; return 1; }
}
lists() { # BACKEND WHAT
	local got
	got=$(fw "$1" list)
	same "$got" "$2" "the list of $1"
}

hold() { # NAMESPACE SRC DST PORT FILE
	ip netns exec "$1" $PEER hold "$2" "$3" "$4" "$5" 3>&- &
	wait_until 5 grep -q open "$5"
}
ends() { wait_until "${2:-3}" grep -q '^ended' "$1" || { echo "the connection: $(cat "$1")"; return 1; }; }
