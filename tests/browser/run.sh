#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# run.sh [NAME...]: the browser tests (NAME.test.mjs, or all): real Exim, live osmd, Apache. Two
# lanes run at a time, each with a lab of its own. What can't run here skips loudly; with
# OSM_NO_SKIP=1 that fails.
# run.sh pictures: makes docs/images anew instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
labsh=$here/../lab/lab.sh
LANE_S=900 # a test that hangs must not hang everything

missing() {
	local why c
	why=$("$labsh" missing)
	[ -z "$why" ] || { echo "no lab: $why"; return; }
	for c in node npm setpriv sqlite3; do
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
	local stamp=$here/node_modules/.osm-lock said
	cmp -s "$here/package-lock.json" "$stamp" && return
	if ! said=$(cd "$here" && npm ci --no-audit --no-fund 2>&1); then
		tail -n 20 <<<"$said" >&2
		return 1
	fi
	cp "$here/package-lock.json" "$stamp"
}

# Run node with WORDS in the network of a new lab. Only in a subshell: its end ends the lab.
in_a_lab() { # WORD...
	lab=$(mktemp -d "${TMPDIR:-/tmp}/osm-browser.XXXXXX")
	node=
	trap '[ -z "$node" ] || kill "$node" 2>/dev/null || :; "$labsh" down "$lab"; rm -rf "$lab"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	"$labsh" up "$lab"
	bash "$here/../lab/web.sh" "$lab"
	OSM_LAB=$lab OSM_CHROMIUM=$(find_chromium) timeout -k 10 "$LANE_S" \
		nsenter -t "$(cat "$lab/inner.pid")" -n node "$@" &
	node=$!
	wait "$node" # a signal is heard meanwhile
}

why=$(missing)
if [ -n "$why" ]; then
	echo "browser: SKIPPED: $why"
	[ "${OSM_NO_SKIP:-0}" != 1 ]
	exit
fi
if [ "${1:-}" = pictures ]; then
	(in_a_lab "$here/pictures.mjs")
	exit
fi

files=("$here"/*.test.mjs)
if [ $# -gt 0 ]; then
	files=()
	for name; do files+=("$here/$name.test.mjs"); done
fi
out=$(mktemp -d "${TMPDIR:-/tmp}/osm-lanes.XXXXXX")
trap 'rm -rf "$out"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 143' INT TERM
lanes=$((${#files[@]} > 1 ? 2 : 1)) pids=() failed=0
for ((k = 0; k < lanes; k++)); do
	lane=()
	for ((i = k; i < ${#files[@]}; i += lanes)); do lane+=("${files[i]}"); done
	# one file after the other: they share the lane's lab
	(in_a_lab --test --test-concurrency=1 --test-reporter=spec "${lane[@]}") >"$out/$k" 2>&1 &
	pids+=($!)
done
for ((k = 0; k < lanes; k++)); do
	wait "${pids[k]}" || failed=1
	cat "$out/$k"
done
exit $failed
