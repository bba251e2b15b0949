#!/usr/bin/env bats
# SMTP connections that scripts make themselves, seen by packet capture in a network of its own:
# real processes of several users, a live osmd, and the kernel's own answers.

load helpers
setup_file() {
	make -s -C "$TESTS/.." build/packettool build/connector >&2
	lab_begin
}
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

WORLD=198.51.100.25
ALICE=61001:/home/osmalice/public_html
BOB=61002:/home/osmbob/public_html

packet_conf() {
	conf PACKET_SOURCE=pcap PACKET_LIMIT=5 PACKET_INTERVAL=600 PACKET_CWD_LIMIT=0 \
		PACKET_ACTIONS=email,store,hold "$@"
}
begin() {
	osmd_start
	wait_until 10 eval '[ "$(status_of .packets.source)" = pcap ]'
}
# Clients that live long enough to be looked at.
connect() { inlab connector -l 300 "$@"; }
counted() { status_of .counters.events.packet; }
until_counted() { wait_until 15 eval "[ \"\$(counted)\" -ge $1 ]"; }
reader() { inlab pgrep -f '^osmd: packets$' || inlab pgrep -x 'osmd: packets'; }

@test "a script's own connections exceed its account's limit, and only its" {
	packet_conf
	begin
	connect -c 5 -u $BOB $WORLD 25
	connect -c 6 -u $ALICE $WORLD 25 >"$BATS_TEST_TMPDIR/truth"
	wait_until 15 has_report '.account == "osmalice"'
	until_counted 11
	same "$(count_reports)" 1 reports
	osm show "$(reports | jq -r .id)" --json >"$BATS_TEST_TMPDIR/report"
	jq -e '.type == "packet" and .unit == "connections" and .confidence == "socket"
		and .destinations[0].value == "198.51.100.25:25" and .count == 6
		and .paths[0] == {"value": "/home/osmalice/public_html", "count": 6}
		and (.processes[0].value | contains("connector"))' "$BATS_TEST_TMPDIR/report" ||
		{ cat "$BATS_TEST_TMPDIR/report"; return 1; }
	# the processes that the report names are those that the clients say they were
	while read -r port uid pid dir; do
		grep -q "192.0.2.10:$port > 198.51.100.25:25 remote socket uid=$uid gid=$uid pid=" \
			"$BATS_TEST_TMPDIR/report" || { echo "no $port $uid $pid $dir"; return 1; }
	done <"$BATS_TEST_TMPDIR/truth"
	wait_until 10 is_held osmalice
	! is_held osmbob
	wait_until 10 eval '[ -n "$(root_mails)" ]'
}

@test "each folder of an account has a limit of its own" {
	packet_conf PACKET_LIMIT=0 PACKET_CWD_LIMIT=3 PACKET_CWD_ACTIONS=store
	begin
	connect -c 8 -u $ALICE -u 61001:/tmp $WORLD 25
	wait_until 15 eval '[ "$(count_reports)" = 2 ]'
	same "$(reports | jq -r .key | sort | tr '\n' ,)" \
		"osmalice /home/osmalice/public_html,osmalice /tmp," keys
}

@test "the mail server's own connections are nobody's" {
	packet_conf PACKET_LIMIT=1
	begin
	send script osmbob 5 --dir shop >/dev/null
	wait_until 20 eval '[ "$(arrived)" = 5 ]'
	wait_until 10 eval '[ "$(status_of ".counters.connections.not_counted | add // 0")" -ge 1 ]'
	same "$(counted)" 0 counted
	same "$(count_reports '.event == "packet"')" 0 reports
}

@test "connections to this server are told, and are no ground to act" {
	packet_conf
	begin
	connect -c 6 -u $ALICE 127.0.0.1 25
	connect -c 6 -u $BOB 192.0.2.10 25
	wait_until 15 eval '[ "$(count_reports)" = 2 ]'
	osm show "$(reports '.account == "osmalice"' | jq -r .id)" --json |
		jq -e '.notes | any(contains("to this server itself"))'
	! is_held osmalice
	! is_held osmbob
}

@test "a restart forgets no connection, and counts none twice" {
	packet_conf
	begin
	connect -c 3 -u $ALICE $WORLD 25
	until_counted 3
	osm stop
	begin
	same "$(count_reports)" 0 "reports before"
	connect -c 2 -b 30000 -u $ALICE $WORLD 25
	until_counted 5
	same "$(count_reports)" 0 "five are not more than five"
	osm stop
	begin
	connect -c 1 -b 40000 -u $ALICE $WORLD 25
	wait_until 15 has_report '.account == "osmalice"'
	osm stop
	begin
	connect -c 4 -b 50000 -u $ALICE $WORLD 25
	until_counted 4
	same "$(count_reports)" 1 "what a report has used is used"
}

@test "a killed osmd has kept what it had counted a second ago" {
	packet_conf
	begin
	connect -c 3 -u $ALICE $WORLD 25
	until_counted 3
	wait_until 10 eval '[ "$(sqlite3 "$ROOT/var/lib/osm/watch.db" "SELECT count(*) FROM packet")" = 3 ]'
	inlab kill -9 "$(osmd_pid)"
	wait_until 10 eval '! inlab pgrep -f "osmd: executor"'
	begin
	connect -c 3 -b 30000 -u $ALICE $WORLD 25
	wait_until 15 has_report '.account == "osmalice"'
}

@test "a reader that dies is said and begins anew" {
	packet_conf
	begin
	inlab kill -9 "$(reader)"
	wait_until 10 grep -q "ended by signal 9" "$ROOT/var/log/osmd.log"
	osm reload
	wait_until 10 eval '[ "$(status_of .packets.source)" = pcap ] && [ -n "$(reader)" ]'
	wait_until 10 grep -q "packets: seen by pcap" "$ROOT/var/log/osmd.log"
	connect -c 6 -u $ALICE $WORLD 25
	wait_until 15 has_report '.account == "osmalice"'
}

@test "an interface that comes later is seen, too" {
	packet_conf
	begin
	inlab ip link add late type veth peer name further
	inlab ip addr add 10.9.8.1/24 dev late
	inlab ip link set further up
	inlab ip link set late up
	inlab ip neigh replace 10.9.8.7 lladdr 02:00:00:00:00:09 dev late
	connect -n -c 6 -u $ALICE 10.9.8.7 587
	inlab ip link del late
	wait_until 15 has_report '.account == "osmalice"'
	osm show "$(reports | jq -r .id)" --json |
		jq -e '.destinations[0].value == "10.9.8.7:587"'
}

@test "without the right to capture only this method is off, and it is said" {
	packet_conf
	inlab setpriv --bounding-set -net_raw --inh-caps -net_raw osmd 3>&- >/dev/null 2>&1 &
	wait_until 10 eval '[ "$(status_of .packets.source)" = none ]'
	run osm check
	[[ "$output" == *"no source works"* && "$output" == *"pcap:"*"ermi"* ]] ||
		{ echo "$output"; return 1; }
	send mailbox "$BOX" 21 >/dev/null
	wait_until 20 has_report '.type == "logline"'
}

@test "osm check and osm status say by what they are seen, and what the kernel dropped" {
	packet_conf
	begin
	osm check | grep -q 'packets.*seen by pcap'
	wait_until 10 eval '[ "$(status_of .packets.stats.dropped)" = 0 ]'
	conf PACKET_ENABLE=0
	osm reload
	wait_until 10 eval '[ "$(status_of .packets.source)" = off ]'
	osm check | grep -q 'packets.*PACKET_ENABLE'
}

@test "the reader holds two capabilities and its filter is locked" {
	packet_conf
	begin
	pid=$(reader)
	# CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE
	same "$(inlab sed -n 's/^CapPrm:\t//p' "/proc/$pid/status")" 0000000000080004 capabilities
	same "$(inlab sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")" 1 no_new_privs
	same "$(inlab sed -n 's/^Seccomp:\t//p' "/proc/$pid/status")" 2 seccomp
}

@test "a capture taken elsewhere is counted by address" {
	packet_conf
	run osm replay --pcap --from 192.0.2.0/24 "$TESTS/data/pcap/outgoing.pcap"
	[[ "$output" == *"packet  6/5"*"192.0.2.10"* && "$output" == *"1 report would"* &&
		"$output" == *"6 connections"* ]] || { echo "$output"; return 1; }
	run osm replay --pcap "$TESTS/lab/lab.sh"
	[ "$status" -ne 0 ]
	[[ "$output" == *"lab.sh: unknown file format"* ]] || { echo "$output"; return 1; }
}
