#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# make_log.pl CORPUS LINES: a long log out of a short real one. Each round shifts the times by
# the corpus's span and remakes the message ids' seconds, so that time goes on and ids differ.
use strict;
use warnings;
use Time::Local qw(timegm);

my ($corpus, $want) = @ARGV;
my @digits = ('0' .. '9', 'A' .. 'Z', 'a' .. 'z');
my %value;
@value{@digits} = 0 .. 61;

sub shift_id {
	my ($first, $by) = @_;
	my $n = 0;
	$n = $n * 62 + $value{$_} for split //, $first;
	$n += $by;
	my $out = '';
	for (1 .. 6) { $out = $digits[$n % 62] . $out; $n = int($n / 62) }
	return $out;
}

open my $in, '<:raw', $corpus or die "$corpus: $!\n";
my @lines = <$in>;
my (%second, $from, $to);
for (@lines) {
	next unless /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)/;
	my $stamp = substr $_, 0, 19;
	$second{$stamp} //= timegm($6, $5, $4, $3, $2 - 1, $1);
	$from //= $second{$stamp};
	$to = $second{$stamp};
}
my $span = $to - $from + 1;
my $made = 0;
binmode STDOUT;
for (my $round = 0; $made < $want; $round++) {
	my ($by, %stamp, %id) = ($round * $span);
	my $out = '';
	for my $line (@lines) {
		my $copy = $line;
		my $old = substr $copy, 0, 19;
		if (exists $second{$old}) {
			$stamp{$old} //= do {
				my @t = gmtime($second{$old} + $by);
				sprintf '%04d-%02d-%02d %02d:%02d:%02d', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0];
			};
			substr $copy, 0, 19, $stamp{$old};
		}
		$copy =~ s/\b(1xV[0-9A-Za-z]{3})(?=-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}\b)/$id{$1} \/\/= shift_id($1, $by)/ge
			if index($copy, '1xV') >= 0;
		$out .= $copy;
		last if ++$made >= $want;
	}
	print $out;
}
