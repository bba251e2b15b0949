/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * totals: who sent how much, for `osm replay --totals`: messages and recipients by mailbox,
 * account, client address and subject (arrivals), by account and path (cwd lines).
 *
 * An arrival that no later line of its id follows is only a claim. In a log that shows
 * deliveries at all, such claims are left out of the rows (and their number is told).
 */
#ifndef OSM_ENGINE_TOTALS_H
#define OSM_ENGINE_TOTALS_H

#include <jansson.h>

#include "osmd/engine/classify.h"

#define TOTALS_ROWS_MAX 2000000 /* of each kind */

struct totals;

struct totals *totals_new(size_t max_rows);
void totals_free(struct totals *t); /* NULL is fine */
void totals_add(struct totals *t, const struct classified *c);
/* The same event turned out to be a claim. */
void totals_claim(struct totals *t, const struct classified *c);
/* An array of {"type","kind","key","account","messages","recipients"}, by type, kind and key.
 * with_claims: claims count in the rows. NULL without memory. */
json_t *totals_json(const struct totals *t, bool with_claims);
/* Rows that were dropped at the bound. */
uint64_t totals_evicted(const struct totals *t);

#endif
