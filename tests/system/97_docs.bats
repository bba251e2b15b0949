#!/usr/bin/env bats
# Every command that the documents tell their reader to type is typed here, on a machine with an
# osm that is installed, so that the documents can't rot.

load helpers
load machine
setup_file() { machine_begin; }
teardown() { machine_end; }

commands_of() { /usr/bin/python3 "$TOP/tests/docs_commands.py" "$TOP/$1"; }

# A machine that gets mail, with osm in it (unless it is the document that installs it).
prepare() { # [bare]
	machine
	on sh -c "mkdir -p /tmp/rel/build && cd '$TOP' && cp -a Makefile README.md CHANGELOG.md LICENSE install.sh \
		uninstall.sh osmd firewall cpanel-hooks whm docs tests /tmp/rel/ &&
		cp build/osm build/osmd build/osm-hook build/osm-whm /tmp/rel/build/"
	[ "${1:-}" = bare ] || on sh /tmp/rel/install.sh >/dev/null
}

# A report with its action done, of this account: REPORT.
burst() { # ACCOUNT
	on sed -i 's/^LOGLINE_LIMIT = .*/LOGLINE_LIMIT = "20"/' /etc/osm/osm.conf
	on osm reload >/dev/null
	on python3 -B "$TOP/tests/lab/send_script.py" "$1" 25 --queue >/dev/null
	wait_until 20 eval '[ -n "$(report_of '"$1"')" ]'
	wait_until 20 eval '! on osm reports --account '"$1"' --json | grep -q pending'
	REPORT=$(report_of "$1")
}
report_of() { on osm reports --account "$1" --type logline --json | jq -r '.reports[0].id // empty'; }

# Puts what is meant for a placeholder; what it takes to be there is made first.
type_it() { # COMMAND
	local command=$1 code=0
	case $command in
	*"osm undo REPORT"*)
		burst osmalice
		wait_until 20 eval 'on osm inforce --json | grep -q osmalice' ||
			{ on osm show "$REPORT" && return 1; }
		;;
	*" REPORT") [ -n "${REPORT:-}" ] || burst osmdave ;;
	*"osm undo ACTION"*)
		on osm hold osmerin >/dev/null
		ACTION=$(on osm inforce --json | jq '.actions[-1].id')
		;;
	esac
	command=${command/% REPORT/ ${REPORT:-}}
	command=${command/% ACTION/ ${ACTION:-}}
	on sh -c "cd /tmp/rel && $command" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 || code=$?
	case $command:$code in
	*:0) ;;
	"osm check"*:1) ;; # something may be missing on this machine; it says so
	*)
		echo "$command: exit $code"
		cat "$BATS_TEST_TMPDIR/out"
		return 1
		;;
	esac
}

type_all() { # FILE [LEFT-OUT-PATTERN]
	local command n=0
	while read -r command <&5; do
		[ -z "${2:-}" ] || ! grep -qE "$2" <<<"$command" || continue
		type_it "$command" || return 1
		n=$((n + 1))
	done 5< <(commands_of "$1")
	echo "$1: $n commands"
	[ $n -gt 0 ]
}

@test "getting-started.md, from the install to the uninstall" {
	prepare bare
	type_all docs/getting-started.md
	on test ! -e /usr/sbin/osm
	on test -e /var/lib/osm/osm.db
}

@test "troubleshooting.md" {
	prepare
	on sed -i 's/^TESTING = .*/TESTING = "0"/' /etc/osm/osm.conf
	on osm reload
	type_all docs/troubleshooting.md
}

@test "README.md" {
	prepare bare
	# make demo and make check are run by CI as they are
	type_all README.md '^make (demo|check)$'
}

@test "contributing.md" {
	prepare
	# these are the tests themselves
	type_all docs/contributing.md '^make (deps|quick|check)$'
}

@test "the manual pages' examples" {
	prepare
	on sed -i 's/^TESTING = .*/TESTING = "0"/' /etc/osm/osm.conf
	burst osmdave
	on sh -c 'gzip -k </var/log/exim_mainlog >/var/log/exim_mainlog-20261001.gz'
	on osm hold osmerin
	on sed -i 's|^CUSTOM_ACTION = .*|CUSTOM_ACTION = "/usr/bin/true"|' /etc/osm/osm.conf
	for page in osm.8 osm-report.7; do
		while read -r command <&5; do
			command=${command//4f1a2b3c/$REPORT}
			command=${command//osm -u 12/osm -u $(on osm inforce --json | jq '.actions[-1].id')}
			[[ $command != tail* ]] || continue # ends never
			type_it "$command"
		done 5< <(commands_of docs/$page)
	done
}

@test "every subcommand that a document names is there" {
	names=$("$TOP/build/osm" help --json | jq -r '.commands[] | .name, .toggle')
	while read -r file word; do
		word=${word#--}
		[[ $word != root && $word != json && -n $word ]] || continue
		grep -qxF -e "$word" <<<"$names" || { echo "$file: osm $word"; return 1; }
	done < <(cd "$TOP" && /usr/bin/python3 tests/docs_commands.py --inline README.md CHANGELOG.md docs/*.md)
}

@test "osm-report(7) describes every field of the schema, and only those" {
	jq -r '[.. | objects | select(has("properties")) | .properties | keys[]] | unique[]' \
		"$TOP/docs/report.schema.json" | sort -u >"$BATS_TEST_TMPDIR/schema"
	sed -n 's/^\.It Va \([a-z_]*\) .*/\1/p' "$TOP/docs/osm-report.7" | sort -u | diff "$BATS_TEST_TMPDIR/schema" -
}

# ---- the custom action's examples ---------------------------------------------------------

# A double of an HTTP service that writes down what it gets.
service() {
	on sh -c 'cat >/run/service.py' <<'X'
import http.server, json
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open("/run/requests", "a") as f:
            json.dump({"path": self.path, "auth": self.headers["Authorization"], "body": json.loads(body)}, f)
            f.write("\n")
        self.send_response(500 if "fail" in self.path else 201)
        self.end_headers()
    def log_message(self, *a): pass
http.server.HTTPServer(("127.0.0.1", 8080), H).serve_forever()
X
	on sh -c 'python3 /run/service.py >/dev/null 2>&1 3>&- 4>&- 5>&- &'
	wait_until 10 on sh -c 'exec 9<>/dev/tcp/127.0.0.1/8080' || wait_until 10 on bash -c 'exec 9<>/dev/tcp/127.0.0.1/8080'
}
set_custom() { # PROGRAM FORMAT
	on sed -i "s|^CUSTOM_ACTION = .*|CUSTOM_ACTION = \"$1\"|; s|^CUSTOM_FORMAT = .*|CUSTOM_FORMAT = \"$2\"|" /etc/osm/osm.conf
	on osm reload >/dev/null
}
example() { # NAME FORMAT SED-EXPRESSION
	on install -m 700 "/usr/share/doc/osm/examples/$1" "/etc/osm/$1"
	on sed -i "$3" "/etc/osm/$1"
	set_custom "/etc/osm/$1" "$2"
}

@test "custom-action.md as it stands, and the chat example for a hostile key" {
	prepare
	service
	# the settings of the document
	[ "$(sed -n '/^   CUSTOM_ACTION/,/^   CUSTOM_TIMEOUT/p' "$TOP/docs/custom-action.md" | wc -l)" = 3 ]
	set_custom /etc/osm/chat JSON
	on sed -i 's|https://chat.example.com/hooks/abcdef|http://127.0.0.1:8080/hooks/abcdef|' /usr/share/doc/osm/examples/chat
	type_all docs/custom-action.md
	same "$(on sh -c 'jq -r .path /run/requests')" /hooks/abcdef
	[[ $(on jq -r .body.text /run/requests) = *"logline of example exceeded its limit: 4 messages (limit 3), info?example.com"* ]]
	on rm /run/requests
	on osm custom --format json | jq '.key = "<!channel> @all `x`\n\u202ehttp://evil.example <http://a|b>" | .account = ""' |
		on /etc/osm/chat
	text=$(on jq -r .body.text /run/requests)
	[[ $text != *[\<\>@\`]* ]]
	same "$(wc -l <<<"$text")" 1
}

@test "the ticket example: one for an account and day; a desk that fails is said" {
	prepare
	service
	on sh -c 'echo secret-1 >/etc/osm/ticket.token && chmod 600 /etc/osm/ticket.token'
	example ticket PERL 's|https://desk.example.com/api/tickets|http://127.0.0.1:8080/fail|'
	run on osm custom --run
	[ "$status" != 0 ]
	[[ $output = *"the help desk says 500"* ]]
	on sed -i 's|8080/fail|8080/api/tickets|' /etc/osm/ticket
	run on osm custom --run
	[ "$status" = 0 ]
	[[ $output = *"ticket opened for example"* ]]
	run on osm custom --run
	[[ $output = *"there is a ticket for example today"* ]]
	same "$(on jq -c 'select(.path == "/api/tickets") | [.auth, .body.customer, .body.priority]' /run/requests)" \
		'["Bearer secret-1","example","high"]'
	# a real report with a text that would be code
	on sh -c "sed -i 's/^TESTING.*/TESTING = \"0\"/; s/^LOGLINE_ACTIONS.*/LOGLINE_ACTIONS = \"store,custom\"/; s/^LOGLINE_LIMIT.*/LOGLINE_LIMIT = \"20\"/' /etc/osm/osm.conf"
	on osm reload
	on python3 -B "$TOP/tests/lab/send_script.py" osmdave 25 --queue --subject 'x@{[system("touch /run/hacked")]}$(touch /run/hacked)'
	wait_until 20 eval 'on jq -e "select(.body.customer == \"osmdave\")" /run/requests'
	on test ! -e /run/hacked
	[[ $(on jq -r 'select(.body.customer == "osmdave") | .body.body' /run/requests) = *'@{[system('* ]]
	[[ $(on osm reports --account osmdave --json | jq -r '.reports[0].actions') = *custom:done* ]]
}

@test "the abuse mail example: mailed with the report attached; not for what is only claimed" {
	prepare
	on sh -c 'printf "#!/bin/sh\ncat >/run/mail\n" >/run/sendmail && chmod 755 /run/sendmail'
	example abuse-mail XML 's|/usr/sbin/sendmail|/run/sendmail|'
	run on osm custom --run
	[ "$status" = 0 ]
	[[ $output = *"mailed abuse@example.com"* ]]
	same "$(on sed -n 's/^Subject: //p' /run/mail)" "[osm] example: 4 messages, info@example.com"
	on python3 -c 'import email
m = email.message_from_binary_file(open("/run/mail", "rb"))
parts = list(m.walk())
assert parts[2].get_content_type() == "application/xml", parts
assert b"<report" in parts[2].get_payload(decode=True)'
	on rm /run/mail
	on osm custom --format xml | sed 's|<confidence>[a-z]*<|<confidence>claimed<|' | on /etc/osm/abuse-mail
	on test ! -e /run/mail
	# a key with line ends makes no header of its own
	on osm custom --format xml | sed 's|<key>[^<]*<|<key>a\&#10;Bcc: x@evil.example<|' | on /etc/osm/abuse-mail
	same "$(on grep -c '^Bcc' /run/mail || true)" 0
}
