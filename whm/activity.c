/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/activity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "osmd/store/watch.h"
#include "whm/chart.h"
#include "whm/words.h"

#define BARS_MAX 56

enum { MESSAGES, CALLS, CONNECTIONS, REPORTS, KINDS };

static const char *const units[KINDS] = {"messages", "calls of Exim by programs", "connections",
					 "reports"};

static const struct {
	const char *id, *title;
	int64_t step_s; /* whole hours */
	size_t n;
} spans[] = {
	{"day", "the last 24 hours", 3600, 24},
	{"week", "the last 7 days", 10800, BARS_MAX},
};

/* What goes into one picture. */
static const struct {
	const char *id, *caption;
	int first, second; /* -1: one series only */
} pictures[] = {
	{"mail", "Mail", MESSAGES, CALLS},
	{"connections", "SMTP connections that programs made themselves", CONNECTIONS, -1},
	{"reports", "Reports", REPORTS, -1},
};

struct counts {
	int64_t start_s, step_s;
	size_t n;
	bool knows[KINDS];
	uint32_t bars[KINDS][BARS_MAX];
};

/* NULL: said why, where there is something to say. */
static struct watch *open_watch(struct site *s)
{
	char path[PATH_MAX];
	struct err e = {0};
	struct watch *w;

	if (access(site_path(s, PATH_WATCH_DB, path), F_OK) < 0 && errno == ENOENT) {
		page_callout_text(s->page, "note",
				  "Mail and connections are counted from osmd's first start on.");
		return NULL;
	}
	w = watch_open_reading(path, &e);
	if (!w)
		page_callout_text(s->page, "bad", e.msg);
	return w;
}

static void count(struct site *s, struct store *store, struct watch *w, struct counts *c)
{
	static const enum event_type types[] = {EVENT_LOGLINE, EVENT_CWDCHECK, EVENT_PACKET};
	struct err e = {0};
	bool ok = true;

	for (int k = MESSAGES; w && k < REPORTS; k++) {
		c->knows[k] = watch_hours(w, types[k], c->start_s, c->step_s, c->bars[k], c->n, &e);
		ok = ok && c->knows[k];
	}
	c->knows[REPORTS] =
		store_report_counts(store, c->start_s, c->step_s, c->bars[REPORTS], c->n, &e);
	if (!ok || !c->knows[REPORTS])
		page_callout_text(s->page, "bad", e.msg);
}

static void draw(struct site *s, const struct counts *c, size_t span)
{
	char id[24], title[96];

	page_open(s->page, "div", "class", "charts", NULL);
	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
		struct chart chart = {.id = id, .title = title, .caption = pictures[i].caption,
				      .start_s = c->start_s, .step_s = c->step_s, .n = c->n};
		int kinds[CHART_SERIES_MAX] = {pictures[i].first, pictures[i].second};

		if (!c->knows[kinds[0]])
			continue;
		for (int k = 0; k < CHART_SERIES_MAX && kinds[k] >= 0; k++) {
			chart.series[k].unit = units[kinds[k]];
			chart.series[k].bars = c->bars[kinds[k]];
		}
		snprintf(id, sizeof(id), "%s-%s", pictures[i].id, spans[span].id);
		snprintf(title, sizeof(title), "%s, %s", pictures[i].caption, spans[span].title);
		chart_draw(s->page, &chart);
	}
	page_close(s->page);
}

static void table_row(struct site *s, const struct counts *c, size_t i)
{
	char when[WORDS_MAX];
	uint32_t any = 0;

	for (int k = 0; k < KINDS; k++)
		any |= c->bars[k][i];
	if (!any)
		return;
	page_open(s->page, "tr", NULL);
	page_put(s->page, "td", words_time(c->start_s + (int64_t)i * c->step_s, when), NULL);
	for (int k = 0; k < KINDS; k++) {
		page_open(s->page, "td", "class", "number", NULL);
		if (c->knows[k])
			page_textf(s->page, "%" PRIu32, c->bars[k][i]);
		else
			page_text(s->page, "-");
		page_close(s->page);
	}
	page_close(s->page);
}

static void table(struct site *s, const struct counts *c, size_t span)
{
	static const char *const heads[] = {"From", "Messages", "Calls of Exim by programs",
					    "Connections", "Reports"};
	char text[96], step[WORDS_MAX];

	page_open(s->page, "details", NULL);
	snprintf(text, sizeof(text), "%c%s as a table", spans[span].title[0] - 'a' + 'A',
		 spans[span].title + 1);
	page_put(s->page, "summary", text, NULL);
	snprintf(text, sizeof(text), "In steps of %s; those in which nothing happened are left out",
		 words_span(c->step_s, step));
	page_table(s->page, text, heads, sizeof(heads) / sizeof(heads[0]));
	page_open(s->page, "tbody", NULL);
	for (size_t i = c->n; i-- > 0;)
		table_row(s, c, i);
	page_close(s->page);
	page_table_end(s->page);
	page_close(s->page);
}

void activity_draw(struct site *s, struct store *store)
{
	struct watch *w;

	page_section(s->page, "Mail, connections and reports");
	w = open_watch(s);
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct counts c = {.step_s = spans[i].step_s, .n = spans[i].n};
		char title[40];

		c.start_s = s->now_s - s->now_s % c.step_s - (int64_t)(c.n - 1) * c.step_s;
		snprintf(title, sizeof(title), "%c%s", spans[i].title[0] - 'a' + 'A',
			 spans[i].title + 1);
		page_put(s->page, "h3", title, NULL);
		count(s, store, w, &c);
		draw(s, &c, i);
		table(s, &c, i);
	}
	page_close(s->page);
	watch_close(w);
}
