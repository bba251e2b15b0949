#!/usr/bin/env bats
# A customer races the renames: folders, files and links are swapped in a tight loop.
# OSM_RACE_SECONDS (8; `make race-long`: 60) for each test.

load helpers
setup_file() { lab_begin; }
teardown_file() { lab_end; }
setup() {
	lab_or_skip
	fresh
	WEB=$ROOT/home/osmbob/public_html
	OUTSIDE=$ROOT/var/tmp/outside
	rm -rf "$WEB/wp" "$WEB/away"
	mkdir -p "$WEB/wp/bad" "$OUTSIDE/bad"
	for f in "$WEB/wp/x.php" "$WEB/wp/bad/x.php" "$OUTSIDE/x.php" "$OUTSIDE/bad/x.php"; do
		echo '<?php' >"$f"
	done
	# outside of the home, but the customer's own: only the walk protects it
	chown -R 61002:61002 "$WEB/wp" "$OUTSIDE"
}
teardown() {
	[ -n "${LAB_WHY_NOT:-}" ] || stop_swapping
	[ -n "${LAB_WHY_NOT:-}" ] || osmd_stop
	rm -rf "$OUTSIDE"
}

swap_for_ever() {
	inlab setpriv --reuid=61002 --regid=61002 --clear-groups /usr/bin/python3 -c '
import os, time
open("/home/osmbob/swapper.pid", "w").write(str(os.getpid()))
web, outside = "/home/osmbob/public_html/", "/var/tmp/outside"
def tried(f, *a):
    try:
        f(*a)
    except OSError:
        pass
while True:
    for name, target in (("wp/bad", outside + "/bad"), ("wp/x.php", outside + "/x.php"),
                         ("wp", outside)):
        tried(os.rename, web + name, web + "away")
        tried(os.symlink, target, web + name)
        tried(os.unlink, web + name)
        tried(os.rename, web + "away", web + name)
    time.sleep(0.0003)
' &
	wait_until 10 test -s "$ROOT/home/osmbob/swapper.pid"
}

stop_swapping() {
	[ ! -e "$ROOT/home/osmbob/swapper.pid" ] || inlab kill "$(cat "$ROOT/home/osmbob/swapper.pid")"
	rm -f "$ROOT/home/osmbob/swapper.pid"
	wait
}

picture() { find "$1" -printf '%P %i %m %U %y\n' | sort; }

race() { # ACTION PATH
	local before end=$((SECONDS + ${OSM_RACE_SECONDS:-8})) taken=0 refused=0 id
	before=$(picture "$OUTSIDE"; picture "$ROOT/home/osmdave")
	swap_for_ever
	while [ $SECONDS -lt "$end" ]; do
		if osm act "$1" "$2" >/dev/null 2>&1; then
			taken=$((taken + 1))
		else
			refused=$((refused + 1))
		fi
		for id in $(actions_in_force ".action == \"$1\"" | jq -r .id); do
			osm undo "$id" >/dev/null 2>&1 || true
		done
	done
	stop_swapping
	echo "# race: $1 taken $taken, refused $refused" >&3
	same "$(picture "$OUTSIDE"; picture "$ROOT/home/osmdave")" "$before" "outside of the home"
	[ $taken -gt 0 ] || { echo "it never got through"; return 1; }
	[ $refused -gt 0 ] || { echo "no race took place"; return 1; }
}

@test "rename_path touches nothing outside of the home" {
	conf
	osmd_start
	race rename_path /home/osmbob/public_html/wp/bad
}

@test "rename_script touches nothing outside of the home" {
	conf
	osmd_start
	race rename_script /home/osmbob/public_html/wp/x.php
}
