/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * chart: bars over time as inline SVG, with their meaning in words for those who don't see
 * them. No styles inside: the style sheet colours them, so that a strict
 * Content-Security-Policy holds and dark and light both work.
 */
#ifndef OSM_WHM_CHART_H
#define OSM_WHM_CHART_H

#include <jansson.h>

#include "whm/page.h"

#define CHART_BARS_MAX 400

struct chart {
	const char *title;	/* what is counted: "Reports of the last 24 hours" */
	const char *unit;	/* "reports" */
	int64_t start_s, step_s; /* of the first bar; step at least 1 */
	const uint32_t *bars;	/* borrowed */
	size_t n;		/* at most CHART_BARS_MAX are drawn */
};

void chart_draw(struct page *p, const struct chart *c);
/* One value's share of a whole as a short bar: count of most. */
void chart_share(struct page *p, int64_t count, int64_t most);

#endif
