#!/usr/bin/env bats
# Nobody is ever named wrongly: connections whose owner is easily mistaken, short-lived clients
# among many other processes, and a kernel whose buffers are full. For each source by itself.
# OWNERS_IDLE: how many other processes (make owners-long: 2000).

load helpers
setup_file() {
	make -s -C "$TESTS/.." build/packettool build/connector >&2
	lab_begin
}
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
	TMP=$BATS_TEST_TMPDIR
}
teardown() {
	reader_end || true
	[ -z "${IDLE:-}" ] || exec 6>&-
	[ -z "${SINK:-}" ] || inlab pkill connector || true
}

LABDIR=/usr/local/osm/tests/lab
IDLE_COUNT=${OWNERS_IDLE:-300}

bpf_works() {
	local said
	said=$(inlab packettool bpf 9 --first)
	[[ $said != *self-test* ]] || { echo "# $said" >&3; return 0; } # loaded, and wrong: no excuse
	grep '^source bpf' <<<"$said"
}
# The sources that can work here. Where bpf can't, 75_packet shows that it is said.
sources() {
	echo pcap nflog
	if bpf_works >/dev/null; then echo bpf; else echo "# bpf can't work here" >&3; fi
}

reader_begin() { # SOURCE PORT
	mkfifo "$TMP/end"
	inlab packettool "$1" "$2" <"$TMP/end" >"$TMP/told" 2>/dev/null 3>&- 7>&- &
	READER=$!
	exec 7>"$TMP/end"
	wait_until 10 grep -q "^source $1" "$TMP/told"
}
reader_end() {
	[ -n "${READER:-}" ] || return 0
	exec 7>&-
	wait "$READER" || true
	READER=
	rm -f "$TMP/end"
}
told() { grep -c '^packet' "$TMP/told"; }
# The last word about how it went.
stat_of() { sed -n "s/^stats .* *$1=\([0-9]*\).*/\1/p" "$TMP/told" | tail -n 1; }
stats() { grep '^stats' "$TMP/told" | tail -n 1 | tr ' ' '\n' | sed -n "s/^$1=//p"; }

idle_begin() { # COUNT
	mkfifo "$TMP/idle"
	inlab /usr/bin/python3 $LABDIR/idle.py "$1" <"$TMP/idle" >"$TMP/idle.ready" 3>&- 7>&- &
	IDLE=$!
	exec 6>"$TMP/idle"
	wait_until 60 grep -q ready "$TMP/idle.ready"
}

sink_begin() { # PORT
	inlab connector -s 127.0.0.1 "$1" 3>&- 6>&- 7>&- &
	SINK=$!
	wait_until 10 inlab connector -u 61001:/tmp 127.0.0.1 "$1"
}

@test "ports reused at once, sockets passed on and shared, setuid programs: nobody is named wrongly" {
	local source
	for source in $(sources); do
		reader_begin "$source" 25
		inlab /usr/bin/python3 $LABDIR/owners.py make 198.51.100.25 25 >"$TMP/truth"
		wait_until 20 eval "[ \"\$(told)\" -ge $(wc -l <"$TMP/truth") ]"
		reader_end
		echo "# $source" >&3
		/usr/bin/python3 "$TESTS/lab/owners.py" judge "$TMP/truth" "$TMP/told" >"$TMP/table" ||
			{ cat "$TMP/table"; return 1; }
		sed 's/^/#   /' "$TMP/table" >&3
	done
}

# A bridge to another host, by which each packet is seen on two interfaces; it takes what comes
# to port 25, and lets nothing of 10.7.0.9 come back.
bridge_begin() {
	inlab sh -c 'ip netns add far
		ip link add sw0 type bridge && ip link set sw0 up
		ip link add near type veth peer name far0 netns far
		ip link set near master sw0 && ip link set near up
		ip addr add 10.7.0.1/24 dev sw0 && ip addr add fd07::1/64 dev sw0 nodad
		ip -n far link set far0 up && ip -n far addr add 10.7.0.2/24 dev far0
		ip -n far addr add fd07::2/64 dev far0 nodad
		ip neigh add 10.7.0.9 lladdr 02:00:00:00:00:99 dev sw0' &&
		inlab ip netns exec far connector -s :: 25 3>&- 6>&- 7>&- &
	wait_until 10 eval '[ -n "$(inlab timeout 2 connector -k -u 61001:/tmp fd07::2 25)" ]'
}
bridge_end() { inlab sh -c 'ip netns pids far | xargs -r kill; ip link del near; ip link del sw0; ip netns del far'; }

@test "each connection is told once: IPv4, IPv6, v4-mapped, over a bridge, on loopback, sent again" {
	local source
	inlab ip link add probe type bridge 2>/dev/null && inlab ip link del probe || skip "this kernel has no bridge"
	bridge_begin
	for source in $(sources); do
		reader_begin "$source" 25
		inlab connector -k -l 100 -c 3 -b 20100 -u 61001:/tmp 10.7.0.2 25
		inlab connector -k -l 100 -c 3 -b 20200 -u 61001:/tmp fd07::2 25
		inlab connector -k -l 100 -c 3 -b 20300 -u 61001:/tmp ::ffff:10.7.0.2 25
		inlab connector -k -l 100 -c 3 -b 20400 -u 61001:/tmp 127.0.0.1 25
		inlab connector -k -l 100 -c 3 -b 20500 -u 61001:/tmp 10.7.0.1 25
		inlab connector -n -l 3500 -c 3 -b 20600 -u 61001:/tmp 10.7.0.9 25 # sent three times
		wait_until 10 eval '[ "$(told)" -ge 18 ]'
		sleep 1
		reader_end
		same "$(told)" 18 "$source: told"
		same "$(grep -c ' > 10.7.0.2:25 remote .* uid=61001' "$TMP/told")" 6 "$source: IPv4 and mapped"
		same "$(grep -c ' > \[fd07::2\]:25 remote .* uid=61001' "$TMP/told")" 3 "$source: IPv6"
		same "$(grep -c ' > 127.0.0.1:25 localhost .* uid=61001' "$TMP/told")" 3 "$source: loopback"
		same "$(grep -c ' > 10.7.0.1:25 localhost .* uid=61001' "$TMP/told")" 3 "$source: own address"
		same "$(grep -c ' > 10.7.0.9:25 remote .* uid=61001' "$TMP/told")" 3 "$source: sent again"
		same "$(grep -o 'packet [^ ]* [^ ]*' "$TMP/told" | sort | uniq -d)" "" "$source: twice"
	done
	bridge_end
}

@test "over IPv6 and to another port, too: what a firewall turns here is one to this server" {
	local source port
	inlab sh -c 'ip link add six type veth peer name six0 && ip link set six0 up && ip link set six up
		ip addr add fd08::1/64 dev six nodad
		ip neigh add fd08::9 lladdr 02:00:00:00:00:09 dev six'
	inlab connector -s ::1 2525 3>&- 6>&- 7>&- &
	SINK=$!
	wait_until 10 inlab connector -k -u 61001:/tmp ::1 2525
	for source in nflog bpf; do
		[ $source != bpf ] || bpf_works >/dev/null || continue
		port=25 # nflog sees none that is turned to another port
		[ $source != bpf ] || port=2525
		inlab ip6tables-legacy -t nat -A OUTPUT -p tcp --dport 25 -m owner --uid-owner 61001 -j REDIRECT --to-ports $port
		reader_begin "$source" 25
		inlab connector -k -l 100 -c 3 -b 21000 -u 61001:/tmp fd08::9 25
		inlab connector -n -l 100 -c 3 -b 22000 -u 61002:/tmp fd08::9 25
		wait_until 10 eval '[ "$(told)" -ge 6 ]'
		reader_end
		inlab ip6tables-legacy -t nat -F OUTPUT
		same "$(grep -c ' localhost .* uid=61001' "$TMP/told")" 3 "$source: turned"
		same "$(grep -c ' > \[fd08::9\]:25 remote .* uid=61002' "$TMP/told")" 3 "$source: not turned"
	done
	inlab ip link del six
}

@test "clients that end at once, among other processes: all seen, nobody named wrongly" {
	local source
	idle_begin "$IDLE_COUNT"
	for source in $(sources); do
		reader_begin "$source" 25
		inlab connector -k -c 500 -r 500 -u 61001:/var/tmp -u 61002:/usr 198.51.100.25 25 \
			>"$TMP/truth"
		wait_until 20 eval "[ \"\$(told)\" -ge $(wc -l <"$TMP/truth") ]"
		reader_end
		/usr/bin/python3 "$TESTS/bench/packet_judge.py" "$TMP/truth" "$TMP/told" >"$TMP/result"
		echo "# $source: $(cat "$TMP/result")" >&3
		jq -e '.clients == 500 and .seen == 500 and .wrong == 0 and .unsure_wrong_uid == 0' \
			"$TMP/result"
		case $source in
		bpf) jq -e '.uid == 500 and .pid == 500 and .cwd == 500' "$TMP/result" ;;
		nflog) jq -e '.uid == 500' "$TMP/result" ;;
		esac
	done
}

@test "clients that live for half a second are all named, by every source" {
	local source
	idle_begin "$IDLE_COUNT"
	for source in $(sources); do
		reader_begin "$source" 25
		inlab connector -l 500 -c 100 -r 50 -u 61001:/var/tmp -u 61002:/usr 198.51.100.25 25 \
			>"$TMP/truth"
		wait_until 20 eval "[ \"\$(told)\" -ge 100 ]"
		reader_end
		/usr/bin/python3 "$TESTS/bench/packet_judge.py" "$TMP/truth" "$TMP/told" >"$TMP/result"
		echo "# $source: $(cat "$TMP/result")" >&3
		jq -e '.seen == 100 and .wrong == 0 and .cwd == 100' "$TMP/result"
	done
}

# Any user may bind a socket, or has to for a link-local address; the kernel then doesn't find it
# by its addresses alone.
@test "sockets that are bound to an interface are named, too" {
	local source
	inlab sh -c 'ip netns add far && ip link add near type veth peer name far0 netns far && ip link set near up
		ip -n far link set far0 up && ip -n far addr add fe80::7/64 dev far0 nodad'
	inlab ip netns exec far connector -s :: 25 3>&- 6>&- 7>&- &
	wait_until 10 eval '[ -n "$(inlab timeout 2 connector -k -u 61001:/tmp fe80::7%near 25)" ]'
	for source in $(sources); do
		reader_begin "$source" 25
		inlab connector -l 500 -c 5 -i wire -u 61001:/var/tmp 198.51.100.25 25
		inlab connector -l 500 -c 5 -b 20100 -i lo -u 61002:/usr 127.0.0.1 25
		inlab connector -l 500 -c 5 -b 20200 -k -u 61002:/usr fe80::7%near 25
		wait_until 10 eval '[ "$(told)" -ge 15 ]'
		reader_end
		same "$(grep -cE ' > 198.51.100.25:25 remote (socket|kernel) uid=61001 .* cwd="/var/tmp"' "$TMP/told")" 5 "$source: bound"
		same "$(grep -cE ' > 127.0.0.1:25 localhost (socket|kernel) uid=61002 .* cwd="/usr"' "$TMP/told")" 5 "$source: bound to lo"
		same "$(grep -cE ' > \[fe80::7\]:25 remote (socket|kernel) uid=61002 .* cwd="/usr"' "$TMP/told")" 5 "$source: link-local"
	done
	inlab sh -c 'ip netns pids far | xargs -r kill; ip link del near; ip netns del far'
}

# netfilter's gap shows when the numbering goes on.
one_more_and() {
	inlab connector -1 -c 1 127.0.0.1 2587
	more=$((more + 1))
	"$@"
}

@test "what a full buffer of the kernel dropped is counted, and none of the rest is lost" {
	local count source reader all n
	sink_begin 2587
	for source in $(sources); do
		case $source in
		nflog) count=30000 ;; # 8 MB
		*) count=120000 ;;    # 16 MB
		esac
		reader_begin "$source" 2587
		reader=$(inlab pgrep -P "$(inlab pgrep -x packettool | head -n 1)" packettool)
		inlab kill -STOP "$reader"
		inlab connector -1 -c $count 127.0.0.1 2587 | cut -d' ' -f1 >"$TMP/connected"
		inlab kill -CONT "$reader"
		more=0
		wait_until 60 one_more_and eval '[ "$(stats dropped)" -gt 0 ]'
		wait_until 60 eval 'n=$(told); sleep 1; [ "$(told)" = "$n" ]'
		reader_end
		echo "# $source: $(cat "$TMP/connected") connections, $(told) told, $(stats dropped) dropped" >&3
		[ "$(told)" -gt 1000 ]
		all=$(($(cat "$TMP/connected") + more)) n=$(($(told) + $(stats dropped)))
		case $source in
		pcap) [ "$(told)" -lt "$count" ] ;; # both sides of loopback are counted
		nflog) # packets: one that was sent again is two
			[ "$n" -ge "$all" ] && [ "$n" -lt $((all + 100)) ] || { echo "$n of $all"; return 1; }
			;;
		bpf) same "$n" "$all" "told and dropped" ;;
		esac
	done
}
