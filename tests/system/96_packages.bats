#!/usr/bin/env bats
# The tarballs and the packages: made, installed on a machine of its own, at work, taken away.

load helpers
load machine
setup_file() { machine_begin; }
teardown() { machine_end; }

pack() { (cd "$TOP" && sh osmd/pack.sh "$1" "$BATS_TEST_TMPDIR"); }
same_as_before() { # without what Exim and the panel's doubles leave
	content | grep -v '/var/cpanel/\|/var/mail\|/var/spool\|/run/\|/var/lib/\(dpkg\|rpm\)\|/var/log/\(dpkg\|alt\|apt\)\|/var/cache' |
		if [ $# -gt 0 ]; then grep -vE "$@"; else cat; fi
}

@test "make dist gives the same bytes again, from another folder and at another time" {
	local a b copy=$BATS_TEST_TMPDIR/copy
	[ -e "$TOP/.git" ] || skip "not a git checkout"
	a=$(sha256sum <"$(pack dist)")
	git clone -q "$TOP" "$copy"
	# what is not committed here is not there
	git -C "$TOP" diff --quiet HEAD || (cd "$TOP" && git diff HEAD --binary | git -C "$copy" apply)
	find "$copy" -name '*.c' -exec touch {} +
	b=$(sha256sum <"$(cd "$copy" && umask 077 && TZ=Asia/Tokyo LC_ALL=C sh osmd/pack.sh dist "$BATS_TEST_TMPDIR/other")")
	same "$a" "$b"
}

@test "the source tarball unpacks, builds by install.sh on the machine, is installed and does its job" {
	machine
	on sh -c 'cat >/tmp/osm.tar.gz' <"$(pack dist)"
	on sh -c 'cd /tmp && tar xzf osm.tar.gz'
	on test ! -e /tmp/osm-0.1.0/build
	run on env MAKEFLAGS=-j2 CFLAGS=-O1 sh /tmp/osm-0.1.0/install.sh
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"- build the programs"*"osm 0.1.0 is installed."* ]]
	same "$(on osm version)" "osm 0.1.0"
	run on sh /tmp/osm-0.1.0/install.sh
	[[ $output = *"the programs in build/ fit this system"* ]]
	does_its_job
	on sh /etc/osm/uninstall.sh
	on test ! -e /usr/sbin/osm
}

@test "the tarball with programs is installed as it is" {
	machine
	on sh -c "cd '$TOP' && sh osmd/pack.sh binary /tmp"
	on sh -c 'cd /tmp && tar xzf osm-0.1.0-*.tar.gz'
	run on sh /tmp/osm-0.1.0/install.sh
	[ "$status" = 0 ]
	[[ $output = *"the programs in build/ fit this system"* ]]
	does_its_job
	# programs that do not run here are not used
	on sh -c 'echo "#!/bin/false" >/tmp/osm-0.1.0/build/osm'
	run on sh /tmp/osm-0.1.0/install.sh --dry-run
	[[ $output = *"- build the programs"* ]]
}

@test "the Debian package: installed, at work, upgraded, removed, purged: as before" {
	machine
	on sh -c 'command -v dpkg-shlibdeps' || skip "no dpkg-dev"
	local deb
	deb=$(on sh -c "cd '$TOP' && sh osmd/pack.sh deb /tmp")
	on sh -c "cd '$TOP' && sh osmd/pack.sh deb /tmp/again"
	on cmp "$deb" "/tmp/again/${deb##*/}"
	same_as_before >"$BATS_TEST_TMPDIR/before"
	run on dpkg -i "$deb"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"osm only reports until told otherwise"* ]]
	same "$(property ActiveState):$(on systemctl is-enabled osmd)" active:enabled
	panel_is_fine
	run on sh -c "cd '$TOP' && exec sh install.sh"
	[ "$status" = 1 ]
	[[ $output = *"installed as a package"* ]]
	does_its_job
	on sh -c 'echo user:osmfrank >>/etc/osm/osm.ignore'
	on dpkg -i "$deb"
	on grep -q user:osmfrank /etc/osm/osm.ignore
	on osm hold osmbob
	run on dpkg -r osm
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"osmbob"*"stays in force"* ]]
	on test -e /etc/osm/osm.conf
	on test -e /var/lib/osm/osm.db
	on test ! -e /var/cpanel/apps/osm.conf
	on dpkg -P osm
	same_as_before outgoing_mail | diff <(grep -v outgoing_mail "$BATS_TEST_TMPDIR/before") -
}

@test "the RPM package: installed, at work, removed; only settings and reports stay" {
	machine
	on sh -c 'command -v rpmbuild' || skip "no rpmbuild"
	local rpm
	rpm=$(on sh -c "cd '$TOP' && sh osmd/pack.sh rpm /tmp")
	same_as_before >"$BATS_TEST_TMPDIR/before"
	# this system's libraries are not in rpm's database
	run on rpm --dbpath /var/lib/rpm --nodeps -i "$rpm"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output = *"osm only reports until told otherwise"* ]]
	same "$(on rpm --dbpath /var/lib/rpm -V --nodeps osm)" ""
	same "$(property ActiveState):$(on systemctl is-enabled osmd)" active:enabled
	panel_is_fine
	does_its_job
	run on rpm --dbpath /var/lib/rpm --nodeps -e osm
	echo "$output"
	[ "$status" = 0 ]
	same_as_before | diff "$BATS_TEST_TMPDIR/before" - >"$BATS_TEST_TMPDIR/diff" || true
	same "$(grep -vE '^> /(etc/osm|var/lib/osm|var/log/osmd)' "$BATS_TEST_TMPDIR/diff" | grep '^[<>]')" ""
	on test -e /etc/osm/osm.conf
}

@test "where libiptc is not there (EL 10), osm is built without legacy iptables, and says so" {
	machine
	on sh -c "cd '$TOP' && make -s -j2 B=/root/plain IPTC= /root/plain/osm"
	run on ldd /root/plain/osm
	[[ $output != *libip4tc* && $output = *libnftnl* ]]
	on sh -c 'mkdir -p /etc/osm && echo "FIREWALL = \"iptables\"" >/etc/osm/osm.conf'
	run on /root/plain/osm check
	grep -q 'osm was built without libiptc' <<<"$output"
	on sh -c 'echo "FIREWALL = \"auto\"" >/etc/osm/osm.conf'
	run on /root/plain/osm check
	grep -q '^OK  *firewall  *nft' <<<"$output"
}
