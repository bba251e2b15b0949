package Whostmgr::HTMLInterface;

# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# A double of cPanel's module: a header with a menu beside, as WHM's frame has, and a footer.
use strict;
use warnings;

sub defheader {
    my ($title, $icon, $url) = @_;
    print <<"HTML";
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>WHM - $title</title>
<link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { margin: 0; font: 14px sans-serif; background: #fff; color: #222 }
#whm-top { background: #293a4a; color: #fff; padding: 10px 16px }
#whm-body { display: flex }
#whm-menu { width: 200px; background: #f0f2f4; padding: 10px; flex: none }
#whm-main { flex: 1; min-width: 0; padding: 0 10px }
\@media (max-width: 800px) { #whm-menu { display: none } }
</style></head><body>
<header id="whm-top">WHM (a double) <span data-icon="$icon" data-url="$url"></span></header>
<div id="whm-body"><nav id="whm-menu" aria-label="WHM"><a href="#plugins">Plugins</a></nav>
<main id="whm-main"><p>Home &raquo; Plugins &raquo; $title</p>
HTML
    return;
}

sub deffooter {
    print "</main></div></body></html>\n";
    return;
}

1;
