/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* inforce: everything that osm has done and that still holds, to be undone one by one or many
 * at once. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/model/options.h"
#include "whm/field.h"
#include "whm/meaning.h"
#include "whm/rows.h"

#define PAGE_ROWS 200
/* More than a server should ever have; what is beyond is told, and is the youngest. */
#define ROWS_MAX 20000

struct listing {
	const char *word, *action; /* borrowed; "": any */
	struct action_row *rows;   /* owned */
	size_t n, room;
	size_t beyond; /* ROWS_MAX */
	bool failed;   /* no memory */
};

/* ---- what is asked for ---- */

static bool fits(const struct listing *l, const struct action_row *a)
{
	if (l->action[0] && strcmp(l->action, a->action) != 0)
		return false;
	return !l->word[0] || strcasestr(a->target, l->word) || strcasestr(a->account, l->word) ||
	       strcasestr(a->detail, l->word) || strcasestr(meaning_name(a->action), l->word);
}

static void gather(const struct action_row *a, void *ctx)
{
	struct listing *l = ctx;

	if (l->failed || !fits(l, a))
		return;
	if (l->n == ROWS_MAX) {
		l->beyond++;
		return;
	}
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct action_row *more = reallocarray(l->rows, room, sizeof(*more));

		if (!more) {
			l->failed = true;
			return;
		}
		l->rows = more;
		l->room = room;
	}
	l->rows[l->n++] = *a;
}

static int by_age(const void *x, const void *y)
{
	const struct action_row *a = x, *b = y;

	return a->changed_s != b->changed_s ? (a->changed_s > b->changed_s) - (a->changed_s < b->changed_s)
					    : (a->id > b->id) - (a->id < b->id);
}

static int newest_first(const void *x, const void *y)
{
	return by_age(y, x);
}

/* What never ends is last. */
static int by_end(const void *x, const void *y)
{
	uint64_t a = (uint64_t)((const struct action_row *)x)->expires_s - 1;
	uint64_t b = (uint64_t)((const struct action_row *)y)->expires_s - 1;

	return a != b ? (a > b) - (a < b) : newest_first(x, y);
}

static int by_target(const void *x, const void *y)
{
	const struct action_row *a = x, *b = y;
	int order = strcasecmp(a->target, b->target);

	return order ? order : newest_first(x, y);
}

static int by_account(const void *x, const void *y)
{
	const struct action_row *a = x, *b = y;
	int order = strcasecmp(a->account, b->account);

	return order ? order : by_target(x, y);
}

static int by_action(const void *x, const void *y)
{
	const struct action_row *a = x, *b = y;
	int order = strcmp(meaning_name(a->action), meaning_name(b->action));

	return order ? order : by_target(x, y);
}

static const struct field_choice orders[] = {
	{"", "the newest first"},  {"old", "the oldest first"}, {"end", "what ends soonest first"},
	{"target", "by whom it is done to"}, {"account", "by account"}, {"action", "by action"},
};
static int (*const compare[])(const void *, const void *) = {newest_first, by_age,     by_end,
							     by_target,	   by_account, by_action};

static void sort(struct listing *l, const char *order)
{
	size_t i = 0, known = sizeof(orders) / sizeof(orders[0]);

	while (i < known && strcmp(orders[i].value, order) != 0)
		i++;
	if (l->n)
		qsort(l->rows, l->n, sizeof(*l->rows), compare[i < known ? i : 0]);
}

static void filter_form(struct site *s)
{
	page_open(s->page, "form", "method", "get", "class", "filter", "role", "search", NULL);
	page_hidden(s->page, "page", "inforce");
	field_input(s->page, "Word in it", "q", site_field(s, "q"), "search", NULL);
	meaning_select(s->page, site_field(s, "action"));
	field_select(s->page, "Order", "order", site_field(s, "order"), orders,
		     sizeof(orders) / sizeof(orders[0]));
	page_button(s->page, "Search", "go");
	page_close(s->page);
}

/* ---- the list ---- */

static void row(struct site *s, const struct action_row *a, bool is_ticked)
{
	struct page *p = s->page;
	char id[24], label[420], box[40];

	snprintf(id, sizeof(id), "%" PRId64, a->id);
	snprintf(box, sizeof(box), "choose-%" PRId64, a->id);
	snprintf(label, sizeof(label), "%s of %s", meaning_name(a->action), a->target);
	page_open(p, "tr", NULL);
	page_open(p, "td", NULL);
	page_void(p, "input", "type", "checkbox", "name", "id", "value", id, "id", box, "form",
		  "undo-many", "aria-label", label, "checked", is_ticked ? PAGE_SET : NULL, NULL);
	page_close(p);
	page_put(p, "td", meaning_name(a->action), NULL);
	page_open(p, "td", "class", "key", NULL);
	page_foreign(p, a->target, 0);
	page_close(p);
	page_open(p, "td", NULL);
	rows_account(s, a->account);
	page_close(p);
	page_open(p, "td", NULL);
	page_time(p, a->changed_s, s->now_s);
	page_close(p);
	page_open(p, "td", NULL);
	page_time(p, a->expires_s, s->now_s);
	page_close(p);
	page_open(p, "td", NULL);
	if (a->report_id[0])
		page_link(p, "its report", NULL, page_address("report", "id", a->report_id, NULL));
	else
		page_text(p, "by hand");
	page_close(p);
	page_open(p, "td", NULL);
	snprintf(label, sizeof(label), "Undo: %s of %s", meaning_name(a->action), a->target);
	page_act(p, "undo", s->token, "id", id, "Undo", label, "undo");
	page_close(p);
	page_close(p);
}

static void explain(struct site *s)
{
	page_put(s->page, "p",
		 "Undoing a hold lets the mail that waits in Exim's queue go out, and new mail is sent at "
		 "once again. Undoing a block lets the account send again; what was refused meanwhile "
		 "is not sent.",
		 "class", "effect", NULL);
}

static char *address_of(const struct site *s, uint64_t offset, const char *tick)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, offset);
	return page_address("inforce", "q", site_field(s, "q"), "action", site_field(s, "action"),
			    "order", site_field(s, "order"), "offset", offset ? number : "", "tick",
			    tick, NULL);
}

static void pager(struct site *s, const struct listing *l, size_t from, size_t to)
{
	page_open(s->page, "nav", "class", "pager", "aria-label", "Pages of the list", NULL);
	if (from)
		page_link(s->page, "Back", "button",
			  address_of(s, from > PAGE_ROWS ? from - PAGE_ROWS : 0, ""));
	page_open(s->page, "span", NULL);
	page_textf(s->page, "%zu to %zu of %zu", from + 1, to, l->n);
	if (l->beyond)
		page_textf(s->page, "; %zu younger ones are not shown", l->beyond);
	page_close(s->page);
	if (to < l->n)
		page_link(s->page, "Further", "button", address_of(s, to, ""));
	page_close(s->page);
}

static void undo_form(struct site *s, size_t from)
{
	page_open(s->page, "form", "method", "post", "action", "?page=undo", "id", "undo-many",
		  "class", "links", NULL);
	page_hidden(s->page, "token", s->token);
	page_button(s->page, "Undo all that are ticked", "go");
	if (site_field(s, "tick")[0])
		page_link(s->page, "Tick none", "button", address_of(s, from, ""));
	else
		page_link(s->page, "Tick all of this list", "button", address_of(s, from, "all"));
	page_close(s->page);
}

static void table(struct site *s, const struct listing *l, size_t from, size_t to)
{
	static const char *const heads[] = {"",	     "Action",	"To",  "Account",
					    "Since", "Ends by itself", "Because of", ""};
	bool is_ticked = site_field(s, "tick")[0] != '\0';

	undo_form(s, from);
	page_table(s->page, "What osm has done and still holds", heads,
		   sizeof(heads) / sizeof(heads[0]));
	page_open(s->page, "tbody", NULL);
	for (size_t i = from; i < to; i++)
		row(s, &l->rows[i], is_ticked);
	page_close(s->page);
	page_table_end(s->page);
	pager(s, l, from, to);
}

void inforce_page(struct site *s)
{
	struct listing l = {.word = site_field(s, "q"), .action = site_field(s, "action")};
	struct store *store = site_store(s);
	struct err e = {0};
	size_t from = site_number(s, "offset", ROWS_MAX, 0), to;

	if (!store)
		return;
	explain(s);
	filter_form(s);
	if (!store_action_each(store, -1, gather, &l, &e) ||
	    (l.failed && !err_set(&e, ENOMEM, "too little memory for this list"))) {
		s->code = 500;
		page_callout_text(s->page, "bad", e.msg);
	} else if (l.n == 0) {
		page_put(s->page, "p",
			 l.word[0] || l.action[0] ? "Nothing in force fits this."
						  : "Nothing is in force.",
			 "class", "none", NULL);
	} else {
		sort(&l, site_field(s, "order"));
		from = from < l.n ? from : 0;
		to = l.n - from < PAGE_ROWS ? l.n : from + PAGE_ROWS;
		table(s, &l, from, to);
	}
	free(l.rows);
}
