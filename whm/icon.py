#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# icon.py OUT: draws osm.png, the menu's icon: an envelope that leaves, on csf's dark red.
import struct
import sys
import zlib

SIZE, FINE = 48, 4
RED, WHITE, GREEN = (0x99, 0, 0), (0xff, 0xff, 0xff), (0xa6, 0xc1, 0x50)


def inside_round(x, y, left, top, right, bottom, radius):
    if not (left <= x <= right and top <= y <= bottom):
        return False
    near_x = min(max(x, left + radius), right - radius)
    near_y = min(max(y, top + radius), bottom - radius)
    return (x - near_x) ** 2 + (y - near_y) ** 2 <= radius ** 2


def colour(x, y):
    """The colour at a place, None outside."""
    if not inside_round(x, y, 1, 1, 47, 47, 8):
        return None
    if inside_round(x, y, 8, 14, 36, 36, 2):
        fold = 14.5 + (x - 8) * 0.75 if x < 22 else 14.5 + (36 - x) * 0.75
        return RED if abs(y - fold) < 1.3 else WHITE
    if 30 <= x <= 44 and abs(y - 12) < 2.2 or 38 < x < 45 and abs(y - 12) < (45 - x) * 1.1:
        return GREEN
    return RED


def pixel(px, py):
    found = [colour(px + (i + .5) / FINE, py + (j + .5) / FINE)
             for i in range(FINE) for j in range(FINE)]
    solid = [c for c in found if c]
    if not solid:
        return bytes(4)
    mean = [sum(c[k] for c in solid) // len(solid) for k in range(3)]
    return bytes(mean + [255 * len(solid) // len(found)])


def chunk(kind, data):
    whole = kind + data
    return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))


rows = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(SIZE)) for y in range(SIZE))
with open(sys.argv[1], "wb") as out:
    out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0))
              + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))
