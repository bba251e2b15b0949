#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# A light peer for the bench: three regular expressions, one after the other, over each
# line. Written for this bench.
use strict;
use warnings;

my (%login, %user, %path, %address);
while (my $line = <>) {
	if ($line =~ /^\S+\s+\S+\s+(?:\[\d+\]\s+)?\S+ <= \S+ H=\S* ?(?:\([^)]*\) )?\[([\d.a-fA-F:]+)\]\S* .*?P=(?:esmtpa|esmtpsa) .*?A=\w+:(\S+)/) {
		$address{$1}++;
		$login{$2}++;
	} elsif ($line =~ /^\S+\s+\S+\s+(?:\[\d+\]\s+)?\S+ <= .*? U=(\S+) P=local /) {
		$user{$1}++;
	} elsif ($line =~ /^\S+\s+\S+\s+(?:\[\d+\]\s+)?cwd=(.*) \d+ args:/) {
		my $cwd = $1;
		$path{$cwd}++ if $cwd =~ m{^/home};
	}
}
printf "%d logins, %d users, %d paths, %d addresses\n", map { scalar keys %$_ } \%login, \%user, \%path, \%address;
