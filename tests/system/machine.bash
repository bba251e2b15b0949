# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# What the tests of installing share: a machine of its own for each test (tests/lab/machine.sh).

MACHINESH=$TESTS/lab/machine.sh
TOP=$(cd "$TESTS/.." && pwd)
M=$BATS_FILE_TMPDIR/machine

# For setup_file and teardown.
machine_begin() {
	MACHINE_WHY_NOT=$("$MACHINESH" missing)
	export MACHINE_WHY_NOT
	if [ -n "$MACHINE_WHY_NOT" ]; then
		echo "# a machine can't run here: $MACHINE_WHY_NOT" >&3
		[ "${OSM_NO_SKIP:-0}" != 1 ]
	fi
}
machine_end() { "$MACHINESH" down "$M"; }

machine() { # [--plain]
	[ -z "$MACHINE_WHY_NOT" ] || skip "no machine: $MACHINE_WHY_NOT"
	"$MACHINESH" up "$M" "$@"
}
on() { "$MACHINESH" run "$M" "$@"; }
files() { "$MACHINESH" files "$M"; }
# The same without times: a file that was written again with the same content is the same. osmd
# writes its log whenever it likes.
content() { files | sed -E 's/ [0-9]*$//; s|^(/var/log/osmd.log [^ ]* [^ ]*) .*|\1|'; }
property() { on systemctl show -p "$1" --value osmd; }
panel_is_fine() { on /usr/libexec/osm/osm-panel status; }

# The demo's checks with what is installed: a hacked script's mail through the real Exim is
# reported and held, and released by undo.
does_its_job() {
	on sh -c 'sed -i "s/^TESTING.*/TESTING = \"0\"/; s/^LOGLINE_LIMIT.*/LOGLINE_LIMIT = \"20\"/
		s/^LOGLINE_ACTIONS.*/LOGLINE_ACTIONS = \"email,store,hold\"/" /etc/osm/osm.conf'
	on osm reload
	on python3 -B "$TOP/tests/lab/send_script.py" osmdave 25 --queue
	wait_until 20 on grep -qx osmdave /etc/outgoing_mail_hold_users
	wait_until 20 eval '[ "$(on osm reports --account osmdave --type logline --json |
		jq -r ".reports[0].actions")" = "store:done hold:done email:done" ]'
	id=$(on osm inforce --json | jq '.actions[0].id')
	on osm undo "$id"
	same "$(on cat /etc/outgoing_mail_hold_users)" ""
	# Exim's and the panel's own traces of it
	on sh -c 'rm -rf /home/osmdave/public_html/wp-content /var/spool/exim/* /var/log/exim_paniclog /var/spool/mail/root /var/cpanel/osm-double-calls.jsonl
		: >/var/log/exim_mainlog'
}
