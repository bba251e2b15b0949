#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# page.sh: how long the page's program takes for each page, with REPORTS reports (100,000) of
# ACCOUNTS accounts (2,000) in the store. Best of ROUNDS runs of the program, as a web server
# starts it. CSF_SOURCE=DIR (the csf folder of its release): csf's own page beside it.
set -euo pipefail
cd "$(dirname "$0")/../.."
reports=${REPORTS:-100000} accounts=${ACCOUNTS:-2000} rounds=${ROUNDS:-15}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/var/lib/osm" "$work/etc/osm"
build/osm --root "$work" conf --default >"$work/etc/osm/osm.conf"
# the panel's maps, three domains for each account
seq 0 $((accounts - 1)) | awk -v etc="$work/etc/" '{
	u = "acct" $1
	print u ":x:" 2000 + $1 ":" 2000 + $1 "::/home/" u ":/bin/false" > (etc "passwd")
	print u ".example: " u > (etc "trueuserdomains")
	for (i = 0; i < 3; i++) {
		d = (i ? "d" i "." : "") u ".example"
		print d ": " u > (etc "userdomains")
		print d > (etc "localdomains")
	}
}'
build/tests/bench/fill_store "$work/var/lib/osm/osm.db" "$reports" "$accounts"
printf 'osm.db: %s reports, %s MB\n' "$reports" "$(($(stat -c %s "$work/var/lib/osm/osm.db") / 1000000))"

least() { # CMD...: milliseconds
	local i
	for ((i = 0; i < rounds; i++)); do
		{ TIMEFORMAT=%3R; time "$@" >"$work/out" 2>&1; } 2>&1
	done | sort -n | head -n 1 | awk '{ printf "%d", $1 * 1000 }'
}
page() { # QUERY
	env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET QUERY_STRING="$1" REMOTE_USER=root \
		OSM_ROOT="$work" build/osm-whm
}
id=$(build/osm --root "$work" reports --limit 1 --json | jq -r '.reports[0].id')
while read -r name query; do
	printf '  %-34s %6s ms' "$name" "$(least page "$query")"
	head -c 12 "$work/out" | grep -q '^Status: 200' || { echo " FAILED"; exit 1; }
	printf '   %8s bytes\n' "$(stat -c %s "$work/out")"
done <<-PAGES
	overview page=overview
	reports page=reports
	reports,last-page page=reports&offset=$((reports - 50))
	reports,of-an-account page=reports&account=acct7
	reports,of-a-type page=reports&type=cwdcheck
	reports,with-an-action page=reports&action=hold
	reports,word,many page=reports&q=box3
	reports,word,none page=reports&q=nowhere
	reports,rare-action page=reports&action=block_account
	one-report page=report&id=$id
	in-force page=inforce
	settings page=settings
	events page=events
	custom-action page=custom
	controls page=controls
	what-osm-needs page=checks
PAGES
printf '  %-34s %6s ms\n' 'perl -e 1' "$(least perl -e 1)"
if [ -n "${CSF_SOURCE:-}" ]; then
	export -f least
	export work rounds
	printf '  %-34s %6s ms\n' "csf's own first page" \
		"$(bash tests/bench/csf_page.sh "$CSF_SOURCE" bash -c 'least perl "$CSF_CGI"')"
	grep -q 'Firewall Status' "$work/out" || { echo "  (it failed)"; cat "$work/out"; exit 1; }
fi
