/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * bansource: where bans' protected addresses come from: the kernel, the system's files, the
 * panel's, csf's. Given one by one; nothing is kept here.
 */
#ifndef OSM_FIREWALL_BANSOURCE_H
#define OSM_FIREWALL_BANSOURCE_H

#include "firewall/bans.h"

/* why ends a sentence that begins with the address; a file and line may follow it. */
struct ban_source_entry {
	struct addr net; /* family 0: a name in csf.rignore, which is not looked up */
	const char *why;
	const char *file; /* NULL: none */
	unsigned line;
};

typedef bool ban_source_fn(const struct ban_source_entry *e,
			   void *ctx); /* false: no memory */

/* false: a source that is there could not be read. What is not there (no panel, no csf) is
 * no error. */
bool bansource_read(const struct bans_settings *settings, ban_source_fn *each, void *ctx,
		    struct err *err);

#endif
