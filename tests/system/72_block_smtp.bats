#!/usr/bin/env bats
# A blocked account in the lab: what it submits, the real Exim delivers; SMTP that it speaks
# itself is refused at once.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() { lab_or_skip; }

TOOL=/usr/local/osm/build/fwtool
PEER="/usr/bin/python3 /usr/local/osm/tests/lab/fwpeer.py"
MX=198.51.100.25 # where every mail goes (tests/lab/world.py)

by() { # ACCOUNT DST: how a connection by the account itself goes
	inlab setpriv --reuid "$1" --regid "$1" --clear-groups $PEER connect - "$2" 25 | cut -d' ' -f1
}

@test "the account's own SMTP is refused, its mail through Exim arrives, others are free" {
	local uid b
	uid=$(inlab id -u osmalice)
	for b in nft iptables iptables-plain; do
		same "$(by osmalice $MX)" open "before"
		inlab $TOOL $b block "uid:$uid" 600 out - "osm: speaks SMTP itself"
		same "$(by osmalice $MX)" refused "blocked"
		same "$(by osmbob $MX)" open "another account"
		same "$(by mailnull $MX)" open "Exim's own uid"
		same "$(by osmalice 127.0.0.1)" open "the local Exim"
		send script osmalice 3 --subject "while blocked by $b" | jq -e '.accepted == 3'
		wait_until 20 eval "[ \"\$(arrived 'while blocked by $b')\" = 3 ]"
		inlab $TOOL $b release "uid:$uid"
		same "$(by osmalice $MX)" open "released"
		inlab $TOOL $b flush
	done
}
