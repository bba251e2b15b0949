/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* held: the messages of a mailbox that wait in the queue: how many, to be released or, asked
 * twice, deleted. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "whm/field.h"
#include "whm/rows.h"

/* A panel call may take ACTION_TIMEOUT, and others may stand before it. */
#define WAIT_S 300

/* How many there are, or were deleted; -1: said so on the page. */
static int64_t ask(struct site *s, bool remove)
{
	struct err e = {0};
	json_t *answer = site_ask(
		s,
		json_pack("{s:s, s:s, s:s, s:s, s:b}", "do", "held", "target",
			  site_field(s, "mailbox"), "account", site_field(s, "account"), "who",
			  "root", "delete", remove),
		WAIT_S, &e);
	int64_t n = -1;

	if (json_is_true(json_object_get(answer, "ok"))) {
		n = json_number(answer, "messages");
	} else {
		page_callout(s->page, "bad");
		page_open(s->page, "p", NULL);
		page_foreign(s->page, answer ? json_text(answer, "error") : e.msg, 0);
		page_close(s->page);
		page_close(s->page);
	}
	json_decref(answer);
	return n;
}

static void told(struct site *s, int64_t n, const char *what)
{
	page_open(s->page, "p", "class", "state", NULL);
	page_textf(s->page, "%" PRId64 " %s of ", n, n == 1 ? "message" : "messages");
	page_foreign(s->page, site_field(s, "mailbox"), 0);
	page_textf(s->page, " %s", what);
	page_close(s->page);
}

/* ---- releasing ---- */

struct holds {
	struct site *s;
	size_t n;
};

static void hold(const struct action_row *a, void *ctx)
{
	struct holds *h = ctx;
	struct site *s = h->s;
	char id[24], label[420];

	if (strcmp(a->action, "hold") != 0 || (strcmp(a->target, site_field(s, "mailbox")) != 0 &&
					       strcmp(a->target, site_field(s, "account")) != 0))
		return;
	h->n++;
	snprintf(id, sizeof(id), "%" PRId64, a->id);
	snprintf(label, sizeof(label), "Release the mail of %s", a->target);
	page_act(s->page, "undo", s->token, "id", id, label, NULL, "go");
}

static void release(struct site *s)
{
	struct holds h = {.s = s};
	struct store *store = site_store(s);
	struct err e = {0};

	page_section(s->page, "Release them");
	page_put(s->page, "p",
		 "The hold is undone: they go out at Exim's next queue run, and new mail of the mailbox is "
		 "sent at once again.",
		 NULL);
	if (store && !store_action_each(store, -1, hold, &h, &e))
		page_callout_text(s->page, "bad", e.msg);
	if (store && h.n == 0 && !e.code)
		page_put(s->page, "p",
			 "osm holds neither this mailbox nor its account: what waits was held by the panel, "
			 "or is on its way out already.",
			 "class", "none", NULL);
	page_close(s->page);
}

/* ---- deleting ---- */

static void hidden(struct site *s)
{
	page_hidden(s->page, "mailbox", site_field(s, "mailbox"));
	page_hidden(s->page, "account", site_field(s, "account"));
}

static void first_question(struct site *s, const char *problem)
{
	page_section(s->page, "Delete them");
	page_put(s->page, "p", "They can't be brought back, the good ones neither.", NULL);
	page_form(s->page, "held-delete", s->token, "filter");
	hidden(s);
	field_input(s->page, "To go on, type the mailbox", "typed", site_field(s, "typed"), "text",
		    problem);
	page_button(s->page, "Delete them...", NULL);
	page_close(s->page);
	page_close(s->page);
}

static void second_question(struct site *s, int64_t n)
{
	page_callout(s->page, "warn");
	told(s, n, n == 1 ? "will be deleted" : "will be deleted for ever");
	page_form(s->page, "held-delete", s->token, NULL);
	hidden(s);
	page_hidden(s->page, "typed", site_field(s, "typed"));
	page_hidden(s->page, "sure", "delete");
	page_button(s->page, "Yes, delete them", NULL);
	page_close(s->page);
	page_link(s->page, "No, keep them", "button",
		  page_address("held", "mailbox", site_field(s, "mailbox"), "account",
			       site_field(s, "account"), NULL));
	page_close(s->page);
}

void held_page(struct site *s)
{
	int64_t n = ask(s, false);

	if (n < 0)
		return;
	page_callout(s->page, n ? "note" : "good");
	told(s, n, n == 1 ? "waits in Exim's queue" : "wait in Exim's queue");
	page_close(s->page);
	release(s);
	if (n > 0)
		first_question(s, NULL);
}

void held_delete_page(struct site *s)
{
	int64_t n;

	if (!site_field(s, "mailbox")[0] ||
	    strcmp(site_field(s, "typed"), site_field(s, "mailbox")) != 0) {
		page_callout_text(s->page, "bad", "Nothing was deleted.");
		first_question(s, "This is not the mailbox whose mail would be deleted.");
		return;
	}
	if (strcmp(site_field(s, "sure"), "delete") != 0) {
		n = ask(s, false);
		if (n >= 0)
			second_question(s, n);
		return;
	}
	n = ask(s, true);
	if (n < 0)
		return;
	page_callout(s->page, "good");
	told(s, n, n == 1 ? "was deleted" : "were deleted");
	page_close(s->page);
}
