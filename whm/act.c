/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* act: undo, hold, block: what the daemon's executor is asked to do by hand. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/model/options.h"
#include "whm/meaning.h"
#include "whm/rows.h"

/* A panel call may take ACTION_TIMEOUT, and others may stand before it. */
#define WAIT_S 300
/* A form with more boxes ticked than this is none of ours. */
#define UNDO_MAX 500

static void outcome(struct site *s, const json_t *answer, const struct err *e)
{
	json_t *row;
	size_t i;

	if (!answer) {
		page_callout_text(s->page, "bad", e->msg);
		return;
	}
	json_array_foreach(json_object_get(answer, "actions"), i, row)
	{
		const char *state = json_text(row, "state");
		bool ok = strcmp(state, "undone") == 0 || strcmp(state, "done") == 0;

		page_callout(s->page, ok ? "good" : "warn");
		page_open(s->page, "p", NULL);
		page_textf(s->page, "%s of ", meaning_name(json_text(row, "action")));
		page_foreign(s->page, json_text(row, "target"), 0);
		page_textf(s->page, ": %s. ", state);
		page_foreign(s->page, json_text(row, "detail"), 0);
		page_close(s->page);
		page_close(s->page);
	}
	if (!json_is_true(json_object_get(answer, "ok"))) {
		const char *why = json_text(answer, "error");

		page_callout_text(s->page, "bad", why[0] ? why : "It failed.");
	}
}

static void back(struct site *s)
{
	page_open(s->page, "p", "class", "links", NULL);
	page_link(s->page, "In force", "button", page_address("inforce", NULL));
	page_link(s->page, "Reports", "button", page_address("reports", NULL));
	page_close(s->page);
}

/* By the daemon; when it is down, by osm itself: undoing must always be possible. */
static json_t *undo(struct site *s, uint64_t id, struct err *e)
{
	char number[24];
	const char *const words[] = {"undo", number, NULL};
	json_t *answer = site_ask(
		s, json_pack("{s:s, s:I, s:s}", "do", "undo", "id", (json_int_t)id, "who", "root"),
		WAIT_S, e);

	if (answer || (e->code != ENOENT && e->code != ECONNREFUSED))
		return answer;
	*e = (struct err){0};
	snprintf(number, sizeof(number), "%" PRIu64, id);
	return site_run(s, words, WAIT_S, e);
}

void undo_page(struct site *s)
{
	size_t wanted = 0;

	for (size_t i = 0; i < s->cgi.form.n; i++) {
		const struct cgi_param *p = &s->cgi.form.list[i];
		struct err e = {0};
		json_t *answer;
		uint64_t id;

		if (!slice_eq(p->name, SLICE("id")) || wanted == UNDO_MAX)
			continue;
		wanted++;
		if (!slice_u64(p->value, 1, INT64_MAX, &id)) {
			s->code = 400;
			page_callout_text(s->page, "bad", "That is not the number of an action.");
			continue;
		}
		answer = undo(s, id, &e);
		outcome(s, answer, &e);
		json_decref(answer);
	}
	if (wanted == 0)
		page_callout_text(s->page, "note", "Nothing was chosen, nothing was undone.");
	back(s);
}

void act_page(struct site *s)
{
	const char *what = site_field(s, "do");
	struct err e = {0};
	json_t *answer;
	size_t i = 0;

	while (i < meaning_count() && (meaning_row(i)->on == MEANING_NOBODY ||
				       strcmp(meaning_row(i)->action, what) != 0))
		i++;
	/* the executor checks target and account against the server's own files */
	if (i == meaning_count()) {
		s->code = 400;
		page_callout_text(s->page, "bad", "An action that this page doesn't know.");
		return;
	}
	/* the administrator's own address is never blocked */
	answer = site_ask(s,
			  json_pack("{s:s, s:s, s:s, s:s, s:s*}", "do", what, "target",
				    site_field(s, "target"), "account", site_field(s, "account"),
				    "who", "root", "from", getenv("REMOTE_ADDR")),
			  WAIT_S, &e);
	outcome(s, answer, &e);
	json_decref(answer);
	back(s);
}
