#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# send_hidden.py MAILBOX N: as send_mailbox.py, but with a HELO of 8.3 kB, which overflows
# Exim's log buffer: login, address and subject of each arrival are missing from the log.
import sys

import labmail


def main():
    mailbox, count = sys.argv[1], int(sys.argv[2])
    labmail.smtplib._MAXLINE = 65536  # the server greets us by our name
    session = labmail.login(mailbox, "203.0.113.77", 465, helo="z" * 8300)
    for i in range(count):
        to = f"person{i}@ok7.example"
        session.sendmail(mailbox, [to], labmail.letter(mailbox, to, f"Hidden {i}", i))
    session.quit()
    labmail.told(accepted=count)


main()
