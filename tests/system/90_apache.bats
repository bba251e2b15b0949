#!/usr/bin/env bats
# A web form behind a real Apache sends spam: the report names its URL, its client, its file.

load helpers
KEY=Geheim_0123456789abcdef
MODULES=
for m in /usr/lib/apache2/modules /usr/lib64/httpd/modules; do
	[ ! -e $m/mod_status.so ] || MODULES=$m
done
APACHE=$(command -v apache2 || command -v httpd || ls /usr/sbin/apache2 /usr/sbin/httpd 2>/dev/null | head -1 || true)

setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	[ -n "$APACHE" ] && [ -n "$MODULES" ] || skip "no Apache (apache2-bin)"
	fresh
	mkdir -p "$ROOT/var/cpanel"
	echo "$KEY" >"$ROOT/var/cpanel/whm_server_status_key"
	chmod 600 "$ROOT/var/cpanel/whm_server_status_key"
	echo "apache_port=0.0.0.0:8081" >"$ROOT/var/cpanel/cpanel.config"
}
teardown() {
	[ -n "${LAB_WHY_NOT:-}" ] || { osmd_stop; apache_stop; }
}

apache() { # start|stop
	inlab env LAB_MODULES="$MODULES" LAB_KEY="$KEY" "$APACHE" \
		-f /usr/local/osm/tests/lab/apache.conf -k "$1"
}
apache_stop() {
	[ ! -e "$ROOT/run/apache.pid" ] || apache stop || true
	wait_until 10 eval '[ ! -e "$ROOT/run/apache.pid" ]'
}

# A form that mails N times and then goes on for a while.
make_form() { # FOLDER N
	mkdir -p "$1"
	cat >"$1/mailer.cgi" <<-S
		#!/bin/bash
		for i in \$(seq $2); do
			printf 'From: info@bobs-garage.example\nTo: x\$i@defer1.example\nSubject: won\n\nx\n' |
				/usr/sbin/sendmail -odq -t -i
		done
		sleep 6
		printf 'Content-Type: text/plain\n\nsent\n'
	S
	chmod 755 "$1/mailer.cgi"
	chown -R 61002:61002 "$1"
}

visit() { # HOST PATH ADDRESS: from the other side of the wire
	"$LABSH" world "$LAB" /usr/bin/python3 -c '
import http.client, sys
c = http.client.HTTPConnection("192.0.2.10", 8081, timeout=60, source_address=(sys.argv[3], 0))
c.request("GET", sys.argv[2], headers={"Host": sys.argv[1]})
print(c.getresponse().status)' "$@"
}

@test "a script behind mod_cgi is named with its URL, its client and its file" {
	conf APACHESTATUS=1 LOGLINE_LIMIT=0 CWDCHECK_CWD_LIMIT=20 CWDCHECK_CWD_ACTIONS=store
	make_form "$ROOT/home/osmbob/public_html/forms" 25
	apache start
	osmd_start
	osm check | grep -q "OK       Apache "
	visit bobs-garage.example "/forms/mailer.cgi?to=all" 203.0.113.77 >"$BATS_TEST_TMPDIR/v" &
	wait_until 20 has_report '.type == "cwdcheck:cwd"'
	osm show "$(reports | jq -r .id)" --json >"$BATS_TEST_TMPDIR/r"
	jq -r '.requests[].value, .scripts[].value, .notes[]' "$BATS_TEST_TMPDIR/r"
	jq -e '.requests | map(.value) | index("GET bobs-garage.example/forms/mailer.cgi?to=all from 203.0.113.77")' "$BATS_TEST_TMPDIR/r"
	jq -e '.scripts | map(.value) == ["/home/osmbob/public_html/forms/mailer.cgi"]' "$BATS_TEST_TMPDIR/r"
	jq -e '.processes | length > 0' "$BATS_TEST_TMPDIR/r"
	jq -e '.paths[0].share == 100' "$BATS_TEST_TMPDIR/r"
	jq -e '.candidates | length == 1 and .[0].path == "/home/osmbob/public_html/forms/mailer.cgi"
		and .[0].owner == "osmbob" and (.[0].why | startswith("it was being asked for; it sends mail"))' \
		"$BATS_TEST_TMPDIR/r"
	wait
	same "$(cat "$BATS_TEST_TMPDIR/v")" 200 visit
	refute grep -rqa "$KEY" "$ROOT/var/lib/osm" "$ROOT/var/log/osmd.log" "$BATS_TEST_TMPDIR/r"
}

@test "rename_script takes nothing away that only Apache's page names, and by hand while Apache serves it" {
	conf APACHESTATUS=1 LOGLINE_LIMIT=0 CWDCHECK_CWD_LIMIT=20 \
		CWDCHECK_CWD_ACTIONS=store,rename_script
	make_form "$ROOT/home/osmbob/public_html/forms" 25
	apache start
	osmd_start
	visit bobs-garage.example /forms/mailer.cgi 203.0.113.77 >/dev/null &
	wait_until 20 has_report '.type == "cwdcheck:cwd"'
	osm show "$(reports | jq -r .id)" --json >"$BATS_TEST_TMPDIR/r"
	jq -e '.scripts | map(.value) == ["/home/osmbob/public_html/forms/mailer.cgi"]' "$BATS_TEST_TMPDIR/r"
	jq -e '.actions | any(.action == "rename_script" and .state == "skipped" and (.detail | contains("not certain")))' \
		"$BATS_TEST_TMPDIR/r"
	test -e "$ROOT/home/osmbob/public_html/forms/mailer.cgi"
	osm act rename_script /home/osmbob/public_html/forms/mailer.cgi
	test -e "$ROOT/home/osmbob/public_html/forms/mailer.cgi.osm-disabled"
	wait
	same "$(visit bobs-garage.example /forms/mailer.cgi 203.0.113.77)" 404
	run visit bobs-garage.example /forms/mailer.cgi.osm-disabled 203.0.113.77
	[ "$output" = 403 ] || [ "$output" = 500 ] || { echo "$output"; return 1; }
	osm undo "$(actions_in_force '.action == "rename_script"' | jq -r .id)"
	same "$(visit bobs-garage.example /forms/mailer.cgi 203.0.113.77)" 200
}

@test "a request that is over when the limit is passed was seen while the counts rose" {
	conf APACHESTATUS=1 LOGLINE_LIMIT=0 CWDCHECK_CWD_LIMIT=20 CWDCHECK_CWD_ACTIONS=store
	make_form "$ROOT/home/osmbob/public_html/forms" 15
	apache start
	osmd_start
	same "$(visit bobs-garage.example /forms/mailer.cgi 203.0.113.77)" 200
	osmd_caught_up
	same "$(count_reports)" 0 "15 of 20"
	apache_stop
	for i in 1 2 3 4 5 6; do
		inlab setpriv --reuid=61002 --regid=61002 --clear-groups sh -c \
			'cd /home/osmbob/public_html/forms && printf "To: x@defer1.example\n\nx\n" |
				/usr/sbin/sendmail -odq -t -i'
	done
	wait_until 20 has_report '.type == "cwdcheck:cwd"'
	osm show "$(reports | jq -r .id)" --json >"$BATS_TEST_TMPDIR/r"
	jq -r '.requests[].value, .scripts[].value, .notes[]' "$BATS_TEST_TMPDIR/r"
	jq -e '.requests | map(.value) == ["GET bobs-garage.example/forms/mailer.cgi from 203.0.113.77"]' "$BATS_TEST_TMPDIR/r"
	jq -e '.scripts | map(.value) == ["/home/osmbob/public_html/forms/mailer.cgi"]' "$BATS_TEST_TMPDIR/r"
	jq -e '.notes | any(contains("nobody answers there"))' "$BATS_TEST_TMPDIR/r"
}

@test "without Apache the report says so, and the rest is done" {
	conf APACHESTATUS=1
	osmd_start
	osm check | grep -q "WARN     Apache .*nobody answers there"
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 is_held "$BOX"
	osm show "$(reports | jq -r .id)" --json |
		jq -e '.notes | index("Apache'"'"'s status page could not be used: nobody answers there (127.0.0.1, port 8081).")'
}
