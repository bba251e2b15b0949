/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * slice: a view into bytes that somebody else owns. Never NUL-terminated, may hold any
 * byte. A slice lives as long as its buffer; who keeps it longer copies it.
 */
#ifndef OSM_BASE_SLICE_H
#define OSM_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *p; /* borrowed; may be NULL when n is 0 */
	size_t n;
};

#define SLICE(lit) ((struct slice){ (lit), sizeof(lit) - 1 })

struct slice slice_str(const char *s); /* NULL gives the empty slice */
bool slice_eq(struct slice a, struct slice b);
bool slice_eq_nocase(struct slice a, struct slice b); /* ASCII only */
int slice_cmp(struct slice a, struct slice b);        /* bytewise, as memcmp */
bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
struct slice slice_trim(struct slice s); /* blanks, tabs, CR and LF at both ends */
/* Everything up to the first sep goes to head, rest is what follows it; false if absent. */
bool slice_cut(struct slice *rest, char sep, struct slice *head);
/* The first place of needle in s, or SIZE_MAX. */
size_t slice_find(struct slice s, struct slice needle);
/* The whole slice as an unsigned decimal number in [min, max]; false otherwise. */
bool slice_u64(struct slice s, uint64_t min, uint64_t max, uint64_t *out);
/* An owned, NUL-terminated copy (bytes after a NUL stay in it); NULL without memory. */
char *slice_dup(struct slice s);

#endif
