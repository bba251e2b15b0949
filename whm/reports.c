/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* reports: the list, narrowed by a word, type, account, time and action, page by page. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "osmd/model/options.h"
#include "whm/field.h"
#include "whm/meaning.h"
#include "whm/rows.h"

#define PAGE_ROWS 50
#define OFFSET_MAX 10000000

static const struct field_choice spans[] = {
	{"", "any time"},	 {"3600", "the last hour"},   {"86400", "the last 24 hours"},
	{"604800", "the last 7 days"}, {"2592000", "the last 30 days"},
};

/* What the form asks for; the texts are borrowed from the request. */
static struct report_filter read_filter(const struct site *s, uint64_t offset)
{
	struct report_filter f = {.limit = PAGE_ROWS + 1, .offset = offset};
	uint64_t span = site_number(s, "span", 315360000, 0);

	f.account = site_field(s, "account")[0] ? site_field(s, "account") : NULL;
	f.type = site_field(s, "type")[0] ? site_field(s, "type") : NULL;
	f.action = site_field(s, "action")[0] ? site_field(s, "action") : NULL;
	f.word = site_field(s, "q")[0] ? site_field(s, "q") : NULL;
	f.since_s = span ? s->now_s - (int64_t)span : 0;
	return f;
}

static void filter_form(struct site *s)
{
	struct field_choice types[TRIGGER_COUNT + 1] = {{"", "any trigger"}};

	for (int t = 0; t < TRIGGER_COUNT; t++)
		types[t + 1] = (struct field_choice){trigger_name((enum trigger_id)t),
						     trigger_name((enum trigger_id)t)};
	page_open(s->page, "form", "method", "get", "class", "filter", "role", "search", NULL);
	page_hidden(s->page, "page", "reports");
	field_input(s->page, "Word in it", "q", site_field(s, "q"), "search", NULL);
	field_input(s->page, "Account", "account", site_field(s, "account"), "text",
		    NULL);
	field_select(s->page, "Trigger", "type", site_field(s, "type"), types, TRIGGER_COUNT + 1);
	meaning_select(s->page, site_field(s, "action"));
	field_select(s->page, "Time", "span", site_field(s, "span"), spans,
		     sizeof(spans) / sizeof(spans[0]));
	page_button(s->page, "Search", "go");
	page_close(s->page);
}

static void page_step(struct site *s, const char *text, uint64_t offset)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, offset);
	page_link(s->page, text, "button",
		  page_address("reports", "q", site_field(s, "q"), "account",
			       site_field(s, "account"), "type", site_field(s, "type"), "action",
			       site_field(s, "action"), "span", site_field(s, "span"), "offset",
			       offset ? number : "", NULL));
}

static void pager(struct site *s, uint64_t offset, size_t rows, bool has_more)
{
	page_open(s->page, "nav", "class", "pager", "aria-label", "Pages of the list", NULL);
	if (offset)
		page_step(s, "Newer", offset > PAGE_ROWS ? offset - PAGE_ROWS : 0);
	page_open(s->page, "span", NULL);
	page_textf(s->page, "%" PRIu64 " to %" PRIu64, offset + 1, offset + rows);
	page_close(s->page);
	if (has_more)
		page_step(s, "Older", offset + PAGE_ROWS);
	page_close(s->page);
}

void reports_page(struct site *s)
{
	uint64_t offset = site_number(s, "offset", OFFSET_MAX, 0);
	const struct report_filter f = read_filter(s, offset);
	struct err e = {0};
	struct store *store;
	json_t *list;
	size_t n;

	filter_form(s);
	store = site_store(s);
	if (!store)
		return;
	list = store_report_list(store, &f, &e);
	n = json_array_size(list);
	if (!list) {
		s->code = 500;
		page_callout_text(s->page, "bad", e.msg);
	} else if (n == 0) {
		page_put(s->page, "p", "No report fits this.", "class", "none", NULL);
	} else {
		rows_reports(s, "Reports, the newest first", list, n < PAGE_ROWS ? n : PAGE_ROWS);
		pager(s, offset, n < PAGE_ROWS ? n : PAGE_ROWS, n > PAGE_ROWS);
	}
	json_decref(list);
}
