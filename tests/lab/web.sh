#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# web.sh DIR: a real Apache in the lab at DIR, on http://192.0.2.10:8080 with the page
#   /osm.cgi          stand-alone: the compiled program alone, Apache asks for the password
#   /cpsess0123456789/cgi/configserver/osm.cgi   whm/osm.cgi inside doubles of WHM's modules
# Users: root and osmalice, password "lab". It ends with the lab.
#
# A web server's CGI programs run as its own user; cPanel's run as root. So that Apache can
# stand for it, its children keep the right to become root, and a line of setpriv does so.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab=$1
root=$lab/root
www=$root/var/www/lab
modules=/usr/lib/apache2/modules
[ -d $modules ] || modules=/etc/httpd/modules

apache() {
	local a
	for a in /usr/sbin/apache2 /usr/sbin/httpd; do
		[ ! -x $a ] || { echo $a; return; }
	done
	echo "web: no Apache here" >&2
	return 1
}

as_root() { # FILE PROGRAM [VARIABLE...]: a CGI program that runs PROGRAM as root
	{
		echo '#!/bin/sh'
		[ -z "${3:-}" ] || printf 'export %s\n' "${@:3}"
		echo "exec /usr/bin/setpriv --reuid=0 --regid=0 --clear-groups $2"
	} >"$1"
	chmod 755 "$1"
}

mkdir -p "$www/bare" "$www/whm/cgi/configserver" "$root/var/log/apache"
as_root "$www/bare/osm.cgi" /usr/local/osm/build/osm-whm
ln -sfnT /usr/local/osm/whm "$www/bare/osm"
install -D -m 700 "$here/../../whm/osm.cgi" "$root/usr/local/cpanel/whostmgr/docroot/cgi/configserver/osm.cgi"
as_root "$www/whm/cgi/configserver/osm.cgi" \
	"/usr/bin/perl -I/usr/local/osm/tests/lab/doubles/perl /usr/local/cpanel/whostmgr/docroot/cgi/configserver/osm.cgi" \
	OSM_PROGRAM=/usr/local/osm/build/osm-whm 'cp_security_token=/cpsess0123456789'
ln -sfnT /usr/local/osm/whm "$www/whm/cgi/configserver/osm"
for user in root osmalice; do
	echo "$user:$(openssl passwd -apr1 lab)"
done >"$www/users"

{
	for m in mpm_prefork cgi alias auth_basic authn_file authn_core authz_user authz_core \
		env mime dir unixd; do
		[ ! -e "$modules/mod_$m.so" ] || echo "LoadModule ${m}_module $modules/mod_$m.so"
	done
	cat <<-'CONF'
	ServerName 192.0.2.10
	ServerRoot /var/www/lab
	Listen 192.0.2.10:8080
	User nobody
	Group mail
	PidFile /var/www/lab/httpd.pid
	ErrorLog /var/log/apache/error_log
	DocumentRoot /var/www/lab/bare
	TypesConfig /dev/null
	AddHandler cgi-script .cgi
	AddType text/css .css
	AddType text/javascript .js
	AddType image/png .png
	<Directory />
		AuthType Basic
		AuthName "lab"
		AuthUserFile /var/www/lab/users
		Require valid-user
		Options +ExecCGI +FollowSymLinks
	</Directory>
	Alias /cpsess0123456789 /var/www/lab/whm
	CONF
} >"$www/httpd.conf"
chmod 755 "$root/var/www" "$www"

"$here/lab.sh" run "$lab" setpriv --inh-caps +setuid,+setgid --ambient-caps +setuid,+setgid --securebits +no_setuid_fixup \
	"$(apache)" -f /var/www/lab/httpd.conf -k start
# shellcheck source=tests/lab/wait.sh
. "$here/wait.sh"
wait_until 10 test -s "$www/httpd.pid"
