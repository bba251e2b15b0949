#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# lay.sh [--dry-run] [--package] [DESTDIR]: lays every file of files.list below DESTDIR ("" is
# the real system), run from the top of the source. What is there already as it should be isn't
# touched; what differs is replaced in one step (a new file, then a rename), so that an
# interruption leaves either the old file or the new one. Prints what it does.
#
# /usr/libexec/osm/installed tells uninstall.sh what to take away, and the next lay.sh which files
# of an older version are left over. It is written before the first file is laid. --package: no
# such record (the package manager has its own) and no files of kind s.
set -eu

umask 022
LIST=osmd/files.list
RECORD=/usr/libexec/osm/installed

dry='' package='' dest=''
for word in "$@"; do
	case $word in
	--dry-run) dry=1 ;;
	--package) package=1 ;;
	/* | "") dest=${word%/} ;;
	*)
		echo "usage: lay.sh [--dry-run] [--package] [/DESTDIR]" >&2
		exit 2
		;;
	esac
done
root=''
[ "$(id -u)" != 0 ] || root=1

say() { printf '%s\n' "$*"; }

# MODE PATH...: are they root's (when we are root) with that mode?
is_so() {
	want=${1#0}
	[ -z "$root" ] || want="$want 0 0"
	have=$(stat -c "%a${root:+ %u %g}" "$2" 2>/dev/null) && [ "$have" = "$want" ]
}

own() { # MODE PATH
	[ -z "$root" ] || chown 0:0 "$2" || return 1
	chmod "$1" "$2"
}

lay_folder() { # MODE TARGET
	to=$dest$2
	if [ ! -d "$to" ]; then
		say "make $2 ($1)"
		[ -n "$dry" ] && return
		mkdir -p "$to"
	elif is_so "$1" "$to"; then
		return 0
	else
		say "mode of $2: $1"
		[ -n "$dry" ] && return
	fi
	own "$1" "$to"
}

lay_file() { # KIND MODE SOURCE TARGET
	to=$dest$4
	[ "$1" != c ] || [ ! -e "$to" ] || return 0
	if [ -f "$to" ] && [ ! -L "$to" ] && cmp -s "$3" "$to" && is_so "$2" "$to"; then
		return 0
	fi
	say "lay $4 ($2)"
	[ -n "$dry" ] && return
	mkdir -p "${to%/*}"
	if cp "$3" "$to.osm-new" && own "$2" "$to.osm-new" && mv -fT "$to.osm-new" "$to"; then
		return 0
	fi
	rm -f "$to.osm-new"
	return 1
}

entries() { # KIND MODE SOURCE TARGET lines; "-" as a folder's source
	while read -r kind mode source target; do
		case $kind in
		d) say "d $mode - $source" ;;
		f | c) say "$kind $mode $source $target" ;;
		s) [ -n "$package" ] || say "$kind $mode $source $target" ;;
		esac
	done <$LIST
}

# The folders above a path that are not there and not osm's own.
missing_above() {
	above=${1%/*}
	while [ -n "$above" ] && [ ! -d "$dest$above" ]; do
		entries | grep -qx "d [0-7]* - $above" || say "made $above"
		above=${above%/*}
	done
}

# What this version lays, and which folders had to be made for it, now or by an earlier run.
make_record() {
	say "version $(sed -n 's/^#define OSM_VERSION "\(.*\)"/\1/p' osmd/base/version.h)"
	{
		entries | while read -r kind mode source target; do
			case $kind in
			d) say "folder $target" ;;
			*) say "file $target" ;;
			esac
			missing_above "$target"
		done
		[ ! -e "$dest$RECORD" ] || sed -n '/^made /p' "$dest$RECORD"
	} | sort -u
}

write_record() { # the new text on the standard input
	is_there=''
	[ ! -d "$dest${RECORD%/*}" ] || is_there=1
	mkdir -p "$dest${RECORD%/*}"
	[ -n "$is_there" ] || own 0700 "$dest${RECORD%/*}"
	cat >"$dest$RECORD.new"
	own 0600 "$dest$RECORD.new"
	mv -f "$dest$RECORD.new" "$dest$RECORD"
}

# Files that an older version laid and this one doesn't.
drop_old() {
	printf '%s\n' "$old" | while read -r what path; do
		[ "$what" = file ] || continue
		printf '%s\n' "$new" | grep -qxF "file $path" && continue
		[ -e "$dest$path" ] || continue
		say "remove $path (of an older version)"
		[ -n "$dry" ] || rm -f "$dest$path"
	done
}

new=$(make_record)
old=''
[ ! -e "$dest$RECORD" ] || old=$(cat "$dest$RECORD")
if [ -z "$dry" ] && [ -z "$package" ] && [ "$new" != "$old" ]; then
	printf '%s\n%s\n' "$new" "$(printf '%s\n' "$old" | sed -n '/^file /p')" |
		awk 'NF && !seen[$0]++' | write_record
fi
entries | while read -r kind mode source target; do
	case $kind in
	d) lay_folder "$mode" "$target" ;;
	*) lay_file "$kind" "$mode" "$source" "$target" ;;
	esac
done
[ -n "$package" ] || drop_old
if [ -z "$dry" ] && [ -z "$package" ] && [ "$new" != "$(cat "$dest$RECORD")" ]; then
	printf '%s\n' "$new" | write_record
fi
