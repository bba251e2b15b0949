#!/usr/bin/env bats
# The lab itself: mail flows as on a cPanel server, and obeys the panel.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() { lab_or_skip; }

@test "a script's mail arrives and is logged as cPanel's Exim logs it" {
	send script osmalice 2 --dir "my shop" --subject "Hello"
	wait_until 10 eval '[ "$(arrived Hello)" = 2 ]'
	grep -q ' cwd=/home/osmalice/public_html/my shop 3 args: /usr/sbin/sendmail -t -i$' "$MAINLOG"
	grep -Eq ' <= osmalice@server1.lab-hosting.example U=osmalice P=local S=[0-9]+ id=\S+ T="Hello" for person0@ok1.example$' "$MAINLOG"
	grep -Eq ' Sender identification U=osmalice D=alice-shop.example S=osmalice$' "$MAINLOG"
	grep -Eq ' SMTP connection outbound [0-9]+ \S+ alice-shop.example person0@ok1.example$' "$MAINLOG"
}

@test "a mailbox logs in from other addresses, on each port" {
	local port
	for port in 465 587; do
		send mailbox "$BOX" 3 --ips 3 --port $port --subject "port $port"
		wait_until 10 eval "[ \"\$(arrived 'port $port')\" = 3 ]"
	done
	grep -Eq " <= $BOX H=\(\[192.168.1.20\]\) \[203.0.113.12\]:[0-9]+ P=esmtpsa X=TLS\S+ CV=no A=dovecot_plain:$BOX S=" "$MAINLOG"
	grep -Eq " P=esmtpa A=dovecot_plain:$BOX S=" "$MAINLOG"
}

@test "a wrong password is refused" {
	run "$LABSH" world "$LAB" /usr/bin/python3 -c '
import smtplib
s = smtplib.SMTP("192.0.2.10", 587)
s.login("info@bobs-garage.example", "wrong")'
	[ "$status" -ne 0 ]
	[[ "$output" == *535* ]]
}

@test "cPanel's counter grows by one byte for each external recipient" {
	local before after
	before=$(cat "$ROOT"/var/cpanel/email_send_limits/track/erin-photo.example/* 2>/dev/null | wc -c)
	send script osmerin 4 --subject counted
	wait_until 10 eval '[ "$(arrived counted)" = 4 ]'
	after=$(cat "$ROOT"/var/cpanel/email_send_limits/track/erin-photo.example/* | wc -c)
	same $((after - before)) 4
}

@test "the other side can defer and refuse" {
	send script osmdave 1 --to defer1.example --subject "d"
	send script osmdave 1 --to fail1.example --subject "f"
	wait_until 10 grep -q '== person0@defer1.example .* 451 4.7.1' "$MAINLOG"
	wait_until 10 grep -q '\*\* person0@fail1.example .* 550 5.1.1' "$MAINLOG"
	inlab bash -c 'exim4 -bp | grep -B1 defer1 | grep -o "1x[^ ]*" | xargs exim4 -Mrm'
}

@test "a held mailbox's mail is accepted, stays queued, and leaves when released" {
	uapi --user=osmbob Email hold_outgoing email=info%40bobs-garage.example | jq -e '.result.status == 1'
	is_held "$BOX"
	send mailbox "$BOX" 2 --subject "while held" | jq -e '.accepted == 2'
	wait_until 10 grep -q "R=enforce_mail_permissions defer (-1): \"Sender $BOX has an outgoing mail hold.  Message will be reattempted later\"" "$MAINLOG"
	uapi --user=osmbob Email get_held_message_count email=info%40bobs-garage.example | jq -e '.result.data == 2'
	same "$(arrived 'while held')" 0
	same "$(queued)" 2
	uapi --user=osmbob Email release_outgoing email=info%40bobs-garage.example | jq -e '.result.status == 1'
	wait_until 20 eval '[ "$(arrived "while held")" = 2 ]'
}

@test "a held account's mail by script stays queued; delete_held_messages is the mailbox's only" {
	whm hold_outgoing_email user=osmcarol | jq -e '.metadata.result == 1'
	send script osmcarol 1 --subject "account held"
	wait_until 10 grep -q 'Domain carol.example has an outgoing mail hold' "$MAINLOG"
	grep -q '^OUTGOING_MAIL_HOLD=' "$ROOT/var/cpanel/users/osmcarol"
	whm release_outgoing_email user=osmcarol
	wait_until 20 eval '[ "$(arrived "account held")" = 1 ]'
}

@test "a suspended account: login mail is refused at RCPT, script mail fails" {
	whm suspend_outgoing_email user=osmfrank | jq -e '.metadata.result == 1'
	send mailbox frank@frank-law.example 2 --subject "s" | jq -e '.refused == 2 and (.answers[0] | startswith("550 Outgoing mail from"))'
	send script osmfrank 1 --subject "s"
	wait_until 10 grep -q '\*\* .* has an outgoing mail suspension.  Message discarded.' "$MAINLOG"
	whm unsuspend_outgoing_email user=osmfrank
	send mailbox frank@frank-law.example 1 --subject "free again" | jq -e '.accepted == 1'
}

@test "the doubles refuse what the panel refuses, and say success when nothing was to do" {
	whm hold_outgoing_email user=root | jq -e '.metadata.result == 0'
	whm hold_outgoing_email user=nosuch | jq -e '.metadata.result == 0'
	whm release_outgoing_email user=osmdave | jq -e '.metadata.result == 1'
	uapi --user=osmdave Email hold_outgoing email=info%40bobs-garage.example | jq -e '.result.status == 0 and (.result.errors | length == 1)'
	uapi --user=osmbob Email hold_outgoing email=nosuch%40bobs-garage.example | jq -e '.result.status == 0'
	inlab /usr/local/cpanel/bin/whmapi1 hold_outgoing_email user=nosuch | grep -q '^  result: 0$'
}

@test "a directory name with newlines makes Exim log whole false lines" {
	local way
	for way in name args from; do
		rotate rename
		send forge osmbob osmalice info@alice-shop.example 20 --way $way
		same "$(grep -Ec '^[-0-9]+ [:0-9]+ (\S+ <= (osmalice@x.example U=osmalice|info@alice-shop.example H=)|cwd=/home/osmalice/)' "$MAINLOG")" 20 "$way"
	done
	inlab bash -c 'find /var/spool/exim/input -type f -delete'
}

@test "a HELO of 8.3 kB hides the arrival line" {
	rotate rename
	send hidden carol@carol.example 2
	wait_until 10 eval '[ "$(arrived Hidden)" = 2 ]'
	same "$(grep -c 'log string overflowed log buffer \*\*\*\*$' "$MAINLOG")" 3
	refute grep -q 'A=dovecot_plain:carol' "$MAINLOG"
}

@test "localhost SMTP without a login is identified by the socket's owner" {
	inlab setpriv --reuid 61004 --regid 61004 --clear-groups /usr/bin/python3 -c '
import smtplib
s = smtplib.SMTP("127.0.0.1", 25)
s.sendmail("shop@dave-it.example", ["p@ok1.example"], "Subject: local smtp\n\nx\n")
s.quit()'
	wait_until 10 eval '[ "$(arrived "local smtp")" = 1 ]'
	grep -Eq ' SMTP connection identification H=localhost A=127.0.0.1 P=[0-9]+ U=osmdave ID=61004 S=osmdave B=identify_local_connection$' "$MAINLOG"
	grep -Eq ' Sender identification U=osmdave D=dave-it.example S=osmdave$' "$MAINLOG"
}

@test "nothing of the lab can be seen outside" {
	[ ! -e /home/osmalice ]
	refute grep -q osmalice /etc/passwd
	refute grep -q world <(ip netns list)
	refute grep -q "$LAB" /proc/self/mountinfo
}

@test "down removes everything and may be repeated" {
	local other=$BATS_TEST_TMPDIR/lab2 inner
	"$LABSH" up "$other"
	inner=$(cat "$other/inner.pid")
	"$LABSH" down "$other"
	[ ! -e "$other" ]
	refute kill -0 "$inner" 2>/dev/null
	"$LABSH" down "$other"
}
