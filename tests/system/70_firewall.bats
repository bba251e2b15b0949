#!/usr/bin/env bats
# Blocking on the real kernel: a server and a far host, two network namespaces joined by veth,
# for nf_tables, for the legacy tables with ipset, and for those without. What others have in
# the firewall is compared before and after everything.

bats_require_minimum_version 1.5.0
load helpers
load firewall

# ---- the same for every backend ----------------------------------------------------------

for_all() { # FUNCTION: with each backend, and nothing of others' changed by it
	local b before
	before=$(foreign)
	[[ $before == *"table inet other"*DENYIN*2001:db8:99::*chain_DENY* ]]
	for b in nft iptables iptables-plain; do
		echo "backend $b"
		fw $b init
		"$1" $b
		same "$(foreign)" "$before" "others' after $1"
		fw $b flush
		same "$(foreign)" "$before" "others' after flush"
		lists $b ""
		fw $b flush # a second one is no error
		run ! srv nft list table inet osm
		same "$(srv iptables-legacy-save | grep OSM)" "" "the legacy table"
		same "$(srv ipset list -n | grep '^osm_')" "" "sets"
	done
}

blocks_one() {
	local b=$1
	now open from 192.0.2.1
	now open from 192.0.2.2
	fw $b block 192.0.2.1 0 in - "osm: sends spam"
	now timeout from 192.0.2.1
	now open from 192.0.2.2
	now open from6 2001:db8:1::1
	lists $b "192.0.2.1 0 in - osm: sends spam"
	fw $b init # what was blocked stays
	now timeout from 192.0.2.1
	fw $b block 2001:db8:1::1
	now timeout from6 2001:db8:1::1
	now open from6 2001:db8:1::2
	fw $b release 192.0.2.1
	fw $b release 2001:db8:1::1
	fw $b release 192.0.2.1 # what is not there
	now open from 192.0.2.1
	now open from6 2001:db8:1::1
	lists $b ""
}
@test "a blocked address can't connect, another can, and both again after the release" { for_all blocks_one; }

blocks_out() {
	local b=$1
	fw $b block 192.0.2.1 0 out
	fw $b block 2001:db8:1::1 0 out
	at_once refused to 192.0.2.1
	at_once refused to 2001:db8:1::1
	at_once open to 192.0.2.2
	at_once open to 2001:db8:1::2
	fw $b block 192.0.2.2 0 out 25,587
	at_once refused to 192.0.2.2 25
	at_once refused to 192.0.2.2 587
	at_once open to 192.0.2.2 2525
}
@test "out: a connect fails at once; ports: the others stay open" { for_all blocks_out; }

blocks_ports() {
	local b=$1
	fw $b block 192.0.2.1 0 in 25,587
	fw $b block 2001:db8:1::1 0 in 25
	now timeout from 192.0.2.1 25
	now timeout from 192.0.2.1 587
	now open from 192.0.2.1 2525
	now open from 192.0.2.2 25
	now timeout from6 2001:db8:1::1 25
	now open from6 2001:db8:1::1 2525
	lists $b "192.0.2.1 0 in 25,587 
2001:db8:1::1 0 in 25 "
	fw $b release 192.0.2.1
	now open from 192.0.2.1 25
	now open from 192.0.2.1 587
}
@test "in: only the ports of the block" { for_all blocks_ports; }

blocks_prefix() {
	local b=$1
	fw $b block 192.0.2.128/25
	fw $b block 2001:db8:1::128/121
	now timeout from 192.0.2.130
	now timeout from 192.0.2.131
	now open from 192.0.2.1
	now timeout from6 2001:db8:1::130
	now open from6 2001:db8:1::2
	# a host inside is a block of its own: it comes and goes without the prefix
	fw $b block 192.0.2.130
	fw $b block 192.0.2.128/26
	fw $b release 192.0.2.130
	now timeout from 192.0.2.130
	fw $b block 192.0.2.130
	fw $b release 192.0.2.128/25
	fw $b release 192.0.2.128/26
	now timeout from 192.0.2.130
	now open from 192.0.2.131
	fw $b release 192.0.2.130
	now open from 192.0.2.130
}
@test "prefixes, and hosts inside them, come and go by themselves" { for_all blocks_prefix; }

ends_in_time() {
	local b=$1 left
	fw $b block 192.0.2.1 4
	fw $b block 192.0.2.2 60
	fw $b block uid:1001 4
	fw $b block 192.0.2.1 50 # renewed: counted from now
	fw $b block 2001:db8:1::1 4
	now timeout from6 2001:db8:1::1
	fw $b block 192.0.2.2 90
	wait_until 10 eval 'now open from6 2001:db8:1::1'
	wait_until 10 eval 'now open as 1001 192.0.2.130 25'
	now timeout from 192.0.2.1
	fw $b list >"$BATS_TEST_TMPDIR/left"
	same "$(cut -d' ' -f1 "$BATS_TEST_TMPDIR/left" | xargs)" "192.0.2.1 192.0.2.2" "still blocked"
	left=$(awk '$1 == "192.0.2.2" {print $2}' "$BATS_TEST_TMPDIR/left")
	[ "$left" -gt 60 ]
	[ "$left" -le 90 ]
}
@test "a block ends in its time without anybody's help, and a renewed one later" { for_all ends_in_time; }

ends_open() {
	local b=$1 f=$BATS_TEST_TMPDIR/$1
	hold "$FAR" 192.0.2.1 192.0.2.10 25 "$f.in"
	hold "$FAR" 192.0.2.2 192.0.2.10 25 "$f.other"
	hold "$SRV" 192.0.2.10 192.0.2.1 587 "$f.out"
	hold "$FAR" 2001:db8:1::1 2001:db8:1::10 25 "$f.in6"
	fw $b block 192.0.2.1 60 in
	ends "$f.out" # the server's own side sees it at once
	wait_until 3 eval "! srv ss -tnH state established | grep -q '192.0.2.1\]\?:'" || { srv ss -tn; return 1; }
	fw $b block 2001:db8:1::/127 60 in 25
	wait_until 3 eval "! srv ss -tnH state established | grep -q '2001:db8:1::1\]'"
	same "$(cat "$f.other")" "open"
	srv ss -tnH state established | grep -q '192.0.2.2'
}
@test "open connections of a blocked address end, those of others don't" { for_all ends_open; }

blocks_uid() {
	local b=$1 f=$BATS_TEST_TMPDIR/$1.uid
	at_once open as 1001 192.0.2.1 25
	install -m 666 /dev/null "$f"
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BATS_TEST_TMPDIR"
	srv setpriv --reuid 1001 --regid 1001 --clear-groups $PEER hold - 192.0.2.1 587 "$f" 3>&- &
	wait_until 5 grep -q open "$f"
	fw $b block uid:1001 60 out - "osm: speaks SMTP itself"
	ends "$f"
	at_once refused as 1001 192.0.2.1 25
	at_once refused as 1001 2001:db8:1::1 587
	at_once open as 1001 192.0.2.1 2525  # another port
	at_once open as 1002 192.0.2.1 25    # another account
	at_once open as 60047 192.0.2.1 25   # Exim
	at_once open as 0 192.0.2.1 25
	at_once open as 1001 127.0.0.1 25    # the local Exim: counted and held there
	at_once open as 1001 192.0.2.10 25
	fw $b list | grep -q '^uid:1001 [0-9]* out - osm: speaks SMTP itself$'
	fw $b release uid:1001
	at_once open as 1001 192.0.2.1 25
}
@test "a blocked uid's connect to the SMTP ports fails at once, Exim's and everybody else's doesn't" { for_all blocks_uid; }

spares_loopback() {
	local b=$1
	fw $b block 127.0.0.0/8
	fw $b block 192.0.2.10
	fw $b block ::1
	at_once open to 127.0.0.1
	at_once open to ::1
	at_once open to 192.0.2.10
}
@test "the server's connections with itself pass whatever is blocked" { for_all spares_loopback; }

refuses_bad() {
	local b=$1 before word
	fw $b block 192.0.2.77
	before=$(fw $b list)
	for word in 1.2.3 0.0.0.0/0 ::/0 localhost 192.0.2.1/33 "" uid:0 uid:x; do
		run -1 fw $b block "$word"
		[ -n "$output" ]
	done
	run -1 fw $b block 192.0.2.1 -1
	[[ $output == *"a time of -1 seconds"* ]]
	run -1 fw $b many 1000000 60
	[[ $output == *"1000000 blocks in one call, at most 250000"* ]]
	run -1 fw $b block 192.0.2.1 60 in 0
	run -1 srv setpriv --reuid 1001 --clear-groups "$TOOL" $b block 192.0.2.1
	[[ $output == *ermi* ]]
	printf '192.0.2.5\n0.0.0.0/0\n' >"$BATS_TEST_TMPDIR/half"
	run -1 fw $b block-file "$BATS_TEST_TMPDIR/half"
	lists $b "$before"
}
@test "bad input is refused with a sentence, and nothing is half done" { for_all refuses_bad; }

keeps_counters() {
	local b=$1 before
	fw $b block 192.0.2.2
	now open from 192.0.2.1 2525
	before=$(srv iptables-legacy-save -c | grep counted)
	[[ $before == "["[1-9]* ]]
	fw $b block 198.51.100.1 600
	fw $b block uid:1001
	fw $b release 192.0.2.2
	fw $b release uid:1001
	fw $b init
	same "$(srv iptables-legacy-save -c | grep counted)" "$before" "the counters"
	fw $b flush
	same "$(srv iptables-legacy-save -c | grep counted)" "$before" "the counters after flush"
}
@test "others' rules go on counting from where they were" {
	srv iptables-legacy -A INPUT -p tcp --dport 2525 -s 192.0.2.1 -m comment --comment counted -j RETURN
	for_all keeps_counters
}

# ---- many, at once, killed ---------------------------------------------------------------

@test "100,000 addresses in one batch: blocked, renewed, listed, released" {
	local b
	awk 'BEGIN {for (i = 0; i < 100000; i++) print "10." int(i / 65536) "." int(i / 256) % 256 "." i % 256}' >"$BATS_TEST_TMPDIR/many"
	echo 192.0.2.1 >>"$BATS_TEST_TMPDIR/many"
	for b in nft iptables; do
		fw $b block-file "$BATS_TEST_TMPDIR/many" 600
		now timeout from 192.0.2.1
		fw $b block-file "$BATS_TEST_TMPDIR/many" 700
		same "$(fw $b list | wc -l)" 100001
		same "$(fw $b list | awk '$2 < 650' | wc -l)" 0 "not renewed"
		fw $b release-file "$BATS_TEST_TMPDIR/many"
		lists $b ""
		now open from 192.0.2.1
		fw $b flush
	done
	run -1 fw iptables-plain block-file "$BATS_TEST_TMPDIR/many"
	[[ $output == *"more than 2000 blocks as single rules"* ]]
	lists iptables-plain ""
}

killed() { # BACKEND VERB...: started, and killed within its time if chance will have it
	ip netns exec "$SRV" "$TOOL" "$@" >/dev/null 2>&1 3>&- &
	sleep "0.0$((RANDOM % 6))$((RANDOM % 10))"
	kill -KILL $! 2>/dev/null || true
	wait $! || [ $? != 137 ] || kills=$((kills + 1))
}
@test "killed in the middle of a batch: all of it or nothing, and others' as it was" {
	local before n b kills
	before=$(foreign)
	for b in nft iptables; do
		kills=0
		fw $b init
		for n in $(seq 20); do
			killed $b many 20000 600
			n=$(fw $b list | wc -l)
			[ $b != nft ] || [ "$n" = 0 ] || [ "$n" = 20000 ] || { echo "half a batch: $n"; return 1; }
			same "$(foreign)" "$before" "others'"
			killed $b flush
			same "$(foreign)" "$before" "others' after a killed flush"
			fw $b flush
			fw $b block 192.0.2.1
			lists $b "192.0.2.1 0 inout - "
			fw $b release 192.0.2.1
		done
		echo "# $b: $kills of 40 were killed" >&2
		[ $kills -ge 5 ] # else nothing was shown
		fw $b flush
	done
}

@test "two at once, and iptables-legacy between them: nothing is lost or doubled" {
	local before b n pids
	before=$(foreign)
	for b in nft iptables iptables-plain; do
		(for n in $(seq 30); do fw $b block 198.51.100.$n || exit 1; done) 3>&- &
		pids=$!
		(for n in $(seq 9 30); do fw $b block 203.0.0.0/$n 60 out 25 || exit 1; done) 3>&- &
		pids="$pids $!"
		(for n in $(seq 10); do srv iptables-legacy -w 10 -A OUTPUT -d 203.0.113.$n -j DROP || exit 1; done) 3>&- &
		pids="$pids $!"
		for n in $pids; do wait "$n" || { echo "$b: one of them failed"; return 1; }; done
		same "$(fw $b list | wc -l)" $((30 + 22)) "blocks of $b"
		same "$(srv iptables-legacy -S OUTPUT | grep -c 203.0.113.*DROP)" 10
		for n in $(seq 10); do srv iptables-legacy -D OUTPUT -d 203.0.113.$n -j DROP; done
		same "$(foreign)" "$before" "others'"
		if [ $b = nft ]; then # a rule for every set, once: 5 always, 22 of prefixes
			same "$(srv nft list table inet osm | grep -c '@')" 27
		else
			same "$(srv iptables-legacy -S | grep -c '^-A \(IN\|OUT\)PUT .*OSM_')" 2
		fi
		fw $b flush
	done
}

# ---- healing -----------------------------------------------------------------------------

@test "after csf's flush the legacy chains, jumps and sets are there again" {
	local t
	fw iptables block 192.0.2.1
	fw iptables block uid:1001
	# what csf -r does with LF_IPSET (csf.md 4.4)
	for t in iptables-legacy ip6tables-legacy; do srv $t -F && srv $t -X; done
	srv ipset flush
	srv ipset destroy
	now open from 192.0.2.1
	fw iptables block 192.0.2.1 # notices by itself
	now timeout from 192.0.2.1
	for t in iptables-legacy ip6tables-legacy; do srv $t -F && srv $t -X; done
	fw iptables init # sets were left: they count again
	now timeout from 192.0.2.1
	srv iptables-legacy -I INPUT -j ACCEPT # somebody came before us
	fw iptables init
	now timeout from 192.0.2.1
	same "$(srv iptables-legacy -S INPUT | sed -n 2p)" "-A INPUT ! -i lo -j OSM_IN"
	fw iptables-plain flush
	fw iptables-plain block 192.0.2.2
	srv iptables-legacy -D INPUT ! -i lo -j OSM_IN
	fw iptables-plain init # the chain was left
	now timeout from 192.0.2.2
}

@test "an nft table that was flushed or deleted by hand is made again" {
	fw nft block 192.0.2.1
	srv nft flush table inet osm # its rules
	now open from 192.0.2.1
	fw nft init
	now timeout from 192.0.2.1
	srv nft delete table inet osm
	fw nft block 192.0.2.2
	now timeout from 192.0.2.2
	srv nft delete table inet osm
	srv nft add table inet osm '{ set in4_32 { type ipv6_addr; }; }'
	run -1 fw nft block 192.0.2.1
	[[ $output == *"isn't as osm makes it"* ]]
}

@test "a foreign set of our name is left alone and named" {
	srv ipset create osm_in4 hash:ip
	srv ipset add osm_in4 203.0.113.5
	run -1 fw iptables init
	[[ $output == *"a set of osm's name"* ]]
	srv ipset test osm_in4 203.0.113.5
}

# ---- read back by the others' tools ------------------------------------------------------

@test "nft -j reads what was written, and can load it again" {
	fw nft block 192.0.2.0/24 100 in 25,587 "osm: why"
	fw nft block uid:1001 60
	srv nft -j list table inet osm >"$BATS_TEST_TMPDIR/j"
	same "$(jq -r '.nftables[].chain | select(.hook) | "\(.name) \(.hook) \(.prio) \(.policy)"' "$BATS_TEST_TMPDIR/j" | sort | xargs)" \
		"input input -10 accept output output -10 accept"
	same "$(jq -c '[.nftables[].set | select(.name == "in4_24_ports") | .elem[].elem | [.val.concat[1], .timeout, .comment]] | sort' "$BATS_TEST_TMPDIR/j")" \
		'[[25,100,"osm: why"],[587,100,"osm: why"]]'
	same "$(jq -c '[.nftables[].set | select(.name == "uids") | .elem[].elem.val.concat] | sort' "$BATS_TEST_TMPDIR/j")" \
		'[[1001,25],[1001,465],[1001,587]]'
	same "$(jq '[.nftables[].rule | select(.) | .expr[] | select(.drop == null and has("drop"))] | length' "$BATS_TEST_TMPDIR/j")" 3
	srv nft list table inet osm >"$BATS_TEST_TMPDIR/text"
	srv nft delete table inet osm
	srv nft -f "$BATS_TEST_TMPDIR/text"
	now timeout from 192.0.2.1 25
	now open from 192.0.2.1 2525
}

@test "iptables-legacy-save reads what was written, and restore loads it" {
	local b
	for b in iptables iptables-plain; do
		fw $b block 192.0.2.1 0 inout - "osm: why"
		fw $b block uid:1001 0
		srv iptables-legacy-save >"$BATS_TEST_TMPDIR/saved"
		run ! grep -i unsupported "$BATS_TEST_TMPDIR/saved"
		grep -q -- '-A OSM_OUT -p tcp -m owner --uid-owner 1001 -m multiport --dports 25,465,587 -m comment --comment "osm 0" -j OSM_REFUSE' "$BATS_TEST_TMPDIR/saved"
		if [ $b = iptables ]; then
			grep -q -- '-A OSM_IN -m set --match-set osm_in4 src -j DROP' "$BATS_TEST_TMPDIR/saved"
			grep -q -- '-A OSM_OUT -m set --match-set osm_out4_ports dst,dst -j OSM_REFUSE' "$BATS_TEST_TMPDIR/saved"
			same "$(srv ipset save osm_in4 | sed -n 2p)" 'add osm_in4 192.0.2.1 timeout 0 comment "osm: why"'
		else
			grep -q -- '-A OSM_IN -s 192.0.2.1/32 -m comment --comment "osm 0 osm: why" -j DROP' "$BATS_TEST_TMPDIR/saved"
		fi
		srv iptables-legacy -F
		srv iptables-legacy-restore "$BATS_TEST_TMPDIR/saved"
		now timeout from 192.0.2.1
		lists $b "uid:1001 0 out - 
192.0.2.1 0 inout - osm: why"
		fw $b flush
	done
}

# ---- which one ---------------------------------------------------------------------------

@test "the choice says which and why" {
	same "$(fw auto choose | cut -d: -f1)" nft
	[[ $(fw auto choose) == *"the kernel has nf_tables" ]]
	same "$(fw iptables choose)" "iptables: osm.conf asks for iptables"
	same "$(fw none choose)" "none: osm.conf asks for none"
	run -1 fw csf choose
	[[ $output == *csf* ]]
	run -1 fw pf choose
	run -1 fw none block 192.0.2.1
	[[ $output == *"nothing is blocked"* ]]
}

@test "the xtables lock is waited for, not for ever" {
	(exec 8>"$XTABLES_LOCKFILE" && flock 8 && touch "$XTABLES_LOCKFILE.held" && exec sleep 60) 3>&- &
	local holder=$! begin
	wait_until 5 test -e "$XTABLES_LOCKFILE.held"
	begin=$SECONDS
	run -1 fw iptables block uid:1001
	[[ $output == *"xtables.lock was held by somebody else"* ]]
	[ $((SECONDS - begin)) -le 15 ]
	fw iptables block uid:1001 &
	kill "$holder"
	wait $!
	lists iptables "uid:1001 0 out - "
}
