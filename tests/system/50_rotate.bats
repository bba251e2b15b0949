#!/usr/bin/env bats
# The log is rotated in the middle of a burst: no message is lost or counted twice. The truth
# is what Exim accepted and what the receiving side got.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
	conf LOGLINE_LIMIT=100000 LOGLINE_ACTIONS=store
	osmd_start
}

counted() { # KEY: events in its window
	osm top --json --limit 1000 | jq -r --arg k "$1" '[.top[] | select(.type == "logline" and .key == $k) | .count] | add // 0'
}

# all_counted N: both bursts arrived whole and osmd counted each message once.
all_counted() {
	wait_until 30 eval "[ \"\$(arrived)\" = $((2 * $1)) ]"
	osmd_caught_up
	wait_until 10 eval "[ \"\$(counted osmalice)\" = $1 ]" || true
	same "$(counted osmalice)" "$1" "script"
	same "$(counted "$BOX")" "$1" "mailbox"
}

burst() { # N
	send script osmalice "$1" --rate 25 --subject "s {i}" >/dev/null 3>&- &
	send mailbox "$BOX" "$1" --ips 4 --rate 25 >/dev/null 3>&- &
}

@test "rename and create, three times in a burst" {
	burst 60
	for n in 1 2 3; do
		sleep 0.6
		rotate rename "$n"
	done
	wait
	all_counted 60
}

@test "rename only: Exim makes the new file" {
	burst 60
	for n in 1 2 3; do
		sleep 0.6
		rotate create "$n"
	done
	wait
	all_counted 60
}

@test "copy and truncate, between two bursts" {
	burst 20
	wait
	quiet
	osmd_caught_up
	rotate copy 1
	burst 20
	wait
	all_counted 40
}

@test "rotated and packed while osmd is down" {
	burst 20
	wait
	quiet
	osmd_caught_up
	osmd_stop
	send script osmalice 10 --subject "down" >/dev/null
	send mailbox "$BOX" 10 --ips 2 >/dev/null
	quiet
	rotate rename 1
	send script osmalice 10 --subject "after" >/dev/null
	send mailbox "$BOX" 10 --ips 2 >/dev/null
	osmd_start
	all_counted 40
}

@test "rotated twice while osmd is down" {
	local n
	burst 10
	wait
	quiet
	osmd_caught_up
	osmd_stop
	for n in 2 1; do
		send script osmalice 10 --subject "down $n" >/dev/null
		send mailbox "$BOX" 10 --ips 2 >/dev/null
		quiet
		rotate rename "$n"
	done
	send script osmalice 10 --subject "after" >/dev/null
	send mailbox "$BOX" 10 --ips 2 >/dev/null
	osmd_start
	all_counted 40
}

@test "a restart in the middle of a burst" {
	burst 60
	sleep 0.8
	osm restart
	sleep 0.6
	osm restart
	wait
	all_counted 60
}
