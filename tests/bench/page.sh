#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# page.sh: how long the page's program takes for each page, with REPORTS reports (100,000) of
# ACCOUNTS accounts (2,000) in the store, without a daemon. Median of ROUNDS runs, beside a
# Perl that only starts and loads what csf's page loads of Perl's own modules.
set -euo pipefail
cd "$(dirname "$0")/../.."
reports=${REPORTS:-100000} accounts=${ACCOUNTS:-2000} rounds=${ROUNDS:-15}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/var/lib/osm" "$work/etc/osm"
build/osm --root "$work" conf --default >"$work/etc/osm/osm.conf"
build/tests/bench/fill_store "$work/var/lib/osm/osm.db" "$reports" "$accounts"
printf 'osm.db: %s reports, %s MB\n' "$reports" "$(($(stat -c %s "$work/var/lib/osm/osm.db") / 1000000))"

median() { # CMD...: milliseconds
	local i
	for ((i = 0; i < rounds; i++)); do
		{ TIMEFORMAT=%3R; time "$@" >"$work/out" 2>&1; } 2>&1
	done | sort -n | sed -n "$(((rounds + 1) / 2))p" | awk '{ printf "%d", $1 * 1000 }'
}
page() { # QUERY
	env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET QUERY_STRING="$1" REMOTE_USER=root \
		OSM_ROOT="$work" build/osm-whm
}
id=$(build/osm --root "$work" reports --limit 1 --json | jq -r '.reports[0].id')
while read -r name query; do
	printf '  %-34s %6s ms' "$name" "$(median page "$query")"
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
	controls page=controls
PAGES
printf '  %-34s %6s ms\n' 'perl, as csf.cgi begins' \
	"$(median perl -MFcntl -MSys::Hostname -MIPC::Open3 -MPOSIX -MFile::Path -MFile::Copy -MSocket -e 1 2>/dev/null || true)"
