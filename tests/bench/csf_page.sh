#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# csf_page.sh SOURCE COMMAND...: runs COMMAND where csf's own page can be asked: SOURCE (the csf
# folder of an unpacked release) stands at csf's paths, in mount and network namespaces of their
# own. cPanel's modules that the page loads are doubles that do nothing, so that the page starts
# faster here than on a server. The page: perl $CSF_CGI.
set -euo pipefail
source=$(cd "$1" && pwd)
places=(/etc/csf /usr/local/csf /var/lib/csf /usr/local/cpanel)
shift
if [ "${CSF_INSIDE:-}" != 1 ]; then
	here=$(cd "$(dirname "$0")" && pwd)
	made=()
	for dir in "${places[@]}"; do
		[ -d "$dir" ] || { mkdir "$dir" && made+=("$dir"); }
	done
	trap '[ ${#made[@]} = 0 ] || rmdir "${made[@]}"' EXIT
	CSF_INSIDE=1 unshare -mn --propagation private bash "$here/csf_page.sh" "$source" "$@"
	exit
fi
for dir in "${places[@]}"; do mount -t tmpfs none "$dir"; done
mkdir -p /usr/local/csf/lib /var/lib/csf/{stats,lock,ui,zone} /usr/local/cpanel/Cpanel/Version /usr/local/cpanel/Whostmgr
cp -r "$source"/{ConfigServer,Net,Crypt,HTTP,JSON,Module} /usr/local/csf/lib/ 2>/dev/null || cp -r "$source/ConfigServer" /usr/local/csf/lib/
cp "$source"/csf.* "$source/version.txt" /etc/csf/
cp "$source/sanity.txt" /usr/local/csf/lib/ 2>/dev/null || true
# as a server has it where csf runs without trouble: nothing to be asked from outside
sed -i -e 's/^TESTING = .*/TESTING = "0"/' -e 's/^ST_ENABLE = .*/ST_ENABLE = "0"/' \
	-e 's/^WAITLOCK = .*/WAITLOCK = "0"/' -e 's#^IPTABLES = .*#IPTABLES = "/usr/sbin/iptables"#' /etc/csf/csf.conf

module() { # NAME TEXT
	local file=/usr/local/cpanel/${1//:://}.pm
	mkdir -p "$(dirname "$file")"
	printf 'package %s;\n%s\n1;\n' "$1" "$2" >"$file"
}
module Cpanel::Form 'sub parseform { return map { split /=/, $_, 2 } split /&/, $ENV{QUERY_STRING} // "" }'
module Cpanel::Config ''
module Cpanel::Rlimit 'sub set_rlimit_to_infinity { }'
module Cpanel::Version::Tiny 'our $major_version = 120;'
module Cpanel::Template 'sub process_template { print $_[1]{csf_output} }'
module Whostmgr::ACLS 'sub init_acls { } sub hasroot { 1 }'
export CSF_CGI=$source/cpanel/csf.cgi GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET QUERY_STRING= REMOTE_USER=root
exec "$@"
