/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rows_account(struct site *s, const char *account)
{
	if (account[0])
		page_link(s->page, account, NULL,
			  page_address("reports", "account", account, NULL));
	else
		page_text(s->page, "-");
}

void rows_who(struct site *s, const json_t *row)
{
	page_put(s->page, "td", json_text(row, "type"), NULL);
	page_open(s->page, "td", NULL);
	rows_account(s, json_text(row, "account"));
	page_close(s->page);
	page_open(s->page, "td", "class", "key", NULL);
	page_foreign(s->page, json_text(row, "key"), ROWS_KEY_MAX);
	page_close(s->page);
}

/* "email:done hold:failed" as small labels, each in the colour of its state. */
static void actions(struct page *p, const char *text)
{
	struct slice rest = slice_str(text), word, action;
	char label[64], class[48];

	while (rest.n) {
		if (!slice_cut(&rest, ' ', &word)) {
			word = rest;
			rest.n = 0;
		}
		if (!slice_cut(&word, ':', &action))
			continue;
		snprintf(label, sizeof(label), "%.*s %.*s", (int)action.n, action.p,
			 (int)word.n, word.p);
		snprintf(class, sizeof(class), "label %.*s", (int)(word.n < 12 ? word.n : 12),
			 word.p);
		page_put(p, "span", label, "class", class, NULL);
		page_text(p, " ");
	}
}

/* The key is the link; one without a letter still needs something to press. */
static void report_link(struct site *s, const json_t *row)
{
	const char *key = json_text(row, "key");
	char *address = page_address("report", "id", json_text(row, "id"), NULL);

	page_open(s->page, "a", "href", address ? address : "", NULL);
	page_foreign(s->page, key[0] ? key : "(unnamed)", ROWS_KEY_MAX);
	page_close(s->page);
	free(address);
}

static void report_row(struct site *s, const json_t *row)
{
	const char *kind = json_text(row, "kind");
	bool is_limit = strcmp(kind, "limit") == 0;

	page_open(s->page, "tr", NULL);
	page_open(s->page, "td", NULL);
	page_time(s->page, json_number(row, "time"), s->now_s);
	page_close(s->page);
	page_put(s->page, "td", is_limit ? json_text(row, "type") : kind, NULL);
	page_open(s->page, "td", NULL);
	rows_account(s, json_text(row, "account"));
	page_close(s->page);
	page_open(s->page, "td", "class", "key", NULL);
	report_link(s, row);
	page_close(s->page);
	page_open(s->page, "td", "class", "number", NULL);
	page_textf(s->page, "%lld", (long long)json_number(row, "count"));
	if (json_number(row, "limit") > 0)
		page_textf(s->page, " of %lld", (long long)json_number(row, "limit"));
	page_close(s->page);
	page_open(s->page, "td", NULL);
	actions(s->page, json_text(row, "actions"));
	page_close(s->page);
	page_close(s->page);
}

void rows_reports(struct site *s, const char *caption, const json_t *list, size_t n)
{
	static const char *const heads[] = {"Time",  "Trigger", "Account", "Who or what",
					    "Count", "Done"};
	json_t *row;
	size_t i;

	page_table(s->page, caption, heads, sizeof(heads) / sizeof(heads[0]));
	page_open(s->page, "tbody", NULL);
	json_array_foreach(list, i, row)
	{
		if (i < n)
			report_row(s, row);
	}
	page_close(s->page);
	page_table_end(s->page);
}
