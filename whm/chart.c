/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "whm/words.h"

/* In the drawing's own units; the page scales it to its width. */
#define WIDTH 720
#define HEIGHT 120
#define TOP 14
#define BOTTOM 16
#define LEFT 34
#define BAR_MAX 36
#define TEXT_MAX 160

static void label(struct page *p, double x, double y, const char *anchor, const char *text)
{
	char at_x[16], at_y[16];

	snprintf(at_x, sizeof(at_x), "%.1f", x);
	snprintf(at_y, sizeof(at_y), "%.1f", y);
	page_put(p, "text", text, "x", at_x, "y", at_y, "text-anchor", anchor, NULL);
}

static void line(struct page *p, double y)
{
	char at_y[16], right[16], left[16];

	snprintf(at_y, sizeof(at_y), "%.1f", y);
	snprintf(left, sizeof(left), "%d", LEFT);
	snprintf(right, sizeof(right), "%d", WIDTH);
	page_void(p, "line", "x1", left, "x2", right, "y1", at_y, "y2", at_y, NULL);
}

/* The hour, or the day when the bars are long. */
static const char *mark(int64_t at_s, int64_t span_s, char out[WORDS_MAX])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!localtime_r(&at, &tm) ||
	    strftime(out, WORDS_MAX, span_s > 2 * 86400 ? "%d %b" : "%H:%M", &tm) == 0)
		out[0] = '\0';
	return out;
}

static void bar(struct page *p, const struct chart *c, size_t i, uint32_t most)
{
	double slot = (double)(WIDTH - LEFT) / (double)c->n;
	double wide = slot * 0.84 < BAR_MAX ? slot * 0.84 : BAR_MAX;
	double tall = (double)(HEIGHT - TOP - BOTTOM) * c->bars[i] / most;
	char x[16], y[16], w[16], h[16], when[WORDS_MAX], text[TEXT_MAX];

	if (c->bars[i] == 0)
		return;
	snprintf(x, sizeof(x), "%.2f", LEFT + slot * (double)i + (slot - wide) / 2);
	snprintf(w, sizeof(w), "%.2f", wide);
	snprintf(y, sizeof(y), "%.2f", HEIGHT - BOTTOM - tall);
	snprintf(h, sizeof(h), "%.2f", tall);
	words_time(c->start_s + (int64_t)i * c->step_s, when);
	snprintf(text, sizeof(text), "%s: %" PRIu32 " %s", when, c->bars[i], c->unit);
	page_open(p, "rect", "x", x, "y", y, "width", w, "height", h, NULL);
	page_put(p, "title", text, NULL);
	page_close(p);
}

static void axes(struct page *p, const struct chart *c, uint32_t most)
{
	const int64_t span_s = (int64_t)c->n * c->step_s;
	const int marks = c->n >= 4 ? 4 : c->n ? (int)c->n : 1;
	char text[WORDS_MAX];

	line(p, TOP);
	line(p, HEIGHT - BOTTOM);
	snprintf(text, sizeof(text), "%" PRIu32, most);
	label(p, LEFT - 4, TOP + 4, "end", text);
	label(p, LEFT - 4, HEIGHT - BOTTOM + 4, "end", "0");
	for (int k = 0; k <= marks; k++)
		label(p, LEFT + (double)(WIDTH - LEFT) * k / marks, HEIGHT - 2,
		      k == 0 ? "start" : k == marks ? "end" : "middle",
		      mark(c->start_s + span_s * k / marks, span_s, text));
}

void chart_draw(struct page *p, const struct chart *c)
{
	struct chart cut = *c;
	uint32_t most = 1;
	uint64_t sum = 0;
	char box[32], text[TEXT_MAX];

	cut.n = c->n < CHART_BARS_MAX ? c->n : CHART_BARS_MAX;
	for (size_t i = 0; i < cut.n; i++) {
		most = cut.bars[i] > most ? cut.bars[i] : most;
		sum += cut.bars[i];
	}
	snprintf(box, sizeof(box), "0 0 %d %d", WIDTH, HEIGHT);
	snprintf(text, sizeof(text), "%s: %" PRIu64 " %s, at most %" PRIu32 " in one bar", c->title,
		 sum, c->unit, sum ? most : 0);
	page_open(p, "figure", "class", "chart", NULL);
	page_put(p, "figcaption", text, NULL);
	page_open(p, "svg", "viewBox", box, "role", "img", "aria-label", text, NULL);
	axes(p, &cut, most);
	for (size_t i = 0; i < cut.n; i++)
		bar(p, &cut, i, most);
	page_close(p);
	page_close(p);
}

void chart_share(struct page *p, int64_t count, int64_t most)
{
	char value[24];

	count = count < 0 ? 0 : count;
	page_open(p, "svg", "class", count > most ? "share over" : "share", "viewBox", "0 0 100 10",
		  "preserveAspectRatio", "none", "aria-hidden", "true", NULL);
	page_void(p, "rect", "class", "ground", "width", "100", "height", "10", NULL);
	snprintf(value, sizeof(value), "%.1f",
		 100.0 * (double)(count < most ? count : most) / (double)(most > 0 ? most : 1));
	page_void(p, "rect", "width", value, "height", "10", NULL);
	page_close(p);
}
