#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# idle.py N: N processes of a web user's that do nothing, with 20 open files each, until the
# standard input ends. Says "ready".
import os
import signal
import sys

USER = 61009
# A slow look at one of them would be seen: they are as old and as many as on a real server.
FILES = 20

children = []
for _ in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        os.close(0)
        for _ in range(FILES):
            os.open("/dev/null", os.O_RDONLY)
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
        signal.pause()
        os._exit(0)
    children.append(pid)
print("ready", flush=True)
sys.stdin.read()
for pid in children:
    os.kill(pid, signal.SIGKILL)
