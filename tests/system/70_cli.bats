#!/usr/bin/env bats
# The command line: what it refuses, what it warns of, what it shows whole.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
}
teardown() { [ -n "${LAB_WHY_NOT:-}" ] || osmd_stop; }

@test "a type of which there can be no report is refused" {
	conf
	osmd_start
	for type in packets packet: nonsense; do
		run osm reports --type "$type"
		same "$status" 2 "$type"
	done
	for type in packet packet:cwd cwdcheck:cwd; do
		run osm reports --type "$type"
		same "$status" 0 "$type"
	done
}

@test "every command answers --help, and does nothing" {
	conf
	run osm help --json
	for command in $(jq -r '.commands[].name' <<<"$output"); do
		run osm "$command" --help
		same "$status" 0 "$command"
		[[ $output == "usage: osm [--root DIR] [--json] $command"* ]] || { echo "$output"; return 1; }
	done
	same "$(osm help act)" "$(osm act --help)" "help of one"
	run osm help nonsense
	same "$status" 2 "help of none"
	run osm -d 203.0.113.9 --help --json
	same "$(jq -r '.commands[].name' <<<"$output")" deny
	[ ! -e "$ROOT/run/osm/osmd.sock" ] || ! osm status
}

@test "check names list lines that have no effect, and only these" {
	conf
	cat >"$ROOT/etc/osm/osm.accounts" <<-L
		# a comment
		osmbob * 5
		osmbbo * 5
		$BOX * 5
		info@no.example * 5
		/home/osmbob/public_html * 5
		/home/nobody/here * 5
	L
	cat >"$ROOT/etc/osm/osm.ignore" <<-L
		user:osmbob until=2099-01-01
		user:osmbbo
		mailbox:x@no.example
		domain:bobs-garage.example
		domain:no.example
		user:osmbob until=2020-01-01 event=logline
		subject:valid until=2020-01-01 means event=logline
		subject:sale until=2020-12-31
	L
	run osm check
	same "$(grep -c '^WARN     lists ' <<<"$output")" 8 lines
	for l in accounts:\ line\ {3,5,7} ignore:\ line\ {2,3,5,6,8}; do
		[[ "$output" == *"osm.$l: "* ]] || { echo "osm.$l: $output"; return 1; }
	done
}

@test "what is in force is not said to be nothing when it can't be read" {
	conf
	run osm grep osmbob
	same "$status" 0 "no database yet"
	mkdir -p "$ROOT/var/lib/osm"
	echo "this is no database, whatever its name" >"$ROOT/var/lib/osm/osm.db"
	for c in "grep osmbob" inforce reports "show 12345678" "undo 1"; do
		# shellcheck disable=SC2086
		run osm $c
		same "$status" 1 "$c"
		[[ "$output" == *damaged* ]] || { echo "$c: $output"; return 1; }
		[[ "$output" != *othing*in*force* ]] || { echo "$c: $output"; return 1; }
	done
}

@test "all actions of a report are in its line" {
	conf LOGLINE_ACTIONS=email,store,hold,block_account
	osmd_start
	send mailbox "$BOX" 25 --to defer1.example
	wait_until 10 has_report ".key == \"$BOX\""
	wait_until 10 eval '[[ "$(osm reports)" == *"store:done hold:done block_account:done email:done  "* ]]'
}

@test "a report in all four formats is the same for other readers" {
	conf LOGLINE_ACTIONS=store
	osmd_start
	send mailbox "$BOX" 25 --subject "caf\xc3\xa9 \${x} @{[1]} ']]>"
	wait_until 10 has_report ".key == \"$BOX\""
	id=$(reports | jq -r .id)
	osm show "$id" --json >"$BATS_TEST_TMPDIR/want"
	for f in JSON XML YAML PERL; do
		osm show "$id" --format "${f,,}" >"$BATS_TEST_TMPDIR/$f"
		python3 "$TESTS/unit/act/read_format.py" "$BATS_TEST_TMPDIR/want" $f "$BATS_TEST_TMPDIR/$f"
	done
	run osm show "$id" --format toml
	same "$status" 2
	run osm --json show "$id" --format xml
	same "$status" 2
}

@test "the custom action is shown its document and tried, before any report needs it" {
	conf CUSTOM_ACTION=/etc/osm/custom.sh CUSTOM_FORMAT=YAML TESTING=1
	printf '#!/bin/sh\necho "$2 $3 $4 $5 $6"; wc -c\n' >"$ROOT/etc/osm/custom.sh"
	chmod 755 "$ROOT/etc/osm/custom.sh"
	osm custom --format json | jq -e '.testing and .count == 4 and .limit == 3 and .kind == "limit" and .wanted == ["custom"]'
	osm --json custom | jq -r .documents.YAML | python3 -c 'import sys, yaml; assert yaml.safe_load(sys.stdin)["count"] == 4'
	run osm custom --run
	same "$status" 0
	[[ "$output" == "ended with exit code 0: logline example info@example.com 4 YAML "* ]] || { echo "$output"; return 1; }
	sed 's/YAML/PERL/' "$ROOT/etc/osm/osm.conf" >"$ROOT/etc/osm/other.conf"
	run osm --json custom --run --conf /etc/osm/other.conf
	[[ "$output" == *"4 PERL "* ]] || { echo "$output"; return 1; }
	echo 'CUSTOM_TIMEOUT = "never"' >"$ROOT/etc/osm/other.conf"
	run osm custom --run --conf /etc/osm/other.conf
	same "$status" 1
	[[ "$output" == *"CUSTOM_TIMEOUT"* ]] || { echo "$output"; return 1; }
	chmod 777 "$ROOT/etc/osm/custom.sh"
	run osm custom --run
	same "$status" 1
	[[ "$output" == *"written to by others"* ]] || { echo "$output"; return 1; }
	run osm custom --report 00000000
	same "$status" 4
	[ ! -e "$ROOT/var/lib/osm/osm.db" ] # nothing is stored
}

@test "conf --merge writes through a link that is root's alone, and waits for another save" {
	local etc=$ROOT/etc/osm merge
	printf 'TESTING = "1"\n' >"$etc/real.conf"
	chmod 600 "$etc/real.conf"
	ln -sf real.conf "$etc/osm.conf"
	osm conf --merge
	[ -L "$etc/osm.conf" ]
	grep -q '^LOGLINE_LIMIT = ' "$etc/real.conf"
	# others could have written it: said, and left as it is
	printf 'TESTING = "1"\n' >"$etc/real.conf"
	chmod 666 "$etc/real.conf"
	run osm conf --merge
	same "$status" 1
	[[ $output == *"is a link to a file that others than root can change"* ]]
	same "$(cat "$etc/real.conf")" 'TESTING = "1"'
	chmod 600 "$etc/real.conf"
	# somebody saves on the page at this moment
	same "$(stat -c %a "$ROOT/var/lib/osm/save.lock")" 600
	exec 8>>"$ROOT/var/lib/osm/save.lock"
	flock 8
	osm conf --merge 8>&- &
	merge=$!
	sleep 0.3
	same "$(cat "$etc/real.conf")" 'TESTING = "1"'
	exec 8>&-
	wait "$merge"
	grep -q '^LOGLINE_LIMIT = ' "$etc/real.conf"
	rm "$etc/osm.conf" "$etc/real.conf"
}
