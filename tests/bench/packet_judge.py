#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# packet_judge.py TRUTH TOLD: what was told of short-lived clients against the truth. TRUTH is
# connector's, TOLD packettool's or packet_classic.py's. Numbers of clients, as JSON.
import collections
import json
import re
import sys

LINE = re.compile(r'packet \S+ \S+:(\d+) > \S+ \S+ (\S+) uid=(\S+) gid=\S+ pid=(\S+) '
                  r'exe="[^"]*" cwd="([^"]*)"')


def read(name, take):
    with open(name, errors="replace") as f:
        for line in f:
            take(line)


def main():
    truth, told, cpu = {}, collections.defaultdict(list), []

    def on_truth(line):
        port, uid, pid, cwd = line.rstrip("\n").split(" ", 3)
        truth[port] = (uid, pid, cwd)

    def on_told(line):
        m = LINE.match(line)
        if m:
            told[m[1]].append(m.groups()[1:])
        elif line.startswith("cpu "):
            cpu.append(float(line.split()[1]))

    read(sys.argv[1], on_truth)
    read(sys.argv[2], on_told)
    n = collections.Counter(clients=len(truth), seen=0, uid=0, pid=0, cwd=0, wrong=0,
                            unsure_wrong=0, unsure_wrong_uid=0, twice=0)
    for port, want in truth.items():
        n["twice"] += len(told[port]) > 1
        if not told[port]:
            continue
        sure, *got = told[port][0]
        n["seen"] += 1
        for name, w, g in zip(("uid", "pid", "cwd"), want, got):
            n[name] += w == g
        bad = [g not in ("-", "", w) for w, g in zip(want, got)]
        is_sure = sure in ("kernel", "socket")
        n["wrong"] += any(bad) and is_sure
        n["unsure_wrong"] += any(bad) and not is_sure
        n["unsure_wrong_uid"] += bad[0] and not is_sure
    out = dict(n)
    if cpu:
        out["cpu_s"] = cpu[-1]
    print(json.dumps(out))


main()
