#!/usr/local/cpanel/3rdparty/bin/perl
#WHMADDON:osm:ConfigServer Outgoing Spam Monitor
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# osm.cgi: WHM's side of the page: the root check, WHM's header and footer. The page itself is
# made by osm-whm, which is run by argument vector with the request on its standard input and
# nothing of the environment but what it reads.
use strict;
use warnings;

use lib '/usr/local/cpanel';
use Whostmgr::ACLS        ();
use Whostmgr::HTMLInterface ();

# The program's answer: a long list in its editor, with every byte escaped.
use constant ANSWER_MAX => 64 * 1024 * 1024;

my @passed = qw(REQUEST_METHOD QUERY_STRING CONTENT_TYPE CONTENT_LENGTH REMOTE_USER
    cp_security_token GATEWAY_INTERFACE TZ);

sub refuse {
    my ($status, $text) = @_;
    print "Status: $status\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n$text\n";
    exit;
}

sub program {
    # the laboratory names another; no request can set this
    my $program = $ENV{'OSM_PROGRAM'} || '/usr/libexec/osm/osm-whm';
    return -x $program ? $program : undef;
}

# Runs it with our standard input; its whole answer.
sub answer {
    my ($program) = @_;
    my %env = map { defined $ENV{$_} ? ($_ => $ENV{$_}) : () } @passed;
    my $pid = open(my $from, '-|');
    return unless defined $pid;
    if (!$pid) {
        %ENV = (%env, OSM_FRAME => 'whm', PATH => '/usr/sbin:/usr/bin:/sbin:/bin');
        exec {$program} $program or exit 127;
    }
    binmode $from;
    my $text = '';
    while (read($from, my $chunk, 65536)) {
        $text .= $chunk;
        return if length $text > ANSWER_MAX;
    }
    close $from;
    return $text;
}

Whostmgr::ACLS::init_acls();
refuse('403 Forbidden', 'You do not have access to this feature') unless Whostmgr::ACLS::hasroot();

my $program = program() or refuse('500 Internal Server Error', 'osm-whm is not installed');
my $text = answer($program);
refuse('500 Internal Server Error', 'osm-whm gave no answer')
    unless defined $text && $text =~ /\A(.*?)\r\n\r\n/s;
my ($head, $body) = ($1, substr($text, $+[0]));

binmode STDOUT;
$| = 1;
print "$head\r\n\r\n";
# downloads and fragments are nobody's page
if ($head !~ m{^Content-Type: text/html}mi || $head =~ /^X-Osm-Fragment:/mi) {
    print $body;
    exit;
}
Whostmgr::HTMLInterface::defheader('ConfigServer Outgoing Spam Monitor',
    '/addon_plugins/osm.png', '/cgi/configserver/osm.cgi');
print $body;
Whostmgr::HTMLInterface::deffooter();
