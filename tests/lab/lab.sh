#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# lab.sh: a private mail server that logs and obeys as a cPanel server does.
#
#   lab.sh up DIR                 build the server's tree below DIR/root and start it
#   lab.sh down DIR               end it and remove DIR; fine when it is gone already
#   lab.sh run DIR CMD...         run a command on the server
#   lab.sh world DIR CMD...       run a command on the other side of the wire
#   lab.sh send DIR KIND ARG...   send mail; KIND: script mailbox background forge hidden
#                                 (ARGs: the heads of send_KIND.py; accounts: tree.sh)
#   lab.sh status DIR             what runs, what is queued, what arrived
#
# One process holds everything: network, mount, PID, IPC and host-name namespaces of its own.
# When it ends, the kernel ends every process in it and drops every mount and interface, so
# nothing can be left behind on this machine. Inside, all paths are cPanel's exact ones, so
# osmd runs there as it does on a real server. From outside, `osm --root DIR/root` looks at the
# same files.
set -euo pipefail

LAB_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TOP=$(cd "$LAB_SOURCE/../.." && pwd)
LAB_HOST=server1.lab-hosting.example
LAB_PATH=/usr/local/osm/build:/usr/sbin:/usr/bin:/sbin:/bin
LAB_LIFE=${LAB_LIFE:-3600} # seconds; a forgotten lab ends by itself

# shellcheck source=tests/lab/tree.sh
. "$LAB_SOURCE/tree.sh"

die() {
	echo "lab: $*" >&2
	exit 1
}

# Prints why a lab can't run here; nothing when it can.
lab_missing() {
	[ "$(id -u)" = 0 ] || { echo "not root"; return; }
	local c
	for c in ip unshare nsenter openssl perl jq; do
		command -v "$c" >/dev/null || { echo "no $c"; return; }
	done
	[ -x /usr/bin/python3 ] || { echo "no /usr/bin/python3"; return; }
	lab_exim >/dev/null || { echo "no exim4 (exim4-daemon-heavy)"; return; }
	unshare --net --mount --pid --fork ip link set lo up 2>/dev/null || echo "no namespaces"
}

lab_exim() {
	local e
	for e in /usr/sbin/exim4 /usr/sbin/exim; do
		[ -x "$e" ] && { echo "$e"; return 0; }
	done
	return 1
}

# ---- inside: PID 1 of the lab -----------------------------------------------------------

init_mounts() {
	local root=$1 d
	mkdir -p "$root/usr/local/osm"
	mount --bind "$LAB_TOP" "$root/usr/local/osm"
	for d in /usr/local/*; do
		[ -d "$d" ] && [ ! -L "$d" ] && [ ! -e "$root$d" ] || continue
		mkdir "$root$d"
		mount --rbind "$d" "$root$d"
	done
	for d in home var run usr/local etc; do
		mount --rbind "$root/$d" "/$d"
	done
}

init_network() {
	ip link set lo up
	ip netns add world
	ip link add wire type veth peer name wire netns world
	ip addr add 192.0.2.10/24 dev wire
	ip link set wire up
	ip route add default via 192.0.2.1
	ip -n world link set lo up
	ip -n world addr add 192.0.2.1/24 dev wire
	ip -n world link set wire up
	ip -n world route add local 198.51.100.0/24 dev lo
	ip -n world route add local 203.0.113.0/24 dev lo
}

wait_for() { # TENTHS CMD...: until it succeeds
	local n=$1
	shift
	while ! "$@" 2>/dev/null; do
		n=$((n - 1))
		[ "$n" -gt 0 ] || return 1
		sleep 0.1
	done
}

lab_init() {
	local dir=$1 exim
	cd /
	umask 022
	hostname "$LAB_HOST"
	exim=$(lab_exim)
	init_mounts "$dir/root"
	init_network
	export PATH=$LAB_PATH HOME=/root LANG=C PYTHONDONTWRITEBYTECODE=1
	local lab=/usr/local/osm/tests/lab
	ip netns exec world /usr/bin/python3 $lab/world.py "$dir/ledger.jsonl" "$dir/world.ready" &
	wait_for 100 test -e "$dir/world.ready"
	"$exim" -bd -q5s & # a child of PID 1 does not fork itself away
	wait_for 100 grep -q 'daemon started' /var/log/exim_mainlog
	touch "$dir/ready"
	sleep "$LAB_LIFE" &
	wait $!
}

# ---- outside ----------------------------------------------------------------------------

lab_up() {
	local dir=$1 why
	why=$(lab_missing)
	[ -z "$why" ] || die "can't run here: $why"
	[ ! -e "$dir" ] || [ -z "$(ls -A "$dir")" ] || die "$dir is not empty"
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	touch "$dir/.osm-lab"
	if ! { tree_make "$dir/root" && holder_start "$dir"; }; then
		cat "$dir/lab.log" >&2 || true
		lab_down "$dir"
		die "could not start"
	fi
}

holder_start() {
	local dir=$1 outer n
	# No descriptor of the caller may stay open in the lab: a waiting pipe would never end.
	setsid unshare --net --mount --pid --ipc --uts --fork --kill-child --mount-proc \
		bash -c 'exec 3>&- 4>&- 5>&- 6>&-; exec bash "$0" init "$1"' \
		"$LAB_SOURCE/lab.sh" "$dir" </dev/null >"$dir/lab.log" 2>&1 3>&- 4>&- 5>&- 6>&- &
	outer=$!
	echo "$outer" >"$dir/outer.pid"
	for n in $(seq 200); do
		[ ! -e "$dir/ready" ] || break
		kill -0 "$outer" 2>/dev/null || return 1
		sleep 0.1
	done
	[ -e "$dir/ready" ] || return 1
	tr -d ' ' <"/proc/$outer/task/$outer/children" >"$dir/inner.pid"
	[ -s "$dir/inner.pid" ]
}

lab_down() {
	local dir=$1 pid n
	[ -e "$dir/.osm-lab" ] || return 0
	for pid in inner outer; do
		[ ! -s "$dir/$pid.pid" ] || kill -KILL "$(cat "$dir/$pid.pid")" 2>/dev/null || true
	done
	if [ -s "$dir/outer.pid" ]; then
		for n in $(seq 100); do
			kill -0 "$(cat "$dir/outer.pid")" 2>/dev/null || break
			sleep 0.05
		done
	fi
	rm -rf --one-file-system "$dir"
}

lab_run() {
	local dir=$1
	shift
	[ -s "$dir/inner.pid" ] || die "no lab at $dir"
	exec nsenter -t "$(cat "$dir/inner.pid")" -m -n -p -u -i -r -w -- \
		env -i HOME=/root PATH="$LAB_PATH" LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 TERM="${TERM:-dumb}" "$@"
}

lab_world() {
	local dir=$1
	shift
	lab_run "$dir" ip netns exec world "$@"
}

lab_send() {
	local dir=$1 kind=${2:-} tool
	[ -n "$kind" ] || die "send: script, mailbox, background, forge or hidden?"
	shift 2
	tool=/usr/local/osm/tests/lab/send_$kind.py
	case $kind in
	script | forge) lab_run "$dir" /usr/bin/python3 "$tool" "$@" ;;
	mailbox | hidden) lab_world "$dir" /usr/bin/python3 "$tool" "$@" ;;
	background) send_background "$dir" "${1:-2}" ;;
	*) die "send: unknown kind '$kind'" ;;
	esac
}

# Honest traffic: every account sends N by a script and N from its first mailbox.
send_background() {
	local dir=$1 n=$2 user uid domain owner boxes rest
	while read -r user uid domain owner boxes rest; do
		(lab_send "$dir" script "$user" "$n" --dir shop --subject "Your order at $domain")
		(lab_send "$dir" mailbox "${boxes%%,*}@$domain" "$n" --ips 1 --subject "Offer {i}")
	done <<<"$LAB_ACCOUNTS"
}

lab_status() {
	local dir=$1
	if [ ! -s "$dir/inner.pid" ] || ! kill -0 "$(cat "$dir/inner.pid")" 2>/dev/null; then
		echo "no lab at $dir"
		return 1
	fi
	echo "lab at $dir: running"
	echo "queued:  $(lab_run "$dir" exim4 -bpc)"
	echo "arrived: $(wc -l <"$dir/ledger.jsonl")"
	echo "held:    $(tr '\n' ' ' <"$dir/root/etc/outgoing_mail_hold_users")"
	echo "blocked: $(tr '\n' ' ' <"$dir/root/etc/outgoing_mail_suspended_users")"
}

verb=${1:-}
[ $# -gt 0 ] && shift
case $verb in
missing) lab_missing ;;
init) lab_init "$1" ;;
up | down | status | run | world | send)
	[ $# -gt 0 ] || die "$verb needs the lab's folder"
	"lab_$verb" "$@"
	;;
*) die "usage: lab.sh up|down|run|world|send|status DIR ... (see the head of this file)" ;;
esac
