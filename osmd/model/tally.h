/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * tally: how often each value was seen, for one list of a report. It holds a bounded number
 * of values (strangers invent them); the one not seen for longest goes first, so whatever
 * comes often stays. Values are copied. No clock, no I/O.
 */
#ifndef OSM_MODEL_TALLY_H
#define OSM_MODEL_TALLY_H

#include <jansson.h>

#include "osmd/base/slice.h"

struct tally;

/* max_bytes: what is kept of a value. NULL without memory. */
struct tally *tally_new(size_t max_distinct, size_t max_bytes);
void tally_free(struct tally *t); /* NULL is fine */
/* false only without memory. The empty value isn't counted. */
bool tally_add(struct tally *t, struct slice value);
/* [{"value","count"}...], most frequent first, then in the order of their first coming; at
 * most max_values of them and about budget printed bytes. *further: distinct values that are
 * not listed; an upper bound once values had to go. NULL without memory. */
json_t *tally_json(const struct tally *t, size_t max_values, size_t budget,
		   uint64_t *further);

#endif
