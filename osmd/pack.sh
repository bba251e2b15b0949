#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# pack.sh dist|binary|deb|rpm [FOLDER]: into FOLDER (build/dist) one of
#
#   dist     osm-VERSION.tar.gz: the source; the same bytes from the same commit, wherever made
#   binary   osm-VERSION-SYSTEM-MACHINE.tar.gz: with the programs built here, for install.sh
#   deb rpm  a package of the programs built here, with what they need
#
# Run from the top of the source. What a package is, is described once, here; what lies in it, by
# osmd/files.list; what is done after it is laid and before it goes, by osm-setup.
set -eu
umask 022

NAME=osm
VERSION=$(sed -n 's/^#define OSM_VERSION "\(.*\)"/\1/p' osmd/base/version.h)
SUMMARY="Outgoing spam monitor for cPanel and Exim servers"
DESCRIPTION="osm watches how mail leaves a hosting server, counts it per mailbox, account, path
and subject in sliding windows, and when a count exceeds its limit it writes a
report with the evidence and acts: from telling to holding a mailbox's mail."
LICENSE=GPL-2.0-or-later
MAINTAINER="the osm authors <osm@localhost>"
PROGRAMS="build/osmd build/osm build/osm-hook build/osm-whm"

# Time of the commit (or of the newest file of a release): what is packed has no other.
epoch() {
	if [ -e .git ] && command -v git >/dev/null; then
		git log -1 --format=%ct
	else
		stat -c %Y CHANGELOG.md
	fi
}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(epoch)}
export SOURCE_DATE_EPOCH

die() {
	echo "pack: $*" >&2
	exit 1
}

tarball() { # FILE, and the list of files below FOLDER on the standard input
	tar --create --no-recursion --files-from=- --sort=name --format=ustar --owner=0 --group=0 \
		--numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --mode=u+rw,go=rX \
		--transform="s|^|$NAME-$VERSION/|" | gzip -9n >"$1.new"
	mv "$1.new" "$1"
	echo "$1"
}

sources() {
	if [ -e .git ]; then
		git ls-files
	else
		find . -type f ! -path './build/*' -printf '%P\n'
	fi
}

pack_dist() { sources | LC_ALL=C sort | tarball "$out/$NAME-$VERSION.tar.gz"; }

pack_binary() {
	system=$(. /etc/os-release && echo "$ID${VERSION_ID%%.*}")
	{
		sources
		printf '%s\n' $PROGRAMS
	} | LC_ALL=C sort | tarball "$out/$NAME-$VERSION-$system-$(uname -m).tar.gz"
}

# ---- packages -----------------------------------------------------------------------------

# The package's root, with stripped programs and the same times everywhere.
lay_root() {
	sh osmd/lay.sh --package "$root" >/dev/null
	strip "$root/usr/sbin/osmd" "$root/usr/sbin/osm" "$root/usr/libexec/osm/osm-whm" \
		"$root/usr/libexec/osm/panel/osm-hook"
	gzip -9n "$root"/usr/share/man/man?/*
	find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# What an administrator edits.
config_files() { sed -n 's/^c [0-7]* [^ ]* *//p' osmd/files.list; }

# What a package leaves at its removal, and takes away when it is purged.
PURGE='rm -f /etc/osm/osm.conf /etc/osm/osm.disable /etc/osm/report.txt /var/log/osmd.log /var/log/osmd.log.*
rm -rf /var/lib/osm /run/osm /usr/libexec/osm
rmdir /etc/osm 2>/dev/null || true'

# A package can't ask: what is in force stays so, and is listed.
TELL_IN_FORCE='if [ -e /var/lib/osm/osm.db ] && /usr/sbin/osm inforce 2>/dev/null | grep "^ *[0-9]"; then
	echo "osm: the above stays in force; undo it in the panel (osm undo works before the removal only)"
fi'
RELOAD='[ ! -d /run/systemd/system ] || systemctl daemon-reload'

deb_depends() { # the libraries' packages
	mkdir -p "$work/debian"
	printf 'Source: %s\n\nPackage: %s\nArchitecture: any\n' $NAME $NAME >"$work/debian/control"
	(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info "$root/usr/sbin/osmd" "$root/usr/sbin/osm" \
		"$root/usr/libexec/osm/osm-whm" "$root/usr/libexec/osm/panel/osm-hook" 2>/dev/null) |
		sed -n 's/^shlibs:Depends=//p'
}

deb_script() { # NAME, and the body on the standard input
	{
		echo '#!/bin/sh'
		echo 'set -e'
		cat
	} >"$root/DEBIAN/$1"
	chmod 755 "$root/DEBIAN/$1"
}

pack_deb() {
	command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null ||
		die "dpkg-deb and dpkg-shlibdeps (package dpkg-dev) are needed"
	lay_root
	mkdir "$root/DEBIAN"
	config_files >"$root/DEBIAN/conffiles"
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: %s\n' $NAME "$VERSION" \
			"$(dpkg --print-architecture)" "$MAINTAINER"
		printf 'Section: mail\nPriority: optional\nDepends: %s, util-linux\n' "$(deb_depends)"
		printf 'Installed-Size: %s\n' "$(du -ks --apparent-size "$root/usr" | cut -f1)"
		printf 'Description: %s\n' "$SUMMARY"
		echo "$DESCRIPTION" | sed 's/^/ /'
	} >"$root/DEBIAN/control"
	# a part that cPanel refuses must not leave the package half configured: it was said
	echo '[ "$1" != configure ] || /usr/libexec/osm/osm-setup up || true' | deb_script postinst
	printf '[ "$1" = remove ] || exit 0\n%s\n/usr/libexec/osm/osm-setup down || true\n' \
		"$TELL_IN_FORCE" | deb_script prerm
	printf '%s\n[ "$1" = purge ] || exit 0\n%s\n' "$RELOAD" "$PURGE" | deb_script postrm
	file=$out/${NAME}_${VERSION}_$(dpkg --print-architecture).deb
	dpkg-deb --root-owner-group --build "$root" "$file" >/dev/null
	echo "$file"
}

rpm_files() {
	while read -r kind mode source target; do
		case $kind in
		d) echo "%dir %attr($mode,root,root) $source" ;;
		c) echo "%config(noreplace) %attr($mode,root,root) $target" ;;
		f)
			case $target in
			/usr/share/man/*) target=$target.gz ;;
			esac
			echo "%attr($mode,root,root) $target"
			;;
		esac
	done <osmd/files.list
}

rpm_spec() {
	cat <<-SPEC
		Name: $NAME
		Version: $VERSION
		Release: 1
		Summary: $SUMMARY
		License: $LICENSE
		Requires: util-linux diffutils
		%define __os_install_post %{nil}
		%define _build_id_links none
		%define debug_package %{nil}

		%description
		$DESCRIPTION

		%install
		cp -a $root/. %{buildroot}/

		%post
		/usr/libexec/osm/osm-setup up || true

		%preun
		[ "\$1" = 0 ] || exit 0
		$TELL_IN_FORCE
		/usr/libexec/osm/osm-setup down || true

		%postun
		$RELOAD

		%files
		$(rpm_files)
	SPEC
}

pack_rpm() {
	command -v rpmbuild >/dev/null || die "rpmbuild (package rpm, or rpm-build) is needed"
	lay_root
	rpm_spec >"$work/$NAME.spec"
	rpmbuild -bb --quiet --buildroot "$work/buildroot" --define "_topdir $work/top" \
		--define "_rpmdir $out" --define "_rpmfilename $NAME-$VERSION-1.%{ARCH}.rpm" \
		--define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" \
		--define "_buildhost localhost" "$work/$NAME.spec"
	ls "$out/$NAME-$VERSION-1."*.rpm
}

[ -f osmd/files.list ] || die "run it from the top of the source"
out=${2:-build/dist}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
root=$work/root
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
case ${1:-} in
dist | binary | deb | rpm) "pack_$1" ;;
*) die "usage: pack.sh dist|binary|deb|rpm [FOLDER]" ;;
esac
