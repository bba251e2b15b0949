#!/usr/bin/env bats
# The main job: a burst through a real Exim is reported, held, undone.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
}

@test "a hacked script is reported by account, subject, start and folder" {
	conf LOGLINE_ACTIONS=email,store LOGLINE_SUBJECT_LIMIT=20 LOGLINE_SUBJECT_ACTIONS=store \
		CWDCHECK_LIMIT=20 CWDCHECK_ACTIONS=store CWDCHECK_CWD_LIMIT=20 CWDCHECK_CWD_ACTIONS=store
	osmd_start
	send script osmalice 25 --dir wp-content/uploads --subject "You have won"
	wait_until 15 has_report '.type == "logline" and .account == "osmalice"'
	wait_until 5 has_report '.type == "logline:subject" and .account == "osmalice"'
	wait_until 5 has_report '.type == "cwdcheck" and .account == "osmalice"'
	wait_until 5 has_report '.type == "cwdcheck:cwd" and .key == "/home/osmalice/public_html/wp-content/uploads"'
	same "$(count_reports)" 4 reports
	# each fired on the 21st event, with the evidence
	same "$(reports | jq -r .count | sort -u)" 21 counts
	osm show "$(reports '.type == "logline"' | jq -r .id)" --json >"$BATS_TEST_TMPDIR/r"
	jq -e '.report // . | .lines | length == 10 and (map(contains("U=osmalice P=local")) | all)' "$BATS_TEST_TMPDIR/r"
	same "$(held)" "" held
}

@test "a stolen mailbox is reported and really held; undo lets its mail go" {
	conf
	osmd_start
	send mailbox "$BOX" 25 --ips 12 --subject "Invoice {i}"
	wait_until 15 has_report ".type == \"logline\" and .key == \"$BOX\" and .account == \"osmbob\""
	wait_until 10 is_held "$BOX"
	same "$(count_reports)" 1 reports
	send mailbox "$BOX" 3 --subject "after the hold"
	wait_until 10 eval '[ "$(grep -c "has an outgoing mail hold" "$MAINLOG")" -ge 3 ]'
	same "$(arrived 'after the hold')" 0 arrived
	[ "$(queued)" -ge 3 ]
	id=$(actions_in_force ".action == \"hold\" and .target == \"$BOX\"" | jq -r .id)
	osm undo "$id"
	refute is_held "$BOX"
	wait_until 30 eval '[ "$(arrived "after the hold")" = 3 ]'
	same "$(actions_in_force '.action == "hold"')" "" "in force"
	same "$(calls '.call[1] == "hold_outgoing"' | wc -l)" 1 "hold calls"
	same "$(calls '.call[1] == "release_outgoing"' | wc -l)" 1 "release calls"
}

@test "all source addresses of the mailbox are in the report" {
	conf LOGLINE_ACTIONS=store
	osmd_start
	send mailbox "$BOX" 21 --ips 7
	wait_until 15 has_report
	osm show "$(reports | jq -r .id)" --json >"$BATS_TEST_TMPDIR/r"
	for i in 0 1 2 3 4 5 6; do grep -q "203.0.113.1$i" "$BATS_TEST_TMPDIR/r"; done
}

@test "the limit itself is allowed, one more fires" {
	conf LOGLINE_ACTIONS=store
	osmd_start
	send script osmdave 20 --queue
	osmd_caught_up
	same "$(count_reports)" 0 "reports at the limit"
	send script osmdave 1 --queue
	wait_until 10 has_report '.account == "osmdave" and .count == 21'
}

@test "honest traffic is not reported" {
	conf
	osmd_start
	send background 3
	osmd_caught_up
	same "$(count_reports)" 0 reports
	same "$(held)" "" held
}

@test "a repeat for the same key is held back" {
	conf LOGLINE_ACTIONS=email,store
	osmd_start
	send script osmerin 63 --queue
	wait_until 15 has_report '.account == "osmerin"'
	osmd_caught_up
	same "$(count_reports '.account == "osmerin"')" 1 reports
	wait_until 10 eval '[ "$(root_mails | wc -l)" = 1 ]'
}

@test "the report is mailed to root through Exim, once, and isn't counted itself" {
	conf LOGLINE_ACTIONS=email,store
	osmd_start
	send script osmcarol 25 --queue
	wait_until 15 has_report '.account == "osmcarol"'
	wait_until 10 eval '[ "$(root_mails osmcarol | wc -l)" = 1 ]'
	grep -q 'T="You have won"' "$ROOT/var/spool/mail/root"
	same "$(count_reports)" 1 reports
}

@test "TESTING decides everything and does nothing" {
	conf TESTING=1
	osmd_start
	send mailbox "$BOX" 25
	wait_until 15 has_report ".key == \"$BOX\""
	osmd_caught_up
	same "$(held)" "" held
	same "$(calls)" "" calls
	osm show "$(reports | jq -r .id)" --json | jq -e '.report // . | .testing == true'
}

@test "block_account refuses the account's mail until it is undone" {
	conf LOGLINE_ACTIONS=store,block_account
	osmd_start
	send mailbox frank@frank-law.example 25 --to defer1.example
	wait_until 15 grep -qx osmfrank "$ROOT/etc/outgoing_mail_suspended_users"
	send mailbox frank@frank-law.example 1 | jq -e '.refused == 1'
	osm undo "$(actions_in_force '.action == "block_account"' | jq -r .id)"
	same "$(cat "$ROOT/etc/outgoing_mail_suspended_users")" "" suspended
	send mailbox frank@frank-law.example 1 | jq -e '.accepted == 1'
}

@test "an action expires by itself" {
	conf ACTION_EXPIRE=3
	osmd_start
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 15 has_report
	wait_until 10 eval '[ "$(calls ".call[1] == \"release_outgoing\"" | wc -l)" = 1 ]'
	same "$(held)" "" held
	same "$(actions_in_force '.action == "hold"')" "" "in force"
}

@test "hidden arrivals are charged to the mailbox's account, and said" {
	conf LOGLINE_ACTIONS=store
	osmd_start
	send hidden carol@carol.example 25
	wait_until 15 has_report '.account == "osmcarol"'
}

@test "a hold by hand works and is undone by hand" {
	conf
	osmd_start
	osm hold "$BOX"
	is_held "$BOX"
	osm undo "$(actions_in_force '.action == "hold"' | jq -r .id)"
	refute is_held "$BOX"
	same "$(calls | wc -l)" 2 calls
}

@test "undo works while osmd is down" {
	conf
	osmd_start
	osm hold osmdave
	is_held osmdave
	osmd_stop
	osm undo "$(actions_in_force '.action == "hold"' | jq -r .id)"
	refute is_held osmdave
}
