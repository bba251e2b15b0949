#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# demo.sh: the main job on real input, in a private lab: a hacked script and a stolen mailbox
# spam through a real Exim; osm reports both and holds them; the hold is undone. Ends with a
# status other than 0 if anything of that did not happen. Leaves nothing behind but pictures of
# the page (build/demo), where there is a Chromium. KEEP=1: the lab stays until Enter is pressed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
lab=$(mktemp -d "${TMPDIR:-/tmp}/osm-demo.XXXXXX")
root=$lab/root
mailbox=info@bobs-garage.example

trap '"$here/lab.sh" down "$lab"; rm -rf "$lab"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck source=tests/lab/wait.sh
. "$here/wait.sh"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() {
	printf '\nDEMO FAILED: %s\n' "$*" >&2
	tail -n 20 "$root/var/log/osmd.log" 2>/dev/null >&2 || true
	exit 1
}
run() { "$here/lab.sh" run "$lab" "$@"; }
send() { "$here/lab.sh" send "$lab" "$@"; }
show() { # CMD...: print the command as one would type it, and run it
	printf '\n   # %s\n' "$*"
	run "$@" | sed 's/^/   /'
}

arrived() { # SUBJECT-BEGINNING: how many such messages really reached the world
	jq -r '.subject' "$lab/ledger.jsonl" | grep -c "^$1" || true
}
reported() { # JQ-CONDITION over one row of `osm reports`
	run osm reports --json | jq -e --arg box "$mailbox" "any(.reports[]; $1)" >/dev/null
}
in_force() { # TARGET: the number of the hold on it
	run osm inforce --json | jq -r --arg t "$1" \
		'first(.actions[] | select(.action == "hold" and .target == $t) | .id) // empty'
}
is_held() { [ -n "$(in_force "$1")" ]; }
hold_lines() { grep -c 'has an outgoing mail hold' "$root/var/log/exim_mainlog" || true; }

# ---- the page ----

page_address=http://192.0.2.10:8080/osm.cgi
look() { # QUERY FILE: the page as the lab's Apache serves it to root
	[ "$(run curl -s -m 20 -u root:lab -w '%{http_code}' "$page_address$1" -o - | tee "$lab/answer" | tail -c 3)" = 200 ] ||
		fail "the page at $page_address$1 does not answer: $(head -c 300 "$lab/answer")"
	head -c -3 "$lab/answer" >"$2"
}
words() { # FILE FROM TO: what stands between two marks of it, without its tags
	tr '\n' ' ' <"$1" | sed "s/.*$2//; s/$3.*//; s/<[^>]*>/ /g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g; s/  */ /g; s/^ //"
}
fact() { # FILE LABEL: a row of its first table
	printf '%-13s %s\n' "$2" "$(words "$1" "<th scope=\"row\">$2<\/th>" '<\/tr>')"
}
picture() { # QUERY NAME HEIGHT
	mkdir -p "$here/../../build/demo"
	timeout 30 nsenter -t "$(cat "$lab/inner.pid")" -n "$chromium" --headless --no-sandbox --disable-gpu \
		--disable-dev-shm-usage --hide-scrollbars --user-data-dir="$lab/chromium" --window-size="1100,$3" \
		--virtual-time-budget=4000 --screenshot="$here/../../build/demo/$2.png" \
		"http://root:lab@${page_address#http://}$1" >"$lab/chromium.log" 2>&1 &&
		[ -s "$here/../../build/demo/$2.png" ] && echo "   build/demo/$2.png"
}

say "1. A private mail server starts: real Exim, six accounts, the rest of the world behind a wire."
"$here/lab.sh" up "$lab" || fail "the lab did not start"
run exim4 -bV 2>/dev/null | sed -n '1s/^/   /p'

say "2. osm is told its limits (20 messages in 10 minutes) and starts."
mkdir -p "$root/etc/osm"
cat >"$root/etc/osm/osm.conf" <<'CONF'
TESTING = "0"
LOGLINE_LIMIT = "20"
LOGLINE_INTERVAL = "600"
LOGLINE_ACTIONS = "email,store,hold"
LOGLINE_SUBJECT_LIMIT = "20"
LOGLINE_SUBJECT_INTERVAL = "600"
LOGLINE_SUBJECT_ACTIONS = "store"
CWDCHECK_LIMIT = "25"
CWDCHECK_INTERVAL = "600"
CWDCHECK_ACTIONS = "store"
CWDCHECK_CWD_LIMIT = "20"
CWDCHECK_CWD_INTERVAL = "600"
CWDCHECK_CWD_ACTIONS = "email,store"
CONF
sed 's/^/   /' "$root/etc/osm/osm.conf"
show osm -s || fail "osmd did not start"

say "3. Honest customers send mail: two messages by a script and two by mail program each."
send background 2 >/dev/null
echo "   $(wc -l <"$root/var/log/exim_mainlog") log lines; osm -l says:"
show osm -l
if reported true; then fail "honest mail was reported"; fi

say "4. A hacked script of account osmalice sends 30 messages with one subject."
send script osmalice 30 --subject "You have won" --dir wp-content/plugins/forms | sed 's/^/   /'
wait_until 20 reported '.account == "osmalice" and .type == "logline"' ||
	fail "the hacked script was not reported"
wait_until 20 reported '.account == "osmalice" and .type == "cwdcheck:cwd"' ||
	fail "the script's folder was not reported"
wait_until 20 is_held osmalice || fail "the hacked script's account is not held"
echo "   osm reported it and asked the panel to hold the account's mail."

say "5. Strangers who stole the password of $mailbox send 30 messages from 12 addresses."
send mailbox "$mailbox" 30 --ips 12 --subject "Invoice {i}" | sed 's/^/   /'
wait_until 20 reported '.mailbox == $box or .key == $box' || fail "the stolen mailbox was not reported"
wait_until 20 is_held "$mailbox" || fail "the mailbox is not held"
echo "   osm reported it and asked the panel to hold the mailbox's mail."
show osm -l
id=$(run osm reports --json | jq -r --arg box "$mailbox" 'first(.reports[] | select(.key == $box)).id')
show osm show "$id"

say "6. The thieves go on: 5 more messages. Exim accepts them, but keeps them in its queue."
before=$(hold_lines)
send mailbox "$mailbox" 5 --ips 2 --subject "Last chance {i}" | sed 's/^/   /'
more_hold_lines() { [ "$(hold_lines)" -ge $((before + 5)) ]; }
wait_until 20 more_hold_lines || fail "Exim did not hold the mail"
printf '\n   # exim -bp\n'
run exim4 -bp | grep -A1 "<$mailbox>" | sed 's/^/   /' || fail "the queue is empty"
echo "   (The 5, and those of the 30 that came when the hold was in force already.)"
grep 'outgoing mail hold' "$root/var/log/exim_mainlog" | tail -n 1 | sed 's/^/   /'
[ "$(arrived 'Last chance')" = 0 ] || fail "held mail reached the world"
echo "   Of these 5, $(arrived 'Last chance') reached the world (by the receiver's own count)."

say "7. The report reached root's mailbox through Exim."
wait_until 20 grep -q "$mailbox" "$root/var/spool/mail/root" || fail "no mail to root"
grep -h '^Subject:' "$root/var/spool/mail/root" | sed 's/^/   /'

say "8. The same on the page that WHM shows, here served by a real Apache."
bash "$here/web.sh" "$lab" >"$lab/web.log" 2>&1 || fail "Apache did not start: $(tail -n 3 "$lab/web.log")"
is_drawn() { look '' "$lab/overview.html" && ! grep -q 'Mail: .*>0 messages' "$lab/overview.html"; }
wait_until 10 is_drawn || fail "the overview draws no mail"
look "?page=report&id=$id" "$lab/report.html"
grep -q "$mailbox" "$lab/overview.html" || fail "the overview does not name $mailbox"
grep -q "Undo: Hold mail of $mailbox" "$lab/report.html" || fail "the report offers no undo"
echo "   Overview: $(words "$lab/overview.html" '<p class="state">' '<\/p>')."
grep -o '<figcaption>[^/]*\(<span[^>]*><\/span>[^/<]*\)*' "$lab/overview.html" | head -n 3 |
	sed 's/<[^>]*>//g; s/<//; s/^/     the last 24 hours, /'
echo "   Report:"
for label in Account Mailbox Counted "How sure"; do fact "$lab/report.html" "$label"; done | sed 's/^/     /'
echo "     and a button: Undo: Hold mail of $mailbox"
chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -n "$chromium" ]; then
	echo "   Pictures of it:"
	picture '' overview 1500 && picture "?page=report&id=$id" report 1500 || echo "   (Chromium made no picture.)"
else
	echo "   (No Chromium here: no pictures of it. docs/images has some.)"
fi
if [ "${KEEP:-0}" = 1 ]; then
	printf '   The lab stays until you press Enter. The page is %s (root, password lab),\n' "$page_address"
	printf '   inside of the lab, which a browser reaches by\n'
	printf '     nsenter -t %s -n chromium --no-sandbox http://root:lab@%s\n' "$(cat "$lab/inner.pid")" "${page_address#http://}"
	read -r _ || true
else
	echo "   make demo KEEP=1 keeps the lab at this point, to look at the page with a browser."
fi

say "9. What is in force, and taking it back."
show osm -t
number=$(in_force "$mailbox")
show osm undo "$number" || fail "osm undo failed"
if is_held "$mailbox"; then fail "the hold is still in force"; fi
all_left() { [ "$(arrived 'Last chance')" = 5 ]; }
wait_until 30 all_left || fail "the released mail did not leave"
echo "   The held messages leave: of the last 5 the receiver counts $(arrived 'Last chance')."
show osm -t

say "10. Everything is removed again."
"$here/lab.sh" down "$lab"
[ ! -e "$root" ] || fail "the lab is still there"
echo "   All of it happened in $SECONDS s."
