#!/usr/bin/env bats
# What other programs can see of osmd: metrics, the stream of reports, the system's log.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
	rm -f "$ROOT/var/log/osm-reports.jsonl"
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

# As an account's own user: it is asked by whom it may.
scrape() {
	inlab setpriv --reuid 60003 --regid 60003 --clear-groups python3 -c \
		'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:9815/metrics", timeout=10).read().decode(), end="")'
}
metric() { scrape | sed -n "s/^$1 //p"; }

@test "Prometheus is answered, and osm metrics says the same" {
	conf METRICS_LISTEN=9815 LOGLINE_ACTIONS=store
	osmd_start
	send script osmalice 25 --queue
	osmd_caught_up
	wait_until 10 has_report
	same "$(metric osm_up)" 1 up
	same "$(metric 'osm_events_total{type="logline"}')" 25 events
	same "$(metric osm_reports_total)" 1 reports
	same "$(scrape | grep -vE '^osm_(uptime|log)_')" "$(osm metrics | grep -vE '^osm_(uptime|log)_')" "both ways"
	refute grep -q osmalice <(scrape)
	# what a scraper insists on: no metric twice, each with its type
	same "$(scrape | grep -c '^# TYPE')" "$(scrape | sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' | sort -u | wc -l)" types
}

@test "without osmd osm metrics says so" {
	conf
	run osm metrics
	[ "$status" -eq 3 ]
	[[ "$output" == *"osm_up 0"* ]]
}

@test "an address that can't be had is said, and osmd watches all the same" {
	conf METRICS_LISTEN=192.0.2.99:9815
	osmd_start
	grep -q 'METRICS_LISTEN: 192.0.2.99:9815: .*nobody can ask' "$ROOT/var/log/osmd.log"
	osm check | grep -q '^WARN  *metrics .*192.0.2.99:9815: could not be had'
	conf METRICS_LISTEN=nonsense
	run osm check
	[[ "$output" == *'METRICS_LISTEN = "nonsense": must be a port'* ]]
	conf METRICS_LISTEN=0.0.0.0:9815
	osm restart
	osm check | grep -q '^WARN  *metrics .*not only this server'
}

@test "each report is a line of JSON, also after restarts and a rotation" {
	local i
	conf REPORT_JSONL=/var/log/osm-reports.jsonl LOGLINE_ACTIONS=store,hold REPORT_REPEAT=0
	osmd_start
	for i in 1 2 3; do
		send script osmalice 21 --queue
		wait_until 15 eval "[ \"\$(count_reports)\" = $i ]"
		osmd_stop
		[ "$i" != 2 ] || mv "$ROOT/var/log/osm-reports.jsonl" "$LAB/rotated"
		osmd_start
	done
	wait_until 5 eval '[ "$(wc -l <"$ROOT/var/log/osm-reports.jsonl")" = 1 ]'
	same "$(cat "$LAB/rotated" "$ROOT/var/log/osm-reports.jsonl" | jq -r .id)" \
		"$(reports | jq -r .id | tac)" "ids in their order"
	same "$(jq -r '.actions[].state' "$LAB/rotated" | head -n 2 | xargs)" "done done" states
}

@test "osm check looks at what REPORT_JSONL names" {
	conf REPORT_JSONL=/var/log/osm-reports.jsonl
	run osm check
	grep -q '^OK  *stream .*not there yet' <<<"$output"
	mkfifo "$ROOT/var/log/osm-reports.jsonl"
	run osm check
	grep -q '^BAD  *stream .*not a file' <<<"$output"
	rm "$ROOT/var/log/osm-reports.jsonl"
	conf REPORT_JSONL=/nowhere/reports
	run osm check
	grep -q '^BAD  *stream .*/nowhere/: No such file' <<<"$output"
}

@test "the journal gets reports and actions with their fields" {
	conf SYSLOG=1
	inlab python3 - >"$LAB/journal" 3>&- <<'PY' &
import os, socket
os.makedirs("/run/systemd/journal", exist_ok=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/run/systemd/journal/socket")
s.settimeout(30)
seen = b""
while b"OSM_ACTION=hold" not in seen:
    got = s.recv(65536)
    seen += got
    print(got.decode(errors="replace"), flush=True)
PY
	wait_until 10 test -S "$ROOT/run/systemd/journal/socket"
	osmd_start
	send mailbox "$BOX" 21 --subject "x"
	wait
	rm -rf "$ROOT/run/systemd"
	grep -qx 'MESSAGE=report: logline of osmbob: 21 (limit 20)' "$LAB/journal"
	grep -qx "OSM_KEY=$BOX" "$LAB/journal"
	grep -qx "OSM_REPORT=$(reports | jq -r .id)" "$LAB/journal"
	grep -qx 'MESSAGE=action: hold osmbob: done' "$LAB/journal"
	grep -qx "OSM_TARGET=$BOX" "$LAB/journal"
	grep -qx 'SYSLOG_IDENTIFIER=osmd' "$LAB/journal"
}
