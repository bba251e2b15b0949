#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# send_mailbox.py MAILBOX N: strangers who have the mailbox's password send N messages from
# several addresses of 203.0.113.0/24. Prints what was accepted and the refusals' texts.
import argparse
import time

import labmail


def main():
    p = argparse.ArgumentParser()
    p.add_argument("mailbox")
    p.add_argument("count", type=int)
    p.add_argument("--ips", type=int, default=5, help="how many addresses")
    p.add_argument("--port", type=int, default=465, choices=(25, 465, 587))
    p.add_argument("--subject", default="Invoice {i}", help="{i}: the message's number")
    p.add_argument("--to", default="ok2.example", help="the recipients' domain")
    p.add_argument("--sender", default="", help="envelope sender, if not the mailbox")
    p.add_argument("--helo", default="[192.168.1.20]", help="how they greet")
    p.add_argument("--rate", type=float, default=0, help="messages a second; 0: at once")
    a = p.parse_args()
    ips = min(a.ips, a.count)
    accepted, answers, started, number = 0, [], time.time(), 0
    for k in range(ips):
        session = labmail.login(a.mailbox, f"203.0.113.{10 + k}", a.port, a.helo)
        for _ in range(a.count // ips + (k < a.count % ips)):
            labmail.pace(a.rate, started, number)
            to = f"person{number}@{a.to}"
            text = labmail.letter(a.mailbox, to, a.subject.replace("{i}", str(number)), number)
            number += 1
            try:
                session.sendmail(a.sender or a.mailbox, [to], text.encode())
                accepted += 1
            except labmail.smtplib.SMTPRecipientsRefused as refusal:
                answers += [f"{code} {said.decode()}" for code, said in refusal.recipients.values()]
        session.quit()
    labmail.told(accepted=accepted, refused=a.count - accepted, answers=sorted(set(answers)))


main()
