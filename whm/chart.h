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
#define CHART_SERIES_MAX 2

struct chart {
	const char *id;	    /* in the page, of letters and digits */
	const char *title;  /* what is counted, and when: "Mail, the last 24 hours" */
	const char *caption; /* the same where the page says the rest: "Mail" */
	int64_t start_s, step_s; /* of the first bar; step at least 1 */
	struct {
		const char *unit;	/* "messages"; NULL: there is no such series */
		const uint32_t *bars;	/* borrowed */
	} series[CHART_SERIES_MAX];	/* bars of the same time stand side by side */
	size_t n;			/* bars of each; at most CHART_BARS_MAX are drawn */
};

void chart_draw(struct page *p, const struct chart *c);
/* One value's share of a whole as a short bar: count of most. */
void chart_share(struct page *p, int64_t count, int64_t most);

#endif
