/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* inforce: everything that osm has done and that still holds, to be undone one by one or many
 * at once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "whm/meaning.h"
#include "whm/rows.h"

/* More at once than a server should ever have; the rest is told. */
#define ROWS_MAX 500

struct listing {
	struct site *s;
	size_t n;
};

static void row(const struct action_row *a, void *ctx)
{
	struct listing *l = ctx;
	struct page *p = l->s->page;
	char id[24], label[420], box[40];

	if (l->n++ >= ROWS_MAX)
		return;
	snprintf(id, sizeof(id), "%" PRId64, a->id);
	snprintf(box, sizeof(box), "choose-%" PRId64, a->id);
	snprintf(label, sizeof(label), "%s of %s", meaning_name(a->action), a->target);
	page_open(p, "tr", NULL);
	page_open(p, "td", NULL);
	page_void(p, "input", "type", "checkbox", "name", "id", "value", id, "id", box, "form",
		  "undo-many", "aria-label", label, NULL);
	page_close(p);
	page_put(p, "td", meaning_name(a->action), NULL);
	page_open(p, "td", "class", "key", NULL);
	page_foreign(p, a->target, 0);
	page_close(p);
	page_open(p, "td", NULL);
	rows_account(l->s, a->account);
	page_close(p);
	page_open(p, "td", NULL);
	page_time(p, a->changed_s, l->s->now_s);
	page_close(p);
	page_open(p, "td", NULL);
	page_time(p, a->expires_s, l->s->now_s);
	page_close(p);
	page_open(p, "td", NULL);
	if (a->report_id[0])
		page_link(p, "its report", NULL, page_address("report", "id", a->report_id, NULL));
	else
		page_text(p, "by hand");
	page_close(p);
	page_open(p, "td", NULL);
	snprintf(label, sizeof(label), "Undo: %s of %s", meaning_name(a->action), a->target);
	page_act(p, "undo", l->s->token, "id", id, "Undo", label, "undo");
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

void inforce_page(struct site *s)
{
	static const char *const heads[] = {"",	     "Action",	"To",  "Account",
					    "Since", "Ends by itself", "Because of", ""};
	struct listing l = {.s = s};
	struct store *store = site_store(s);
	struct err e = {0};

	if (!store)
		return;
	explain(s);
	page_table(s->page, "What osm has done and still holds", heads,
		   sizeof(heads) / sizeof(heads[0]));
	page_open(s->page, "tbody", NULL);
	if (!store_action_each(store, -1, row, &l, &e))
		s->code = 500;
	if (l.n == 0) {
		page_open(s->page, "tr", NULL);
		page_put(s->page, "td", e.code ? e.msg : "Nothing is in force.", "colspan", "8", NULL);
		page_close(s->page);
	}
	page_close(s->page);
	page_table_end(s->page);
	if (l.n > ROWS_MAX) {
		page_open(s->page, "p", NULL);
		page_textf(s->page, "%zu more are not shown.", l.n - ROWS_MAX);
		page_close(s->page);
	}
	if (l.n == 0)
		return;
	page_open(s->page, "form", "method", "post", "action", "?page=undo", "id", "undo-many",
		  "class", "links", NULL);
	page_hidden(s->page, "token", s->token);
	page_button(s->page, "Undo all that are ticked", "go");
	page_put(s->page, "button", "Tick all", "type", "button", "data-tick", "undo-many", "hidden",
		 PAGE_SET, NULL);
	page_close(s->page);
}
