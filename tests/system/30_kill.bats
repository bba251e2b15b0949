#!/usr/bin/env bats
# kill -9 of osmd and of its executor at random moments of a burst, KILL_ROUNDS times:
# afterwards reports and actions are the same as without; none twice, none missing.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() { lab_or_skip; }

EXPECTED="cwdcheck osmalice osmalice 21
cwdcheck:cwd osmalice /home/osmalice/public_html/bad 21
logline osmalice osmalice 21
logline osmbob $BOX 21
logline:subject osmalice osmalice You have won 21"

# What the overview draws: every message and every call of Exim is counted once.
EXPECTED_HOURS="cwdcheck 36
logline 72"
hours() { sqlite3 -separator ' ' "$ROOT/var/lib/osm/watch.db" "SELECT type, sum(n) FROM hour GROUP BY type"; }

begin() {
	fresh
	conf LOGLINE_SUBJECT_LIMIT=20 LOGLINE_SUBJECT_ACTIONS=store \
		CWDCHECK_LIMIT=20 CWDCHECK_ACTIONS=store CWDCHECK_CWD_LIMIT=20 CWDCHECK_CWD_ACTIONS=store
	osmd_start >/dev/null
}

burst() {
	send script osmalice 36 --dir bad --queue --to defer1.example --rate 30 >/dev/null 3>&- &
	send mailbox "$BOX" 36 --ips 3 --port 587 --to defer1.example --rate 30 >/dev/null 3>&- &
}

outcome() { reports | jq -r '"\(.type) \(.account) \(.key) \(.count)"' | sed 's/you have won/You have won/' | sort; }
holds() { actions_in_force '.action == "hold"' | jq -r .target | sort | tr '\n' ' '; }
settled() {
	[ "$(outcome)" = "$EXPECTED" ] && [ "$(holds)" = "$BOX osmalice " ] && is_held osmalice && is_held "$BOX"
}

victim() { # the pid, inside, of osmd, of its executor or of the process between them
	case $((RANDOM % 3)) in
	0) osmd_pid ;;
	1) inlab pgrep -P "$(osmd_pid)" | head -n 1 ;; # its supervisor
	2) inlab pgrep -P "$(inlab pgrep -P "$(osmd_pid)" | head -n 1)" | head -n 1 ;;
	esac
}

verdict() { # ROUND
	wait_until 20 settled || {
		echo "round $1: reports:"
		outcome
		echo "in force: $(holds)"
		tail -n 30 "$ROOT/var/log/osmd.log"
		return 1
	}
	wait_until 10 eval '[ "$(root_mails | wc -l)" -ge 2 ]' || { echo "round $1: mails: $(root_mails)"; return 1; }
	sleep 0.5
	settled || { echo "round $1: changed afterwards:"; outcome; holds; return 1; }
	same "$(root_mails | wc -l)" 2 "round $1: mails"
	wait_until 10 eval '[ "$(hours)" = "$EXPECTED_HOURS" ]' || { echo "round $1: hours: $(hours)"; return 1; }
}

@test "without a kill: the reports and actions to compare with" {
	begin
	burst
	wait
	verdict 0
}

@test "killed at random moments" {
	local round n pid rounds=${KILL_ROUNDS:-5}
	RANDOM=${KILL_SEED:-$$}
	echo "# seed ${KILL_SEED:-$$}, $rounds rounds" >&3
	for round in $(seq "$rounds"); do
		begin
		burst
		for n in 1 2 3; do
			sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
			pid=$(victim) || continue
			[ -z "$pid" ] || inlab kill -9 "$pid" 2>/dev/null || true
			sleep "0.0$((RANDOM % 10))"
			wait_until 10 osm start || { echo "round $round: did not start again"; osm start; return 1; }
		done
		wait
		wait_until 10 osm start
		verdict "$round" || return 1
	done
}

@test "lines read beyond a report that waits are counted once, also when the log is rotated meanwhile" {
	local executor
	begin
	executor=$(inlab pgrep -P "$(inlab pgrep -P "$(osmd_pid)" | head -n 1)" | head -n 1)
	inlab kill -STOP "$executor"
	send mailbox "$BOX" 40 --port 587 --to defer1.example >/dev/null
	wait_until 20 eval '[ "$(hours)" = "logline 40" ]' || { echo "hours: $(hours)"; return 1; }
	[ "$(sqlite3 "$ROOT/var/lib/osm/watch.db" "SELECT ahead > 0 FROM position")" = 1 ]
	inlab kill -9 "$(osmd_pid)" "$executor"
	rotate create 1
	wait_until 10 osm start
	send mailbox "$BOX" 2 --port 587 --to defer1.example >/dev/null
	wait_until 20 has_report '.type == "logline"'
	osmd_caught_up
	wait_until 10 eval '[ "$(hours)" = "logline 42" ]' || { echo "hours: $(hours)"; return 1; }
	osm stop
	same "$(hours)" "logline 42"
}
