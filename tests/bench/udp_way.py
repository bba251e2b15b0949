#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
"""serve: answer every datagram on port 7. ADDRESS N: the median of N ways there and back, in us."""
import socket
import sys
import time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "serve":
    s.bind(("", 7))
    print("ready", flush=True)
    while True:
        data, peer = s.recvfrom(64)
        s.sendto(data, peer)
s.connect((sys.argv[1], 7))
s.settimeout(1)
took = []
for i in range(int(sys.argv[2])):
    begin = time.perf_counter_ns()
    s.send(b"x")
    s.recv(64)
    took.append(time.perf_counter_ns() - begin)
print("%.2f" % (sorted(took)[len(took) // 2] / 1000))
