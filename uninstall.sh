#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# uninstall.sh: takes osm away again, with all it has put anywhere.
#
#   sh /etc/osm/uninstall.sh [--release | --keep] [--reports] [--dry-run]
#
#   --release   give back everything that is in force: held mail, blocked and suspended accounts ...
#   --keep      leave it in force; it is listed, so that it can be undone in the panel
#               (without either it is asked, if anything is in force)
#   --reports   keep the reports: /var/lib/osm/osm.db
#   --dry-run   print every step, do none
#
# It can be run again when it was interrupted.
set -eu

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

RECORD=/usr/libexec/osm/installed
OSM=/usr/sbin/osm
DB=/var/lib/osm/osm.db

dry=''
choice=''
reports=''

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

options() {
	for word in "$@"; do
		case $word in
		--release | --keep) choice=${word#--} ;;
		--reports) reports=1 ;;
		--dry-run) dry=1 ;;
		-h | --help)
			sed -n '5,16s/^# \{0,1\}//p' "$0"
			exit 0
			;;
		*) die "unknown option $word (--release, --keep, --reports, --dry-run)" ;;
		esac
	done
}

# ---- what is in force ---------------------------------------------------------------------

# A line for each action; fails when the database can't be read.
in_force() {
	[ -x $OSM ] && [ -e $DB ] || return 0
	rows=$($OSM inforce) || return 1
	say "$rows" | awk '$1 ~ /^[0-9]+$/'
}

# --keep goes on without knowing.
look() {
	list=$(in_force) && return 0
	[ "$choice" = keep ] ||
		die "what is in force can't be read (see above). With --keep osm is taken away all the same."
	list=''
}

ask() {
	[ -t 0 ] || die "this is in force (see above): say --release or --keep. Nothing was changed."
	while :; do
		printf 'Give all of it back? [yes/no] '
		read -r answer || exit 1
		case $answer in
		y | yes) choice=release && return ;;
		n | no) choice=keep && return ;;
		esac
	done
}

decide() {
	look
	[ -n "$list" ] || return 0
	say "In force:"
	say "$list" | sed 's/^/  /'
	[ -n "$choice$dry" ] || ask
}

release() {
	left=''
	for id in $(in_force | awk '{ print $1 }'); do
		$OSM undo "$id" || left=1
	done
	if [ -n "$left" ] && [ -n "$(in_force)" ]; then
		die "not all could be given back; run it again, or with --keep. Nothing else was changed,
but osmd is stopped (osm -s starts it)."
	fi
}

# ---- parts --------------------------------------------------------------------------------

has_systemd() { [ -d /run/systemd/system ]; }

stop_daemon() {
	$OSM stop || die "osmd does not end; see osm status. Nothing was changed."
}

remove_files() {
	sed -n 's/^file //p' $RECORD | while read -r path; do
		# this script goes last: it may have to be run again
		[ "$path" = /etc/osm/uninstall.sh ] || rm -f "$path" "$path.osm-new"
	done
}

# What osmd and the administrator have put there; anything else is somebody's own.
remove_settings() {
	rm -f /etc/osm/osm.conf /etc/osm/osm.conf.new /etc/osm/osm.disable /etc/osm/report.txt
	# left by an osm that was killed while it wrote one of them
	rm -f /etc/osm/.osm.*.tmp
}

remove_state() {
	rm -f /var/log/osmd.log /var/log/osmd.log.* /var/log/osmd.log-*
	rm -rf /run/osm
	if [ -z "$reports" ]; then
		rm -rf /var/lib/osm
		return
	fi
	find /var/lib/osm -mindepth 1 ! -name 'osm.db' ! -name 'osm.db-wal' ! -name 'osm.db-shm' -delete
}

# Of the firewall only what is osm's: its table (known by its set), its chains, its sets.
remove_table() {
	if nft list set inet osm uids >/dev/null 2>&1; then
		nft delete table inet osm
	fi
	for tool in iptables-legacy ip6tables-legacy; do
		! command -v $tool >/dev/null || remove_chains $tool
	done
	! command -v ipset >/dev/null || for set in $(ipset list -n 2>/dev/null | grep '^osm_'); do
		ipset destroy "$set" || true
	done
}

remove_chains() { # TOOL
	$1 -S 2>/dev/null | grep -q '^-N OSM_' || return 0
	# shellcheck disable=SC2086
	$1 -S | sed -n 's/^-A \(.* -j OSM_[A-Z]*\)$/-D \1/p' | while read -r rule; do
		$1 -w $rule
	done
	for chain in $($1 -S | sed -n 's/^-N \(OSM_[A-Z]*\)$/\1/p'); do
		$1 -w -F "$chain"
	done
	for chain in $($1 -S | sed -n 's/^-N \(OSM_[A-Z]*\)$/\1/p'); do
		$1 -w -X "$chain"
	done
}

# The record goes last: as long as it is there, this can be run again.
remove_rest() {
	folders=$(sed -n 's/^\(folder\|made\) //p' $RECORD | sort -ru)
	rm -f /usr/libexec/osm/enabled /etc/osm/uninstall.sh
	remove_empty "$folders"
	rm -f $RECORD.new $RECORD
	remove_empty "$folders"
	[ ! -d /etc/osm ] || say "    left: $(find /etc/osm -mindepth 1 -maxdepth 1 | tr '\n' ' ')(not osm's)"
}

remove_empty() { # FOLDERS, one a line
	say "$1" | while read -r folder; do
		rmdir "$folder" 2>/dev/null || true
	done
}

main() {
	options "$@"
	[ "$(id -u)" = 0 ] || die "You have to be logged in as root (UID:0) to uninstall osm"
	if [ ! -e $RECORD ]; then
		rmdir /usr/libexec/osm 2>/dev/null || true # an earlier run's last step
		[ -e /usr/sbin/osmd ] || { say "osm is not installed." && exit 0; }
		die "osm was not installed by install.sh; if as a package: apt purge osm, or dnf remove osm"
	fi
	exec 9</root
	flock -n 9 || die "another install.sh or uninstall.sh is running"
	decide
	[ ! -x $OSM ] || step "stop osmd" stop_daemon
	look
	case $choice:${list:+some} in
	:some)
		[ -n "$dry" ] || die "something has come into force meanwhile; run it again"
		say "- ask whether to give back what is in force"
		;;
	release:some) step "give back what is in force" release ;;
	keep:some) say "- what is in force stays so; undo it in the panel" ;;
	esac
	# without it an earlier run has been past this
	if [ -x /usr/libexec/osm/osm-setup ]; then
		/usr/libexec/osm/osm-setup ${dry:+--dry-run} down stopped 9>&- || die "run it again after that is mended"
	fi
	[ "$choice" = keep ] || step "take osm's part of the firewall away" remove_table
	step "remove the programs, the unit, the manuals" remove_files
	! has_systemd || step "systemd: forget the unit" systemctl daemon-reload
	step "remove the settings" remove_settings
	step "remove the log and the state${reports:+, but for $DB}" remove_state
	step "remove what is left" remove_rest
	if [ -n "$dry" ]; then
		say "Nothing was changed."
	else
		say "osm is uninstalled."
		[ -z "$reports" ] || say "The reports are in $DB."
	fi
}

main "$@"
exit $?
