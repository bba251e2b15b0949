#!/usr/bin/env bats
# The csf backend against the double of csf, in both of its ways of reading arguments; and with
# real rules between two network namespaces.

TESTS=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
FWCSF=$TESTS/../build/fwcsf
# shellcheck source=tests/lab/wait.sh
. "$TESTS/lab/wait.sh"

setup() {
	[ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
	ROOT=$BATS_TEST_TMPDIR/root
	HOST= WORLD=
	host_with 15.00
}
teardown() {
	[ -z "$HOST" ] || kill "$HOST" "$WORLD" 2>/dev/null || true
}

host_with() { # VERSION: a new host with this csf, started
	rm -rf "$ROOT"
	mkdir -p "$ROOT"/{etc/csf,var/lib/csf,usr/sbin,proc/net}
	install -m 700 "$TESTS/lab/doubles/csf" "$ROOT/usr/sbin/csf"
	echo "$1" >"$ROOT/etc/csf/version.txt"
	: >"$ROOT/etc/csf/csf.deny"
	: >"$ROOT/var/lib/csf/csf.tempban"
	set_conf TESTING=0 IPV6=1 DENY_IP_LIMIT=1000
	words
	csf -r
}
set_conf() {
	local pair
	for pair in "$@"; do
		sed -i "/^${pair%%=*} /d" "$ROOT/etc/csf/csf.conf" 2>/dev/null || true
		echo "${pair%%=*} = \"${pair#*=}\"" >>"$ROOT/etc/csf/csf.conf"
	done
}
words() { echo "$*" >"$ROOT/var/lib/csf/double"; }
csf() { ${HOST:+nsenter -t "$HOST" -n} "$ROOT/usr/sbin/csf" "$@" 3>&-; }
fw() { ${HOST:+nsenter -t "$HOST" -n} "$FWCSF" "$ROOT" "$@" 3>&-; }
calls() { cat "$ROOT/var/lib/csf/double-calls" 2>/dev/null || true; }
no_calls() { rm -f "$ROOT/var/lib/csf/double-calls"; }
rules() { grep -v :chain: "$ROOT/var/lib/csf/double-rules" || true; }
bans() { cut -d'|' -f2- "$ROOT/var/lib/csf/csf.tempban"; }
denies() { sed 's/ - [A-Z][a-z][a-z] .*//' "$ROOT/etc/csf/csf.deny"; }
same() { # ACTUAL EXPECTED [WHAT]
	[ "$1" = "$2" ] || { echo "${3:-value}: got '$1', want '$2'"; return 1; }
}
refused() { # TEXT COMMAND...
	local want=$1
	shift
	run "$@"
	[ "$status" -ne 0 ] || { echo "it was done: $*"; return 1; }
	[[ "$output" == *"$want"* ]] || { echo "said: $output"; return 1; }
}

@test "the double reads arguments as the two versions do, so that a careless call shows" {
	csf -td 198.51.100.1 3600 -p 25 -d out "osm: x"
	same "$(bans)" "198.51.100.1|25|out|3600|osm: x" 15.x
	csf -trd 198.51.100.1
	csf -td 198.51.100.1 3600 "-d in osm: /home/u/wp-plugins/x non-prod foo-dout a  b"
	same "$(bans)" "198.51.100.1|lugins|out|3600|osm: /home/u/wp/x non foo a  b" "15.x, comment"
	host_with 16.07
	csf -td 198.51.100.1 3600 -p 25 -d out "osm: x"
	same "$(bans)" "198.51.100.1||in|3600|-p" 16.x
}

@test "one form of every call works in both versions" {
	local v
	for v in 15.00 16.07; do
		host_with $v
		fw block 198.51.100.1 3600 out 25,465 'wp-plugins | -d in; Include, do not delete'
		fw block 198.51.100.2 600
		fw block 2001:DB8::7 0 in "" 'too  much'
		fw block uid:1001 60
		fw block 203.0.113.9/24 0 inout 25
		same "$(bans | sed -n 1p)" \
			"198.51.100.1|25,465|out|3600|osm: wp_plugins _ _d in_ include, do_not_delete" $v
		same "$(bans | sed -n 2p)" "198.51.100.2||inout|600|osm: by hand" $v
		same "$(denies)" "2001:db8::7 # osm: too much
tcp|out|d=25,465,587|u=1001 # osm: by hand
tcp|in|d=25|s=203.0.113.0/24 # osm: by hand
tcp|out|d=25|d=203.0.113.0/24 # osm: by hand" $v
		same "$(rules | wc -l)" 10 "$v rules"
		same "$(fw list | wc -l)" 6 "$v list"
		fw release 203.0.113.0/24
		fw release uid:1001
		fw flush
		same "$(rules)$(bans)$(denies)" "" "$v after flush"
	done
}

@test "csf -dr and -tr by the administrator are noticed, csf's own block counts as one" {
	fw block 198.51.100.1 600
	fw block 198.51.100.2
	fw block uid:1001
	same "$(fw removed 198.51.100.1 198.51.100.2 uid:1001)" "" "nothing yet"
	csf -tr 198.51.100.1
	csf -dr 'tcp|out|d=25,465,587|u=1001'
	same "$(fw removed 198.51.100.1 198.51.100.2 uid:1001 | cut -d' ' -f1 | tr '\n' ' ')" \
		"198.51.100.1 uid:1001 " removed
	csf -dr 198.51.100.2
	csf -d 198.51.100.2 "mine"
	same "$(fw removed 198.51.100.2)" "" "denied by the administrator"
	fw release 198.51.100.2
	same "$(denies)" "198.51.100.2 # mine" "not osm's to release"
}

@test "csf -g and csf -t show what osm blocked" {
	fw block 198.51.100.1 600 in "" "40 messages"
	[[ "$(csf -g 198.51.100.1)" == *"Temporary Blocks: IP:198.51.100.1 Port: Dir:in TTL:600 (osm: 40 messages)"* ]]
	[[ "$(csf -t)" == *"198.51.100.1"*"osm: 40 messages"* ]]
}

@test "a ban of lfd's is taken in, others of the address are put back" {
	local now
	now=$(date +%s)
	printf '%s\n' "$now|198.51.100.1||in|300|lfd - (sshd) x" \
		"$now|198.51.100.1|22|in|900|lfd - (ftpd) y" >"$ROOT/var/lib/csf/csf.tempban"
	csf -r
	fw block 198.51.100.1 600 out
	same "$(bans | sed 's/|899|/|900|/')" "198.51.100.1||inout|600|osm: by hand
198.51.100.1|22|in|900|lfd - (ftpd) y" "after the block"
	same "$(rules | wc -l)" 3 rules
	fw release 198.51.100.1
	same "$(bans | sed 's/|[89][0-9][0-9]|/|900|/')" "198.51.100.1|22|in|900|lfd - (ftpd) y" "after the release"
	same "$(rules)" "4:DENYIN ! -i lo -s 198.51.100.1 -p tcp --dport 22 -j DROP" rules
}

@test "csf that is disabled, failed or in TESTING is not called, and it is said" {
	fw block 198.51.100.1 600
	fw block 198.51.100.2
	no_calls
	touch "$ROOT/etc/csf/csf.disable"
	refused "csf is disabled (csf -e enables it)" fw block 198.51.100.3 60
	refused "csf is disabled" fw release 198.51.100.1
	fw_usable_says "csf is disabled"
	rm "$ROOT/etc/csf/csf.disable"
	echo x >"$ROOT/etc/csf/csf.error"
	refused "csf's last start failed" fw block 198.51.100.3 60
	rm "$ROOT/etc/csf/csf.error"
	set_conf TESTING=1
	refused "TESTING" fw block 198.51.100.3 60
	refused "TESTING" fw release 198.51.100.2
	same "$(calls)" "" "calls of csf"
	# why: in TESTING csf -dr of an entry without a rule takes down everything
	csf -d 198.51.100.4 x
	run csf -dr 198.51.100.4
	[ "$status" -eq 1 ]
	[ -e "$ROOT/etc/csf/csf.error" ]
	same "$(rules)" "" "the whole firewall"
}
fw_usable_says() { refused "$1" fw usable; }

@test "csf that refuses, says too much, or only says that it did" {
	echo "198.51.100.0/24 # office" >"$ROOT/etc/csf/csf.allow"
	refused "198.51.100.1 is in the allow file" fw block 198.51.100.1
	refused "which is allowed in /etc/csf/csf.allow line 1" fw may 198.51.100.1
	same "$(denies)" "" nothing
	words colour
	fw block 203.0.113.1
	fw block 203.0.113.2 60
	fw release 203.0.113.1
	words deaf
	refused "its list does not hold it" fw block 203.0.113.3
	refused "its list still holds it" fw release 203.0.113.2
	words
	set_conf DENY_IP_LIMIT=2
	csf -d 203.0.113.10 "Error: deny failed: csf is being restarted"
	csf -d 203.0.113.11 "x"
	fw block 203.0.113.12
	same "$(denies)" "203.0.113.11 # x
203.0.113.12 # osm: by hand" "csf's own limit"
}

@test "a csf that hangs is left after its time, one that is slow is waited for" {
	words slow=2
	fw block 198.51.100.1 60
	words hang
	FWCSF_TIMEOUT=1 refused "csf -td: did not end within 1 seconds" fw block 198.51.100.2 60
	words
	# nothing of it is left running, the lock is free
	csf -r
	fw block 198.51.100.2 60
}

@test "a list without a last line end is not glued together" {
	printf '192.0.2.9 # by hand' >"$ROOT/etc/csf/csf.deny"
	fw block 198.51.100.1
	same "$(denies)" "192.0.2.9 # by hand
198.51.100.1 # osm: by hand" csf.deny
}

@test "a restart is waited for: never open, no rule doubled" {
	local i pid
	words restart=1
	csf -r &
	pid=$!
	wait_until 5 eval '! flock -n "$ROOT/var/lib/csf/csf.lock" true'
	sleep 0.3
	csf -d 198.51.100.99 "a careless call" >/dev/null # no chain yet, or one too many
	wait $pid || true
	[ -e "$ROOT/etc/csf/csf.error" ] || rules | grep 198.51.100.99 | sort | uniq -d | grep -q . ||
		{ echo "the double does not fail as csf does"; rules; return 1; }
	rm -f "$ROOT/etc/csf/csf.error"
	: >"$ROOT/etc/csf/csf.deny"
	words restart=0.2
	csf -r
	(for i in 1 2 3 4 5 6 7 8; do csf -r >/dev/null 2>&1 || true; sleep 0.1; done) 3>&- &
	pid=$!
	for i in $(seq 1 30); do
		fw block 198.51.100.$i $((i % 2 * 600))
	done
	wait $pid
	[ ! -e "$ROOT/etc/csf/csf.error" ]
	same "$(rules | sort | uniq -d)" "" "doubled rules"
	same "$(rules | wc -l)" 60 rules
}

@test "protected addresses of this host are refused with file and line" {
	printf '# allow\nInclude /etc/csf/more\n' >"$ROOT/etc/csf/csf.allow"
	printf '198.51.100.64/26 # office\n' >"$ROOT/etc/csf/more"
	printf '10.0.0.4 203.0.113.4\n' | install -D /dev/stdin "$ROOT/var/cpanel/cpnat"
	refused "198.51.100.70 lies in 198.51.100.64/26, which is allowed in /etc/csf/more line 1" fw may 198.51.100.70
	refused "198.51.100.0/24 contains 198.51.100.64/26" fw may 198.51.100.0/24
	refused "203.0.113.4 is one of this server's own addresses, says /var/cpanel/cpnat line 1" fw may 203.0.113.4
	refused "too much of the Internet" fw may 0.0.0.0/0
	SSH_CONNECTION="192.0.2.77 5 192.0.2.1 22" refused "logged in from" fw may 192.0.2.77
	fw may 192.0.2.78
}

# ---- with real rules -------------------------------------------------------------------

two_hosts() {
	[ "$(id -u)" = 0 ] || skip "not root"
	command -v iptables >/dev/null || skip "no iptables"
	unshare --net sleep 120 3>&- &
	HOST=$!
	unshare --net sleep 120 3>&- &
	WORLD=$!
	wait_until 5 eval '[ "$(readlink /proc/$HOST/ns/net)" != "$(readlink /proc/self/ns/net)" ] && [ "$(readlink /proc/$WORLD/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	nsenter -t "$HOST" -n ip link add wire0 type veth peer name wire1 netns "$WORLD" || skip "no veth"
	in_ns "$HOST" 192.0.2.10/24 2001:db8:1::10/64 wire0
	in_ns "$WORLD" 192.0.2.1/24 2001:db8:1::1/64 wire1
	nsenter -t "$WORLD" -n ip addr add 198.51.100.7/32 dev lo
	nsenter -t "$WORLD" -n ip addr add 198.51.100.8/32 dev lo
	nsenter -t "$HOST" -n ip route add default via 192.0.2.1
	listen "$HOST" 25
	listen "$WORLD" 25
}
in_ns() { # PID V4 V6 DEVICE
	nsenter -t "$1" -n sh -c "ip addr add $2 dev $4; ip -6 addr add $3 dev $4 nodad; ip link set $4 up; ip link set lo up"
}
listen() {
	nsenter -t "$1" -n timeout 120 /usr/bin/python3 -c '
import socket, sys
s = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
while True: s.accept()[0].close()' "$2" 3>&- &
	wait_until 5 eval "nsenter -t $1 -n ss -ltn | grep -q :$2"
}
connects() { # NAMESPACE FROM TO [UID]
	nsenter -t "$1" -n /usr/bin/python3 -c '
import os, socket, sys
if len(sys.argv) > 3: os.setuid(int(sys.argv[3]))
socket.create_connection((sys.argv[2], 25), timeout=1.5, source_address=(sys.argv[1], 0))' \
		"$2" "$3" ${4:+"$4"} 2>/dev/null
}

cant() { # as connects
	! connects "$@" || { echo "connected: $*"; return 1; }
}

@test "real rules: the blocked address is out, others are in, and csf -dr lets it in again" {
	two_hosts
	words enforce
	csf -r
	connects "$WORLD" 198.51.100.7 192.0.2.10
	fw block 198.51.100.7 600
	cant "$WORLD" 198.51.100.7 192.0.2.10
	connects "$WORLD" 198.51.100.8 192.0.2.10
	csf -r # also after csf's own restart
	cant "$WORLD" 198.51.100.7 192.0.2.10
	csf -tr 198.51.100.7
	connects "$WORLD" 198.51.100.7 192.0.2.10
	fw block 2001:db8:1::/64
	cant "$WORLD" 2001:db8:1::1 2001:db8:1::10
	fw release 2001:db8:1::/64
	connects "$WORLD" 2001:db8:1::1 2001:db8:1::10
}

@test "real rules: a uid's connections to port 25 are refused, another's are not" {
	two_hosts
	words enforce
	csf -r
	connects "$HOST" 192.0.2.10 192.0.2.1 60001
	fw block uid:60001
	cant "$HOST" 192.0.2.10 192.0.2.1 60001
	cant "$HOST" 2001:db8:1::10 2001:db8:1::1 60001
	connects "$HOST" 192.0.2.10 192.0.2.1 60002
	fw release uid:60001
	connects "$HOST" 192.0.2.10 192.0.2.1 60001
}
