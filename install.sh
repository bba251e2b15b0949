#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# install.sh: installs osm, or brings an installed one up to this version.
#
#   sh install.sh [--dry-run] [--build]
#
#   --dry-run   print every step, do none
#   --build     build from the source even where built programs lie in build/
#
# With DESTDIR=/folder in the environment only files are laid there. It can be run again at any
# time: what is done already is left alone, and what an interrupted run has left open is done.
set -eu

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022

CONF=/etc/osm/osm.conf
DISABLED=/etc/osm/osm.disable
ENABLED_ONCE=/usr/libexec/osm/enabled
PROGRAMS="build/osmd build/osm build/osm-hook build/osm-whm"
DESTDIR=${DESTDIR:-}

dry=''
build=''
trouble=''

say() { printf '%s\n' "$*"; }
die() {
	say "FAILED: $*" >&2
	exit 1
}

# TEXT CMD...: one step.
step() {
	say "- $1"
	shift
	[ -n "$dry" ] || "$@"
}

# ---- what is here -------------------------------------------------------------------------

options() {
	for word in "$@"; do
		case $word in
		--dry-run) dry=1 ;;
		--build) build=1 ;;
		-h | --help)
			sed -n '5,13s/^# \{0,1\}//p' "$0"
			exit 0
			;;
		*) die "unknown option $word (--dry-run, --build)" ;;
		esac
	done
}

version_here() { sed -n 's/^#define OSM_VERSION "\(.*\)"/\1/p' osmd/base/version.h; }

# This version of the system's programs, or nothing.
version_installed() {
	[ -x /usr/sbin/osm ] || return 0
	/usr/sbin/osm version 2>/dev/null | sed -n 's/^osm \([0-9][0-9A-Za-z.~+-]*\)$/\1/p'
}

find_exim() {
	for exim in /usr/sbin/exim /usr/sbin/exim4; do
		[ ! -x $exim ] || return 0
	done
	exim=''
}

look_around() {
	system=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release 2>/dev/null)
	panel=''
	[ ! -e /usr/local/cpanel/version ] || panel=$(cat /usr/local/cpanel/version)
	find_exim
	systemd=''
	[ ! -d /run/systemd/system ] || systemd=1
	say "System:   ${system:-unknown}"
	say "Panel:    ${panel:+cPanel & WHM }${panel:-none}"
	say "Exim:     ${exim:-none}"
	[ ! -x /usr/sbin/csf ] || say "Firewall: csf $(cat /etc/csf/version.txt 2>/dev/null)"
	[ -n "$exim$panel$DESTDIR" ] ||
		die "there is neither cPanel nor Exim on this system: nothing for osm to watch"
}

refuse_others() {
	if [ -e /etc/osm/osmd.pl ] && ! grep -q 'This file does nothing' /etc/osm/osmd.pl; then
		die "another osm is installed in /etc/osm; uninstall it first (sh /etc/osm/uninstall.sh)"
	fi
	if [ -e /usr/sbin/osmd ] && [ ! -e /usr/libexec/osm/installed ]; then
		if dpkg -S /usr/sbin/osmd >/dev/null 2>&1 || rpm -qf /usr/sbin/osmd >/dev/null 2>&1; then
			die "osm is installed as a package; bring it up to date with apt or dnf"
		fi
	fi
}

refuse_downgrade() {
	old=$(version_installed)
	new=$(version_here)
	if [ -n "$old" ] && [ "$old" != "$new" ] &&
		[ "$(printf '%s\n%s\n' "$old" "$new" | sort -V | tail -n 1)" = "$old" ]; then
		die "osm $old is installed, this is the older $new. Its database and settings may not fit
the older one. To go back: sh /etc/osm/uninstall.sh --keep, then install $new; a copy of the
database from before its last step forward is /var/lib/osm/osm.db.vN, if there was one."
	fi
	case $old in
	'') say "Installing osm $new" ;;
	"$new") say "osm $new is installed already; looking whether all of it is in order" ;;
	*) say "Bringing osm $old up to $new" ;;
	esac
}

# ---- the programs -------------------------------------------------------------------------

are_built() {
	[ -z "$build" ] && [ ! -e .git ] || return 1
	for p in $PROGRAMS; do
		[ -x "$p" ] || return 1
	done
	[ "$(build/osmd --version 2>/dev/null)" = "osmd $(version_here)" ] &&
		[ "$(build/osm version 2>/dev/null)" = "osm $(version_here)" ]
}

# shellcheck disable=SC2086
make_programs() { make -s $PROGRAMS; }

programs() {
	if are_built; then
		say "- the programs in build/ fit this system"
		return
	fi
	if ! sh tests/deps.sh --build --check >/dev/null; then
		step "install what building needs, by the system's package manager" sh tests/deps.sh --build
	fi
	step "build the programs" make_programs
}

# ---- files and settings -------------------------------------------------------------------

lay_files() {
	say "- lay the files"
	sh osmd/lay.sh ${dry:+--dry-run} "$DESTDIR" | sed 's/^/    /'
	if [ -z "$dry" ] && command -v selinuxenabled >/dev/null && selinuxenabled; then
		sed -n 's/^file //p' "$DESTDIR/usr/libexec/osm/installed" | restorecon -F -f - || true
	fi
}

# A host without cPanel has its log and spool elsewhere; only a new osm.conf is told.
set_new() { # KEY VALUE
	case $2 in
	/*[!A-Za-z0-9/._-]* | '' | [!/]*) return 0 ;;
	esac
	sed -i "s|^$1 = \".*\"|$1 = \"$2\"|" "$DESTDIR$CONF.new"
}

exim_says() { "$exim" -bP "$1" 2>/dev/null | sed -n "s/^$1 = //p"; }

new_settings() {
	build/osm conf --default >"$DESTDIR$CONF.new"
	if [ -z "$panel" ] && [ -n "$exim" ]; then
		set_new EXIM_LOG "$(exim_says log_file_path | sed 's/^.*: *//; s/%s/main/; s/%D.*//')"
		set_new EXIM_SPOOL "$(exim_says spool_directory)"
	fi
	chmod 600 "$DESTDIR$CONF.new"
	mv -f "$DESTDIR$CONF.new" "$DESTDIR$CONF"
}

merge_settings() { build/osm --root "${DESTDIR:-/}" conf --merge | sed 's/^/    /'; }

settings() {
	if [ ! -e "$DESTDIR$CONF" ]; then
		step "make $CONF; it only reports (TESTING = \"1\")" new_settings
	else
		step "add to $CONF what is new in this version; all else in it stays" merge_settings
	fi
}

# ---- the system ---------------------------------------------------------------------------

register() {
	if [ -z "$panel" ]; then
		say "- no cPanel: no page in WHM, no hook, and none of the actions that the panel does"
		return
	fi
	say "- cPanel: the page, its place in WHM's menu, the hook, chkservd"
	program=/usr/libexec/osm/osm-panel
	[ -z "$dry" ] || program=cpanel-hooks/osm-panel
	sh $program ${dry:+--dry-run} register >"$said" 2>&1 ||
		trouble="$trouble
  cPanel did not take all of it (run it again, or /usr/libexec/osm/osm-panel register)"
	sed 's/^/    /' "$said"
}

unit_says() { systemctl show -p "$1" --value osmd 2>/dev/null; }

enable_unit() {
	systemctl -q enable osmd && (umask 077 && : >$ENABLED_ONCE)
}

service() {
	[ -n "$systemd" ] || return 0
	if [ "$(unit_says NeedDaemonReload)" = yes ] || [ "$(unit_says LoadState)" != loaded ]; then
		step "systemd: read the unit" systemctl daemon-reload
	fi
	# who has disabled it later has meant it
	[ -e $ENABLED_ONCE ] || step "systemd: start osmd at boot" enable_unit
}

# Does an osmd of an older file run?
runs_old() {
	pid=$(cat /run/osm/osmd.pid 2>/dev/null) && [ -n "$pid" ] || return 1
	case $(readlink "/proc/$pid/exe" 2>/dev/null) in
	*/osmd' (deleted)') return 0 ;;
	esac
	return 1
}

is_running() { /usr/sbin/osm status >/dev/null 2>&1; }

osm_do() { # VERB
	/usr/sbin/osm "$1" >"$said" 2>&1 || trouble="$trouble
  osmd does not run: the reason stands above; after that is mended: osm start"
	sed 's/^/    /' "$said"
}

daemon() {
	if [ -e $DISABLED ]; then
		say "- osm is disabled (osm -e enables it): osmd is not started"
	elif [ -z "$dry" ] && runs_old; then
		step "restart osmd; what was logged meanwhile is read from the log" osm_do restart
	elif [ -n "$dry" ] || ! is_running; then
		step "start osmd" osm_do start
	fi
}

# ---- the end ------------------------------------------------------------------------------

setting() { /usr/sbin/osm conf 2>/dev/null | sed -n "s/^$1 = \"\([^\"]*\)\".*/\1/p"; }

watched() {
	for trigger in PACKET PACKET_CWD LOGLINE LOGLINE_SUBJECT CWDCHECK CWDCHECK_CWD; do
		limit=$(setting ${trigger}_LIMIT)
		[ "${limit:-0}" -gt 0 ] || continue
		say "  $(say $trigger | tr 'A-Z_' 'a-z:'): more than $limit in $(setting ${trigger}_INTERVAL) s: $(setting ${trigger}_ACTIONS)"
	done
}

summary() {
	say ""
	say "osm $(version_here) is installed."
	say ""
	say "Watched: $(setting EXIM_LOG)"
	watched
	say ""
	# everything that isn't as it should be, with what is lost by it; TESTING is told below
	/usr/sbin/osm check 2>/dev/null | awk '/^[A-Z]/ { shown = !/^OK / && !/^WARN +testing / } shown' >"$said"
	if [ -s "$said" ]; then
		say "Missing, or to be looked at (osm check):"
		sed 's/^/  /' "$said"
	else
		say "Nothing is missing (osm check)."
	fi
	say ""
	if [ "$(setting TESTING)" = 0 ]; then
		say "TESTING is 0: osm carries out the actions that its settings name."
	else
		say "osm only reports until told otherwise: it holds, blocks and suspends nothing while TESTING"
		say "is 1 in $CONF. Read the reports of some days first (osm -l)."
	fi
	[ -z "$trouble" ] || say "
Not everything went well:$trouble" >&2
}

main() {
	options "$@"
	[ "$(id -u)" = 0 ] || die "You have to be logged in as root (UID:0) to install osm"
	cd "$(dirname "$0")"
	[ -f osmd/files.list ] || die "install.sh must lie in the unpacked release"
	case $DESTDIR in
	'' | /*) DESTDIR=${DESTDIR%/} ;;
	*) die "DESTDIR must be an absolute path" ;;
	esac
	# one at a time
	exec 9</etc
	flock -n 9 || die "another install.sh or uninstall.sh is running"
	said=$(mktemp)
	trap 'rm -f "$said"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	look_around
	if [ -z "$DESTDIR" ]; then
		refuse_others
		refuse_downgrade
	fi
	programs
	lay_files
	settings
	if [ -n "$DESTDIR" ]; then
		say "Laid below $DESTDIR. On the system itself run install.sh without DESTDIR."
		return
	fi
	register
	service
	daemon
	if [ -n "$dry" ]; then
		say "- check it (osm check)"
		say "Nothing was changed."
		return
	fi
	summary
	[ -z "$trouble" ]
}

main "$@"
exit $?
