#!/usr/bin/env bats
# One account makes a real Exim log lines that blame another: nothing may happen to the
# victim, and the forger is reported.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
	conf LOGLINE_SUBJECT_LIMIT=20 LOGLINE_SUBJECT_ACTIONS=store,hold \
		CWDCHECK_LIMIT=20 CWDCHECK_ACTIONS=store,hold CWDCHECK_CWD_LIMIT=20 CWDCHECK_CWD_ACTIONS=store,hold
	osmd_start
}

VICTIM='(.account == "osmalice" or (.key | contains("alice")))'

# forged LINES WAY [OPTIONS]
forged() {
	send forge osmbob osmalice info@alice-shop.example "$1" --way "${@:2}"
	osmd_caught_up
	wait_until 15 has_report '.kind == "forgery" and .account == "osmbob"' ||
		{ echo "no report of the forger:"; reports; return 1; }
	sleep 1
	same "$(reports "$VICTIM")" "" "reports against the victim"
	same "$(grep alice "$ROOT/etc/outgoing_mail_hold_users")" "" "held"
	same "$(calls '.args | tostring | contains("alice")')" "" "calls against the victim"
}

@test "1000 lines from directory names with newlines" {
	forged 1000 name
}

@test "1000 lines from directory names that hold a false end of the line, too" {
	forged 1000 args
}

@test "1000 lines from envelope senders with newlines" {
	forged 1000 from
}

@test "lines that name only the victim's script, each at a start of its own" {
	forged 100 name --claim local --per-start 1 --send
}

@test "arrivals with ids of real messages whose spool header the sender wrote himself" {
	forged 40 spool
}

@test "the victim's own burst is still reported beside forged lines" {
	send forge osmbob osmalice info@alice-shop.example 100 --way args
	send script osmalice 25 --queue --dir own
	wait_until 15 has_report '.account == "osmalice" and .type == "logline"'
	wait_until 10 is_held osmalice
}

@test "a stranger's HELO and subject that look like another login blame nobody" {
	"$LABSH" world "$LAB" /usr/bin/python3 - <<-'PY'
		import smtplib
		helo = '(x) [9.9.9.9]:25 P=esmtpsa A=dovecot_login:info@alice-shop.example S=1 T="s" for a@b.example ('
		for i in range(30):
		    s = smtplib.SMTP("192.0.2.10", 25, source_address=("203.0.113.99", 0))
		    s.putcmd("EHLO", helo)
		    s.getreply()
		    s.ehlo_resp = b""
		    s.mail("stranger@ok9.example")
		    s.rcpt("info@bobs-garage.example")
		    s.data('Subject: " U=osmalice P=local S=1 for x@y.example\n\nx\n')
		    s.close()
	PY
	osmd_caught_up
	same "$(reports)" "" reports
	same "$(held)" "" held
}
