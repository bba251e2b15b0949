#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The house's rule: an include goes down, never up or sideways; written from the root.
# (docs/architecture.md shows the picture.)
set -eu
cd "$(dirname "$0")/.."
find osmd firewall cpanel-hooks whm \( -name '*.c' -o -name '*.h' \) -exec grep -n '^#include "' {} /dev/null \; |
awk -F: '
function room(path,   p) {
	if (path ~ /^osmd\/[a-z]+\//) { split(path, p, "/"); return p[2] }
	if (path == "cpanel-hooks/osm-hook.c") return "hook-main"
	if (path ~ /^osmd\//) return "main"
	if (path ~ /^cpanel-hooks\//) return "hooks"
	if (path ~ /^(firewall|whm)\//) { split(path, p, "/"); return p[1] }
	return "outside"
}
BEGIN {
	may["base"] = ""
	may["parse"] = may["sys"] = may["ctl"] = may["firewall"] = may["model"] = "base"
	may["store"] = may["hooks"] = "base model"
	may["act"] = "base model parse sys store firewall hooks"
	may["engine"] = "base model parse sys store ctl firewall hooks act"
	may["main"] = "base model parse sys store ctl firewall hooks act engine"
	may["whm"] = "base model store ctl"
	may["hook-main"] = "base ctl"
}
{
	line = $0; sub(/^[^"]*"/, "", line); sub(/".*/, "", line)
	from = room($1); to = room(line)
	ok = from == to
	n = split(may[from], list, " ")
	for (i = 1; i <= n; i++) ok = ok || list[i] == to
	if (from == "hook-main") ok = to == "base" || to == "ctl"
	if (!ok) { print $1 ":" $2 ": " from " must not include \"" line "\""; bad++ }
}
# libevent is called directly, but only from where the loop is
END { exit bad > 0 }'
if grep -ln '^#include <event2/' osmd/base/*.[ch] osmd/model/*.[ch] osmd/parse/*.[ch] osmd/store/*.[ch] firewall/*.[ch] 2>/dev/null; then
	echo "layers: the files above must not know libevent" >&2
	exit 1
fi
# pure rooms: no file, socket or clock
if grep -nE '\b(open|openat|fopen|socket|time|clock_gettime|gettimeofday)\(' osmd/model/*.c osmd/parse/*.c 2>/dev/null | grep -v '^\S*:\s*\*'; then
	echo "layers: model and parse must not touch files, sockets or clocks" >&2
	exit 1
fi
echo "layers: every include goes down"
