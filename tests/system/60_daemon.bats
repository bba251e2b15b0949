#!/usr/bin/env bats
# The daemon itself: its settings in each of its processes, starts that meet another, systemd.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

executor_pid() { inlab pgrep -P "$(inlab pgrep -P "$(osmd_pid)" | head -n 1)" | head -n 1; }
kill_executor() {
	local old
	old=$(executor_pid)
	inlab kill -9 "$old"
	wait_until 10 eval "[ -n \"\$(executor_pid)\" ] && [ \"\$(executor_pid)\" != $old ]"
}
logged() { grep -c "$1" "$ROOT/var/log/osmd.log" || true; }

@test "an executor that died after a reload comes back with the settings of that reload" {
	conf TESTING=0
	osmd_start
	conf TESTING=1
	osm reload
	# half edited when it dies; what counts is what was reloaded
	printf 'NO_SUCH_KEY = "1"\n' >>"$ROOT/etc/osm/osm.conf"
	kill_executor
	run osm hold "$BOX"
	[[ "$output" == *TESTING* ]] || { echo "$output"; return 1; }
	same "$(held)" "" held
}

@test "what is edited and not reloaded does not come with a new executor" {
	conf TESTING=1
	osmd_start
	conf TESTING=0
	kill_executor
	run osm hold "$BOX"
	[[ "$output" == *TESTING* ]] || { echo "$output"; return 1; }
	same "$(held)" "" held
}

@test "many reloads and deaths: the last settings are in force everywhere" {
	local i pid
	conf TESTING=0
	osmd_start
	for i in 1 2 3 4 5; do
		conf TESTING=$((i % 2))
		pid=$(executor_pid)
		inlab kill -9 "$pid" &
		osm reload
		wait
	done
	run osm hold "$BOX"
	[[ "$output" == *TESTING* ]] || { echo "$output"; return 1; }
	same "$(held)" "" held
	same "$(status_of .testing)" true testing
}

@test "without osm.conf a reload brings the defaults to all processes" {
	conf TESTING=0 ACTION_EXPIRE=60
	osmd_start
	rm "$ROOT/etc/osm/osm.conf"
	osm reload
	wait_until 5 eval '[ "$(logged "settings read again")" = 1 ]'
	osm hold "$BOX" || true
	same "$(logged "old settings stay")" 0 refusals
}

@test "SIGHUP reads the settings again, and a changed map is read by itself" {
	conf LOGLINE_LIMIT=50 LOGLINE_ACTIONS=store
	osmd_start
	conf LOGLINE_LIMIT=5 LOGLINE_ACTIONS=store
	inlab kill -HUP "$(osmd_pid)"
	wait_until 5 eval '[ "$(logged "settings read again")" = 1 ]'
	send script osmerin 6 --queue
	wait_until 10 has_report '.count == 6'
	same "$(logged "account maps read")" 1 "maps with the settings"
	cp -p "$ROOT/etc/userdomains" "$ROOT/etc/userdomains.new"
	mv "$ROOT/etc/userdomains.new" "$ROOT/etc/userdomains"
	wait_until 5 eval '[ "$(logged "account maps read")" = 2 ]'
}

@test "another executor still works: osmd waits for it, says so once and counts meanwhile" {
	conf LOGLINE_ACTIONS=store
	mkdir -p "$ROOT/run/osm"
	inlab flock /run/osm/executor.lock sleep 9 3>&- &
	wait_until 5 eval '! inlab flock -n /run/osm/executor.lock true'
	osmd_start
	send script osmerin 25 --queue
	osmd_caught_up
	wait
	wait_until 5 has_report '.account == "osmerin"'
	same "$(logged 'waiting until it ends')" 1 "said"
	same "$(status_of .executor.restarts)" 0 restarts
}

@test "it can be stopped while it still starts" {
	local begun=$SECONDS
	conf
	mkdir -p "$ROOT/run/osm"
	inlab flock /run/osm/executor.lock sleep 4 3>&- &
	wait_until 5 eval '! inlab flock -n /run/osm/executor.lock true'
	inlab sh -c 'exec osmd >/dev/null 2>&1' 3>&- &
	wait_until 3 test -S "$ROOT/run/osm/osmd.sock"
	osm stop
	same "$(logged stopped)" 1 "said"
	[ $((SECONDS - begun)) -lt 10 ]
}

@test "a second osmd does not start, nor one that is disabled" {
	conf
	osmd_start
	run inlab osmd
	[ "$status" -ne 0 ]
	[[ "$output" == *"running already"* ]]
	osm disable
	run inlab osmd
	[ "$status" -ne 0 ]
	[[ "$output" == *"disabled"* ]]
}

@test "systemd is told: ready, alive, stopping" {
	conf
	inlab python3 - >"$LAB/notified" 3>&- <<'PY'
import os, signal, socket, subprocess, time
name = "/run/osm-notify.sock"
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(name)
s.settimeout(10)
osmd = subprocess.Popen(["osmd"], stderr=subprocess.DEVNULL,
                        env=dict(os.environ, NOTIFY_SOCKET=name, WATCHDOG_USEC="400000"))
print(s.recv(100).decode())
print(s.recv(100).decode())
osmd.send_signal(signal.SIGTERM)
last = ""
while last != "STOPPING=1":
    last = s.recv(100).decode()
print(last, osmd.wait(10))
os.unlink(name)
PY
	same "$(tr '\n' ' ' <"$LAB/notified")" "READY=1 WATCHDOG=1 STOPPING=1 0 "
}

@test "a database that was moved away is made anew" {
	conf LOGLINE_ACTIONS=email,store,hold
	osmd_start
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 is_held "$BOX"
	rm "$ROOT"/var/lib/osm/osm.db*
	send script osmerin 25 --queue
	wait_until 10 is_held osmerin
	wait_until 10 has_report '.account == "osmerin"'
	osm undo "$(actions_in_force '.target == "osmerin"' | jq .id)"
	same "$(logged 'begins anew')" 1 said
}

@test "a restart does not wait for a panel that hangs" {
	local begun
	conf ACTION_TIMEOUT=25
	osmd_start
	echo hang >"$ROOT/var/cpanel/osm-double-fault"
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 eval '[ -n "$(calls)" ]'
	begun=$SECONDS
	osm restart
	[ $((SECONDS - begun)) -lt 15 ]
	: >"$ROOT/var/cpanel/osm-double-fault"
	send script osmerin 25 --queue
	wait_until 40 is_held osmerin
	same "$(calls '.args | tostring | contains("bobs-garage")' | wc -l)" 1 "calls for $BOX"
}
