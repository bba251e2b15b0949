#!/usr/bin/env bats
# Installing and taking away again: into a scratch folder, and on a machine of its own with a real
# systemd and doubles of cPanel's programs (tests/lab/machine.sh).

load helpers
load machine
setup_file() { machine_begin; }
teardown() { machine_end; }

lay() { on sh -c "cd '$TOP' && exec sh osmd/lay.sh $*"; }

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
	refute grep -qi error "$BATS_TEST_TMPDIR/rotate"
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
	same "$(complete_words osm act "" | grep -v '^-')" \
		"$("$osm" act nonsense x 2>&1 | sed 's/.*none of: //' | tr ' ' '\n' | sort)"
}

# ---- the unit ---------------------------------------------------------------------------

@test "systemd's own checker finds nothing in the unit; its exposure is what the docs say" {
	machine
	lay >/dev/null
	run on systemd-analyze verify --man=no /usr/lib/systemd/system/osmd.service
	# systemd before 254 doesn't know the growing wait, and says so
	same "$status:$(grep -v "Unknown key 'Restart\(Steps\|MaxDelaySec\)'" <<<"$output")" "0:" verify
	run on systemd-analyze security --offline=true osmd.service
	grep 'Overall exposure' <<<"$output"
	grep -q "Overall exposure level for osmd.service: $(sed -n 's/.*exposure of \([0-9.]*\).*/\1/p' "$TOP/docs/osmd.8") " <<<"$output"
}

@test "no-panel.conf: much tighter; osmd does all that it does without a panel" {
	machine --plain
	lay >/dev/null
	local before
	on systemctl daemon-reload
	on osm start
	before=$(on osm check | grep -vE '^OK +(exim log|packets)|^WARN +packets')
	on sh -c 'mkdir -p /etc/systemd/system/osmd.service.d &&
		cp /usr/share/doc/osm/examples/no-panel.conf /etc/systemd/system/osmd.service.d/'
	run on systemd-analyze verify --man=no /usr/lib/systemd/system/osmd.service
	same "$status:$(grep -v "Unknown key 'Restart\(Steps\|MaxDelaySec\)'" <<<"$output")" "0:" verify
	# the score that the file names, on a systemd that counts as the one it was measured with
	run on systemd-analyze security --offline=true osmd.service
	grep -q "Overall exposure level for osmd.service: $(sed -n 's/.*security: \([0-9.]*\),.*/\1/p' "$TOP/docs/examples/no-panel.conf") " <<<"$output"
	on systemctl daemon-reload
	on sh -c 'printf "TESTING = \"0\"\nREPORT_TO = \"osmerin@server1.lab-hosting.example\"\nLOGLINE_LIMIT = \"20\"\n" >/etc/osm/osm.conf'
	on osm restart
	run on osm check
	same "$(grep -vE '^OK +(exim log|packets)|^WARN +(packets|testing)|note: (osm decides|a better)' <<<"$output")" \
		"$(grep -vE '^WARN +testing|^WARN +settings|note: (osm decides|the defaults|a better)|^OK +settings' <<<"$before" | cat <(grep '^OK  *settings' <<<"$output") -)"
	grep -q '^OK  *packets' <<<"$output"
	# the firewall
	on osm deny 203.0.113.9 1h test
	on nft list table inet osm | grep -q 203.0.113.9
	on osm denyrm 203.0.113.9
	on sh -c 'echo server1.lab-hosting.example >/etc/localdomains' # the lab's Exim asks for it
	# a burst through Exim: reported, and mailed by Exim from in there
	on python3 -B "$TOP/tests/lab/send_script.py" osmdave 25 --queue
	wait_until 20 eval '[ "$(on osm reports --account osmdave --type logline --json |
		jq -r ".reports[0].actions")" = "store:done email:done" ]'
	wait_until 20 on grep -q 'logline limit exceeded by osmdave' /var/log/exim_mainlog
	wait_until 20 on grep -q ' => osmerin' /var/log/exim_mainlog
	run on grep -iE 'sandbox|not permitted|denied|Read-only' /var/log/osmd.log
	same "$output" ""
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

# ---- install.sh -------------------------------------------------------------------------

# A release with shipped programs, unpacked on the machine; its version, if it is to be another
# (of the same length and with the same end: the linker lays other strings into the end of one).
release() { # FOLDER [VERSION]
	on sh -c "mkdir -p $1/build && cd '$TOP' &&
		cp -a Makefile README.md CHANGELOG.md LICENSE install.sh uninstall.sh osmd firewall \
			cpanel-hooks whm docs tests $1/ &&
		cp build/osm build/osmd build/osm-hook build/osm-whm $1/build/"
	[ -z "${2:-}" ] || on sh -c "cd $1 && sed -i 's/0\.1\.0/$2/' osmd/base/version.h build/*"
}
install() { on env "${@:2}" sh "$1/install.sh"; }
registered() { [ ! -e "$M" ] || on sh -c 'cat /run/osm-double-registry.jsonl 2>/dev/null' | jq -c .; }

@test "install.sh on cPanel: files, WHM's menu, hooks, chkservd, service; says what it watches; only reports" {
	machine
	release /tmp/rel
	on mkdir -p /etc/csf /var/lib/csf /usr/local/csf
	run install /tmp/rel
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"cPanel & WHM 11.134.0.5"* ]]
	[[ $output = *"Watched: /var/log/exim_mainlog"*"logline: more than 100 in 3600 s: email,store"* ]]
	[[ $output = *"MISSING  spool"*"lost: log lines can't be confirmed"* ]]
	[[ $output = *"osm only reports until told otherwise"* ]]
	same "$(property ActiveState):$(on systemctl is-enabled osmd)" active:enabled
	same "$(on stat -c '%a %U' /etc/osm/osm.conf)" "600 root"
	same "$(on stat -c '%a %U' /var/cpanel/apps/osm.conf)" "600 root"
	same "$(on /usr/libexec/osm/osm-panel status | grep -vc ^OK)" 0
	same "$(on cat /etc/chkserv.d/chkservd.conf)" "exim:1
httpd:1
osmd:1"
	same "$(on find /etc/csf /var/lib/csf /usr/local/csf -type f)" ""
	same "$(on osm conf | grep '^TESTING')" 'TESTING = "1"'
	# what is laid is what the list says, and nothing else is new
	same "$(files | grep -c osm-new)" 0
}

@test "install.sh a second time changes nothing" {
	machine
	release /tmp/rel
	install /tmp/rel
	files >"$BATS_TEST_TMPDIR/before"
	pid=$(property MainPID)
	registered >"$BATS_TEST_TMPDIR/calls"
	run install /tmp/rel
	[ "$status" = 0 ]
	[[ $output = *"installed already"* ]]
	files | grep -v ^/var/log/ | diff <(grep -v ^/var/log/ "$BATS_TEST_TMPDIR/before") -
	same "$(property MainPID)" "$pid"
	registered | diff "$BATS_TEST_TMPDIR/calls" - | grep '^>' | grep -vF '["list","--output=json"]' && return 1
	run on env DESTDIR=/tmp/dest sh /tmp/rel/install.sh
	[[ $output = *"Laid below /tmp/dest"* ]]
	same "$(on find /tmp/dest/etc/osm -type f | wc -l)" 5
	files | grep -v ^/var/log/ | diff <(grep -v ^/var/log/ "$BATS_TEST_TMPDIR/before") -
}

@test "a dry run prints every step and does none, before and after" {
	machine
	release /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	run on sh /tmp/rel/install.sh --dry-run
	[ "$status" = 0 ]
	[[ $output = *"lay /usr/sbin/osmd (0700)"*"register osm in WHM's menu"*"start osmd at boot"*"Nothing was changed."* ]]
	content | diff "$BATS_TEST_TMPDIR/before" -
	install /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	run on sh /etc/osm/uninstall.sh --dry-run
	[ "$status" = 0 ]
	[[ $output = *"stop osmd"*"take osm out of WHM's menu"*"Nothing was changed."* ]]
	content | diff "$BATS_TEST_TMPDIR/before" -
	same "$(property ActiveState)" active
}

@test "after install and uninstall the file system is as before" {
	machine
	release /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	install /tmp/rel
	on osm reload
	run on sh /etc/osm/uninstall.sh
	echo "$output"
	[ "$status" = 0 ]
	content | diff "$BATS_TEST_TMPDIR/before" -
	same "$(on sh -c 'ls -d /run/osm* 2>/dev/null | grep -v double')" ""
	same "$(property LoadState):$(property ActiveState)" not-found:inactive
	same "$(on cat /var/cpanel/hooks/data/* 2>/dev/null)" ""
	run on sh /tmp/rel/uninstall.sh
	same "$status:$output" "0:osm is not installed."
}

# The nth call of one of these programs by a script kills the script and all it has started.
interrupt_at() { # N
	on sh -c "cat >/usr/local/sbin/mv <<'X'
#!/bin/sh
left=\$(cat /run/calls-left) && echo \$((left - 1)) >/run/calls-left
[ \$left -gt 0 ] || kill -KILL 0
exec /usr/bin/\${0##*/} \"\$@\"
X
		chmod 755 /usr/local/sbin/mv
		for p in cp chmod chown mkdir sed systemctl rm rmdir find; do ln -sf mv /usr/local/sbin/\$p; done
		echo $1 >/run/calls-left"
}
uninterrupted() { on sh -c 'cd /usr/local/sbin && /usr/bin/rm -f mv cp chmod chown mkdir sed systemctl rm rmdir find'; }

@test "install.sh, killed at any point and run again, completes" {
	machine
	release /tmp/rel
	install /tmp/rel
	content >"$BATS_TEST_TMPDIR/whole"
	on sh /etc/osm/uninstall.sh
	local n killed=0
	for n in 0 1 2 5 9 30 90 145 155 160 163 166 170 180; do
		interrupt_at $n
		run on setsid -w sh /tmp/rel/install.sh
		uninterrupted
		if [ "$status" != 0 ]; then
			killed=$((killed + 1))
			run install /tmp/rel
		fi
		[ "$status" = 0 ] || { echo "$n: $output"; return 1; }
		content | grep -v ' /var/log/osmd' | diff "$BATS_TEST_TMPDIR/whole" - >"$BATS_TEST_TMPDIR/diff" || true
		same "$(grep '^[<>]' "$BATS_TEST_TMPDIR/diff" | grep -v '/var/l[io][bg]/osm')" "" "killed at $n"
		same "$(property ActiveState):$(on systemctl is-enabled osmd)" active:enabled "killed at $n"
		panel_is_fine
		on sh /etc/osm/uninstall.sh >/dev/null
	done
	echo "killed $killed times"
	[ $killed -ge 9 ]
}

@test "a full disk, a read-only /etc: install.sh says so, fails, starts nothing; later it completes" {
	machine
	release /tmp/rel
	install /tmp/rel
	content >"$BATS_TEST_TMPDIR/whole"
	on sh /etc/osm/uninstall.sh
	on mkdir -p /usr/share/doc/osm
	on mount -t tmpfs -o size=40k full /usr/share/doc/osm
	run install /tmp/rel
	echo "$output"
	[ "$status" = 1 ]
	[[ $output = *"No space left on device"*"FAILED: not all files could be laid"* ]]
	[[ $output != *"is installed."* ]]
	same "$(on find /usr/share/doc -name '*.osm-new')" ""
	same "$(property ActiveState)" inactive
	on umount /usr/share/doc/osm
	on rm /etc/osm/osmd.pl
	on sh -c 'mount --bind /etc /etc && mount -o remount,ro,bind /etc'
	run install /tmp/rel
	[ "$status" = 1 ]
	[[ $output = *"Read-only file system"*"FAILED: not all files could be laid"* ]]
	on umount /etc
	install /tmp/rel
	content | diff <(grep -v /var/log/osmd "$BATS_TEST_TMPDIR/whole") <(grep -v /var/log/osmd) >"$BATS_TEST_TMPDIR/diff" || true
	same "$(grep '^[<>]' "$BATS_TEST_TMPDIR/diff" | grep -v '/var/l[io][bg]/osm')" ""
	# new settings that can't be written down are no success
	on sed -i /^REPORT_DAYS/d /etc/osm/osm.conf
	on sh -c 'mount --bind /etc/osm /etc/osm && mount -o remount,ro,bind /etc/osm'
	run install /tmp/rel
	[ "$status" = 1 ]
	[[ $output = *"could not be put into /etc/osm/osm.conf"* ]]
	on umount /etc/osm
	install /tmp/rel
	on grep -q ^REPORT_DAYS /etc/osm/osm.conf
}

@test "install.sh, killed at any point, and uninstall.sh right after it: nothing is left" {
	machine
	release /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	local n killed=0
	for n in 1 7 40 133 150 153 156 159 162 165; do
		interrupt_at $n
		run on setsid -w sh /tmp/rel/install.sh
		uninterrupted
		[ "$status" = 0 ] || killed=$((killed + 1))
		# of a settings file that was being written
		on sh -c '[ ! -d /etc/osm ] || : >/etc/osm/.osm.conf.123.tmp'
		run on sh /tmp/rel/uninstall.sh
		[ "$status" = 0 ] || { echo "$n: $output"; return 1; }
		content | diff "$BATS_TEST_TMPDIR/before" - || { echo "killed at $n"; return 1; }
	done
	echo "killed $killed times"
	[ $killed -ge 6 ]
}

@test "a folder in a file's place is not laid into; it is said" {
	local to=$BATS_TEST_TMPDIR/root
	mkdir -p "$to/usr/sbin/osm"
	cd "$TOP"
	run sh osmd/lay.sh "$to"
	[ "$status" != 0 ]
	[[ $output = *"$to/usr/sbin/osm"* ]]
	same "$(find "$to/usr/sbin/osm" -mindepth 1; find "$to" -name '*.osm-new')" ""
}

@test "killed while cPanel registers something, and run again, it completes" {
	machine
	release /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	local p
	for p in register_appconfig manage_hooks restartsrv_chkservd; do
		on sh -c "echo $p >/run/osm-double-kill"
		run on setsid -w sh /tmp/rel/install.sh
		[ "$status" != 0 ]
		run install /tmp/rel
		[ "$status" = 0 ]
		panel_is_fine
		on sh -c "echo $p >/run/osm-double-kill"
		run on setsid -w sh /etc/osm/uninstall.sh
		same "$status" $([ $p = register_appconfig ] && echo 0 || echo 137) "$p"
		on rm -f /run/osm-double-kill
		on sh /tmp/rel/uninstall.sh
		content | diff "$BATS_TEST_TMPDIR/before" -
	done
}

@test "uninstall.sh, killed at any point and run again, leaves nothing" {
	machine
	release /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	local n killed=0
	for n in 0 2 5 20 40 42 44 46 48 50 52; do
		install /tmp/rel >/dev/null
		interrupt_at $n
		run on setsid -w sh /etc/osm/uninstall.sh
		uninterrupted
		if [ "$status" != 0 ]; then
			killed=$((killed + 1))
			run on sh -c '[ ! -e /etc/osm/uninstall.sh ] || exec sh /etc/osm/uninstall.sh; exec sh /tmp/rel/uninstall.sh'
		fi
		[ "$status" = 0 ] || { echo "$n: $output"; return 1; }
		content | diff "$BATS_TEST_TMPDIR/before" - || { echo "killed at $n"; return 1; }
	done
	echo "killed $killed times"
	[ $killed -ge 7 ]
}

@test "what is installed does its job: a burst is reported and held under systemd, undone, all taken away" {
	machine
	release /tmp/rel
	content | grep -v '/var/cpanel/\|/var/mail\|/var/spool\|/run/' >"$BATS_TEST_TMPDIR/before"
	install /tmp/rel
	does_its_job
	on sh /etc/osm/uninstall.sh
	content | grep -v '/var/cpanel/\|/var/mail\|/var/spool\|/run/' | diff "$BATS_TEST_TMPDIR/before" -
}

# ---- upgrade ----------------------------------------------------------------------------

@test "an upgrade keeps settings and reports, adds what is new, restarts osmd, loses no line" {
	machine
	release /tmp/old 0.0.0
	release /tmp/rel
	install /tmp/old
	same "$(on osm version)" "osm 0.0.0"
	on sh -c 'cd /etc/osm && sed -i "/^REPORT_DAYS/d; s/^LOGLINE_LIMIT = .*/LOGLINE_LIMIT = \"5000\" # the shop/" osm.conf &&
		echo "# our own words" >>osm.conf && echo "user:news" >>osm.ignore && sed "/^REPORT_DAYS/d" osm.conf >/tmp/conf.before'
	on osm restart
	pid=$(property MainPID)
	# mail all the while
	on sh -c 'i=0; while [ $i -lt 400 ]; do i=$((i+1))
		printf "%s 1vxe%02d-0000000%04d-0abC <= x%d@dave-it.example U=osmdave P=local S=400 T=\"n %d\" for a@example.net\n" \
			"$(date "+%F %T")" $((i % 90 + 10)) $i $i $i >>/var/log/exim_mainlog; sleep 0.01; done; touch /tmp/sent' &
	sleep 1
	run install /tmp/rel
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"Bringing osm 0.0.0 up to 0.1.0"*"new setting REPORT_DAYS"*"restart osmd"* ]]
	wait
	same "$(on osm version)" "osm 0.1.0"
	[ "$(property MainPID)" != "$pid" ]
	on test -e /tmp/sent
	wait_until 20 eval '[ "$(on osm status --json | jq .log.offset)" = "$(on stat -c %s /var/log/exim_mainlog)" ]'
	same "$(on osm top --json | jq '.top[] | select(.type == "logline") | .count')" 400 "lines counted, across the restart"
	on sh -c 'grep -vF "REPORT_DAYS" /etc/osm/osm.conf' | grep -q '^LOGLINE_LIMIT = "5000" # the shop'
	on grep -q '^REPORT_DAYS = "30"' /etc/osm/osm.conf
	on grep -q '^# our own words' /etc/osm/osm.conf
	on grep -q '^user:news' /etc/osm/osm.ignore
	# nothing that was in it is lost
	same "$(on diff /tmp/conf.before /etc/osm/osm.conf | grep -c '^<' || true)" 0
}

@test "a downgrade is refused with the way back; nothing changes" {
	machine
	release /tmp/rel
	release /tmp/old 0.0.0
	install /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	run install /tmp/old
	[ "$status" = 1 ]
	[[ $output = *"FAILED: osm 0.1.0 is installed, this is the older 0.0.0"*"uninstall.sh --keep"* ]]
	content | diff "$BATS_TEST_TMPDIR/before" -
	# a database of a newer version is refused, too
	on sh -c 'osm stop; sqlite3 /var/lib/osm/osm.db "PRAGMA user_version = 999"'
	run install /tmp/rel
	[ "$status" != 0 ] || on osm check | grep 'newer osm'
}

@test "with a wrong setting the old osmd goes on, and it is said; the service that was disabled stays so" {
	machine
	release /tmp/old 0.0.0
	release /tmp/rel
	install /tmp/old
	on systemctl -q disable osmd
	on sh -c 'echo "NOT_OURS = \"1\"" >>/etc/osm/osm.conf'
	pid=$(property MainPID)
	run install /tmp/rel
	[ "$status" = 1 ]
	[[ $output = *"NOT_OURS"*"Not everything went well"* ]]
	same "$(property MainPID)" "$pid"
	on sed -i /NOT_OURS/d /etc/osm/osm.conf
	run install /tmp/rel
	[ "$status" = 0 ]
	[ "$(property MainPID)" != "$pid" ]
	run on systemctl is-enabled osmd
	same "$output" disabled
	on osm disable
	install /tmp/rel | grep 'osm is disabled'
	same "$(property ActiveState)" inactive
}

# ---- uninstall with something in force ---------------------------------------------------

hold_bob() {
	on sed -i 's/^TESTING.*/TESTING = "0"/' /etc/osm/osm.conf
	on osm reload
	on osm hold osmbob
	same "$(on cat /etc/outgoing_mail_hold_users)" osmbob
	on osm -d 203.0.113.9 1h
	on nft list table inet osm | grep -q 203.0.113.9
}

@test "uninstall.sh asks about what is in force; without a terminal it changes nothing" {
	machine
	release /tmp/rel
	install /tmp/rel
	hold_bob
	content | grep -v ^/var/log/ >"$BATS_TEST_TMPDIR/before"
	run on sh /etc/osm/uninstall.sh </dev/null
	[ "$status" = 1 ]
	[[ $output = *"osmbob"*"say --release or --keep. Nothing was changed."* ]]
	content | grep -v ^/var/log/ | diff "$BATS_TEST_TMPDIR/before" -
	same "$(property ActiveState)" active
	# on a terminal it is asked
	run on script -qec 'sh /etc/osm/uninstall.sh' /dev/null <<<"perhaps
yes"
	[[ $output = *"Give all of it back? [yes/no]"*"osm is uninstalled."* ]]
	same "$(on cat /etc/outgoing_mail_hold_users)" ""
}

@test "--release gives back, --keep leaves, --reports keeps the reports" {
	machine
	release /tmp/rel
	content | grep -v /etc/outgoing >"$BATS_TEST_TMPDIR/before"
	install /tmp/rel
	hold_bob
	run on sh /etc/osm/uninstall.sh --keep
	[ "$status" = 0 ]
	[[ $output = *"hold"*"osmbob"*"undo it in the panel"* ]]
	same "$(on cat /etc/outgoing_mail_hold_users)" osmbob
	on nft list table inet osm | grep -q 203.0.113.9
	content | grep -v '/etc/outgoing\|suspensions\|double-calls\|email_holds\|users/osmbob' |
		diff <(grep -v 'suspensions\|double-calls\|email_holds\|users/osmbob' "$BATS_TEST_TMPDIR/before") -
	install /tmp/rel
	on sh -c ': >/etc/outgoing_mail_hold_users; nft delete table inet osm'
	hold_bob
	# the panel refuses: nothing else is taken away
	on sh -c 'echo fail >/var/cpanel/osm-double-fault'
	run on sh /etc/osm/uninstall.sh --release
	[ "$status" = 1 ]
	[[ $output = *"not all could be given back"* ]]
	on test -x /usr/sbin/osm
	on rm /var/cpanel/osm-double-fault
	on nft add table inet osm_not # another's
	run on sh /etc/osm/uninstall.sh --release --reports
	[ "$status" = 0 ]
	same "$(on cat /etc/outgoing_mail_hold_users)" ""
	same "$(on nft list tables)" "table inet osm_not"
	same "$(on find /var/lib/osm -type f -name osm.db)" /var/lib/osm/osm.db
	same "$(on sqlite3 /var/lib/osm/osm.db 'SELECT DISTINCT state FROM action')" undone
	on test ! -e /usr/sbin/osm
	on test ! -e /etc/osm
	# and the next install finds them
	install /tmp/rel
	on osm reports
}

@test "osm -x tells chkservd, osm -e too; osm check says what of cPanel is not in its place" {
	machine
	release /tmp/rel
	install /tmp/rel
	on osm disable
	on grep -qx osmd:0 /etc/chkserv.d/chkservd.conf
	on osm enable
	on grep -qx osmd:1 /etc/chkserv.d/chkservd.conf
	same "$(on osm check | grep -c '^OK  *cPanel ')" 5
	on rm /var/cpanel/apps/osm.conf
	on osm check | grep -A1 "^WARN  *cPanel  *WHM's menu is not in its place" | grep 'osm-panel register'
}

@test "a database that can't be read: uninstall.sh doesn't take it for nothing in force" {
	machine
	release /tmp/rel
	content | grep -v /var/cpanel/ >"$BATS_TEST_TMPDIR/before"
	install /tmp/rel
	on sh -c 'osm stop; rm -f /var/lib/osm/osm.db-*; echo rubbish >/var/lib/osm/osm.db'
	run on sh /etc/osm/uninstall.sh --release
	[ "$status" = 1 ]
	[[ $output = *"damaged or no database"*"can't be read"*"--keep"* ]]
	on test -x /usr/sbin/osmd
	panel_is_fine
	on sh /etc/osm/uninstall.sh --keep
	on test ! -e /usr/sbin/osmd
	content | grep -v /var/cpanel/ | diff "$BATS_TEST_TMPDIR/before" -
}

# ---- around it ----------------------------------------------------------------------------

@test "after a cPanel update that took everything away, cPanel's own hook puts it back, silently" {
	machine
	release /tmp/rel
	install /tmp/rel
	on rm -rf /usr/local/cpanel/whostmgr/docroot/cgi/configserver /usr/local/cpanel/3rdparty/bin/osm-hook \
		/var/cpanel/apps/osm.conf /usr/local/cpanel/whostmgr/docroot/addon_plugins/osm.png
	run on /usr/libexec/osm/osm-panel status
	[ "$status" = 1 ]
	[[ $output = *"MISSING the page's files"* ]]
	hook=$(on cat /var/cpanel/hooks/data/System/upcp.json | jq -r '.[0].hook')
	run on $hook <<<'{"context":{"category":"System","event":"upcp","stage":"post","point":"main"},"data":{},"hook":{}}'
	same "$status:$output" "0:"
	panel_is_fine
	on grep -q 'osm-panel.*after a cPanel update: panel: lay ' /var/log/osmd.log
	lines=$(on grep -c osm-panel /var/log/osmd.log)
	on $hook </dev/null
	same "$(on grep -c osm-panel /var/log/osmd.log)" "$lines" "nothing to do, nothing said"
}

@test "a part that cPanel refuses is said; the rest is done; a later run completes it" {
	machine
	release /tmp/rel
	on sh -c 'echo register_appconfig >/run/osm-double-refuse'
	run install /tmp/rel
	[ "$status" = 1 ]
	[[ $output = *"FAILED: register osm in WHM's menu: The system is busy"*"cPanel did not take all of it"* ]]
	same "$(property ActiveState)" active
	on rm /run/osm-double-refuse
	run install /tmp/rel
	[ "$status" = 0 ]
	panel_is_fine
	# whoever took osmd out of chkservd has meant it
	on sed -i 's/^osmd:1/osmd:0/' /etc/chkserv.d/chkservd.conf
	install /tmp/rel
	on grep -qx osmd:0 /etc/chkserv.d/chkservd.conf
	# a line without its end is not grown together with ours
	on sh /etc/osm/uninstall.sh
	on sh -c 'printf "exim:1" >/etc/chkserv.d/chkservd.conf'
	install /tmp/rel
	same "$(on cat /etc/chkserv.d/chkservd.conf)" "exim:1
osmd:1"
}

@test "chains and sets in the legacy tables go, too; nobody else's" {
	machine --plain
	release /tmp/rel
	install /tmp/rel
	on sh -c 'cd / && iptables-legacy -N OSM_IN && iptables-legacy -N OSM_REFUSE && iptables-legacy -A OSM_IN -s 203.0.113.9 -j OSM_REFUSE &&
		iptables-legacy -I INPUT ! -i lo -j OSM_IN && iptables-legacy -A INPUT -s 203.0.113.7 -j DROP &&
		ipset create osm_in4 hash:ip && ipset create others hash:ip'
	on sh /etc/osm/uninstall.sh
	same "$(on iptables-legacy -S)" "-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-A INPUT -s 203.0.113.7/32 -j DROP"
	same "$(on ipset list -n)" others
}

@test "on a host with Exim and no panel: its own log and spool, and what is off is said" {
	machine --plain
	release /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	run install /tmp/rel
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"Panel:    none"*"no cPanel: no page in WHM, no hook"* ]]
	[[ $output = *"accounts can't be held, blocked or suspended"* ]]
	same "$(on osm conf | grep '^EXIM_LOG' | cut -d'"' -f2)" \
		"$(on exim4 -bP log_file_path | sed 's/.* = //; s/%s/main/')"
	same "$(property ActiveState)" active
	on test ! -e /usr/local/cpanel
	on sh /etc/osm/uninstall.sh
	content | diff "$BATS_TEST_TMPDIR/before" -
}

@test "what install.sh refuses: not root, nothing to watch, another osm, two at a time" {
	machine --plain
	release /tmp/rel
	on chmod -R a+rX /tmp/rel
	content >"$BATS_TEST_TMPDIR/before"
	run on setpriv --reuid 65534 --regid 65534 --clear-groups sh /tmp/rel/install.sh
	same "$status:$output" "1:FAILED: You have to be logged in as root (UID:0) to install osm"
	run on flock /root sh /tmp/rel/install.sh
	same "$status:$output" "1:FAILED: another install.sh or uninstall.sh is running"
	# a customer can't keep it from running
	on chmod 700 /root
	on setpriv --reuid 65534 --regid 65534 --clear-groups flock /root true && return 1
	run on setpriv --reuid 65534 --regid 65534 --clear-groups flock /etc setpriv --help
	[ "$status" = 0 ]
	run on sh /tmp/rel/install.sh --frobnicate
	[ "$status" = 1 ]
	on sh -c 'mkdir /etc/osm && echo "#!/usr/bin/perl" >/etc/osm/osmd.pl'
	run install /tmp/rel
	[ "$status" = 1 ]
	[[ $output = *"another osm is installed in /etc/osm"* ]]
	on rm -r /etc/osm
	content | diff "$BATS_TEST_TMPDIR/before" -
	on rm -f /usr/sbin/exim /usr/sbin/exim4
	run install /tmp/rel
	[ "$status" = 1 ]
	[[ $output = *"neither cPanel nor Exim"* ]]
}
