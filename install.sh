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

PROGRAMS="build/osmd build/osm build/osm-hook build/osm-whm"
DESTDIR=${DESTDIR:-}

dry=''
build=''

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

# A compiler that is newer than this release may know more warnings.
# shellcheck disable=SC2086
make_programs() { make -s WARN= $PROGRAMS; }

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

# ---- the files ------------------------------------------------------------------------------

lay_files() {
	say "- lay the files"
	failed=''
	said=$(sh osmd/lay.sh ${dry:+--dry-run} "$DESTDIR" 2>&1) || failed=1
	[ -z "$said" ] || say "$said" | sed 's/^/    /'
	[ -z "$failed" ] || die "not all files could be laid: see the line above. Nothing was started; when
that is mended, run install.sh again, it goes on from there."
	if [ -z "$dry" ] && command -v selinuxenabled >/dev/null && selinuxenabled; then
		sed -n 's/^file //p' "$DESTDIR/usr/libexec/osm/installed" | restorecon -F -f - || true
	fi
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
	# one at a time; what a customer can open, he could lock
	exec 9</root
	flock -n 9 || die "another install.sh or uninstall.sh is running"
	look_around
	if [ -z "$DESTDIR" ]; then
		refuse_others
		refuse_downgrade
	fi
	programs
	lay_files
	if [ -n "$DESTDIR" ]; then
		step "settings" build/osm --root "$DESTDIR" conf --merge
		say "Laid below $DESTDIR. On the system itself run install.sh without DESTDIR."
		return
	fi
	# an osmd that is started must not hold our lock
	sh osmd/osm-setup ${dry:+--dry-run} up 9>&-
	[ -z "$dry" ] || say "Nothing was changed."
}

main "$@"
exit $?
