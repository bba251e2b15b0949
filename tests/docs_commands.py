#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
"""docs_commands.py FILE: the commands that a document tells its reader to type, one a line: of a
Markdown file those in blocks of kind sh, of a manual page those in displays that begin with "# ".
docs_commands.py --inline FILE...: the subcommands of osm that stand in the text in backquotes."""
import re
import sys


def markdown(text):
    for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.S | re.M):
        yield from (line.strip() for line in block.splitlines() if line.strip())


def manual(text):
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text, re.S | re.M):
        block = block.replace("\\e", "\\").replace("\\&", "")
        for command in re.findall(r"^# (.*(?:\n[ \t]+.*)*)", block, re.M):
            yield re.sub(r"\\?\n[ \t]+", " ", command)


def inline(paths):
    for path in paths:
        with open(path, encoding="utf-8") as f:
            text = re.sub(r"^ *```.*?^ *```$", "", f.read(), flags=re.S | re.M)
        for word in re.findall(r"`osm (-{0,2}[a-z]+)[^`]*`", text):
            print(path, word)


def main():
    if sys.argv[1] == "--inline":
        inline(sys.argv[2:])
        return
    with open(sys.argv[1], encoding="utf-8") as f:
        text = f.read()
    for command in manual(text) if re.search(r"\.[1-9]$", sys.argv[1]) else markdown(text):
        print(command)


main()
