#!/usr/bin/env bats
# The actions beside hold and block_account, each with its effect on real mail.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

detail_of() { # ACTION: "state detail" in the only report
	osm show "$(reports | jq -r .id)" --json |
		jq -r ".actions[] | select(.action == \"$1\") | .state + \" \" + .detail"
}

@test "a custom program gets the report in its format, once, and its words are kept" {
	conf LOGLINE_ACTIONS=store,hold,custom CUSTOM_ACTION=/etc/osm/custom.sh CUSTOM_FORMAT=YAML
	cat >"$ROOT/etc/osm/custom.sh" <<-'S'
		#!/bin/sh
		printf '%s|' "$@" >>/var/cpanel/osm-double-custom.args
		cat >/var/cpanel/osm-double-custom.yaml
		echo "ticket 42"
	S
	chmod 755 "$ROOT/etc/osm/custom.sh"
	osmd_start
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 eval '[ "$(detail_of custom)" = "done ended with exit code 0: ticket 42" ]'
	id=$(reports | jq -r .id)
	same "$(cat "$ROOT/var/cpanel/osm-double-custom.args")" "$id|logline|osmbob|$BOX|21|YAML|"
	python3 - "$ROOT/var/cpanel/osm-double-custom.yaml" <<-P
		import sys, yaml
		r = yaml.safe_load(open(sys.argv[1]))
		assert r["id"] == "$id" and r["mailbox"] == "$BOX" and r["count"] == 21
		assert [a["action"] + a["state"] for a in r["actions"]] == ["storedone", "holddone"]
	P
	same "$(actions_in_force '.action == "custom"')" "" "in force"
	chmod 777 "$ROOT/etc/osm/custom.sh"
	run osm check
	[[ "$output" == *"BAD      custom"*"written to by others"* ]] || { echo "$output"; return 1; }
}

@test "block_mailbox refuses the mailbox's mail, not its login, until it is undone" {
	conf LOGLINE_ACTIONS=store,block_mailbox
	osmd_start
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 grep -qx "$BOX" "$ROOT/etc/outgoing_mail_suspended_users"
	send mailbox "$BOX" 1 | jq -e '.refused == 1'
	send mailbox newsletter@bobs-garage.example 1 | jq -e '.accepted == 1'
	osm undo "$(actions_in_force '.action == "block_mailbox"' | jq -r .id)"
	same "$(cat "$ROOT/etc/outgoing_mail_suspended_users")" "" suspended
	send mailbox "$BOX" 1 --subject "after the undo" | jq -e '.accepted == 1'
	wait_until 10 eval '[ "$(arrived "after the undo")" = 1 ]'
}

@test "block_login keeps the mailbox out until it is undone" {
	conf LOGLINE_ACTIONS=store,block_login
	osmd_start
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 grep -q '^info:!' "$ROOT/home/osmbob/etc/bobs-garage.example/shadow"
	run send mailbox "$BOX" 1
	[[ "$output" == *535* ]] || { echo "$output"; return 1; }
	send mailbox newsletter@bobs-garage.example 1 | jq -e '.accepted == 1'
	osm undo "$(actions_in_force '.action == "block_login"' | jq -r .id)"
	send mailbox "$BOX" 1 | jq -e '.accepted == 1'
}

@test "suspend_mailbox leaves what was blocked before, also after its undo" {
	conf
	osmd_start
	uapi --user=osmbob Email suspend_login email=info%40bobs-garage.example
	osm act suspend_mailbox "$BOX"
	grep -qx "$BOX" "$ROOT/etc/outgoing_mail_suspended_users"
	run osm act suspend_mailbox "$BOX"
	same "$status" 1 "a second time"
	[[ "$output" == *"was already suspended"* ]]
	osm undo "$(actions_in_force '.action == "suspend_mailbox"' | jq -r .id)"
	same "$(cat "$ROOT/etc/outgoing_mail_suspended_users")" "" suspended
	grep -q '^info:!' "$ROOT/home/osmbob/etc/bobs-garage.example/shadow"
	uapi --user=osmbob Email unsuspend_login email=info%40bobs-garage.example
	run osm act suspend_mailbox osmbob
	same "$status" 1 "an account"
	run osm act email osmbob
	same "$status" 2 "no such action by hand"
}

@test "suspend_account stops scripts, logins and mail, and the block of before comes back" {
	conf LOGLINE_ACTIONS=store,suspend_account
	osmd_start
	whm suspend_outgoing_email user=osmdave
	run osm act suspend_account osmdave
	[[ "$output" == *"its site, mail and logins are down"*"undo with: osm undo "* ]] || { echo "$output"; return 1; }
	[ -e "$ROOT/var/cpanel/suspended/osmdave" ]
	osm undo "$(actions_in_force '.target == "osmdave"' | jq -r .id)"
	[ ! -e "$ROOT/var/cpanel/suspended/osmdave" ]
	grep -qx osmdave "$ROOT/etc/outgoing_mail_suspended_users"
	whm unsuspend_outgoing_email user=osmdave

	# the panel kills the account's processes, the sender too
	run send script osmbob 2500 --to defer1.example
	same "$status" 137 "the sender's end"
	wait_until 10 test -e "$ROOT/var/cpanel/suspended/osmbob"
	run send mailbox "$BOX" 1
	[[ "$output" == *535* ]] || { echo "$output"; return 1; }
	osm undo "$(actions_in_force '.action == "suspend_account"' | jq -r .id)"
	send mailbox "$BOX" 1 | jq -e '.accepted == 1'
	run osm act suspend_account osmcarol
	[[ "$output" == *"a reseller's whole account is left alone"* ]] || { echo "$output"; return 1; }
	[ ! -e "$ROOT/var/cpanel/suspended/osmcarol" ]
}

@test "an executor that is killed within a suspension finishes and is undone" {
	conf
	osmd_start
	echo hang >"$ROOT/var/cpanel/osm-double-fault"
	inlab sh -c "osm act suspend_mailbox $BOX >/dev/null 2>&1 &"
	wait_until 10 eval '[ "$(calls | wc -l)" -ge 1 ]'
	inlab pkill -KILL -x "osmd: executor"
	rm "$ROOT/var/cpanel/osm-double-fault"
	inlab pkill -KILL -f apitool || true
	wait_until 15 eval '[ -n "$(actions_in_force ".action == \"suspend_mailbox\"")" ]'
	grep -q '^info:!' "$ROOT/home/osmbob/etc/bobs-garage.example/shadow"
	osm undo "$(actions_in_force '.action == "suspend_mailbox"' | jq -r .id)"
	same "$(cat "$ROOT/etc/outgoing_mail_suspended_users")" "" suspended
	refute grep -q '^info:!' "$ROOT/home/osmbob/etc/bobs-garage.example/shadow"
}

@test "held messages are counted, and deleted only when asked twice" {
	conf
	osmd_start
	osm hold "$BOX"
	send mailbox "$BOX" 3
	wait_until 10 eval '[ "$(osm held "$BOX")" = "3 held messages" ]'
	run osm held "$BOX" --delete <<<"$BOX"
	same "$status" 1 "asked once"
	run osm held "$BOX" --delete <<<"yes"
	same "$status" 1 "a wrong word"
	same "$(osm held "$BOX")" "3 held messages"
	printf '%s\n' "$BOX" delete | inlab osm held "$BOX" --delete
	same "$(osm held "$BOX")" "0 held messages"
	wait_until 5 eval '[ "$(queued)" = 0 ]'
	run osm held osmbob
	same "$status" 2 "an account"
}

@test "rename_path takes the folder of a hacked script away; undo gives it back as it was" {
	conf LOGLINE_LIMIT=0 CWDCHECK_CWD_LIMIT=20 CWDCHECK_CWD_ACTIONS=store,rename_path
	osmd_start
	local at=$ROOT/home/osmalice/public_html/wp-content
	send script osmalice 25 --dir wp-content/uploads
	wait_until 15 test -e "$at/uploads.osm-disabled"
	[ ! -e "$at/uploads" ]
	same "$(stat -c '%a %U' "$at/uploads.osm-disabled")" "0 UNKNOWN"
	osm undo "$(actions_in_force '.action == "rename_path"' | jq -r .id)"
	same "$(stat -c %a "$at/uploads")" 755
	[ ! -e "$at/uploads.osm-disabled" ]
	# by hand, and never the web root
	touch "$at/uploads/x.php" && chown 61001:61001 "$at/uploads/x.php"
	osm act rename_script /home/osmalice/public_html/wp-content/uploads/x.php
	[ -e "$at/uploads/x.php.osm-disabled" ]
	run osm act rename_path /home/osmalice/public_html
	same "$status" 1
	[[ "$output" == *"keeps or serves"* ]] || { echo "$output"; return 1; }
}

@test "a program that goes on in a renamed folder does not have it renamed again" {
	conf LOGLINE_LIMIT=0 CWDCHECK_CWD_LIMIT=20 CWDCHECK_CWD_ACTIONS=store,rename_path
	osmd_start
	local at=$ROOT/home/osmalice/public_html
	send script osmalice 80 --rate 40 --dir uploads2
	wait_until 15 has_report '.key | endswith("/uploads2.osm-disabled")'
	wait_until 10 eval 'osm show "$(reports | jq -r "select(.key | endswith(\".osm-disabled\")).id")" |
		grep -q "renamed it already"'
	[ ! -e "$at/uploads2.osm-disabled.osm-disabled" ]
	osm undo "$(actions_in_force '.action == "rename_path"' | jq -r .id)"
	same "$(stat -c %a "$at/uploads2")" 755
}

@test "steps get harder with each strike, also over a restart; undone by hand they begin anew" {
	conf REPORT_REPEAT=0 LOGLINE_ACTIONS=store,steps LOGLINE_STEPS=hold,block_mailbox,suspend_account
	osmd_start
	send mailbox "$BOX" 21 --to defer1.example
	wait_until 10 is_held "$BOX"
	sleep 2 # the next wave begins in another second
	osmd_stop
	osmd_start
	send mailbox "$BOX" 21 --to defer1.example
	wait_until 10 grep -qx "$BOX" "$ROOT/etc/outgoing_mail_suspended_users"
	[ ! -e "$ROOT/var/cpanel/suspended/osmbob" ]
	osm show "$(reports | jq -rs 'max_by(.time).id')" --json |
		jq -e '.notes | index("Strike 2 within 1 d: the step is block_mailbox.")'
	osm undo "$(actions_in_force '.action == "block_mailbox"' | jq -r .id)"
	osm undo "$(actions_in_force '.action == "hold"' | jq -r .id)"
	sleep 2
	send mailbox "$BOX" 21 --to defer1.example
	wait_until 10 is_held "$BOX"
	[ ! -e "$ROOT/var/cpanel/suspended/osmbob" ]
}

@test "life tells what became of a report's messages: held in the queue, delivered after the undo" {
	conf LOGLINE_LIMIT=3 LOGLINE_ACTIONS=store
	osmd_start
	osm hold "$BOX"
	send mailbox "$BOX" 4 --to accept1.example
	wait_until 10 has_report '.account == "osmbob"'
	id=$(reports | jq -r .id)
	osm life "$id" --json >"$BATS_TEST_TMPDIR/l"
	jq -e '.messages | length == 4 and all(.state == "queued" and .recipients == 1 and .deferred >= 1)' "$BATS_TEST_TMPDIR/l" ||
		{ cat "$BATS_TEST_TMPDIR/l"; return 1; }
	osm undo "$(actions_in_force '.action == "hold"' | jq -r .id)"
	wait_until 30 eval 'osm life "$id" --json | jq -e ".messages | all(.state == \"completed\" and .delivered == 1)"'
	one=$(jq -r '.messages[0].id' "$BATS_TEST_TMPDIR/l")
	osm life "$one" | grep -q "$one Completed"
	run osm life nothing
	same "$status" 4 "no such report"
}
