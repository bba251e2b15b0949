#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# owners.py make ADDRESS PORT     connections whose owner is easily mistaken; the truth about
#                                 each, as JSON lines
# owners.py judge TRUTH TOLD      what a packet reader told (packettool) against it: a table,
#                                 and failure if anybody was named wrongly
#
# Whoever is named for certain must be the one who called connect(), or, where only the socket
# is seen and not the call, the one who made it and has it open all the same; who is named less
# surely must at least have had a hand in it.
import array
import collections
import json
import os
import re
import socket
import struct
import sys
import time

A, B = 61001, 61002
TIMES = 150
# Set by main: where to connect to.
to = None
port = 21000


def become(uid, effective=None):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, effective or uid, effective or uid)
    os.chdir(home(uid))


def home(uid):
    return {A: "/var/tmp", B: "/usr"}.get(uid, "/")


def new_socket(at):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.bind(("", at))
    return s


def child(work):
    """In a process of its own, which ends with it; its number, once it is over."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except OSError:
            pass
        os._exit(code)
    return pid, os.waitpid(pid, 0)[1] == 0


def tell(what, at, who, pids, also=(), maker=None):
    print(json.dumps({"what": what, "port": at, "uid": who, "pids": pids,
                      "also": list(also), "maker": maker}), flush=True)


def next_port():
    global port
    port += 1
    return port


# The same source port by the other user at once, again and again.
def reuse():
    for _ in range(TIMES):
        at = next_port()
        for uid in (A, B, A):
            def work(uid=uid):
                become(uid)
                new_socket(at).connect(to)
            pid, good = child(work)
            if good:
                tell("port reused", at, uid, [pid])


def send_fd(over, s):
    over.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])


def take_fd(over):
    _, data, _, _ = over.recvmsg(1, socket.CMSG_SPACE(4))
    return socket.socket(fileno=struct.unpack("i", data[0][2])[0])


# A socket that goes from one user's process to another's, before or after it is connected.
def passed(connected):
    for _ in range(TIMES):
        at = next_port()
        ours, theirs = socket.socketpair()
        taker = os.fork()
        if taker == 0:
            become(B)
            s = take_fd(theirs)
            try:
                if not connected:
                    s.connect(to)
                time.sleep(0.02)
            except OSError:
                os._exit(1)
            os._exit(0)

        def work():
            become(A)
            s = new_socket(at)
            if connected:
                s.connect(to)
            send_fd(ours, s)
        giver, good = child(work)
        good = os.waitpid(taker, 0)[1] == 0 and good
        ours.close()
        theirs.close()
        if good and connected:
            tell("passed on, connected", at, A, [giver], [B])
        elif good:
            tell("passed on, not connected", at, B, [taker], [A], [A, giver])


# A child shares the socket; its parent ends first or not.
def forked():
    for i in range(TIMES):
        at = next_port()
        r, w = os.pipe()

        def work():
            become(A)
            s = new_socket(at)
            s.connect(to)
            inner = os.fork()
            if inner == 0:
                time.sleep(0.02)
                os._exit(0)
            os.write(w, b"%d" % inner)
            if i % 2:
                os.waitpid(inner, 0)
        pid, good = child(work)
        inner = os.read(r, 20) if good else b""
        os.close(r)
        os.close(w)
        if good:
            tell("shared with a child", at, A, [pid, int(inner)])


# A process that runs as another user than the one who started it.
def set_user():
    for _ in range(TIMES):
        at = next_port()

        def work():
            become(A, B)
            s = new_socket(at)
            s.connect(to)
            time.sleep(0.005)
        pid, good = child(work)
        if good: # neither is certain
            tell("runs as another user", at, None, [pid], [A, B])


# Made by root, used by the user that the process has become.
def dropped():
    for _ in range(TIMES):
        at = next_port()

        def work():
            s = new_socket(at)
            become(A)
            s.connect(to)
            time.sleep(0.005)
        pid, good = child(work)
        if good:
            tell("root's, then the user's", at, A, [pid], [0])


def make():
    reuse()
    passed(True)
    passed(False)
    forked()
    set_user()
    dropped()


LINE = re.compile(r'packet \S+ \S+:(\d+) > \S+ \S+ (\S+) uid=(\S+) gid=\S+ pid=(\S+) '
                  r'exe="[^"]*" cwd="([^"]*)"')
SURE = ("kernel", "socket")


def is_wrong(t, sure, uid, pid, cwd):
    if uid == "-":
        return sure in SURE
    uid = int(uid)
    if sure not in SURE:
        return uid != t["uid"] and uid not in t["also"]
    if sure == "socket" and [uid, int(pid)] == t["maker"]:
        return cwd != home(uid)
    return uid != t["uid"] or int(pid) not in t["pids"] or cwd != home(uid)


def judge(truth, told):
    lines = collections.defaultdict(list)
    for line in open(told):
        m = LINE.match(line)
        if m:
            lines[m[1]].append(m.groups()[1:])
    rows, wrong, uses = collections.defaultdict(collections.Counter), [], collections.Counter()
    for t in map(json.loads, open(truth)):
        key = str(t["port"])
        row = rows[t["what"]]
        row["made"] += 1
        if uses[key] >= len(lines[key]):
            row["not seen"] += 1
            continue
        got = lines[key][uses[key]]
        uses[key] += 1
        row[got[0]] += 1
        if is_wrong(t, *got):
            row["WRONG"] += 1
            wrong.append((t, got))
    for what, row in rows.items():
        print(f"{what}:", ", ".join(f"{n} {k}" for k, n in row.items()))
    for t, got in wrong[:5]:
        print("wrong:", t, got)
    if not rows or wrong:
        sys.exit(1)


if sys.argv[1] == "make":
    to = (sys.argv[2], int(sys.argv[3]))
    make()
else:
    judge(*sys.argv[2:4])
