#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# send_turned.py MAILBOX ADDRESS N: a script that wants to speak with ADDRESS itself, a new
# connection for each message, and that a firewall turns to this server's Exim. It logs in,
# since Exim takes no mail of others for the world. Fails if it reached anybody else.
import smtplib
import sys

import labmail


def main():
    mailbox, address, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for number in range(count):
        session = smtplib.SMTP(timeout=60, local_hostname="localhost")
        _, greeting = session.connect(address, 25)
        if b"server1.lab-hosting.example" not in greeting:
            raise SystemExit(f"not turned: {greeting}")
        session.ehlo()
        session.user, session.password = mailbox, "secret-" + mailbox.partition("@")[0]
        session.auth("PLAIN", session.auth_plain)
        to = f"turned{number}@ok2.example"
        session.sendmail(mailbox, [to], labmail.letter(mailbox, to, "Turned", number).encode())
        session.quit()
    labmail.told(accepted=count)


main()
