#!/usr/bin/env bats
# Installing and taking away again: into a scratch folder, and on a machine of its own with a real
# systemd and doubles of cPanel's programs (tests/lab/machine.sh).

load helpers
MACHINESH=$TESTS/lab/machine.sh
TOP=$(cd "$TESTS/.." && pwd)
M=$BATS_FILE_TMPDIR/machine

setup_file() {
	MACHINE_WHY_NOT=$("$MACHINESH" missing)
	export MACHINE_WHY_NOT
	if [ -n "$MACHINE_WHY_NOT" ]; then
		echo "# a machine can't run here: $MACHINE_WHY_NOT" >&3
		[ "${OSM_NO_SKIP:-0}" != 1 ]
	fi
}
teardown() { "$MACHINESH" down "$M"; }

machine() { # [--plain]
	[ -z "$MACHINE_WHY_NOT" ] || skip "no machine: $MACHINE_WHY_NOT"
	"$MACHINESH" up "$M" "$@"
}
on() { "$MACHINESH" run "$M" "$@"; }
files() { "$MACHINESH" files "$M"; }
lay() { on sh -c "cd '$TOP' && exec sh osmd/lay.sh $*"; }
property() { on systemctl show -p "$1" --value osmd; }

# ---- make install -----------------------------------------------------------------------

@test "make install lays every file below DESTDIR with its mode; a second time it does nothing" {
	local to=$BATS_TEST_TMPDIR/root line mode source target
	make -s -C "$TOP" install "DESTDIR=$to"
	while read -r kind mode source target; do
		case $kind in
		d) same "$(stat -c %a "$to$source")" "${mode#0}" "$source" ;;
		f | c | s)
			same "$(stat -c %a "$to$target")" "${mode#0}" "$target"
			cmp "$TOP/$source" "$to$target"
			;;
		esac
	done < <(grep '^[dfcs] ' "$TOP/osmd/files.list")
	find "$to" -printf '%p %m %s %T@ %i\n' | sort >"$BATS_TEST_TMPDIR/before"
	same "$(cd "$TOP" && sh osmd/lay.sh "$to")" ""
	find "$to" -printf '%p %m %s %T@ %i\n' | sort | diff "$BATS_TEST_TMPDIR/before" -
}

@test "what was changed is laid again, an administrator's list isn't, an older version's file goes" {
	local to=$BATS_TEST_TMPDIR/root
	cd "$TOP"
	sh osmd/lay.sh "$to" >/dev/null
	echo "file /usr/share/doc/osm/old.md" >>"$to/usr/libexec/osm/installed"
	touch "$to/usr/share/doc/osm/old.md"
	echo "user:news" >>"$to/etc/osm/osm.ignore"
	echo rubbish >"$to/usr/sbin/osm"
	chmod 755 "$to/usr/libexec/osm/osm-panel"
	run sh osmd/lay.sh "$to"
	[ "$status" = 0 ]
	same "$(sort <<<"$output")" "lay /usr/libexec/osm/osm-panel (0700)
lay /usr/sbin/osm (0700)
remove /usr/share/doc/osm/old.md (of an older version)"
	grep -q user:news "$to/etc/osm/osm.ignore"
	cmp build/osm "$to/usr/sbin/osm"
}

@test "a dry run of it changes nothing" {
	local to=$BATS_TEST_TMPDIR/root
	mkdir "$to"
	cd "$TOP"
	run sh osmd/lay.sh --dry-run "$to"
	[ "$status" = 0 ]
	[[ $output = *"lay /usr/sbin/osmd (0700)"* ]]
	same "$(ls -A "$to")" ""
}

@test "the shipped lists are read without a problem, the unit and the completion are sound" {
	local to=$BATS_TEST_TMPDIR/root
	cd "$TOP"
	sh osmd/lay.sh "$to" >/dev/null
	touch "$to/etc/osm/osm.conf"
	run "$TOP/build/osm" --root "$to" check
	grep -q 'osm.conf, osm.accounts and osm.ignore are fine' <<<"$output"
	# the comments tell the truth: their examples work, too
	sed -i 's/^#\(shop1\|ip:\)/\1/' "$to/etc/osm/osm.accounts" "$to/etc/osm/osm.ignore"
	same "$(cat "$to"/etc/osm/osm.accounts "$to"/etc/osm/osm.ignore | grep -vc '^#')" 2
	run "$TOP/build/osm" --root "$to" check
	grep -q 'osm.conf, osm.accounts and osm.ignore are fine' <<<"$output"
	bash -n osmd/osm.bash-completion
	logrotate -d osmd/osmd.logrotate 2>&1 | tee "$BATS_TEST_TMPDIR/rotate"
	! grep -qi error "$BATS_TEST_TMPDIR/rotate"
}

complete_words() { # WORD...: what completion offers for the last one
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _osm
		printf "%s\n" "${COMPREPLY[@]}"' bash "$TOP/osmd/osm.bash-completion" "$@" | sort
}

@test "completion knows every command and every action of osm" {
	local osm=$TOP/build/osm
	same "$(complete_words osm "" | grep -v '^-')" \
		"$("$osm" help --json | jq -r '.commands[].name' | sort)"
	same "$(complete_words osm --json gr)" grep
	same "$(complete_words osm show abcd --format x)" xml
	for action in $(complete_words osm act "" | grep -v '^-'); do
		run "$osm" --root "$BATS_TEST_TMPDIR" act "$action" nobody@nowhere.example
		[[ $output != *"no such action"* ]] || { echo "$action: $output"; return 1; }
	done
}

# ---- the unit ---------------------------------------------------------------------------

@test "systemd's own checker finds nothing in the unit; its exposure is what the docs say" {
	machine
	lay >/dev/null
	run on systemd-analyze verify /usr/lib/systemd/system/osmd.service
	# systemd before 254 doesn't know the growing wait, and says so
	same "$status:$(grep -v "Unknown key 'Restart\(Steps\|MaxDelaySec\)'" <<<"$output")" "0:" verify
	run on systemd-analyze security --offline=true osmd.service
	grep 'Overall exposure' <<<"$output"
	grep -q "Overall exposure level for osmd.service: $(sed -n 's/.*exposure of \([0-9.]*\).*/\1/p' "$TOP/docs/osmd.8") " <<<"$output"
}

@test "under systemd: ready when it watches, reloads, comes back after a crash, ends in order" {
	machine
	lay >/dev/null
	on systemctl daemon-reload
	on systemctl start osmd
	same "$(property ActiveState):$(property SubState)" active:running
	on osm status >/dev/null
	on systemctl reload osmd
	wait_until 5 on grep -q 'settings read again' /var/log/osmd.log
	local first
	first=$(property MainPID)
	on kill -SEGV "$first"
	wait_until 30 eval '[ "$(property ActiveState)" = active ] && [ "$(property MainPID)" != '"$first"' ]'
	wait_until 10 on osm status
	on systemctl stop osmd
	same "$(property ActiveState):$(property Result)" inactive:success
	run on pgrep -x osmd
	same "$output" ""
	# what the sandbox took away is not missed
	run on grep -iE 'sandbox|not permitted|denied' /var/log/osmd.log
	same "$output" ""
}

@test "a watcher that hangs is ended by systemd's watchdog and started again" {
	machine
	lay >/dev/null
	on mkdir -p /etc/systemd/system/osmd.service.d
	on sh -c 'printf "[Service]\nWatchdogSec=2\nRestartSec=1\n" >/etc/systemd/system/osmd.service.d/test.conf'
	on systemctl daemon-reload
	on systemctl start osmd
	local first
	first=$(property MainPID)
	# a healthy one lives on
	sleep 5
	same "$(property MainPID):$(property NRestarts)" "$first:0"
	on kill -STOP "$first"
	wait_until 30 eval '[ "$(property NRestarts)" -gt 0 ] && [ "$(property ActiveState)" = active ]'
	wait_until 10 on osm status
}

@test "stopping waits for a panel call that is under way; nobody interrupts it" {
	machine
	lay >/dev/null
	on sh -c 'printf "TESTING = \"0\"\n" >/etc/osm/osm.conf'
	on systemctl daemon-reload
	on systemctl start osmd
	echo slow | on tee /var/cpanel/osm-double-fault >/dev/null
	on sh -c 'osm hold osmbob >/tmp/held 2>&1 &'
	wait_until 10 on test -s /var/cpanel/osm-double-calls.jsonl
	on systemctl stop osmd
	same "$(property Result)" success
	same "$(on cat /etc/outgoing_mail_hold_users)" osmbob
	on systemctl start osmd
	same "$(on osm inforce --json | on jq -r '.actions[].target')" osmbob
}

@test "osm -x keeps it from starting, osm -e starts it, through systemd" {
	machine
	lay >/dev/null
	on systemctl daemon-reload
	same "$(on osm start)" "osmd started (systemd)"
	on osm disable
	same "$(property ActiveState)" inactive
	on systemctl start osmd
	same "$(property ActiveState)" inactive
	on osm enable
	same "$(property ActiveState)" active
}
