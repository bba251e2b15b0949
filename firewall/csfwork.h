/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csfwork: one address or uid through csf: which calls it takes, each of them believed only
 * when csf's files agree afterwards. csf is locked, and its entries of this subject are in
 * memory, from begin to end.
 */
#ifndef OSM_FIREWALL_CSFWORK_H
#define OSM_FIREWALL_CSFWORK_H

#include "firewall/csfbook.h"
#include "firewall/csfhost.h"

struct csf_work {
	const struct fw_settings
		*settings;	      /* borrowed; native: the kernel was told already */
	const struct fw_block *block; /* borrowed */
	struct csf_host host;
	struct csf_book book;
	int64_t now_s;
	char ports[CSF_PORTS_MAX]; /* "" for all */
	char entry[ADDR_TEXT_MAX]; /* the address as csf is told it */
};

bool csfwork_begin(struct csf_work *w, const struct fw_settings *settings,
		   const struct fw_block *block, struct err *err);
bool csfwork_block(struct csf_work *w, struct err *err);
bool csfwork_release(struct csf_work *w, struct err *err); /* osm's own entries only */
void csfwork_end(struct csf_work *w);

#endif
