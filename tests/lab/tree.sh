# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# tree.sh: makes the lab server's own /etc, /home, /var, /run and /usr/local, with cPanel's
# files in them. Sourced by lab.sh. Names are invented, domains and networks are for tests.

# user uid main-domain owner mailboxes further-domains
LAB_ACCOUNTS="osmalice 61001 alice-shop.example root info,sales alice-blog.example
osmbob 61002 bobs-garage.example root info,newsletter -
osmcarol 61003 carol.example root carol,wp -
osmdave 61004 dave-it.example osmcarol dave,support -
osmerin 61005 erin-photo.example root studio,prints -
osmfrank 61006 frank-law.example osmcarol frank,office -"

tree_make() {
	local root=$1
	mkdir -p "$root"/{etc,home,run,usr/local/cpanel/bin}
	mkdir -p "$root"/var/{log,tmp,lib,spool/mail,spool/exim,cpanel/users,lock} || return 1
	mkdir -p "$root"/var/cpanel/email_send_limits/{track,users} \
		"$root"/var/cpanel/email_holds/track
	ln -s /run "$root/var/run"
	chmod 1777 "$root/var/tmp"
	tree_etc "$root/etc" && tree_users "$root" && tree_accounts "$root" &&
		tree_exim "$root" && tree_panel "$root"
}

# What programs need of the machine's own /etc; no secrets.
tree_etc() {
	local etc=$1 f
	for f in alternatives ld.so.cache ld.so.conf ld.so.conf.d localtime timezone services \
		protocols gai.conf perl; do
		[ ! -e "/etc/$f" ] || cp -a "/etc/$f" "$etc/"
	done
	mkdir -p "$etc/ssl" "$etc/osm"
	[ ! -e /etc/ssl/openssl.cnf ] || cp /etc/ssl/openssl.cnf "$etc/ssl/"
	printf '%s\n' 'passwd: files' 'group: files' 'shadow: files' 'hosts: files dns' \
		>"$etc/nsswitch.conf"
	printf '%s\n' '127.0.0.1 localhost' '192.0.2.10 server1.lab-hosting.example server1' \
		>"$etc/hosts"
	echo 'nameserver 198.51.100.53' >"$etc/resolv.conf"
	echo 'server1.lab-hosting.example' >"$etc/hostname"
}

tree_users() {
	local etc=$1/etc user uid domain owner boxes more
	awk -F: '$3 < 1000 || $1 == "nobody"' /etc/passwd >"$etc/passwd"
	awk -F: '$3 < 1000 || $1 == "nogroup"' /etc/group >"$etc/group"
	for user in mailnull:60047 mailman:60048 cpanel:60049; do
		uid=${user#*:}
		user=${user%:*}
		sed -i "/^$user:/d" "$etc/passwd" "$etc/group"
		echo "$user:x:$uid:$uid::/var/spool/$user:/usr/sbin/nologin" >>"$etc/passwd"
		echo "$user:x:$uid:" >>"$etc/group"
	done
	while read -r user uid domain owner boxes more; do
		echo "$user:x:$uid:$uid::/home/$user:/bin/bash" >>"$etc/passwd"
		echo "$user:x:$uid:" >>"$etc/group"
	done <<<"$LAB_ACCOUNTS"
	sed 's/:.*/:*:19000:0:99999:7:::/' "$etc/passwd" >"$etc/shadow"
	chmod 600 "$etc/shadow"
}

tree_accounts() {
	local root=$1 etc=$1/etc user uid domain owner boxes more d b home
	: >"$etc/trueuserdomains"
	while read -r user uid domain owner boxes more; do
		home=$root/home/$user
		mkdir -p "$home/public_html" "$home/etc" "$home/mail"
		echo "$domain: $user" >>"$etc/trueuserdomains"
		echo "$user: $owner" >>"$etc/trueuserowners"
		echo "$user: $domain" >>"$etc/domainusers"
		printf 'USER=%s\nOWNER=%s\nDNS=%s\nPLAN=default\n' "$user" "$owner" "$domain" \
			>"$root/var/cpanel/users/$user"
		for d in $domain ${more/-/}; do
			echo "$d: $user" >>"$etc/userdomains"
			echo "$d" >>"$etc/localdomains"
			mkdir -p "$home/etc/$d"
			for b in ${boxes//,/ }; do
				echo "$b:\$6\$lab\$lab:19000::::::" >>"$home/etc/$d/shadow"
				echo "$b@$d: secret-$b" >>"$etc/lab-passwords"
			done
		done
		chown -R "$uid:$uid" "$home"
		chown "$uid:8" "$home"/etc/*/shadow # Exim asks it, as group mail
		chmod 640 "$home"/etc/*/shadow
		chmod 711 "$home"
		chmod 755 "$home/public_html"
	done <<<"$LAB_ACCOUNTS"
	echo '*: nobody' >>"$etc/userdomains"
	echo 'server1.lab-hosting.example' >>"$etc/localdomains"
	: >"$etc/outgoing_mail_hold_users"
	: >"$etc/outgoing_mail_suspended_users"
	chown 0:8 "$etc/lab-passwords"
	chmod 640 "$etc/lab-passwords"
}

tree_exim() {
	local root=$1 etc=$1/etc mail
	mail=$(awk -F: '$1 == "mail" { print $3 }' "$etc/group")
	# Debian's and Red Hat's binaries look for their own paths, administrators for cPanel's.
	install -D -m 644 "$LAB_SOURCE/exim.conf" "$etc/exim4/exim4.conf"
	install -D -m 644 "$LAB_SOURCE/exim.conf" "$etc/exim/exim.conf"
	install -m 644 "$LAB_SOURCE/exim.conf" "$etc/exim.conf"
	install -m 644 "$LAB_SOURCE/exim.pl" "$etc/exim.pl"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
		-subj /CN=server1.lab-hosting.example -keyout "$etc/exim.key" \
		-out "$etc/exim.crt" 2>/dev/null || return 1
	chown "60047:$mail" "$etc/exim.key" "$root/var/log" "$root/var/spool/exim" \
		"$root/var/spool/mail"
	chown -R "60047:$mail" "$root/var/cpanel/email_send_limits/track" \
		"$root/var/cpanel/email_holds"
	chmod 640 "$etc/exim.key"
	chmod 750 "$root/var/spool/exim"
}

tree_panel() {
	local bin=$1/usr/local/cpanel/bin
	install -m 755 "$LAB_SOURCE/doubles/apitool" "$bin/apitool"
	ln -s apitool "$bin/whmapi1"
	ln -s apitool "$bin/uapi"
	echo 11.134.0.5 >"$1/usr/local/cpanel/version"
}
