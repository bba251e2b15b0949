#!/usr/bin/env bats
# What breaks is said clearly and counted, and the events go on.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
}
teardown() {
	[ -z "${LAB_WHY_NOT:-}" ] || return 0
	osmd_stop
	inlab umount /var/lib/osm 2>/dev/null || true
}

fault() { echo "$1" >"$ROOT/var/cpanel/osm-double-fault"; }
action_row() { # JQ over one action of the newest report
	osm show "$(reports | jq -r .id | head -n 1)" --json | jq -c "(.report // .).actions[] | select($1)"
}
still_watching() {
	send script osmerin 25 --queue >/dev/null
	wait_until 15 has_report '.account == "osmerin"'
}

@test "the Exim log is missing at the start and comes later" {
	conf LOGLINE_ACTIONS=store
	mv "$MAINLOG" "$MAINLOG.away"
	osmd_start
	grep -q 'exim_mainlog' "$ROOT/var/log/osmd.log"
	run osm check
	[[ "$output" == *exim_mainlog* ]]
	still_watching
}

@test "a bad osm.conf: every problem with file and line, and osmd does not start" {
	conf
	printf 'NO_SUCH_KEY = "1"\nLOGLINE_LIMIT = "abc"\nCWDCHECK_INTERVAL = "99999999"\nTESTING = 1\n' >"$ROOT/etc/osm/osm.conf"
	run osm start
	[ "$status" -ne 0 ]
	run osm check
	[ "$status" -ne 0 ]
	for line in 1 2 3 4; do
		[[ "$output" == *"osm.conf: line $line:"* ]] || { echo "line $line is not told: $output"; return 1; }
	done
}

@test "a bad osm.conf at a reload: osmd keeps what it had" {
	conf LOGLINE_ACTIONS=store
	osmd_start
	printf 'LOGLINE_LIMIT = "2000000"\nNO_SUCH_KEY = "1"\n' >"$ROOT/etc/osm/osm.conf"
	run osm reload
	[ "$status" -ne 0 ]
	[[ "$output" == *"osm.conf: line 1:"* ]]
	[[ "$output" == *"osm.conf: line 2:"* ]]
	still_watching
}

@test "a good osm.conf at a reload is taken" {
	conf LOGLINE_LIMIT=50 LOGLINE_ACTIONS=store
	osmd_start
	conf LOGLINE_LIMIT=5 LOGLINE_ACTIONS=store
	osm reload
	send script osmerin 6 --queue
	wait_until 10 has_report '.count == 6'
}

@test "the database's disk is full: said, counted, and the events go on" {
	conf LOGLINE_ACTIONS=email,store
	mkdir -p "$ROOT/var/lib/osm"
	inlab mount -t tmpfs -o size=700k,mode=700 none /var/lib/osm
	osmd_start
	inlab sh -c 'cat /dev/zero >/var/lib/osm/fill 2>/dev/null || true'
	send script osmdave 25 --queue
	osmd_caught_up
	wait_until 10 grep -Eiq 'full|no space' "$ROOT/var/log/osmd.log"
	osm status >/dev/null
	inlab rm /var/lib/osm/fill
	still_watching
}

@test "the database's folder can't be written: osmd says so" {
	conf
	mkdir -p "$ROOT/var/lib/osm"
	inlab mount -t tmpfs -o ro,mode=700 none /var/lib/osm
	run osm start
	[[ "$output" == */var/lib/osm* ]] || grep -q /var/lib/osm "$ROOT/var/log/osmd.log"
}

@test "the panel hangs: it is stopped in time and asked again later, the events go on" {
	conf ACTION_TIMEOUT=3
	osmd_start
	fault hang
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 has_report ".key == \"$BOX\""
	still_watching
	wait_until 15 eval 'action_row ".action == \"hold\" and .state == \"pending\"" | grep -q "no answer in 3 s and was stopped; tried again in"'
	same "$(held)" "" held
}

@test "the panel answers garbage: the reason is told, and it is asked again after 30 s" {
	conf
	osmd_start
	fault garbage
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 15 eval '[ -n "$(action_row ".action == \"hold\" and .state == \"pending\" and (.detail | contains(\"tried again in\"))")" ]'
	same "$(actions_in_force '.action == "hold"')" "" "in force"
	fault ""
	still_watching
	wait_until 10 is_held osmerin
	wait_until 40 is_held "$BOX"
	wait_until 5 eval '[ -n "$(actions_in_force ".target == \"$BOX\"")" ]'
}

@test "the panel refuses: its own words are in the action" {
	conf
	osmd_start
	fault fail
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 15 eval '[ -n "$(action_row ".state == \"failed\" and (.detail | contains(\"busy\"))")" ]'
}

@test "the panel says success and does nothing: that is noticed" {
	conf
	osmd_start
	fault noop
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 15 eval '[ -n "$(action_row ".action == \"hold\" and .state == \"failed\"")" ]'
	same "$(actions_in_force '.action == "hold"')" "" "in force"
}

@test "the panel's programs are missing: the report is still made and mailed" {
	conf
	mv "$ROOT/usr/local/cpanel/bin/apitool" "$ROOT/usr/local/cpanel/bin/away"
	osmd_start
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 15 eval '[ -n "$(action_row ".action == \"hold\" and .state == \"pending\"")" ]'
	wait_until 10 eval '[ "$(root_mails | wc -l)" = 1 ]'
	mv "$ROOT/usr/local/cpanel/bin/away" "$ROOT/usr/local/cpanel/bin/apitool"
}
