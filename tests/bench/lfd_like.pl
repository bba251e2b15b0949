#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# A peer for the bench: looks at each line as lfd does with its relay, script, distributed
# login, failed login and syntax checks on: one check after the other, each with its own
# expressions, each counting in its own hash. Written for this bench from what lfd is
# documented to count; it is nobody's daemon and holds none of its code.
use strict;
use warnings;

my $stamp = qr/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4})?(?: \[\d+\])?/;
my $id = qr/[[:alnum:]]{6}-[[:alnum:]]{6,11}-[[:alnum:]]{2,4}/;
my $methods = join '|', qw(dovecot_plain dovecot_login courier_plain courier_login fixed_plain fixed_login plain login);
my (%relay, %auth, %local, %localhost, %script, %dist, %failed, %syntax, %first);

sub keep { # the first ten lines of each are what the alert shows
	my ($kind, $key, $line) = @_;
	my $kept = $first{"$kind,$key"} //= [];
	push @$kept, $line if @$kept < 10;
}

sub recipients { $_[0] =~ / for (.*)$/ ? scalar split(' ', $1) : 1 }

sub relay_check {
	my $line = shift;
	if ($line =~ /$stamp $id <= .*? U=(\S+) P=local(?: |$)/) {
		my $user = $1;
		return if $user eq 'root' or $user eq 'mailnull';
		$local{$user} += recipients($line);
		keep('local', $user, $line);
	}
	if ($line =~ /$stamp $id <= .* H=.*?\[([\d.]+|[\da-fA-F:]+)\](?::\d+)? .*P=e?smtps?a .*A=(?:$methods):(\S+)/) {
		my $address = $1;
		$auth{$address} += recipients($line);
		keep('auth', $address, $line);
	} elsif ($line =~ /$stamp $id <= .* H=.*?\[([\d.]+|[\da-fA-F:]+)\](?::\d+)? .*P=e?smtps? /) {
		my $address = $1;
		if ($address eq '127.0.0.1' or $address eq '::1') { $localhost{$address} += recipients($line) }
		else { $relay{$address} += recipients($line) }
		keep('relay', $address, $line);
	}
}

sub script_check {
	my $line = shift;
	return unless $line =~ /$stamp cwd=(.*) \d+ args:/;
	my $path = $1;
	return unless $path =~ m{^/home/};
	$script{$path}++;
	keep('script', $path, $line);
}

sub dist_check {
	my $line = shift;
	$dist{$2}{$1}++ if $line =~ /$stamp $id <= .* H=.*?\[([\d.]+|[\da-fA-F:]+)\](?::\d+)? .*P=e?smtps?a .*A=(?:$methods):(\S+)/;
}

sub login_check {
	my $line = shift;
	if ($line =~ /$stamp (?:$methods) authenticator failed for (?:\S+ )?(?:\([^)]*\) )?\[([\d.]+|[\da-fA-F:]+)\](?::\d+)?: 535 Incorrect authentication data(?: \(set_id=(.*)\))?/) {
		$failed{$1}++;
	}
}

sub syntax_check {
	my $line = shift;
	if ($line =~ /$stamp SMTP (?:call|protocol) .*?\[([\d.]+|[\da-fA-F:]+)\](?::\d+)? .*(?:syntax|synchronization) error/
		or $line =~ /$stamp SMTP call from .*?\[([\d.]+|[\da-fA-F:]+)\](?::\d+)? dropped: too many (?:syntax|unrecognized)/) {
		$syntax{$1}++;
	}
}

while (my $line = <>) {
	chomp $line;
	relay_check($line);
	script_check($line);
	dist_check($line);
	login_check($line);
	syntax_check($line);
}
printf "%d addresses, %d logins' addresses, %d users, %d paths, %d logins, %d failed\n",
	map { scalar keys %$_ } \%relay, \%auth, \%local, \%script, \%dist, \%failed;
