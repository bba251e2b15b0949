# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# wait_until SECONDS CMD...: until the command succeeds; 1 when it has not in that time.
wait_until() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
