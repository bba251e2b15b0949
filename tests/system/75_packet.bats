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
begin() { # [SOURCE]
	osmd_start
	wait_until 10 eval "[ \"\$(status_of .packets.source)\" = ${1:-pcap} ]"
}
# Does this kernel let root load such programs? Where it doesn't, osmd must say so.
bpf_works() {
	local said
	said=$(inlab packettool bpf 9 --first)
	[[ $said != *self-test* ]] || { echo "# $said" >&3; return 0; } # loaded, and wrong: no excuse
	grep '^source bpf' <<<"$said"
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
		and .paths[0] == {"value": "/home/osmalice/public_html", "count": 6, "share": 100}
		and (.processes[0].value | contains("connector") and contains("(started by "))' "$BATS_TEST_TMPDIR/report" ||
		{ cat "$BATS_TEST_TMPDIR/report"; return 1; }
	# the processes that the report names are those that the clients say they were
	while read -r port uid pid dir; do
		grep -q "192.0.2.10:$port > 198.51.100.25:25 remote socket uid=$uid gid=$uid pid=" \
			"$BATS_TEST_TMPDIR/report" || { echo "no $port $uid $pid $dir"; return 1; }
	done <"$BATS_TEST_TMPDIR/truth"
	wait_until 10 is_held osmalice
	refute is_held osmbob
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
	refute is_held osmalice
	refute is_held osmbob
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
	wait_until 10 flock -n "$ROOT/run/osm/osmd.pid" true # its last process has ended
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
	# what can't be taken is said: a reader that stands still while far more come than fit
	packet_conf PACKET_SOURCE=nflog SMTP_PORTS=25,2587
	osm reload
	wait_until 10 eval '[ "$(status_of .packets.source)" = nflog ]'
	inlab kill -STOP "$(reader)"
	inlab connector -1 -c 30000 127.0.0.1 2587
	inlab kill -CONT "$(reader)"
	wait_until 20 eval 'inlab connector -1 -c 1 127.0.0.1 2587; [ "$(status_of .packets.stats.dropped)" -gt 0 ]'
	osm check | grep -q 'packets.*connections came faster than they could be taken'
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

@test "what the kernel tells: processes that connect and end at once, all of them" {
	packet_conf PACKET_SOURCE=bpf PACKET_LIMIT=299
	if ! bpf_works; then
		osmd_start
		wait_until 10 eval '[ "$(status_of .packets.source)" = none ]'
		[ -n "$(status_of .packets.failed.bpf)" ]
		return
	fi
	begin bpf
	inlab connector -k -c 600 -u $ALICE -u $BOB $WORLD 25 >"$BATS_TEST_TMPDIR/truth"
	until_counted 600
	same "$(wc -l <"$BATS_TEST_TMPDIR/truth")" 600 connected
	same "$(status_of .counters.connections.owners.kernel)" 600 "told by the kernel"
	wait_until 10 eval '[ "$(count_reports)" = 2 ]'
	osm show "$(reports '.account == "osmbob"' | jq -r .id)" --json |
		jq -e '.confidence == "kernel" and .count == 300'
	wait_until 10 eval '[ "$(sqlite3 "$ROOT/var/lib/osm/watch.db" "SELECT count(*) FROM packet")" = 600 ]'
	sqlite3 "$ROOT/var/lib/osm/watch.db" "SELECT line FROM packet" |
		sed -n 's/.* uid=\([0-9]*\) .* pid=\([0-9]*\) .* cwd="\([^"]*\)".*/\1 \2 \3/p' |
		sort >"$BATS_TEST_TMPDIR/told"
	cut -d' ' -f2- "$BATS_TEST_TMPDIR/truth" | sort | diff - "$BATS_TEST_TMPDIR/told"
	wait_until 10 is_held osmalice
	wait_until 10 is_held osmbob
}

@test "what netfilter tells: short-lived processes, every one's user, and nobody wrong" {
	packet_conf PACKET_SOURCE=nflog PACKET_LIMIT=299
	begin nflog
	inlab nft list table inet osm-watch | grep -q 'tcp dport 25 log group 25465 snaplen 128 queue-threshold 1' ||
		{ inlab nft list table inet osm-watch; return 1; }
	inlab connector -k -c 600 -u $ALICE -u $BOB $WORLD 25 >"$BATS_TEST_TMPDIR/truth"
	until_counted 600
	wait_until 10 eval '[ "$(sqlite3 "$ROOT/var/lib/osm/watch.db" "SELECT count(*) FROM packet")" = 600 ]'
	sqlite3 "$ROOT/var/lib/osm/watch.db" "SELECT line FROM packet" >"$BATS_TEST_TMPDIR/lines"
	sed -n 's/^[^:]*:[0-9]*:[^:]*:\([0-9]*\) > .* uid=\([0-9]*\) .*/\1 \2/p' "$BATS_TEST_TMPDIR/lines" |
		sort >"$BATS_TEST_TMPDIR/told"
	cut -d' ' -f1,2 "$BATS_TEST_TMPDIR/truth" | sort | diff - "$BATS_TEST_TMPDIR/told"
	same "$(status_of .packets.stats.dropped)" 0 dropped
	osmd_stop
	refute inlab nft list table inet osm-watch 2>/dev/null
}

@test "a netfilter table that a killed osmd left, or somebody flushed, is no end of it" {
	packet_conf PACKET_SOURCE=nflog
	inlab nft add table inet osm-watch # an older kernel keeps it after a kill
	begin nflog
	inlab nft flush ruleset # a table with an owner stays; another is made anew
	wait_until 30 eval 'inlab nft list table inet osm-watch | grep -q "log group"'
	connect -c 6 -u $ALICE $WORLD 25
	wait_until 15 has_report '.account == "osmalice"'
}

@test "what a firewall refuses or turns to Exim itself is seen, too" {
	for source in nflog bpf; do
		[ $source = nflog ] || bpf_works || continue
		fresh
		packet_conf PACKET_SOURCE=$source
		begin $source
		inlab iptables -t filter -A OUTPUT -p tcp --dport 25 -m owner --uid-owner 61001 -j REJECT
		inlab iptables -t nat -A OUTPUT -p tcp --dport 25 -m owner --uid-owner 61002 -j REDIRECT
		connect -c 6 -u $ALICE $WORLD 25 >/dev/null
		connect -c 6 -b 30000 -u $BOB $WORLD 25 >/dev/null
		inlab iptables -F OUTPUT
		inlab iptables -t nat -F OUTPUT
		wait_until 15 has_report '.account == "osmalice"'
		wait_until 15 has_report '.account == "osmbob"'
	done
}

@test "a connection whose first packet never leaves is told after two seconds" {
	if ! bpf_works; then # the others see packets only
		echo "# no bpf here" >&3
		return
	fi
	packet_conf PACKET_SOURCE=bpf
	begin bpf
	inlab iptables -t filter -A OUTPUT -p tcp --dport 25 -m owner --uid-owner 61001 -j DROP
	connect -n -l 30000 -c 6 -u $ALICE $WORLD 25 >/dev/null 3>&- &
	connect -c 6 -b 30000 -u $BOB $WORLD 25 >/dev/null
	wait_until 15 has_report '.account == "osmbob"' # they don't wait for those
	wait_until 15 has_report '.account == "osmalice"'
	wait_until 10 is_held osmalice
	inlab iptables -F OUTPUT
	inlab pkill -x connector
	wait
}

# Ways to turn an account's connections to the Exim of this server, as cPanel's SMTP restrictions
# and csf's SMTP_BLOCK do it.
turn() { # WAY UID
	case $1 in
	legacy) inlab iptables-legacy -t nat -A OUTPUT -p tcp -m multiport --dports 25,465,587 -m owner --uid-owner "$2" -j REDIRECT ;;
	legacy-own) inlab iptables-legacy -t nat -A OUTPUT -p tcp --dport 25 -m owner --uid-owner "$2" -j DNAT --to-destination 192.0.2.10 ;;
	nft) inlab nft "add table inet turn; add chain inet turn out { type nat hook output priority -100; }
		add rule inet turn out meta skuid $2 tcp dport { 25, 465, 587 } redirect" ;;
	esac
}
unturn() {
	inlab iptables-legacy -t nat -F OUTPUT
	inlab nft 'add table inet turn; delete table inet turn'
}

@test "a connection that a firewall turned to Exim is one to this server: one cause, one punishment" {
	local source way
	for source in nflog bpf pcap; do
		[ $source != bpf ] || bpf_works || continue
		for way in legacy legacy-own nft; do
			echo "# $source $way" >&3
			fresh
			packet_conf PACKET_SOURCE=$source LOGLINE_LIMIT=5 \
				LOGLINE_ACTIONS=email,store,hold
			begin $source
			turn $way 61002
			inlab setpriv --reuid 61002 --regid 61002 --clear-groups /usr/bin/python3 -B \
				/usr/local/osm/tests/lab/send_turned.py "$BOX" $WORLD 6
			connect -c 6 -u $ALICE $WORLD 25 >/dev/null
			unturn
			wait_until 15 has_report '.type == "logline" and .account == "osmbob"'
			wait_until 10 is_held "$BOX"
			# a remote one beside it is still a ground
			wait_until 15 has_report '.type == "packet" and .account == "osmalice"'
			wait_until 10 is_held osmalice
			refute is_held osmbob
			[ $source = pcap ] || {
				wait_until 15 has_report '.type == "packet" and .account == "osmbob"'
				osm show "$(reports '.type == "packet" and .account == "osmbob"' | jq -r .id)" --json >"$BATS_TEST_TMPDIR/report"
				# nflog knows where it was meant to go if this kernel tells of tracked connections
				jq -e --arg source $source '(if $source == "bpf" then "198.51.100.25:25"
						else (.destinations[0].value | select(. == "127.0.0.1:25" or . == "192.0.2.10:25")) // "198.51.100.25:25" end) as $to
					| .destinations[0].value == $to and (.lines | all(contains("> \($to) localhost")))
					and (.notes | any(contains("to this server itself")))' "$BATS_TEST_TMPDIR/report" ||
					{ cat "$BATS_TEST_TMPDIR/report"; return 1; }
			}
			same "$(actions_in_force '.action == "hold"' | wc -l)" 2 "holds in force"
			osm stop
		done
	done
}

@test "where the kernel can't tell, the next source takes over, and it is said" {
	packet_conf PACKET_SOURCE=auto
	inlab mount -t tmpfs none /sys/kernel/btf 2>/dev/null || true # nothing to hide without it
	osmd_start
	inlab umount /sys/kernel/btf 2>/dev/null || true
	wait_until 10 eval '[[ "$(status_of .packets.source)" =~ ^(nflog|pcap)$ ]]'
	[[ "$(status_of .packets.failed.bpf)" == *btf* ]] || status_of .packets
	osm check | grep -q 'packets.*bpf: no types of this kernel'
	connect -c 6 -u $ALICE $WORLD 25
	wait_until 15 has_report '.account == "osmalice"'
}

@test "a source that ends while it runs is followed by the next" {
	packet_conf PACKET_SOURCE=auto
	osmd_start
	wait_until 10 eval '[ "$(status_of .packets.source)" != starting ]'
	first=$(status_of .packets.source)
	inlab kill -9 "$(reader)"
	wait_until 10 eval '[ "$(status_of .packets.source)" != '"$first"' ] && [ -n "$(reader)" ]'
	[[ "$(status_of ".packets.failed.$first")" == *"signal 9"* ]]
	[ "$first" = pcap ] || connect -c 6 -u $ALICE $WORLD 25
	[ "$first" = pcap ] || wait_until 15 has_report '.account == "osmalice"'
	osm reload
	wait_until 10 eval '[ "$(status_of .packets.source)" = '"$first"' ]'
}
