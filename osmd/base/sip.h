/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * sip: SipHash-1-3 (Aumasson, Bernstein 2012). With a secret key a stranger can't make texts
 * that fall together; with a fixed one it is a good checksum, the same on every run.
 */
#ifndef OSM_BASE_SIP_H
#define OSM_BASE_SIP_H

#include "osmd/base/slice.h"

uint64_t sip_hash(struct slice s, uint64_t k0, uint64_t k1);

#endif
