/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * ipsets: osm's sets in the kernel: made, filled, read, destroyed; ipset builds the messages.
 * Others (csf -r) may empty or destroy them at any time: nothing is taken as known.
 *
 * Calls that return int: 0, -errno, or ip_set's own error, negative; ipsets_err() says it.
 */
#ifndef OSM_FIREWALL_IPSETS_H
#define OSM_FIREWALL_IPSETS_H

#include "firewall/ipset.h"

struct ipsets;

/* The sets, which are made where they aren't. Without has_v6 those of IPv4 only. NULL with
 * *r set; sets that were made on the way are taken away again. */
struct ipsets *ipsets_open(bool has_v6, int *r);
void ipsets_close(struct ipsets *s); /* the sets stay; NULL is fine */

/* Does that error mean a kernel without ipset, or without the types? */
bool ipsets_are_lacking(int r);
bool ipsets_err(struct err *err, int r); /* false */

/* Make those that aren't there and read all numbers, by which rules name the sets: they
 * change when a set is made again. -ENOENT: one was destroyed meanwhile. */
int ipsets_make(struct ipsets *s, uint16_t numbers[IPSET_COUNT]);
/* -ENOENT: a set isn't there. */
int ipsets_add(struct ipsets *s, const struct fw_block *blocks, size_t count);
/* What isn't there is no error. The first error is returned, the rest is tried. */
int ipsets_delete(struct ipsets *s, const struct fw_block *blocks, size_t count);
/* Every element as a block of one direction and at most one port. -EINTR: it changed
 * meanwhile, what was told is not all. */
int ipsets_each(struct ipsets *s, fw_each *each, void *ctx);
/* The same, only the sets of single ports. */
int ipsets_each_port(struct ipsets *s, fw_each *each, void *ctx);
int ipsets_destroy(struct ipsets *s); /* the first error; the rest is tried */

#endif
