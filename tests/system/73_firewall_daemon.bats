#!/usr/bin/env bats
# The firewall as an administrator meets it: reports and orders that block, in the lab's own
# network namespaces, with a live osmd.

load helpers
setup_file() {
	lab_begin
	[ -n "${LAB_WHY_NOT:-}" ] || own_sbin
}
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
	fwtool nft flush
	inlab rm -f /usr/sbin/csf
	rm -rf "$ROOT/etc/csf" "$ROOT/var/lib/csf"
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

# csf has one place, and the lab sees this machine's own: a copy of it lies over it there.
own_sbin() {
	cp -a /usr/sbin "$LAB/sbin"
	rm -f "$LAB/sbin/csf"
	inlab mount --bind "$LAB/sbin" /usr/sbin
}
with_csf() { # [KEY=VALUE...]: csf's double is installed and started
	local pair
	mkdir -p "$ROOT/etc/csf" "$ROOT/var/lib/csf"
	install -m 700 "$TESTS/lab/doubles/csf" "$LAB/sbin/csf"
	echo 15.00 >"$ROOT/etc/csf/version.txt"
	: >"$ROOT/etc/csf/csf.deny"
	: >"$ROOT/var/lib/csf/csf.tempban"
	for pair in TESTING=0 IPV6=1 DENY_IP_LIMIT=1000 "$@"; do
		sed -i "/^${pair%%=*} /d" "$ROOT/etc/csf/csf.conf" 2>/dev/null || true
		echo "${pair%%=*} = \"${pair#*=}\"" >>"$ROOT/etc/csf/csf.conf"
	done
	csf -r
}
csf() { inlab csf "$@" 3>&-; }
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
	osm -d 203.0.113.10 600 scan of passwords
	osm -d 203.0.113.0/28
	osm act block_smtp osmbob
	osm restart
	is_out 203.0.113.10
	[[ "$(blocks)" == *"by hand: scan of passwords"* ]] || { blocks; return 1; }
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
	[[ "$output" == *firewall*203.0.113.10*"too many logins"* ]] || { echo "$output"; return 1; }
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

@test "protected addresses are refused, with the list and the line" {
	conf FIREWALL=nft
	printf '# office\nip:203.0.113.64/26\n' >"$ROOT/etc/osm/osm.ignore"
	mkdir -p "$ROOT/etc/csf"
	printf '# known\n198.51.100.0/28 # partner\n' >"$ROOT/etc/csf/csf.allow"
	osmd_start
	local row
	while IFS='|' read -r what why; do
		run osm -d "$what"
		[ "$status" -ne 0 ] || { echo "$what was blocked"; return 1; }
		[[ "$output" == *"$why"* ]] || { echo "$what: $output"; return 1; }
	done <<-'T'
		192.0.2.10|one of this server's own addresses
		127.0.0.1|protected
		192.0.2.1|gateway
		203.0.113.70|lies in 203.0.113.64/26, which is in /etc/osm/osm.ignore line 2
		203.0.113.0/24|contains 203.0.113.64/26
		198.51.100.3|/etc/csf/csf.allow line 2
		0.0.0.0/0|too much of the Internet
		1.2.3|is no address
		mail.example|is no address
	T
	for time in -1 0 0s 1h30m 10y 4000d 99999999999999999999 +5 203.0.113.11; do
		run osm -d 203.0.113.10 $time
		same "$status" 2 "a time of $time"
		[[ "$output" == *"$time is no time"* ]] || { echo "$output"; return 1; }
	done
	same "$(blocks)" "" blocks
}

put_back() { # TIMES
	[ "$(grep -c 'blocks of before are in force by nft' "$ROOT/var/log/osmd.log")" = "$1" ]
}

@test "another FIREWALL: what is in force is released where it was made; what others flush is put back" {
	conf FIREWALL=nft
	osmd_start
	osm -d 203.0.113.10
	osm -d 203.0.113.11 1h
	inlab nft flush ruleset # the kernel tells: sooner than a look every half a minute
	wait_until 15 put_back 1
	is_out 203.0.113.10
	is_out 203.0.113.11
	inlab nft delete element inet osm in4_32 "{ 203.0.113.10 }"
	wait_until 15 put_back 2
	is_out 203.0.113.10
	inlab nft flush chain inet osm input # the sets are whole, and nothing looks into them
	wait_until 15 put_back 3
	is_out 203.0.113.10
	sleep 7 # what osm does itself is no reason to look again
	put_back 3
	conf FIREWALL=csf # which is not there
	osm reload
	run osm -d 203.0.113.12
	[[ "$status" = 1 && "$output" == *"csf is not installed"* ]] || { echo "$output"; return 1; }
	osm -dr 203.0.113.10
	connects 203.0.113.10
	conf FIREWALL=none
	osm restart
	osm -dr 203.0.113.11
	connects 203.0.113.11
	same "$(blocks)" "" "blocks left"
}

@test "csf -x: what is released then stays so, and csf's own entry goes at csf -e" {
	with_csf
	conf
	osmd_start
	osm -d 203.0.113.10 1h
	csf -x
	run osm -dr 203.0.113.10
	[[ "$status" = 1 && "$output" == *"csf is disabled"* ]] || { echo "$output"; return 1; }
	connects 203.0.113.10
	osm restart
	connects 203.0.113.10
	grep -q "|203.0.113.10|" "$ROOT/var/lib/csf/csf.tempban"
	csf -e
	wait_until 10 eval '! grep -q "|203.0.113.10|" "$ROOT/var/lib/csf/csf.tempban"'
	wait_until 10 eval '[ -z "$(action firewall 203.0.113.10)" ]'
	connects 203.0.113.10
}

@test "TESTING: decided, told, nothing blocked" {
	conf TESTING=1 LOGLINE_ACTIONS=store,firewall,block_smtp FIREWALL=nft
	osmd_start
	send mailbox "$BOX" 25 --ips 1
	wait_until 10 eval '[[ "$(journal firewall 203.0.113.10)" == "skipped TESTING: would have blocked"* ]]'
	[[ "$(journal block_smtp osmbob)" == "skipped TESTING"* ]]
	run osm -d 203.0.113.11
	[[ "$output" == *TESTING* ]] || { echo "$output"; return 1; }
	connects 203.0.113.10
	reaches osmbob
}

@test "an executor that is killed in the middle of a block finishes it, once" {
	with_csf
	conf FIREWALL=csf
	osmd_start
	echo slow=2 >"$ROOT/var/lib/csf/double"
	inlab sh -c 'osm -d 203.0.113.10 600 killed >/dev/null 2>&1 &'
	wait_until 10 is_out 203.0.113.10 # the kernel is told before csf
	inlab pkill -KILL -x "osmd: executor"
	rm "$ROOT/var/lib/csf/double"
	wait_until 20 eval '[ -n "$(action firewall 203.0.113.10)" ]'
	is_out 203.0.113.10
	same "$(grep -c "^[0-9]*|203.0.113.10|" "$ROOT/var/lib/csf/csf.tempban")" 1 "csf's entries"
	osm -dr 203.0.113.10
	connects 203.0.113.10
	same "$(cat "$ROOT/var/lib/csf/csf.tempban")" "" "csf's entries"
}

@test "executors killed at random moments: journal and kernel agree, and all is undone" {
	conf FIREWALL=nft
	osmd_start
	local i
	for i in $(seq 1 12); do
		inlab sh -c "osm -d 203.0.113.$i 600 >/dev/null 2>&1 & sleep 0.0$((RANDOM % 10)); pkill -KILL -x 'osmd: executor'; wait"
	done
	# what was begun is finished; what never reached the journal is nowhere
	wait_until 20 eval '[ "$(osm status --json | jq .executor.connected)" = true ]'
	wait_until 20 eval 'osm -d 203.0.113.200 600'
	same "$(actions_in_force '.action == "firewall"' | jq -r .target | sort)" \
		"$(blocks | cut -d" " -f1 | sort)" "in the journal and in the kernel"
	for i in $(actions_in_force | jq -r .id); do osm undo "$i" >/dev/null; done
	same "$(blocks)" "" "blocks left"
	# what nobody knows of can be released all the same
	fwtool nft block 203.0.113.9
	run osm -dr 203.0.113.9
	[[ "$output" == *"nothing was known"* ]] || { echo "$output"; return 1; }
	same "$(blocks)" "" "blocks left"
}

@test "csf: it shows what osm blocks, and what is taken out of it osm lets go, too" {
	with_csf
	conf LOGLINE_ACTIONS=store,firewall
	osmd_start
	send mailbox "$BOX" 60 --ips 1 --rate 50 || true
	wait_until 10 eval '[ -n "$(action firewall 203.0.113.10)" ]'
	is_out 203.0.113.10
	run csf -g 203.0.113.10
	[[ "$output" == *"osm: action"*"logline info@bobs-garage.example"* ]] || { echo "$output"; return 1; }
	csf -tr 203.0.113.10
	wait_until 10 connects 203.0.113.10
	wait_until 5 eval '[[ "$(journal firewall 203.0.113.10)" == "undone taken out of csf"* ]]'
	osm -d 203.0.113.11 for good
	is_out 203.0.113.11
	csf -dr 203.0.113.11
	wait_until 10 connects 203.0.113.11
	# an editor does it, too; and while osmd is down
	osm -d 203.0.113.12
	osm -d 203.0.113.13 600
	sed -i /203.0.113.12/d "$ROOT/etc/csf/csf.deny"
	wait_until 10 connects 203.0.113.12
	osmd_stop
	csf -tr 203.0.113.13
	is_out 203.0.113.13
	osmd_start
	wait_until 10 connects 203.0.113.13
	same "$(blocks)" "" "blocks left"
	same "$(actions_in_force)" "" "actions left"
}

@test "csf: what the administrator blocked is left so, and never released by osm" {
	with_csf
	conf
	osmd_start
	csf -d 203.0.113.10 "by hand"
	run osm -d 203.0.113.10 600
	same "$status" 1
	[[ "$output" == *"csf has it already: 203.0.113.10 # by hand"* ]] || { echo "$output"; return 1; }
	run osm -dr 203.0.113.10
	same "$status" 1
	[[ "$output" == *"csf -dr"* ]] || { echo "$output"; return 1; }
	grep -q "^203.0.113.10 # by hand" "$ROOT/etc/csf/csf.deny"
	osm act block_smtp osmbob
	grep -q "^tcp|out|d=25,465,587|u=$(inlab id -u osmbob) # osm: action" "$ROOT/etc/csf/csf.deny"
	run reaches osmbob
	same "$status" 1 "the blocked account"
	osm undo "$(action block_smtp osmbob)"
	reaches osmbob
	refute grep -q "osm:" "$ROOT/etc/csf/csf.deny"
}

@test "csf without IPv6: an IPv6 address is blocked in the kernel" {
	with_csf IPV6=0
	conf
	osmd_start
	osm -d 2001:db8:2::7 600
	[[ "$(fwtool nft list)" == *"2001:db8:2::7 "* ]] || { fwtool nft list; return 1; }
	osm -dr 2001:db8:2::7
	same "$(blocks)" "" "blocks left"
}

@test "legacy iptables: csf -r takes all chains and sets away, osm puts its blocks back" {
	with_csf
	conf FIREWALL=iptables
	inlab fwtool iptables init || skip "no legacy iptables here"
	osmd_start
	osm -d 203.0.113.10 600
	osm act block_smtp osmbob
	is_out 203.0.113.10
	# what csf -r does while it holds its lock; the double's own rules are not legacy ones
	rm -f "$ROOT/var/lib/csf/go"
	inlab sh -c 'exec 9>/var/lib/csf/csf.lock; flock 9
		for t in iptables-legacy ip6tables-legacy; do $t -F; $t -X; done
		ipset flush; ipset destroy
		until [ -e /var/lib/csf/go ]; do sleep 0.1; done' 3>&- &
	wait_until 10 connects 203.0.113.10
	touch "$ROOT/var/lib/csf/go"
	wait_until 10 is_out 203.0.113.10
	run reaches osmbob
	same "$status" 1 "the blocked account"
	osm -dr 203.0.113.10
	connects 203.0.113.10
	osm undo "$(action block_smtp osmbob)"
	fwtool iptables flush
}

@test "legacy iptables: a block in the middle of csf -r never makes its deletion of chains fail" {
	inlab fwtool iptables init || skip "no legacy iptables here"
	mkdir -p "$ROOT/var/lib/csf"
	inlab sh -c 'for i in $(seq 1 60); do
		fwtool iptables block 198.51.100.$i 600 in - x || exit 1; done' 3>&- &
	local blocking=$! round failed=0
	for round in $(seq 1 40); do # as csf does: the lock, flush, delete, in a process each
		inlab sh -c 'exec 9>/var/lib/csf/csf.lock; flock 9
			for t in iptables-legacy ip6tables-legacy; do
				$t --flush && sleep 0.02 && $t --delete-chain || exit 1; done' || failed=$((failed + 1))
	done
	wait "$blocking"
	same "$failed" 0 "deletions that failed"
	inlab fwtool iptables init
	same "$(inlab fwtool iptables list | wc -l)" 60 "blocks"
	inlab fwtool iptables flush
}

@test "what csf or osm.ignore allow now is let in, without a restart" {
	with_csf
	conf
	osmd_start
	osm -d 203.0.113.10 600
	osm -d 203.0.113.11
	osm -d 203.0.113.12
	echo "$(date +%s)|203.0.113.10||inout|600|a customer called" >>"$ROOT/var/lib/csf/csf.tempallow"
	wait_until 10 connects 203.0.113.10
	same "$(journal firewall 203.0.113.10 | cut -d' ' -f1)" undone
	echo "203.0.113.11 # partner" >>"$ROOT/etc/csf/csf.allow"
	wait_until 10 connects 203.0.113.11
	is_out 203.0.113.12
	echo "ip:203.0.113.12" >>"$ROOT/etc/osm/osm.ignore"
	osm reload
	wait_until 10 connects 203.0.113.12
	same "$(blocks)" "" "blocks left"
	refute grep -q "osm:" "$ROOT/etc/csf/csf.deny" "$ROOT/var/lib/csf/csf.tempban"
}

@test "filters of others in csf.deny don't make osm's blocks look removed" {
	with_csf
	conf
	osmd_start
	osm -d 203.0.113.10
	for i in $(seq 1 20); do echo "tcp|in|d=22|s=198.51.100.$i # by hand"; done >>"$ROOT/etc/csf/csf.deny"
	osm -d 203.0.113.11
	is_out 203.0.113.11
	csf -dr 203.0.113.11
	wait_until 10 connects 203.0.113.11
	is_out 203.0.113.10
	same "$(actions_in_force '.action == "firewall"' | jq -r .target)" 203.0.113.10 "in force"
}

@test "FIREWALL is changed: what the old one has is neither doubled nor forgotten" {
	inlab fwtool iptables init || skip "no legacy iptables here"
	inlab fwtool iptables flush
	conf FIREWALL=nft
	osmd_start
	osm -d 203.0.113.10
	osm act block_smtp osmbob
	conf FIREWALL=iptables
	osm reload
	run osm -d 203.0.113.10 60
	[[ "$output" == *"was already blocked"* ]] || { echo "$output"; return 1; }
	run osm act block_smtp osmbob
	[[ "$output" == *"was already"* ]] || { echo "$output"; return 1; }
	osm -d 203.0.113.11
	is_out 203.0.113.10
	is_out 203.0.113.11
	osm -dr 203.0.113.10
	osm -dr 203.0.113.11
	connects 203.0.113.10
	connects 203.0.113.11
	osm undo "$(action block_smtp osmbob)"
	reaches osmbob
	same "$(actions_in_force)" "" "actions left"
	inlab fwtool iptables flush
}

@test "a removed account's uid is another's: it is let go without cPanel's word" {
	conf FIREWALL=nft
	cp "$ROOT/etc/passwd" "$BATS_TEST_TMPDIR/passwd"
	cp "$ROOT/etc/trueuserdomains" "$BATS_TEST_TMPDIR/trueuserdomains"
	osmd_start
	osm act block_smtp osmbob
	run reaches osmbob
	same "$status" 1 "the blocked account"
	sed -i /osmbob/d "$ROOT/etc/trueuserdomains"
	sed "s/^osmbob:/newcomer:/" "$BATS_TEST_TMPDIR/passwd" >"$ROOT/etc/passwd.new"
	mv "$ROOT/etc/passwd.new" "$ROOT/etc/passwd"
	wait_until 10 reaches newcomer
	same "$(blocks)" "" "blocks left"
	cp "$BATS_TEST_TMPDIR/passwd" "$ROOT/etc/passwd"
	cp "$BATS_TEST_TMPDIR/trueuserdomains" "$ROOT/etc/trueuserdomains"
}

@test "check names the firewall in force, and what csf's configuration means for it" {
	conf FIREWALL=nft
	run osm check
	[[ "$output" == *"OK       firewall"*"nft: osm.conf asks for nft"* ]] || { echo "$output"; return 1; }
	conf
	with_csf SMTP_BLOCK=1 LF_IPSET=1
	run osm check
	[[ "$output" == *"OK       firewall"*"csf, and nft before it: csf is installed and enabled"* ]] || { echo "$output"; return 1; }
	[[ "$output" == *"csf"*"SMTP_BLOCK"* ]] || { echo "$output"; return 1; }
	[[ "$output" == *"csf"*"LF_IPSET"* ]] || { echo "$output"; return 1; }
	with_csf TESTING=1
	run osm check
	[[ "$output" == *"WARN     csf"*TESTING* ]] || { echo "$output"; return 1; }
	[[ "$output" == *"firewall"*"nft:"* ]] || { echo "$output"; return 1; }
	with_csf TESTING=0
	csf -x
	run osm check
	[[ "$output" == *"WARN     csf"*"disabled"* ]] || { echo "$output"; return 1; }
	conf FIREWALL=none LOGLINE_ACTIONS=store,firewall
	run osm check
	[[ "$output" == *"BAD      firewall"*"none"* ]] || { echo "$output"; return 1; }
}
