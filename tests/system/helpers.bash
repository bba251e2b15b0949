# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# What the system tests share: one lab a file, osmd in it, and questions to both.

TESTS=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
LABSH=$TESTS/lab/lab.sh
LAB=$BATS_FILE_TMPDIR/lab
ROOT=$LAB/root
MAINLOG=$ROOT/var/log/exim_mainlog
BOX=info@bobs-garage.example # of osmbob

# shellcheck source=tests/lab/wait.sh
. "$TESTS/lab/wait.sh"

# For setup_file and teardown_file.
lab_begin() {
	LAB_WHY_NOT=$("$LABSH" missing)
	export LAB_WHY_NOT
	if [ -n "$LAB_WHY_NOT" ]; then
		echo "# the lab can't run here: $LAB_WHY_NOT" >&3
		[ "${OSM_NO_SKIP:-0}" != 1 ]
		return
	fi
	"$LABSH" up "$LAB"
}
lab_end() { "$LABSH" down "$LAB"; }

# For setup: without a lab there is no test.
lab_or_skip() {
	[ -z "${LAB_WHY_NOT:-}" ] || skip "no lab: $LAB_WHY_NOT"
}

inlab() { "$LABSH" run "$LAB" "$@"; }
send() { "$LABSH" send "$LAB" "$@"; }
osm() { inlab osm "$@"; }
whm() { inlab /usr/local/cpanel/bin/whmapi1 --output=json "$@"; }
uapi() { inlab /usr/local/cpanel/bin/uapi --output=json "$@"; }

# ---- osmd -------------------------------------------------------------------------------

# conf [KEY=VALUE...]: osm.conf with low limits for tests, then the given settings.
conf() {
	local pair
	declare -A c=([TESTING]=0 [APACHESTATUS]=0 [REPORT_REPEAT]=3600 [ACTION_MAX]=50
		[LOGLINE_LIMIT]=20 [LOGLINE_INTERVAL]=600 [LOGLINE_ACTIONS]=email,store,hold
		[LOGLINE_SUBJECT_LIMIT]=0 [CWDCHECK_LIMIT]=0 [CWDCHECK_CWD_LIMIT]=0)
	for pair in "$@"; do c[${pair%%=*}]=${pair#*=}; done
	mkdir -p "$ROOT/etc/osm"
	for pair in "${!c[@]}"; do printf '%s = "%s"\n' "$pair" "${c[$pair]}"; done |
		sort >"$ROOT/etc/osm/osm.conf"
}

osmd_pid() { cat "$ROOT/run/osm/osmd.pid"; }
osmd_start() { osm start; }
osmd_stop() { osm stop >/dev/null 2>&1 || true; }

# Nothing of an earlier test is left: no reports, no held senders, an empty queue and log.
fresh() {
	osmd_stop
	rm -rf "$ROOT"/var/lib/osm/* "$ROOT/etc/osm" "$ROOT/var/log/osmd.log" \
		"$ROOT"/var/cpanel/osm-double-* "$ROOT"/var/cpanel/email_holds/track/*
	: >"$ROOT/etc/outgoing_mail_hold_users"
	: >"$ROOT/etc/outgoing_mail_suspended_users"
	for suspended in "$ROOT"/var/cpanel/suspended/*; do
		[ ! -e "$suspended" ] || whm unsuspendacct "user=${suspended##*/}" >/dev/null
	done
	sed -i 's/^\([^:]*\):!*/\1:/' "$ROOT"/home/*/etc/*/shadow
	rm -f "$ROOT/var/spool/mail/root"
	quiet
	# not there before the first mail; a delivery may take one away under us
	find "$ROOT/var/spool/exim" \( -path '*/input/*' -o -path '*/msglog/*' \) -type f -delete 2>/dev/null || true
	rm -f "$ROOT"/var/spool/exim/db/*
	rotate rename
	rm -f "$MAINLOG".*
	: >"$LAB/ledger.jsonl"
	mkdir -p "$ROOT/etc/osm"
}

# Until no delivery is under way.
quiet() {
	wait_until 20 eval '! inlab pgrep -f "exim4? -Mc" >/dev/null'
}

# rotate rename|create|copy [SUFFIX]: as logrotate does it.
rotate() {
	local to=$MAINLOG.${2:-1}
	case $1 in
	rename) # with its owner from the first moment; Exim may be quicker than we are
		install -m 640 -o 60047 -g mail /dev/null "$LAB/new-log" && mv "$MAINLOG" "$to"
		ln "$LAB/new-log" "$MAINLOG" 2>/dev/null || true
		rm -f "$LAB/new-log"
		;;
	create) mv "$MAINLOG" "$to" ;; # Exim makes the new one
	copy) cp -p "$MAINLOG" "$to" && : >"$MAINLOG" ;;
	esac
}

# ---- questions --------------------------------------------------------------------------

arrived() { # [SUBJECT-BEGINNING]: messages that really reached the world
	jq -r .subject "$LAB/ledger.jsonl" | grep -c "^${1:-}" || true
}
queued() { inlab exim4 -bpc; }
held() { cat "$ROOT/etc/outgoing_mail_hold_users"; }
is_held() { grep -qx "$1" "$ROOT/etc/outgoing_mail_hold_users"; }

reports() { # [JQ-CONDITION]: one compact row each
	osm reports --limit 1000 --json | jq -c ".reports[] | select(${1:-true})"
}
count_reports() { reports "$@" | wc -l; }
has_report() { [ "$(count_reports "$@")" -gt 0 ]; }
actions_in_force() { # [JQ-CONDITION]
	osm inforce --json | jq -c ".actions[] | select(${1:-true})"
}
calls() { # [JQ-CONDITION]: calls that the panel's double got
	[ -e "$ROOT/var/cpanel/osm-double-calls.jsonl" ] || return 0
	jq -c "select(${1:-true})" "$ROOT/var/cpanel/osm-double-calls.jsonl"
}
root_mails() { # [PATTERN]: Subject lines of mail to root
	grep -s "^Subject: .*${1:-}" "$ROOT/var/spool/mail/root" || true
}
status_of() { osm status --json | jq -r "$1"; }

# Until osmd has read all that Exim wrote so far.
osmd_caught_up() {
	local mark
	mark=$(stat -c %s "$MAINLOG")
	wait_until 20 eval "[ \"\$(status_of '.log.offset // 0')\" -ge $mark ]"
}

same() { # ACTUAL EXPECTED [WHAT]
	[ "$1" = "$2" ] || { echo "${3:-value}: got '$1', want '$2'"; return 1; }
}

# In the middle of a test bats takes no notice of "! command".
refute() { # COMMAND...: it says no (1); that it can't be run is no "no"
	local status=0

	"$@" || status=$?
	[ "$status" = 1 ] || { echo "not to be, or not to be known ($status): $*"; return 1; }
}
