#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# debian.sh FOLDER [SUITE [MIRROR]]: a fresh Debian (bookworm) or Ubuntu (jammy, noble) tree below
# FOLDER, made by debootstrap, with what building osm and the tests of installing need. Used as
# MACHINE_BASE by tests/lab/machine.sh. Fine when it is there already.
set -eu

folder=$1
suite=${2:-bookworm}
script=''
case $suite in
jammy | noble)
	mirror=${3:-http://archive.ubuntu.com/ubuntu}
	components=main,universe
	script=/usr/share/debootstrap/scripts/gutsy # Ubuntu's, of all its releases
	;;
*)
	mirror=${3:-http://deb.debian.org/debian}
	components=main
	;;
esac
[ ! -e "$folder/.osm-tree" ] || exit 0
command -v debootstrap >/dev/null || { echo "debian.sh: debootstrap is needed" >&2; exit 1; }
build=$(cd "$(dirname "$0")/../.." && sh tests/deps.sh --names-build | tr -s ' \n' ',,')
debootstrap --variant=minbase --components="$components" --include="systemd,systemd-sysv,dbus,\
iproute2,procps,exim4-daemon-heavy,jq,python3,sqlite3,nftables,iptables,ipset,perl,openssl,logrotate,\
rpm,dpkg-dev,git,bsdutils,bsdextrautils,${build%,}" "$suite" "$folder" "$mirror" $script
touch "$folder/.osm-tree"
