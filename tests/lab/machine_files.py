#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
"""machine_files.py UPPER MERGED LOWER: what an overlay holds, a line each: what was taken away from the
system below it, every file and link that is new or was written, every folder that is new or has
another owner or mode. No times of folders."""
import hashlib
import os
import stat
import sys

UPPER, MERGED, LOWER = sys.argv[1:4]
LEFT_OUT = ("/var/lib/systemd", "/var/tmp", "/etc/mtab", "/run", "/tmp", "/proc", "/sys", "/dev")

# Places where other labs mount something: on this system they come and go.
COMING = ("/usr/local/cpanel", "/usr/local/csf", "/var/cpanel", "/etc/csf", "/var/lib/csf")


def look(path):
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def tell(path):
    now, below = look(MERGED + path), look(LOWER.rstrip("/") + path)
    if now is None:
        if below is not None:
            print(f"{path} gone")
        return
    if stat.S_ISDIR(now.st_mode) and below is not None and \
            (now.st_mode, now.st_uid, now.st_gid) == (below.st_mode, below.st_uid, below.st_gid):
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
    for path in sorted(set(paths) - set(COMING)):
        tell(path)


main()
