#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
"""The ends of connections for the firewall's tests.

serve PORT...             listen on all addresses (IPv4 as v4-mapped), greet, keep open
connect SRC DST PORT      one line: open|refused|timeout|errno-name, and after how many ms;
                          gives up after FWPEER_WAIT seconds (5)
hold SRC DST PORT FILE    connect, write "open" to FILE, wait until it ends, write "ended N"
                          (N ms after the connect); gives up after 20 s with "still open"
"""
import errno
import os
import select
import socket
import sys
import time

WAIT = float(os.environ.get("FWPEER_WAIT", "5"))


def serve(ports):
    listeners = []
    for port in ports:
        s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", int(port)))
        s.listen(64)
        listeners.append(s)
    clients = []
    print("ready", flush=True)
    while True:
        for s in select.select(listeners + clients, [], [])[0]:
            if s in listeners:
                c = s.accept()[0]
                c.sendall(b"220 here\r\n")
                clients.append(c)
                continue
            try:
                gone = not s.recv(4096)
            except OSError:
                gone = True
            if gone:
                clients.remove(s)
                s.close()


def open_to(src, dst, port):
    s = socket.socket(socket.AF_INET6 if ":" in dst else socket.AF_INET)
    s.settimeout(WAIT)
    if src != "-":
        s.bind((src, 0))
    s.connect((dst, int(port)))
    if not s.recv(100).startswith(b"220"):
        raise ConnectionError("no greeting")
    return s


def connect(src, dst, port):
    begin = time.monotonic()
    try:
        open_to(src, dst, port)
        how = "open"
    except socket.timeout:
        how = "timeout"
    except ConnectionRefusedError:
        how = "refused"
    except OSError as e:
        how = errno.errorcode.get(e.errno, str(e))
    print(how, int((time.monotonic() - begin) * 1000))


def hold(src, dst, port, path):
    s = open_to(src, dst, port)
    begin = time.monotonic()
    with open(path, "w") as f:
        f.write("open\n")
    s.settimeout(20)
    try:
        s.recv(100)
        how = "ended"
    except socket.timeout:
        how = "still open"
    except OSError:
        how = "ended"
    with open(path, "w") as f:
        f.write("%s %d\n" % (how, (time.monotonic() - begin) * 1000))


if __name__ == "__main__":
    {"serve": lambda *a: serve(a), "connect": connect, "hold": hold}[sys.argv[1]](*sys.argv[2:])
