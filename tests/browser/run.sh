#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# run.sh [NAME...]: the browser tests (NAME.test.mjs, or all) against a lab of their own: real
# Exim, live osmd, Apache. What can't run here skips loudly; with OSM_NO_SKIP=1 that fails.
# run.sh pictures: makes docs/images anew instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
labsh=$here/../lab/lab.sh

missing() {
	local why c
	why=$("$labsh" missing)
	[ -z "$why" ] || { echo "no lab: $why"; return; }
	for c in node npm setpriv; do
		command -v $c >/dev/null || { echo "no $c"; return; }
	done
	[ -x /usr/sbin/apache2 ] || [ -x /usr/sbin/httpd ] || { echo "no Apache"; return; }
	[ -n "$(find_chromium)" ] || { echo "no Chromium"; return; }
	modules || echo "its packages can't be installed (npm ci)"
}

find_chromium() {
	command -v chromium || command -v chromium-browser || true
}

# Installed once for each lock file.
modules() {
	local stamp=$here/node_modules/.osm-lock
	cmp -s "$here/package-lock.json" "$stamp" && return
	(cd "$here" && npm ci --no-audit --no-fund >/dev/null 2>&1) &&
		cp "$here/package-lock.json" "$stamp"
}

why=$(missing)
if [ -n "$why" ]; then
	echo "browser: SKIPPED: $why"
	[ "${OSM_NO_SKIP:-0}" != 1 ]
	exit
fi

lab=$(mktemp -d "${TMPDIR:-/tmp}/osm-browser.XXXXXX")
trap '"$labsh" down "$lab"; rm -rf "$lab"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$labsh" up "$lab"
bash "$here/../lab/web.sh" "$lab"
OSM_CHROMIUM=$(find_chromium)
export OSM_LAB=$lab OSM_CHROMIUM

world=(nsenter -t "$(cat "$lab/inner.pid")" -n) # only the network is the lab's
if [ "${1:-}" = pictures ]; then
	"${world[@]}" node "$here/pictures.mjs"
	exit
fi
files=("$here"/*.test.mjs)
if [ $# -gt 0 ]; then
	files=()
	for name; do files+=("$here/$name.test.mjs"); done
fi
# one after the other: they share the lab
"${world[@]}" node --test --test-concurrency=1 --test-reporter=spec "${files[@]}"
