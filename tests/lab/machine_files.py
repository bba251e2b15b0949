#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
"""machine_files.py UPPER MERGED: what an overlay has changed against the system below it, a line
each: what was taken away, and every file, link and folder that is new or another in content, owner or
mode. A copy in the overlay that equals the original is no change. No times of folders."""
import filecmp
import hashlib
import os
import stat
import sys

UPPER, MERGED = sys.argv[1:3]
LEFT_OUT = ("/var/lib/systemd", "/var/tmp", "/etc/mtab", "/run", "/tmp", "/proc", "/sys", "/dev")


def look(path):
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def same(a, b, path):
    one = (a.st_mode, a.st_uid, a.st_gid)
    if b is None or one != (b.st_mode, b.st_uid, b.st_gid):
        return False
    if stat.S_ISLNK(a.st_mode):
        return os.readlink(MERGED + path) == os.readlink(path)
    if stat.S_ISREG(a.st_mode):
        return a.st_size == b.st_size and filecmp.cmp(MERGED + path, path, shallow=False)
    return True


def tell(path):
    now, below = look(MERGED + path), look(path)
    if now is None:
        if below is not None:
            print(f"{path} gone")
        return
    if same(now, below, path):
        return
    what = ""
    if stat.S_ISLNK(now.st_mode):
        what = os.readlink(MERGED + path)
    elif stat.S_ISREG(now.st_mode):
        with open(MERGED + path, "rb") as f:
            what = f"{hashlib.sha256(f.read()).hexdigest()[:16]} {now.st_mtime_ns}"
    print(f"{path} {stat.filemode(now.st_mode)} {now.st_uid}:{now.st_gid} {what}")


def main():
    paths = []
    for folder, names, files in os.walk(UPPER):
        short = folder[len(UPPER):]
        names[:] = [n for n in names if f"{short}/{n}" not in LEFT_OUT]
        paths += [f"{short}/{n}" for n in names + files if f"{short}/{n}" not in LEFT_OUT]
    for path in sorted(paths):
        tell(path)


main()
