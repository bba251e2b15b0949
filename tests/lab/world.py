#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# world.py LEDGER READY: everybody else on the lab's internet: the name server at
# 198.51.100.53 and every mail server at 198.51.100.25. The recipient's domain decides:
# defer* is put off (451), fail* refused (550), slow* takes a second, all others accept.
# What really arrived goes to LEDGER, one JSON object a message: the truth of the tests.
import asyncio
import json
import re
import socket
import struct
import sys
import time

NAME_SERVER, MAIL_SERVER = "198.51.100.53", "198.51.100.25"


class NameServer(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        try:
            self.transport.sendto(answer(data), addr)
        except (IndexError, struct.error, UnicodeDecodeError):
            pass


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += query[at] + 1
    kind = struct.unpack("!H", query[at + 1:at + 3])[0]
    name, question = ".".join(labels), query[12:at + 5]
    known = name.endswith(".example") and not name.startswith("nomx")
    records = []
    if known and kind == 15 and not name.startswith("mx."):
        target = b"\x02mx" + query[12:at + 1]
        records.append((15, struct.pack("!H", 10) + target))
    elif known and kind == 1:
        records.append((1, socket.inet_aton(MAIL_SERVER)))
    head = query[:2] + struct.pack("!HHHHH", 0x8580 if known else 0x8583, 1, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", t, 1, 300, len(d)) + d for t, d in records)
    return head + question + body


class Sink:
    def __init__(self, path):
        self.out = open(path, "a", buffering=1)
        self.number = int(time.time())

    async def serve(self, reader, writer):
        def say(text):
            writer.write(text.encode() + b"\r\n")

        say("220 mx.lab ESMTP")
        sender, rcpts = "", []
        while True:
            line = (await reader.readline()).decode("utf-8", "replace")
            if not line:
                break
            word = line[:4].upper().strip()
            if word == "EHLO":
                say("250-mx.lab\r\n250-8BITMIME\r\n250 SIZE 52428800")
            elif word == "MAIL":
                sender, rcpts = address(line), []
                say("250 2.1.0 Ok")
            elif word == "RCPT":
                say(await self.recipient(address(line), rcpts))
            elif word == "DATA" and rcpts:
                say("354 go on")
                await writer.drain()
                say(self.keep(sender, rcpts, await message(reader)))
            elif word == "QUIT":
                say("221 bye")
                break
            elif word in ("HELO", "RSET", "NOOP"):
                say("250 Ok")
            else:
                say("503 5.5.1 not now")
            await writer.drain()
        writer.close()

    async def recipient(self, rcpt, rcpts):
        domain = rcpt.rpartition("@")[2]
        if domain.startswith("slow"):
            await asyncio.sleep(1)
        if domain.startswith("defer"):
            return "451 4.7.1 Try again later"
        if domain.startswith("fail"):
            return f"550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown"
        rcpts.append(rcpt)
        return "250 2.1.5 Ok"

    def keep(self, sender, rcpts, text):
        def field(pattern):
            found = re.search(pattern, text, re.M | re.S)
            return found.group(1) if found else ""

        self.out.write(json.dumps({
            "time": time.time(), "from": sender, "rcpts": len(rcpts), "to": rcpts,
            "id": field(r"^\s+id ([0-9A-Za-z-]+)"), "subject": field(r"^Subject: ([^\n]*)"),
            "message_id": field(r"^Message-I[Dd]: ([^\n]*)"),
        }) + "\n")
        self.number += 1
        return f"250 2.0.0 Ok: queued as SINK{self.number}"


def address(line):
    return line[line.find("<") + 1:line.rfind(">")]


async def message(reader):
    lines = []
    while True:
        line = await reader.readline()
        if line in (b".\r\n", b""):
            return b"".join(lines).decode("utf-8", "replace").replace("\r\n", "\n")
        lines.append(line)


async def main(ledger, ready):
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(NameServer, local_addr=(NAME_SERVER, 53))
    server = await asyncio.start_server(Sink(ledger).serve, MAIL_SERVER, 25, backlog=500,
                                        limit=1 << 20)
    open(ready, "w").close()
    async with server:
        await server.serve_forever()


asyncio.run(main(sys.argv[1], sys.argv[2]))
