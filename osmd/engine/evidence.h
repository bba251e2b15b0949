/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * evidence: the raw lines that were counted, in a ring of bytes, so that a report can show
 * them. A reference is a place in an endless stream: it only ever grows, and one whose bytes
 * were overwritten is known to be lost. One allocation, made at the start.
 */
#ifndef OSM_ENGINE_EVIDENCE_H
#define OSM_ENGINE_EVIDENCE_H

#include "osmd/model/event.h"

#define EVIDENCE_NONE UINT64_MAX

struct evidence;

/* One counted line and what can't be read from it again. */
struct evidence_item {
	int64_t at_s;
	struct slice
		account; /* who was charged; at most EVIDENCE_ACCOUNT_MAX bytes are kept */
	struct slice line;
	enum event_type type;
};
#define EVIDENCE_ACCOUNT_MAX 255

/* NULL without memory. At least EVIDENCE_MIN bytes are taken. */
#define EVIDENCE_MIN 65536
struct evidence *evidence_new(size_t bytes);
void evidence_free(struct evidence *v); /* NULL is fine */
/* Copies the item; EVIDENCE_NONE when it is larger than a quarter of the ring. */
uint64_t evidence_add(struct evidence *v, const struct evidence_item *item);
/* false: lost. The slices are valid until the next evidence_add. */
bool evidence_get(const struct evidence *v, uint64_t ref, struct evidence_item *out);

#endif
