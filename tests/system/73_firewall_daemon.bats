#!/usr/bin/env bats
# The firewall as an administrator meets it: reports and orders that block, in the lab's own
# network namespaces, with a live osmd.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
	osm_table_gone
	rm -f "$ROOT/usr/sbin/csf"
	rm -rf "$ROOT/etc/csf" "$ROOT/var/lib/csf"
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

fwtool() { inlab fwtool "$@"; }
osm_table_gone() { fwtool nft flush; }
blocks() { fwtool nft list; } # "ADDRESS TTL DIRECTION PORTS REASON", as the kernel has them

connects() { # FROM [PORT]: can the stranger connect to the server?
	"$LABSH" world "$LAB" /usr/bin/python3 -c '
import socket, sys
socket.create_connection(("192.0.2.10", int(sys.argv[2])), 1.5, (sys.argv[1], 0))' "$1" "${2:-25}" 2>/dev/null
}
is_out() { ! connects "$@"; }
reaches() { # ACCOUNT: can its own program connect to a mail server? 1: refused, 2: it waited
	inlab /usr/bin/python3 -c '
import os, pwd, socket, sys
os.setuid(pwd.getpwnam(sys.argv[1]).pw_uid)
try:
    socket.create_connection(("198.51.100.25", 25), 5)
except ConnectionRefusedError:
    sys.exit(1)
except OSError:
    sys.exit(2)' "$1"
}
action() { # ACTION TARGET: its id in force
	actions_in_force ".action == \"$1\" and .target == \"$2\"" | jq -r .id
}
journal() { # ACTION TARGET: "state detail" of the newest row, whatever its state
	inlab /usr/bin/python3 -c '
import sqlite3, sys
db = sqlite3.connect("file:/var/lib/osm/osm.db?mode=ro", uri=True)
for row in db.execute("select state, detail from action where action = ? and target = ? order by id desc limit 1", sys.argv[1:]):
    print(*row)' "$1" "$2"
}

@test "a burst from a stolen mailbox: its address can't connect any more, others can; undo lets it in" {
	conf LOGLINE_ACTIONS=store,firewall FIREWALL=nft
	osmd_start
	connects 203.0.113.10
	send mailbox "$BOX" 60 --ips 1 --rate 50 || true # it is cut off in the middle
	wait_until 10 eval '[ -n "$(action firewall 203.0.113.10)" ]'
	is_out 203.0.113.10
	is_out 203.0.113.10 587
	connects 203.0.113.11
	report=$(reports '.account == "osmbob"' | jq -r .id)
	osm show "$report" --json | jq -e '.confirmed_ips[0].value == "203.0.113.10"'
	osm show "$report" --json | jq -e '.actions[] | select(.action == "firewall" and .state == "done")'
	run osm inforce
	[[ "$output" == *firewall*203.0.113.10* ]] || { echo "$output"; return 1; }
	osm undo "$(action firewall 203.0.113.10)"
	connects 203.0.113.10
	same "$(blocks)" "" "blocks left"
	same "$(journal firewall 203.0.113.10 | cut -d' ' -f1)" undone
}

@test "the time ends it: the kernel lets the address in, and the journal says so" {
	conf FIREWALL=nft
	osmd_start
	osm -d 203.0.113.10 5s scan of passwords
	is_out 203.0.113.10
	[[ "$(blocks)" == *"inout - "*"scan of passwords"* ]] || { blocks; return 1; }
	wait_until 12 connects 203.0.113.10
	wait_until 12 eval '[ "$(journal firewall 203.0.113.10 | cut -d" " -f1)" = expired ]'
}

@test "a restart of osmd keeps a block; a reboot's empty kernel gets it back, with the time that is left" {
	conf FIREWALL=nft
	osmd_start
	osm -d 203.0.113.10 600
	osm -d 203.0.113.0/28
	osm act block_smtp osmbob
	osm restart
	is_out 203.0.113.10
	same "$(blocks | wc -l)" 3 blocks
	osmd_stop
	is_out 203.0.113.10 # the kernel does not need osmd
	osm_table_gone
	connects 203.0.113.10
	osmd_start
	wait_until 10 is_out 203.0.113.10
	same "$(blocks | wc -l)" 3 "blocks put back"
	left=$(blocks | awk '$1 == "203.0.113.10" {print $2}')
	[ "$left" -gt 500 ] && [ "$left" -le 600 ]
	same "$(blocks | awk '$1 == "203.0.113.0/28" {print $2}')" 0 "a block for good"
	# what is undone while the kernel is empty does not come back
	osmd_stop
	osm_table_gone
	osm -dr 203.0.113.0/28
	osm_table_gone
	osmd_start
	wait_until 10 is_out 203.0.113.10
	same "$(blocks | wc -l)" 2 "blocks put back the second time"
}

@test "by hand: -d, -t, -g, -dr; twice; and without a daemon" {
	conf FIREWALL=nft
	osmd_start
	osm -d 203.0.113.10 1h "too many logins"
	is_out 203.0.113.10
	run osm -d 203.0.113.10
	same "$status" 1 "a second time"
	[[ "$output" == *"was already blocked"* ]] || { echo "$output"; return 1; }
	run osm -t
	[[ "$output" == *firewall*203.0.113.10* ]] || { echo "$output"; return 1; }
	run osm -g 203.0.113.10
	[[ "$output" == *"In force"*203.0.113.10* ]] || { echo "$output"; return 1; }
	osm -dr 203.0.113.10
	connects 203.0.113.10
	run osm -dr 203.0.113.10
	same "$status" 1 "released a second time"
	[[ "$output" == *"not blocked by osm"* ]] || { echo "$output"; return 1; }
	osmd_stop
	osm -d 203.0.113.10
	is_out 203.0.113.10
	osm -dr 203.0.113.10
	connects 203.0.113.10
	osm act firewall 203.0.113.10 --expire 1h
	is_out 203.0.113.10
	osm -dr 203.0.113.10
}

@test "block_smtp: the account's own connect to port 25 fails at once, what Exim delivers for it arrives" {
	conf FIREWALL=nft
	osmd_start
	reaches osmbob
	osm act block_smtp osmbob
	run reaches osmbob
	same "$status" 1 "the blocked account"
	reaches osmalice
	send script osmbob 2 --subject "by exim"
	wait_until 20 eval '[ "$(arrived "by exim")" = 2 ]'
	osm undo "$(action block_smtp osmbob)"
	reaches osmbob
	for who in root mailnull nobody; do
		run osm act block_smtp $who
		[ "$status" -ne 0 ] || { echo "$who was blocked"; return 1; }
	done
	same "$(blocks)" "" "blocks left"
}
