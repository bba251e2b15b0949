/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* overview: is all well, who sends most just now, what was reported, what is in force. */
#include <stdio.h>
#include <string.h>

#include "whm/activity.h"
#include "whm/chart.h"
#include "whm/rows.h"
#include "whm/words.h"

#define TOP_ROWS 12
#define LATEST_ROWS 8
#define CHECK_S 30
#define ASK_S 5

/* ---- what is missing ---- */

static void check_row(struct site *s, const json_t *row)
{
	const char *state = json_text(row, "state");
	bool is_bad = strcmp(state, "WARN") != 0;

	page_open(s->page, "li", "class", is_bad ? "bad" : "warn", NULL);
	page_put(s->page, "strong", json_text(row, "name"), NULL);
	page_text(s->page, ": ");
	page_foreign(s->page, json_text(row, "detail"), 0);
	if (json_text(row, "lost")[0])
		page_textf(s->page, ". %s: %s.", is_bad ? "Lost without it" : "Mind",
			   json_text(row, "lost"));
	page_close(s->page);
}

/* Only what isn't well; the whole list is for the shell (osm -c). osm check asks other programs:
 * the overview doesn't wait for it. */
void checks_page(struct site *s)
{
	static const char *const words[] = {"check", NULL};
	struct err e = {0};
	json_t *doc = site_run(s, words, CHECK_S, &e), *row;
	size_t i, fine = 0;

	page_section(s->page, "What osm needs");
	if (!doc)
		page_callout_text(s->page, "bad", e.msg);
	page_open(s->page, "ul", "class", "checks", NULL);
	json_array_foreach(json_object_get(doc, "checks"), i, row)
	{
		if (strcmp(json_text(row, "state"), "OK") == 0)
			fine++;
		else
			check_row(s, row);
	}
	page_open(s->page, "li", "class", "good", NULL);
	page_textf(s->page, "%zu of %zu things are as they should be.", fine,
		   json_array_size(json_object_get(doc, "checks")));
	page_close(s->page);
	page_close(s->page);
	page_close(s->page);
	json_decref(doc);
}

/* Its place, until it is there; without script, the way to it. */
static void checks_later(struct site *s)
{
	page_open(s->page, "section", "data-load", "?page=checks&part=1", "aria-busy", "true", NULL);
	page_put(s->page, "h2", "What osm needs", NULL);
	page_link(s->page, "See whether it is there", "button", page_address("checks", NULL));
	page_close(s->page);
}

/* ---- who sends most ---- */

static void top_row(struct site *s, const json_t *row)
{
	int64_t count = json_number(row, "count"), limit = json_number(row, "limit");

	page_open(s->page, "tr", NULL);
	rows_who(s, row);
	page_open(s->page, "td", "class", "number", NULL);
	page_textf(s->page, "%lld of %lld", (long long)count, (long long)limit);
	page_close(s->page);
	page_open(s->page, "td", NULL);
	chart_share(s->page, count, limit);
	page_close(s->page);
	page_open(s->page, "td", NULL);
	page_time(s->page, json_number(row, "newest"), s->now_s);
	page_close(s->page);
	page_close(s->page);
}

static void top(struct site *s)
{
	static const char *const heads[] = {"Trigger",	      "Account", "Who or what",
					    "Now, of limit", "How near", "Newest"};
	struct err e = {0};
	json_t *answer = site_ask(s, json_pack("{s:s, s:i}", "do", "top", "n", TOP_ROWS),
				  ASK_S, &e);
	const json_t *list = json_object_get(answer, "top");
	json_t *row;
	size_t i;

	page_section(s->page, "Nearest to their limits now");
	if (json_array_size(list) == 0) {
		page_put(s->page, "p",
			 answer ? "Nobody has sent anything that counts within the intervals."
				: "Only a running osmd knows this.",
			 "class", "none", NULL);
	} else {
		page_table(s->page, "The fullest windows", heads, sizeof(heads) / sizeof(heads[0]));
		page_open(s->page, "tbody", NULL);
		json_array_foreach(list, i, row) top_row(s, row);
		page_close(s->page);
		page_table_end(s->page);
	}
	page_close(s->page);
	json_decref(answer);
}

/* ---- what was reported ---- */

static void latest(struct site *s, struct store *store)
{
	struct report_filter f = {.limit = LATEST_ROWS};
	struct err e = {0};
	json_t *list = store_report_list(store, &f, &e);

	page_section(s->page, "Reports");
	if (!list)
		page_callout_text(s->page, "bad", e.msg);
	else if (json_array_size(list) == 0)
		page_put(s->page, "p", "Nothing was reported yet.", "class", "none", NULL);
	else
		rows_reports(s, "The latest reports", list, json_array_size(list));
	page_close(s->page);
	json_decref(list);
}

static void count_action(const struct action_row *a, void *ctx)
{
	size_t *n = ctx;

	(void)a;
	++*n;
}

static void in_force(struct site *s, struct store *store)
{
	struct err e = {0};
	size_t n = 0;

	page_section(s->page, "In force");
	if (!store_action_each(store, -1, count_action, &n, &e)) {
		page_callout_text(s->page, "bad", e.msg);
	} else if (n == 0) {
		page_put(s->page, "p", "Nothing: osm holds nobody's mail and blocks nobody.",
			 "class", "none", NULL);
	} else {
		page_open(s->page, "p", NULL);
		page_textf(s->page, n == 1 ? "%zu action of osm holds. " : "%zu actions of osm hold. ", n);
		page_link(s->page, "Look at them, undo them", NULL, page_address("inforce", NULL));
		page_close(s->page);
	}
	page_close(s->page);
}

void overview_page(struct site *s)
{
	struct store *store;

	top(s);
	store = site_store(s);
	if (store) {
		in_force(s, store);
		latest(s, store);
		activity_draw(s, store);
	}
	checks_later(s);
}
