#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what building and testing osm needs, by the distribution's package manager.
# deps.sh [--build | --browser] [--check]
# --build: only what building needs (install.sh).
# --browser: what `make browser` needs, too.
# --names-build: only print what building needs, by Debian's names, for debootstrap.
# --check: only say whether everything is there (exit 0) or what is missing (exit 1).
set -eu

apt_build="gcc make pkg-config libc6-dev libjansson-dev libxml2-dev libyaml-dev libsqlite3-dev libevent-dev
 libpcre2-dev libarchive-dev libsystemd-dev libseccomp-dev libcap-ng-dev libmnl-dev libnftnl-dev libiptc-dev libssl-dev libpcap-dev
 libbpf-dev clang"
apt_test="clang libclang-rt-14-dev clang-format libcriterion-dev bats exim4-daemon-heavy apache2-bin iproute2
 util-linux procps curl openssl python3 python3-yaml perl jq mandoc xz-utils sqlite3 valgrind nftables iptables ipset
 systemd logrotate rpm dpkg-dev"
dnf_build="gcc make diffutils pkgconf-pkg-config glibc-devel jansson-devel libxml2-devel libyaml-devel sqlite-devel libevent-devel
 pcre2-devel libarchive-devel systemd-devel libseccomp-devel libcap-ng-devel libmnl-devel libnftnl-devel
 openssl-devel libpcap-devel
 libbpf-devel clang"
dnf_test="clang compiler-rt clang-tools-extra criterion-devel bats exim httpd iproute util-linux procps-ng
 curl openssl python3 python3-pyyaml perl perl-JSON-PP jq mandoc xz sqlite valgrind nftables iptables ipset systemd logrotate rpm-build"
# for `make browser` only; the rest comes by npm (tests/browser/run.sh)
apt_browser="chromium fonts-dejavu-core"
dnf_browser="chromium nodejs npm dejavu-sans-fonts"
build_only='' browser='' check=''
for word; do
	case $word in
	--build) build_only=1 apt_test='' dnf_test='' ;;
	--browser) browser=1 ;;
	--check) check=1 ;;
	--names-build) echo "$apt_build" && exit 0 ;;
	*) echo "deps: $word is none of --build, --browser, --check" >&2; exit 2 ;;
	esac
done

missing_commands() {
	if [ -n "$build_only" ]; then
		for c in gcc clang make pkg-config; do
			command -v "$c" >/dev/null 2>&1 || printf '%s ' "$c"
		done
		missing_libraries
		return
	fi
	for c in gcc clang make pkg-config bats exim4 ip curl openssl python3 perl jq mandoc sqlite3 valgrind nft ipset \
		iptables-legacy-save apache2 logrotate rpmbuild; do
		command -v "$c" >/dev/null 2>&1 || [ -x "/usr/sbin/$c" ] ||
			{ [ "$c" = exim4 ] && [ -x /usr/sbin/exim ]; } ||
			{ [ "$c" = apache2 ] && [ -x /usr/sbin/httpd ]; } || printf '%s ' "$c"
	done
	/usr/bin/python3 -c "import yaml" 2>/dev/null || printf "python3-yaml "
	missing_libraries criterion
}

missing_libraries() {
	# where apt is, it is there; see below for dnf
	! command -v apt-get >/dev/null 2>&1 || set -- libip4tc libip6tc "$@"
	for p in jansson libxml-2.0 yaml-0.1 sqlite3 libevent libpcre2-8 libarchive libsystemd libseccomp libcap-ng \
		libmnl libnftnl libcrypto libpcap libbpf "$@"; do
		pkg-config --exists "$p" 2>/dev/null || printf '%s.pc ' "$p"
	done
}

missing_browser() {
	for c in node npm setpriv; do
		command -v $c >/dev/null 2>&1 || printf '%s ' $c
	done
	command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || printf 'chromium '
}

all_missing() {
	missing_commands
	[ -z "$browser" ] || missing_browser
}

if [ -n "$browser" ]; then
	# nodejs of another source brings its own npm
	command -v node >/dev/null 2>&1 || apt_browser="$apt_browser nodejs"
	command -v npm >/dev/null 2>&1 || apt_browser="$apt_browser npm"
	apt_test="$apt_test $apt_browser"
	dnf_test="$dnf_test $dnf_browser"
fi

missing=$(all_missing)
if [ -z "$missing" ]; then
	echo "deps: everything is there"
	exit 0
fi
echo "deps: missing: $missing"
[ -z "$check" ] || exit 1
if [ "$(id -u)" != 0 ]; then
	echo "deps: run 'make deps' as root, or install these packages yourself" >&2
	exit 1
fi
if command -v apt-get >/dev/null 2>&1; then
	export DEBIAN_FRONTEND=noninteractive
	# exim's package would start a mail server on this machine: policy-rc.d says no for the moment.
	# (What building needs starts nothing. One of ours that is there was left by a kill.)
	policy=/usr/sbin/policy-rc.d
	if [ -z "$build_only" ] && { [ ! -e $policy ] || grep -q "osm's tests/deps.sh" $policy; }; then
		trap 'rm -f $policy' EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		printf "#!/bin/sh\n# for a moment, by osm's tests/deps.sh\nexit 101\n" >$policy
		chmod 755 $policy
	fi
	apt-get update -qq
	# shellcheck disable=SC2086
	apt-get install -y -qq --no-install-recommends $apt_build $apt_test
elif command -v dnf >/dev/null 2>&1; then
	dnf install -y -q epel-release || true
	dnf config-manager --set-enabled crb 2>/dev/null || dnf config-manager --set-enabled powertools 2>/dev/null || true
	# shellcheck disable=SC2086
	dnf install -y -q $dnf_build $dnf_test
	# libiptc: EL 8 has it in iptables-devel, EPEL 9 and Fedora in iptables-legacy-devel, EL 10
	# nowhere; without it osm is built without legacy iptables
	dnf install -y -q iptables-legacy-devel || dnf install -y -q iptables-devel || true
else
	echo "deps: neither apt-get nor dnf is here; install: $missing" >&2
	exit 1
fi
missing=$(all_missing)
if [ -n "$missing" ]; then
	echo "deps: still missing: $missing" >&2
	exit 1
fi
