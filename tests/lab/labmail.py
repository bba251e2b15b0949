# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
"""What the lab's senders share: standing as an account, and logging in as a mailbox."""
import json
import os
import pwd
import smtplib
import socket
import ssl
import subprocess
import time

SERVER = "192.0.2.10"


def become(account, folder):
    """Be the account, standing in a folder below its public_html (made if missing)."""
    who = pwd.getpwnam(account)
    os.setgroups([])
    os.setgid(who.pw_gid)
    os.setuid(who.pw_uid)
    path = os.path.join(who.pw_dir, "public_html", folder)
    os.makedirs(path, exist_ok=True)
    os.chdir(path)
    os.environ["PWD"] = path
    return path


def submit(text, *options):
    """One message through the sendmail program, as PHP's mail() does it; its exit code."""
    done = subprocess.run(["/usr/sbin/sendmail", "-t", "-i", *options], input=text.encode(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode


def letter(sender, to, subject, number):
    return (f"From: {sender}\nTo: {to}\nSubject: {subject}\n"
            f"Message-ID: <lab.{os.getpid()}.{time.time_ns()}.{number}@sender.lab>\n\n"
            f"Message {number} of the lab.\n")


def login(mailbox, address, port, helo="[192.168.1.20]"):
    """A session from one of the world's addresses, logged in as the mailbox."""
    options = {"local_hostname": helo, "source_address": (address, 0), "timeout": 60}
    if port == 465:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        session = smtplib.SMTP_SSL(SERVER, port, context=context, **options)
    else:
        session = smtplib.SMTP(SERVER, port, **options)
    session.ehlo()
    session.user, session.password = mailbox, "secret-" + mailbox.partition("@")[0]
    session.auth("PLAIN", session.auth_plain)
    return session


def pace(rate, started, number):
    """Wait until message `number` is due at so many a second (0: at once)."""
    if rate:
        time.sleep(max(0, started + number / rate - time.time()))


def told(**facts):
    print(json.dumps(facts), flush=True)


__all__ = ["become", "submit", "letter", "login", "pace", "told", "smtplib", "socket", "SERVER"]
