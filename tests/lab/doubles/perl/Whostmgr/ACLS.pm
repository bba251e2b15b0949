package Whostmgr::ACLS;

# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# A double of cPanel's module: who asks is who the web server says; root has everything.
use strict;
use warnings;

my $read;

sub init_acls { $read = 1; return }

sub hasroot {
    die "hasroot before init_acls\n" unless $read;
    return ($ENV{'REMOTE_USER'} // '') eq 'root' ? 1 : 0;
}

1;
