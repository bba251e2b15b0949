/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * subjects: whom a release is about: addresses, prefixes and uids, sorted to be looked up.
 */
#ifndef OSM_FIREWALL_SUBJECTS_H
#define OSM_FIREWALL_SUBJECTS_H

#include "firewall/fw.h"

/* Sort them in place for subjects_have. */
void subjects_sort(struct fw_block *subjects, size_t count);
/* A copy of what is looked at, sorted, both directions and no ports; the caller frees it
 * with free(). NULL without memory. */
struct fw_block *subjects_new(const struct fw_block *blocks, size_t count);
/* Which directions of the block's exact address or prefix are among them, as bits. */
unsigned subjects_directions(const struct fw_block *subjects, size_t count,
			     const struct fw_block *block);
/* Is the block's exact address, prefix or uid among them? */
bool subjects_have(const struct fw_block *subjects, size_t count,
		   const struct fw_block *block);

#endif
