#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# machine.sh: a whole machine of its own to install into: this system's files under an overlay that
# is thrown away, booted by a real systemd in namespaces of its own, with cPanel's files and doubles
# of its programs in it (or, with --plain, as a host with Exim and without a panel).
#
#   machine.sh missing                 why a machine can't run here; nothing when it can
#   machine.sh up DIR [--plain]        make it and boot it
#   machine.sh run DIR CMD...          run a command in it
#   machine.sh files DIR               what is in it that is not this system's, a line each
#   machine.sh down DIR                end it; fine when it is gone already
#
# MACHINE_BASE=/folder in the environment: over that tree (made by debootstrap, say) instead of this
# system's files. The source's folder is at the same path in it. Nothing in it reaches this system: what it writes
# is in memory, its processes end with its PID 1, its network has no way out.
set -euo pipefail

LAB_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TOP=$(cd "$LAB_SOURCE/../.." && pwd)
MACHINE_BASE=${MACHINE_BASE:-/}
MACHINE_LIFE=${MACHINE_LIFE:-1800} # seconds; a forgotten machine ends by itself

# shellcheck source=tests/lab/tree.sh
. "$LAB_SOURCE/tree.sh"

die() {
	echo "machine: $*" >&2
	exit 1
}

systemd_at() {
	local s
	for s in /lib/systemd/systemd /usr/lib/systemd/systemd; do
		[ -x "${MACHINE_BASE%/}$s" ] && { echo "$s"; return 0; }
	done
	return 1
}

machine_missing() {
	[ "$(id -u)" = 0 ] || { echo "not root"; return; }
	systemd_at >/dev/null || { echo "no systemd"; return; }
	unshare --mount --pid --fork --cgroup --uts --ipc --net --kill-child bash -c '
		d=$(mktemp -d) && mount -t tmpfs t "$d" && mkdir "$d"/{u,w,m,c} &&
		mount -t overlay o -o "lowerdir=/,upperdir=$d/u,workdir=$d/w" "$d/m" &&
		mount -t cgroup2 c "$d/c"; code=$?; umount -R "$d"; rmdir "$d"; exit $code' \
		2>/dev/null || echo "no overlay, cgroup2 or namespaces"
}

# ---- inside: before systemd --------------------------------------------------------------

init_files() { # the machine's root is the working directory
	local d
	mount -t proc proc proc
	mount -t sysfs sysfs sys
	mount -t cgroup2 cgroup sys/fs/cgroup
	mount -t tmpfs -o mode=755 run run
	mount -t tmpfs -o mode=1777 tmp tmp
	mount -t tmpfs -o mode=755 dev dev
	mkdir -m 755 dev/pts dev/shm
	mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
	for d in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
		mknod -m 666 "dev/${d%%:*}" c "$(cut -d: -f2 <<<"$d")" "${d##*:}"
	done
	if [ ! -e ".$LAB_TOP/Makefile" ]; then # on a file system of its own
		mkdir -p ".$LAB_TOP"
		mount --bind "$LAB_TOP" ".$LAB_TOP"
	fi
}

# Only what a test starts runs in it: none of what each service is started behind (udev, the
# cleaning of /tmp, timers).
init_units() {
	local unit
	for unit in {usr/,}lib/systemd/system/{sysinit,sockets,timers,local-fs,basic}.target.wants/*; do
		[ ! -L "$unit" ] || ln -sf /dev/null "etc/systemd/system/${unit##*/}"
	done
	rm -rf etc/systemd/system/*.wants etc/systemd/system/default.target
	ln -s /etc/systemd/system/lab.target etc/systemd/system/default.target
	printf '[Unit]\nDescription=what the tests start\n' >etc/systemd/system/lab.target
	tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
}

# cPanel's files and doubles; without --plain.
init_panel() { # TREE
	rm -f etc/resolv.conf # often a link to nowhere
	cp -a "$1/etc" "$1/home" .
	rmdir etc/osm
	mkdir -p usr/local var/spool
	cp -a "$1/var/cpanel" var/
	cp -a "$1/usr/local/cpanel" usr/local/
	local bin=usr/local/cpanel/bin p
	mkdir -p usr/local/cpanel/{scripts,3rdparty/bin} var/cpanel/{apps,hooks/data} etc/chkserv.d \
		usr/local/cpanel/whostmgr/docroot/{cgi,addon_plugins}
	for p in register_appconfig unregister_appconfig manage_hooks; do
		install -m 755 "$LAB_SOURCE/doubles/registry" "$bin/$p"
	done
	install -m 755 "$LAB_SOURCE/doubles/registry" usr/local/cpanel/scripts/restartsrv_chkservd
	printf 'exim:1\nhttpd:1\n' >etc/chkserv.d/chkservd.conf
}

# A host with Exim alone: users, no panel.
init_plain() { # TREE
	cp -a "$1/home" .
	cp -a "$1"/etc/{passwd,group,shadow,exim4,exim.conf,exim.pl,exim.key,exim.crt} etc/
	mkdir -p var/spool/exim
}

machine_init() { # DIR KIND
	local dir=$1 kind=$2
	umask 022
	cd "$dir"
	mount -t tmpfs machine space
	mkdir space/{up,work,root,tree}
	# the host's own panel, csf or osm must not show
	mount -t overlay machine -o "lowerdir=$MACHINE_BASE,upperdir=space/up,workdir=space/work" space/root
	rm -rf space/root/{etc/osm,etc/csf,var/lib/osm,usr/local/cpanel,var/cpanel}
	tree_make "$dir/space/tree"
	# this system's own, which the lab needs and a machine has
	(cd "$dir/space/tree/etc" && rm -rf alternatives ld.so.* perl ssl localtime)
	cd space/root
	init_files
	init_units
	"init_$kind" "$dir/space/tree"
	ip link set lo up
	mkdir -p -m 750 var/spool/exim
	install -m 640 /dev/null var/log/exim_mainlog
	chown --reference="$dir/space/tree/var/spool/exim" var/log var/log/exim_mainlog var/spool/exim
	exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . "$(systemd_at)" \
		--system --log-target=console --show-status=no
}

# ---- outside ----------------------------------------------------------------------------

inside() { # DIR CMD...
	local pid
	pid=$(cat "$1/inner.pid")
	shift
	nsenter -t "$pid" -m -n -p -u -i -C -r -w -- env -i HOME=/root LANG=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "$@"
}

machine_up() { # DIR [--plain]
	local dir=$1 kind=panel outer why n
	[ "${2:-}" != --plain ] || kind=plain
	why=$(machine_missing)
	[ -z "$why" ] || die "can't run here: $why"
	mkdir -p "$dir/space"
	dir=$(cd "$dir" && pwd)
	touch "$dir/.osm-machine"
	setsid timeout -s KILL "$MACHINE_LIFE" unshare --net --mount --pid --ipc --uts --cgroup --fork --kill-child \
		bash -c 'exec 3>&- 4>&- 5>&- 6>&-; exec bash "$0" init "$1" "$2"' \
		"$LAB_SOURCE/machine.sh" "$dir" "$kind" </dev/null >"$dir/log" 2>&1 3>&- 4>&- 5>&- 6>&- &
	outer=$!
	echo "$outer" >"$dir/outer.pid"
	for n in $(seq 300); do
		kill -0 "$outer" 2>/dev/null || { cat "$dir/log" >&2; die "did not boot"; }
		if find_inner "$dir" && inside "$dir" systemctl is-active -q lab.target 2>/dev/null; then
			return
		fi
		sleep 0.1
	done
	cat "$dir/log" >&2
	die "did not boot"
}

# outer is timeout, its child unshare, and that one's child the machine's PID 1.
find_inner() {
	local pid level
	pid=$(cat "$1/outer.pid")
	for level in 1 2; do
		pid=$(tr -d ' ' <"/proc/$pid/task/$pid/children")
		[ -n "$pid" ] || return 1
	done
	echo "$pid" >"$1/inner.pid"
}

# Seen from outside the machine's root, where the overlay's upper folder is.
machine_files() {
	local dir pid
	dir=$(cd "$1" && pwd)
	pid=$(cat "$dir/outer.pid")
	pid=$(tr -d ' ' <"/proc/$pid/task/$pid/children")
	nsenter -t "$pid" -m -- /usr/bin/python3 "$LAB_SOURCE/machine_files.py" \
		"$dir/space/up" "$dir/space/root" "$MACHINE_BASE"
}

machine_down() {
	local pid
	[ -e "$1/.osm-machine" ] || return 0
	for pid in inner outer; do
		[ ! -s "$1/$pid.pid" ] || kill -KILL "$(cat "$1/$pid.pid")" 2>/dev/null || true
	done
	if [ -s "$1/outer.pid" ]; then
		timeout 10 tail --pid="$(cat "$1/outer.pid")" -f /dev/null 2>/dev/null || true
	fi
	rm -rf --one-file-system "$1"
}

verb=${1:-}
[ $# -gt 0 ] && shift
case $verb in
missing) machine_missing ;;
init) machine_init "$@" ;;
run) inside "$@" ;;
up | files | down) "machine_$verb" "$@" ;;
*) die "usage: machine.sh missing|up|run|files|down DIR ... (see the head of this file)" ;;
esac
