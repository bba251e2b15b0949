#!/usr/bin/env bats
# The actions beside hold and block_account, each with its effect on real mail.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

detail_of() { # ACTION: "state detail" in the only report
	osm show "$(reports | jq -r .id)" --json |
		jq -r ".actions[] | select(.action == \"$1\") | .state + \" \" + .detail"
}

@test "a custom program gets the report in its format, once, and its words are kept" {
	conf LOGLINE_ACTIONS=store,hold,custom CUSTOM_ACTION=/etc/osm/custom.sh CUSTOM_FORMAT=YAML
	cat >"$ROOT/etc/osm/custom.sh" <<-'S'
		#!/bin/sh
		printf '%s|' "$@" >>/var/cpanel/osm-double-custom.args
		cat >/var/cpanel/osm-double-custom.yaml
		echo "ticket 42"
	S
	chmod 755 "$ROOT/etc/osm/custom.sh"
	osmd_start
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 eval '[ "$(detail_of custom)" = "done ended with exit code 0: ticket 42" ]'
	id=$(reports | jq -r .id)
	same "$(cat "$ROOT/var/cpanel/osm-double-custom.args")" "$id|logline|osmbob|$BOX|21|YAML|"
	python3 - "$ROOT/var/cpanel/osm-double-custom.yaml" <<-P
		import sys, yaml
		r = yaml.safe_load(open(sys.argv[1]))
		assert r["id"] == "$id" and r["mailbox"] == "$BOX" and r["count"] == 21
		assert [a["action"] + a["state"] for a in r["actions"]] == ["storedone", "holddone"]
	P
	same "$(actions_in_force '.action == "custom"')" "" "in force"
	chmod 777 "$ROOT/etc/osm/custom.sh"
	run osm check
	[[ "$output" == *"BAD      custom"*"written to by others"* ]] || { echo "$output"; return 1; }
}
