#!/usr/bin/env bats
# Blocking where others flush, destroy, replace and hold what osm uses, where parts of the
# kernel are missing, and with as many addresses as one call takes.

bats_require_minimum_version 1.5.0
load helpers
load firewall

# ---- one open backend, as osmd has it ----------------------------------------------------

begin() { # BACKEND
	coproc FW { exec ip netns exec "$SRV" "$TOOL" "$1" lines 2>&1 3>&-; }
}
ask() { # VERB...: its answer, which must be ok
	local answer
	echo "$*" >&"${FW[1]}"
	read -r -t 60 -u "${FW[0]}" answer
	[ "$answer" = ok ] || { echo "$*: $answer"; return 1; }
}
finish() {
	local fd=${FW[1]} pid=$FW_PID
	exec {fd}>&-
	wait "$pid"
}

csf_flush() { # what csf -r does (csf.md 4.4), with sets of its own after it
	local t n
	for t in iptables-legacy ip6tables-legacy; do srv $t -F && srv $t -X; done
	srv ipset flush
	srv ipset destroy
	for n in $(seq 16); do srv ipset create csf_$n hash:net; done
}

@test "nft: a block is in force whatever others did to the table since the last one" {
	begin nft
	ask block 192.0.2.1
	srv nft flush ruleset
	ask block 192.0.2.2
	now timeout from 192.0.2.2
	srv nft flush table inet osm # the rules only
	now open from 192.0.2.2
	ask block 192.0.2.130
	now timeout from 192.0.2.130
	now timeout from 192.0.2.2
	srv nft 'table inet osm { flags dormant; }'
	now open from 192.0.2.2
	ask block 192.0.2.131
	now timeout from 192.0.2.131
	srv nft delete chain inet osm input
	ask block 192.0.2.1
	now timeout from 192.0.2.1
	finish
}

@test "nft: somebody else's table inet osm is neither changed nor deleted" {
	local before
	srv nft 'table inet osm { set roads { type ipv4_addr; }; chain input { type filter hook input priority 5; policy accept; ip saddr @roads counter; }; }'
	before=$(srv nft list ruleset)
	for verb in init "block 192.0.2.1" "block 192.0.2.0/24" "release 192.0.2.1" list flush; do
		run -1 fw nft $verb
		[[ $output == *"table inet osm that isn't as osm makes it"* ]]
	done
	same "$(srv nft list ruleset)" "$before" "the ruleset"
	srv nft delete table inet osm
	begin nft # the same when it comes later
	ask block 192.0.2.1
	srv nft delete table inet osm
	srv nft 'table inet osm { chain roads { counter; }; }'
	before=$(srv nft list ruleset)
	run -1 ask block 192.0.2.2
	ask release 192.0.2.1
	ask list
	ask flush
	finish
	same "$(srv nft list ruleset)" "$before" "the ruleset"
}

@test "iptables: sets that csf made in the numbers of osm's are not taken for osm's" {
	begin iptables
	ask block 192.0.2.1
	csf_flush
	srv ipset add csf_1 192.0.2.2 # an allowed host, say
	for n in $(seq 2 16); do srv ipset add csf_$n 192.0.2.2; done
	ask block uid:1001 # writes rules only
	now open from 192.0.2.2
	at_once open to 192.0.2.2
	at_once refused as 1001 192.0.2.130 25
	same "$(srv iptables-legacy -S | grep -c 'match-set csf_')" 0
	ask block 192.0.2.1
	now timeout from 192.0.2.1
	finish
}

@test "iptables: blocks while csf flushes and destroys without a pause" {
	local stop=$BATS_TEST_TMPDIR/stop n
	(until [ -e "$stop" ]; do csf_flush >/dev/null 2>&1 || true; done) 3>&- &
	local other=$!
	for b in iptables iptables-plain; do
		begin $b
		for n in $(seq 60); do
			ask block 203.0.113.$n
			[ $((n % 5)) != 0 ] || ask block uid:$((2000 + n))
			[ $((n % 7)) != 0 ] || ask release uid:$((2000 + n))
			same "$(srv iptables-legacy-save 2>/dev/null | grep -c -- '-A OSM.*match-set csf_')" 0
		done
		finish
	done
	touch "$stop"
	wait $other
	fw iptables block 192.0.2.1
	now timeout from 192.0.2.1
	now open from 192.0.2.2
}

@test "nft: blocks while others change nf_tables without a pause" {
	local stop=$BATS_TEST_TMPDIR/stop n
	(until [ -e "$stop" ]; do srv nft -f - <<<'add table inet churn; add chain inet churn x; delete table inet churn'; done) 3>&- &
	local other=$!
	begin nft
	for n in $(seq 150); do
		ask block 203.0.113.$n
		[ $((n % 9)) != 0 ] || ask block 203.0.0.0/$((8 + n % 17))
	done
	finish
	touch "$stop"
	wait $other
	same "$(fw nft list | wc -l)" $((150 + 16))
}

@test "three processes with all verbs at once: none fails, and others' is as it was" {
	local before b pids pid
	before=$(foreign)
	for b in nft iptables iptables-plain; do
		pids=
		for seed in 1 2 3; do
			all_verbs $b $seed >"$BATS_TEST_TMPDIR/$b.$seed" 2>&1 3>&- &
			pids="$pids $!"
		done
		for pid in $pids; do wait "$pid" || { cat "$BATS_TEST_TMPDIR/$b".*; return 1; }; done
		same "$(foreign)" "$before" "others' with $b"
		fw $b flush
		same "$(foreign)" "$before" "others' after flush"
	done
}
all_verbs() { # BACKEND SEED
	local n
	RANDOM=$2
	for n in $(seq 40); do
		case $((RANDOM % 7)) in
		0) fw $1 init ;;
		1) fw $1 block 203.0.113.$((RANDOM % 9)) 60 ;;
		2) fw $1 block 198.51.0.0/$((16 + RANDOM % 9)) 60 out 25 ;;
		3) fw $1 release 203.0.113.$((RANDOM % 9)) ;;
		4) fw $1 block uid:$((1001 + RANDOM % 3)) ;;
		5) fw $1 list ;;
		6) fw $1 flush ;;
		esac || return 1
	done
}

# ---- what others hold --------------------------------------------------------------------

@test "iptables: a foreign set of one of our names: said, and no other set is made" {
	local before type
	for type in "hash:ip" "hash:net" "hash:net family inet6 timeout 0 comment" "list:set" "hash:net timeout 0 maxelem 2 comment"; do
		srv ipset create osm_out6_ports $type
		before=$(srv ipset save; srv iptables-legacy-save | grep -v '^#')
		run -1 fw iptables block 192.0.2.1
		[[ $output == *"a set of osm's name"* ]]
		same "$(srv ipset save; srv iptables-legacy-save | grep -v '^#')" "$before" "sets and rules"
		srv ipset destroy osm_out6_ports
	done
}

@test "iptables: others' rules that use osm's chain or set: flush says so" {
	fw iptables block 192.0.2.1
	srv iptables-legacy -A DENYIN -j OSM_IN
	run -1 fw iptables flush
	[[ $output == *"a rule that isn't osm's leads into them"* ]]
	now timeout from 192.0.2.1
	srv iptables-legacy -D DENYIN -j OSM_IN
	srv iptables-legacy -A DENYIN -m set --match-set osm_in4 src -j DROP
	run -1 fw iptables flush
	[[ $output == *"one of osm's sets is used by a rule that isn't osm's"* ]]
	srv iptables-legacy -D DENYIN -m set --match-set osm_in4 src -j DROP
	fw iptables flush
}

# ---- what the kernel lacks ---------------------------------------------------------------

@test "a kernel without nf_tables, ipset, legacy tables: the next one, or a sentence" {
	export FWTOOL_WITHOUT=nfnetlink
	run -1 fw nft block 192.0.2.1
	[[ $output == *"this kernel has no nf_tables that can do what osm needs"* ]]
	run -0 fw auto choose
	[[ $output == iptables:*"this kernel has no nf_tables"*"legacy iptables tables work"* ]]
	fw auto block 192.0.2.1 # by single rules
	now timeout from 192.0.2.1
	fw auto flush
	FWTOOL_WITHOUT=legacy
	run -1 fw iptables block 192.0.2.1
	[[ $output == *"this kernel has no legacy iptables"* ]]
	FWTOOL_WITHOUT="nfnetlink legacy"
	run -0 fw auto choose
	[[ $output == none:*"no nf_tables"*"no legacy iptables"* ]]
	run -1 fw auto block 192.0.2.1
	[[ $output == *"nothing is blocked: osm uses no firewall here"* ]]
}

@test "not permitted: every verb says so, and auto takes nothing" {
	local b verb
	for b in nft iptables iptables-plain; do
		for verb in init "block 192.0.2.1" "release 192.0.2.1" list flush; do
			run -1 srv setpriv --reuid 1001 --regid 1001 --clear-groups "$TOOL" $b $verb
			[[ $output == *ermi* ]]
		done
	done
	run -0 srv setpriv --reuid 1001 --regid 1001 --clear-groups "$TOOL" auto choose
	[[ $output == none:* ]]
}

# ---- many, and interrupted ---------------------------------------------------------------

@test "a list of 100,000 is whole, also when stopped and continued while it is read" {
	local b pid
	for b in nft iptables; do
		fw $b many 100000 600
		ip netns exec "$SRV" "$TOOL" $b list >"$BATS_TEST_TMPDIR/list" 3>&- &
		pid=$!
		# a stopped process's reads with a time limit end with EINTR (signal(7))
		while kill -STOP $pid 2>/dev/null && kill -CONT $pid 2>/dev/null; do sleep 0.01; done
		wait $pid
		same "$(cut -d' ' -f1 "$BATS_TEST_TMPDIR/list" | sort -u | wc -l)" 100000
		same "$(wc -l <"$BATS_TEST_TMPDIR/list")" 100000
		fw $b flush
	done
}

@test "250,000 blocks are one call, one more is too many" {
	local b
	for b in nft iptables; do
		fw $b many 250000 600
		fw $b flush
		run -1 fw $b many 250001 600
		[[ $output == *"250001 blocks in one call, at most 250000"* ]]
		lists $b ""
	done
}
