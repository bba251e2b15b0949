#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the osm authors
#
# read_format.py WANT.json NAME FILE: reads FILE with a reader that knows nothing of osm
# (json, expat, PyYAML, perl) and compares all of it with WANT. Says the first difference.
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import yaml

# What the XML format says it can't carry.
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
PERL = r"""
use strict; use warnings; use JSON::PP;
local $/; my $text = <STDIN>;
my $data = eval $text; die $@ if $@;
print JSON::PP->new->ascii->canonical->allow_nonref->encode($data);
"""


def from_xml(e):
    kind = e.get("type")
    if kind == "map":
        return {c.get("name", c.tag): from_xml(c) for c in e}
    if kind == "list":
        assert all(c.tag == "item" for c in e)
        return [from_xml(c) for c in e]
    text = e.text or ""
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    return {"integer": int, "real": float, "null": lambda t: None, None: str}[kind](text)


def mapped(value, text=lambda t: t, boolean=lambda b: b, real=lambda r: r):
    if isinstance(value, dict):
        return {text(k): mapped(v, text, boolean, real) for k, v in value.items()}
    if isinstance(value, list):
        return [mapped(v, text, boolean, real) for v in value]
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, float):
        return real(value)
    return text(value) if isinstance(value, str) else value


def differs(a, b, path):
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        found = (differs(a[k], b[k], f"{path}.{k}") for k in a)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        found = (differs(x, y, f"{path}[{i}]") for i, (x, y) in enumerate(zip(a, b)))
    else:
        # no 1 == True, no 1 == 1.0
        return None if type(a) is type(b) and a == b else f"{path}: want {a!r}, got {b!r}"
    return next((f for f in found if f), None)


want = json.load(open(sys.argv[1], encoding="utf-8"))
name, raw = sys.argv[2], open(sys.argv[3], "rb").read()
bad = [c for c in raw if not (0x20 <= c < 0x7f or c == 0x0a or (c == 0x09 and name == "XML"))]
if bad:
    sys.exit(f"{name}: byte {bad[0]} is no printable ASCII")
if name == "JSON":
    got = json.loads(raw)
elif name == "XML":
    root = ET.fromstring(raw)
    assert root.tag == "report"
    got = from_xml(root)
    want = mapped(want, text=lambda t: NO_XML.sub("\ufffd", t))
elif name == "YAML":
    got = yaml.safe_load(raw)
else:
    out = subprocess.run(["perl", "-e", PERL], input=raw, capture_output=True, check=False)
    if out.returncode or out.stderr:
        sys.exit(f"perl: {out.stderr.decode(errors='replace')}")
    got = json.loads(out.stdout)
    # a Perl number is a number: -2.0 is -2
    want = mapped(want, boolean=int,
                  real=lambda r: int(r) if r.is_integer() and abs(r) < 1e15 else r)
why = differs(want, got, "report")
sys.exit(f"{name}: {why}" if why else 0)
