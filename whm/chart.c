/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "whm/words.h"

/* In the drawing's own units; the page scales it to its width. */
#define WIDTH 480
#define HEIGHT 130
#define TOP 16
#define BOTTOM 20
#define LEFT 44
#define BAR_MAX 36
#define TEXT_MAX 160

/* What there is to say of one series. */
struct sum {
	uint64_t all;
	size_t most_at;
};

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

static size_t series_count(const struct chart *c)
{
	size_t n = 0;

	while (n < CHART_SERIES_MAX && c->series[n].unit)
		n++;
	return n;
}

static const char *bar_time(const struct chart *c, size_t i, char out[WORDS_MAX])
{
	return words_time(c->start_s + (int64_t)i * c->step_s, out);
}

/* The k-th of `of` bars that stand side by side at i. */
static void bar(struct page *p, const struct chart *c, size_t i, size_t k, size_t of,
		uint32_t most)
{
	double slot = (double)(WIDTH - LEFT) / (double)c->n;
	double wide = slot * 0.84 / (double)of < BAR_MAX ? slot * 0.84 / (double)of : BAR_MAX;
	double tall = (double)(HEIGHT - TOP - BOTTOM) * c->series[k].bars[i] / most;
	double left = LEFT + slot * (double)i + (slot - wide * (double)of) / 2 + wide * (double)k;
	char x[16], y[16], w[16], h[16], when[WORDS_MAX], text[TEXT_MAX];

	if (c->series[k].bars[i] == 0)
		return;
	tall = tall < 1 ? 1 : tall; /* one among thousands is still seen */
	snprintf(x, sizeof(x), "%.2f", left);
	snprintf(w, sizeof(w), "%.2f", wide);
	snprintf(y, sizeof(y), "%.2f", HEIGHT - BOTTOM - tall);
	snprintf(h, sizeof(h), "%.2f", tall);
	snprintf(text, sizeof(text), "%s: %" PRIu32 " %s", bar_time(c, i, when),
		 c->series[k].bars[i], c->series[k].unit);
	page_open(p, "rect", "class", k ? "second" : NULL, "x", x, "y", y, "width", w, "height",
		  h, NULL);
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
		label(p, LEFT + (double)(WIDTH - LEFT) * k / marks, HEIGHT - 4,
		      k == 0 ? "start" : k == marks ? "end" : "middle",
		      mark(c->start_s + span_s * k / marks, span_s, text));
}

static struct sum sum_up(const struct chart *c, size_t k)
{
	const uint32_t *bars = c->series[k].bars;
	struct sum s = {0};

	for (size_t i = 0; i < c->n; i++) {
		s.all += bars[i];
		if (bars[i] > bars[s.most_at])
			s.most_at = i;
	}
	return s;
}

/* "Mail: 72 messages, 36 calls", each number with the colour of its bars. */
static void caption(struct page *p, const struct chart *c, const struct sum *sums, size_t of)
{
	page_open(p, "figcaption", NULL);
	page_textf(p, "%s: ", c->caption);
	for (size_t k = 0; k < of; k++) {
		if (of > 1)
			page_put(p, "span", "", "class", k ? "swatch second" : "swatch", NULL);
		page_textf(p, "%" PRIu64 " %s%s", sums[k].all, c->series[k].unit,
			   k + 1 < of ? ", " : "");
	}
	page_close(p);
}

/* For those who don't see the bars. */
static void describe(struct page *p, const struct chart *c, const struct sum *sums, size_t of,
		     const char *id)
{
	char step[WORDS_MAX], when[WORDS_MAX];

	page_open(p, "desc", "id", id, NULL);
	page_textf(p, "%zu bars of %s each.", c->n, words_span(c->step_s, step));
	for (size_t k = 0; k < of; k++) {
		page_textf(p, " %" PRIu64 " %s", sums[k].all, c->series[k].unit);
		if (sums[k].all)
			page_textf(p, ", most of them from %s on: %" PRIu32,
				   bar_time(c, sums[k].most_at, when),
				   c->series[k].bars[sums[k].most_at]);
		page_text(p, ".");
	}
	page_close(p);
}

void chart_draw(struct page *p, const struct chart *whole)
{
	struct chart c = *whole;
	const size_t of = series_count(&c);
	struct sum sums[CHART_SERIES_MAX];
	char box[32], title_id[40], desc_id[40], ids[88];
	uint32_t most = 1;

	c.n = c.n < CHART_BARS_MAX ? c.n : CHART_BARS_MAX;
	for (size_t k = 0; k < of; k++) {
		sums[k] = sum_up(&c, k);
		if (c.n && c.series[k].bars[sums[k].most_at] > most)
			most = c.series[k].bars[sums[k].most_at];
	}
	snprintf(box, sizeof(box), "0 0 %d %d", WIDTH, HEIGHT);
	snprintf(title_id, sizeof(title_id), "%.30s-title", c.id);
	snprintf(desc_id, sizeof(desc_id), "%.30s-desc", c.id);
	snprintf(ids, sizeof(ids), "%s %s", title_id, desc_id);
	page_open(p, "figure", "class", "chart", NULL);
	caption(p, &c, sums, of);
	page_open(p, "svg", "viewBox", box, "role", "img", "aria-labelledby", ids, NULL);
	page_put(p, "title", c.title, "id", title_id, NULL);
	describe(p, &c, sums, of, desc_id);
	axes(p, &c, most);
	for (size_t k = 0; k < of; k++)
		for (size_t i = 0; i < c.n; i++)
			bar(p, &c, i, k, of, most);
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
