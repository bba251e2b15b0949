/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/risers.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/act/executor.h"

#define PAUSE_S 1
#define NAME_BYTES 72

struct risers {
	struct outbox *outbox;
	struct event *pause;
	char names[EXECUTOR_LOOK_MAX][NAME_BYTES];
	size_t n;
	bool asking; /* there is no answer yet */
};

static void on_answer(json_t *answer, void *ctx)
{
	struct risers *r = ctx;

	json_decref(answer);
	r->asking = false;
}

static void ask(struct risers *r)
{
	const struct timeval pause = {.tv_sec = PAUSE_S};
	json_t *names = json_array(), *request;

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(names, json_string(r->names[i]));
	r->n = 0;
	request = json_pack("{s:s, s:o}", "do", "look", "accounts", names);
	r->asking = request && outbox_ask(r->outbox, request, on_answer, r, NULL);
	json_decref(request);
	evtimer_add(r->pause, &pause);
}

static void on_pause(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval pause = {.tv_sec = PAUSE_S};
	struct risers *r = ctx;

	(void)fd;
	(void)what;
	if (!r->n)
		return;
	if (r->asking)
		evtimer_add(r->pause, &pause);
	else
		ask(r);
}

struct risers *risers_new(struct event_base *base, struct outbox *outbox)
{
	struct risers *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->outbox = outbox;
	r->pause = evtimer_new(base, on_pause, r);
	if (!r->pause) {
		free(r);
		return NULL;
	}
	return r;
}

void risers_free(struct risers *r)
{
	if (!r)
		return;
	outbox_forget(r->outbox, r);
	event_free(r->pause);
	free(r);
}

void risers_add(struct risers *r, struct slice account)
{
	for (size_t i = 0; i < r->n; i++)
		if (slice_eq(account, slice_str(r->names[i])))
			return;
	if (!account.n || account.n >= NAME_BYTES || r->n == EXECUTOR_LOOK_MAX)
		return;
	memcpy(r->names[r->n], account.p, account.n);
	r->names[r->n++][account.n] = '\0';
	if (!r->asking && !evtimer_pending(r->pause, NULL))
		ask(r);
	else if (!evtimer_pending(r->pause, NULL))
		on_pause(-1, 0, r);
}
