# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# The lab Exim's embedded Perl: writes the lines that cPanel's writes and obeys cPanel's
# lists of held and suspended senders, read afresh for each message.
use strict;
use warnings;

my $LIMITS = '/var/cpanel/email_send_limits/track';
my $HOLDS = '/var/cpanel/email_holds/track';
my %identified;

# The value of KEY in a file of "key: value" lines; keys are compared in lower case.
sub lookup_map {
	my ($file, $key) = @_;
	open my $in, '<', $file or return '';
	while (my $line = <$in>) {
		return $2 if $line =~ /^([^:#\s]+):\s*(\S+)/ && lc $1 eq lc $key;
	}
	return '';
}

sub is_listed {
	my ($file, @keys) = @_;
	open my $in, '<', $file or return 0;
	while (my $line = <$in>) {
		chomp $line;
		return 1 if grep { length && lc $_ eq lc $line } @keys;
	}
	return 0;
}

sub owner_of_login {
	my ($login) = @_;
	return $login unless $login =~ /[\@+]([^\@+]+)\z/;
	return lookup_map('/etc/userdomains', $1);
}

# (account, its main domain, sender as cPanel names it) of the message in hand.
sub charged {
	my $login = Exim::expand_string('$authenticated_id') // '';
	my $local = Exim::expand_string('$acl_m_user') // '';
	$local = Exim::expand_string('$sender_ident') // ''
	    if $local eq '' && (Exim::expand_string('$sender_host_address') // '') eq '';
	my $user = $login ne '' ? owner_of_login($login) : $local;
	return if $user eq '';
	my $domain = lookup_map('/etc/domainusers', $user) || '-system-';
	($domain) = $login =~ /[\@+]([^\@+]+)\z/ if $login =~ /[\@+]/;
	return ($user, $domain, $login ne '' ? $login : $user);
}

sub is_suspended {
	my ($login, $user) = @_;
	my $owner = ($login // '') ne '' ? owner_of_login($login) : $user;
	return is_listed('/etc/outgoing_mail_suspended_users', $login, $owner) ? 'yes' : 'no';
}

# Does the mailbox's shadow line let it in? Neither with "!" nor with *LOCKED* before the hash.
sub may_login {
	my ($login) = @_;
	my ($local, $domain) = $login =~ /^([^\@+\/]+)[\@+]([^\@+\/]+)\z/ or return 'no';
	my $user = lookup_map('/etc/userdomains', $domain);
	open my $in, '<', (getpwnam $user)[7] . "/etc/$domain/shadow" or return 'no';
	while (my $line = <$in>) {
		return $2 =~ /^(!|\*LOCKED\*)/ ? 'no' : 'yes'
		    if $line =~ /^([^:]+):([^:]*)/ && $1 eq $local;
	}
	return 'no';
}

# One byte for each external recipient, in the hour's file (GMT).
sub count_recipient {
	my ($domain) = @_;
	my (undef, undef, $hour, $day, $month, $year) = gmtime;
	mkdir "$LIMITS/$domain", 0750;
	umask 027;
	open my $out, '>>', "$LIMITS/$domain/$hour.$day.$month.$year" or return;
	syswrite $out, '.';
}

sub mail_permissions {
	my ($user, $domain, $sender) = charged() or return '';
	my $id = Exim::expand_string('$message_exim_id');
	my $to = Exim::expand_string('$local_part@$domain');
	Exim::log_write("Sender identification U=$user D=$domain S=$sender")
	    unless $identified{$id}++;
	my ($list, $who) = ('/etc/outgoing_mail_suspended_users');
	$who = is_listed($list, $user) ? "Domain $domain" : is_listed($list, $sender) ? "Sender $sender" : '';
	return ":fail: $who has an outgoing mail suspension.  Message discarded." if $who ne '';
	$list = '/etc/outgoing_mail_hold_users';
	my $key = is_listed($list, $user) ? $domain : is_listed($list, $sender) ? $sender : '';
	if ($key ne '') {
		mkdir "$HOLDS/$key", 0750;
		open my $mark, '>', "$HOLDS/$key/$id";
		$who = $key eq $domain ? 'Domain' : 'Sender';
		return ":defer: \"$who $key has an outgoing mail hold.  Message will be reattempted later\"";
	}
	if (Exim::expand_string('${if first_delivery{1}{0}}') || glob("$HOLDS/*/$id")) {
		my $now = time;
		Exim::log_write("SMTP connection outbound $now $id $domain $to");
		count_recipient($domain);
		unlink glob("$HOLDS/*/$id");
	}
	return '';
}

# Whose process is at the other end of this connection from 127.0.0.1?
sub identify_local_connection {
	my ($port) = @_;
	open my $in, '<', '/proc/net/tcp' or return '';
	while (my $line = <$in>) {
		my (undef, undef, $local, $remote, undef, undef, undef, undef, $uid) = split ' ', " $line";
		($local, $remote, $uid) = (split ' ', $line)[1, 2, 7];
		next unless ($local // '') =~ /:([0-9A-F]{4})\z/ && hex $1 == $port;
		next unless $remote =~ /:(0019|01D1|024B)\z/;
		my $user = getpwuid $uid or next;
		Exim::log_write("SMTP connection identification H=localhost A=127.0.0.1 P=$port U=$user ID=$uid S=$user B=identify_local_connection");
		return $user;
	}
	return '';
}

sub local_mailbox {
	my ($local, $domain) = @_;
	s/[^a-z0-9._-]/_/gi for $local, $domain;
	$domain = lc $domain;
	return "/var/spool/mail/$local" if $domain eq 'server1.lab-hosting.example';
	return "/var/spool/mail/$local\@$domain";
}

1;
