#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# send_script.py ACCOUNT N: a hacked script of the account sends N messages through sendmail,
# standing in a folder of its web space. Prints what was accepted.
import argparse
import time

import labmail


def main():
    p = argparse.ArgumentParser()
    p.add_argument("account")
    p.add_argument("count", type=int)
    p.add_argument("--dir", default="wp-content/plugins/forms", help="below public_html")
    p.add_argument("--subject", default="You have won", help="{i}: the message's number")
    p.add_argument("--to", default="ok1.example", help="the recipients' domain")
    p.add_argument("--queue", action="store_true", help="only queue (-odq)")
    p.add_argument("--rate", type=float, default=0, help="messages a second; 0: at once")
    a = p.parse_args()
    path = labmail.become(a.account, a.dir)
    options = ["-odq"] if a.queue else []
    started, sent = time.time(), 0
    for i in range(a.count):
        labmail.pace(a.rate, started, i)
        text = labmail.letter(f"{a.account}@server1.lab-hosting.example", f"person{i}@{a.to}",
                              a.subject.replace("{i}", str(i)), i)
        sent += labmail.submit(text, *options) == 0
    labmail.told(accepted=sent, refused=a.count - sent, path=path)


main()
