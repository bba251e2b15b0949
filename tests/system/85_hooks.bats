#!/usr/bin/env bats
# What others change in the panel: osm's list of what is in force stays true.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
	echo /usr/local/osm/build/osm-hook >"$ROOT/var/cpanel/osm-double-hook"
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

hook() { # JSON: as cPanel feeds it
	inlab osm-hook <<<"$1"
}
in_force() { actions_in_force "${1:-}" | wc -l; }

@test "a mailbox that somebody else releases is not in force any more" {
	conf
	osmd_start
	osm hold "$BOX"
	osm act block_login "$BOX"
	same "$(in_force)" 2
	uapi --user=osmbob Email release_outgoing email=info%40bobs-garage.example
	wait_until 5 eval '[ "$(in_force)" = 1 ]'
	uapi --user=osmbob Email unsuspend_login email=info%40bobs-garage.example
	wait_until 5 eval '[ "$(in_force)" = 0 ]'
}

@test "what changes the lists without a hook is noticed" {
	conf
	rm "$ROOT/var/cpanel/osm-double-hook"
	osmd_start
	osm block osmdave
	same "$(in_force)" 1
	whm unsuspend_outgoing_email user=osmdave
	wait_until 5 eval '[ "$(in_force)" = 0 ]'
}

@test "an unsuspension by hand clears the counts and the list" {
	conf LOGLINE_LIMIT=20 LOGLINE_ACTIONS=store
	osmd_start
	send script osmdave 15 --queue
	osmd_caught_up
	whm suspendacct user=osmdave reason=test
	osm act suspend_account osmbob
	whm unsuspendacct user=osmdave
	whm unsuspendacct user=osmbob
	wait_until 5 eval '[ "$(in_force)" = 0 ]'
	send script osmdave 15 --queue
	osmd_caught_up
	same "$(count_reports)" 0 "30 messages, but not 21 since"
	send script osmdave 6 --queue
	wait_until 10 has_report '.account == "osmdave"'
}

@test "a removed account leaves nothing in force; names and passwords stay out of the log" {
	conf
	osmd_start
	osm hold osmdave
	hook '{"context":{"category":"Whostmgr","event":"Accounts::Remove","stage":"post"},"data":{"user":"osmdave","pass":"geheim123"}}'
	wait_until 5 eval '[ "$(in_force)" = 0 ]'
	grep -q "the panel tells: removed osmdave" "$ROOT/var/log/osmd.log"
	refute grep -rq geheim123 "$ROOT/var/log" "$ROOT/var/lib/osm"
}

@test "a new password releases the mailbox, if that is wanted" {
	conf RELEASE_ON_PASSWORD=1
	osmd_start
	osm act suspend_mailbox "$BOX"
	uapi --user=osmbob Email passwd_pop email=info domain=bobs-garage.example password=new
	wait_until 5 eval '[ "$(in_force)" = 0 ]'
	same "$(cat "$ROOT/etc/outgoing_mail_suspended_users")" "" suspended
	send mailbox "$BOX" 1 | jq -e '.accepted == 1'
}

@test "check says that steps without steps do nothing" {
	conf LOGLINE_ACTIONS=store,steps
	run osm check
	[[ "$output" == *"BAD      steps"* ]] || { echo "$output"; return 1; }
}

@test "the hook neither speaks, fails nor waits: without osmd, and with one that hangs" {
	conf
	event='{"context":{"category":"Whostmgr","event":"Accounts::unsuspendacct","stage":"post"},"data":{"args":{"user":"osmdave"},"result":1}}'
	for state in down hanging; do
		if [ $state = hanging ]; then
			osmd_start
			inlab pkill -STOP -x osmd
		fi
		for input in "$event" "" "{" "$(head -c 2000000 /dev/zero | tr '\0' x)"; do
			before=$(date +%s%N)
			run hook "$input"
			same "$status:$output" "0:" "$state"
			[ $((($(date +%s%N) - before) / 1000000)) -lt 1500 ] || { echo slow; return 1; }
		done
	done
	inlab pkill -CONT -x osmd
	inlab osm-hook --describe | jq -e 'length >= 12 and all(.stage == "post")'
}

@test "who was let go begins anew, also after a restart" {
	conf
	osmd_start
	send mailbox "$BOX" 35 --to defer1.example
	wait_until 10 is_held "$BOX"
	osmd_caught_up
	osm undo "$(actions_in_force '.action == "hold"' | jq -r .id)"
	osmd_stop
	osmd_start
	sleep 1
	send mailbox "$BOX" 15 --to defer1.example
	osmd_caught_up
	same "$(count_reports)" 1 "14 of before and 15 of now are not 21"
	send mailbox "$BOX" 8 --to defer1.example
	wait_until 10 is_held "$BOX"
}
