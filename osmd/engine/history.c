/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/history.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/base/jsonread.h"
#include "osmd/base/map.h"
#include "osmd/model/report.h"

#define KEY_MAX REPORT_KEY_MAX
/* More reports of one key than this in a warm-up: the oldest are forgotten. */
#define MARKS_MAX 4096
#define ACCOUNT_MAX 64

/* Where a stored report's window ended. */
struct mark {
	int64_t last_s, made_s;
	bool confirmed;
	char event[REPORT_MARK_SIZE];
};

struct past {
	bool reported, confirmed;
	int64_t reported_s;
	uint64_t held_back;
	char account[ACCOUNT_MAX]; /* "" when it has none, or too long a name */
	struct mark *marks;	   /* owned; by time */
	size_t count, cap;
};

struct history {
	struct map *pasts;
	size_t marks; /* in all; 0 most of the time */
};

static void drop_past(void *value, void *ctx)
{
	struct past *p = value;
	struct history *h = ctx;

	h->marks -= p->count;
	free(p->marks);
	free(p);
}

struct history *history_new(size_t max_keys)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->pasts = map_new(max_keys, drop_past, h);
	if (!h->pasts) {
		free(h);
		return NULL;
	}
	return h;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	map_free(h->pasts);
	free(h);
}

/* A long key is known by its start and its length; the report has only its start, too. */
static struct slice name_of(struct history_key k, char space[1 + KEY_MAX])
{
	size_t n = k.key.n < KEY_MAX ? k.key.n : KEY_MAX;

	space[0] = (char)k.table;
	if (n)
		memcpy(space + 1, k.key.p, n);
	return (struct slice){space, n + 1};
}

static struct past *past_find(struct history *h, struct history_key k)
{
	char space[1 + KEY_MAX];

	return map_get(h->pasts, name_of(k, space));
}

static struct past *past_of(struct history *h, struct history_key k)
{
	struct past *p = past_find(h, k);
	char space[1 + KEY_MAX];

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (p && !map_put(h->pasts, name_of(k, space), p)) {
		free(p);
		p = NULL;
	}
	return p;
}

static void drop_first(struct history *h, struct past *p)
{
	memmove(p->marks, p->marks + 1, --p->count * sizeof(*p->marks));
	h->marks--;
}

static void add_mark(struct history *h, struct past *p, const struct mark *m)
{
	size_t at;

	if (p->count == MARKS_MAX)
		drop_first(h, p);
	if (p->count == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 4;
		struct mark *marks = reallocarray(p->marks, cap, sizeof(*marks));

		if (!marks)
			return;
		p->marks = marks;
		p->cap = cap;
	}
	for (at = p->count; at && p->marks[at - 1].last_s > m->last_s; at--)
		p->marks[at] = p->marks[at - 1];
	p->marks[at] = *m;
	p->count++;
	h->marks++;
}

static void set_account(struct past *p, struct slice account)
{
	if (account.n >= sizeof(p->account))
		account.n = 0;
	if (account.n)
		memcpy(p->account, account.p, account.n);
	p->account[account.n] = '\0';
}

/* Those that an action may go by. */
static json_int_t sure_events(const json_t *certain)
{
	json_int_t n = 0;

	for (int c = CERTAINTY_CONFIRMED; c <= CERTAINTY_KERNEL; c++)
		n += json_integer_value(
			json_object_get(certain, certainty_name((enum certainty)c)));
	return n;
}

void history_used(struct history *h, const json_t *report)
{
	const json_t *certain = json_object_get(report, "certainty");
	struct slice event = json_slice(report, "last_event");
	int trigger = trigger_find(json_slice(report, "type"));
	struct history_key k = {(unsigned)trigger, json_slice(report, "key")};
	struct mark m = {.last_s = json_integer_value(json_object_get(report, "last")),
			 .made_s = json_integer_value(json_object_get(report, "time")),
			 .confirmed =
				 sure_events(certain) >
				 json_integer_value(json_object_get(report, "limit"))};
	struct past *p;

	if (trigger < 0 || event.n >= sizeof(m.event))
		return;
	if (event.n)
		memcpy(m.event, event.p, event.n);
	if (slice_eq(json_slice(report, "kind"), SLICE("forgery")))
		k.table = HISTORY_FORGERS;
	p = past_of(h, k);
	if (!p)
		return;
	set_account(p, json_slice(report, "account"));
	add_mark(h, p, &m);
}

/* The window of the i-th mark has ended: it and the older ones have said all. */
static void pass_marks(struct history *h, struct past *p, size_t i)
{
	p->reported = true;
	p->reported_s = p->marks[i].made_s;
	p->confirmed = p->marks[i].confirmed;
	p->held_back = 0;
	for (i++; i; i--)
		drop_first(h, p);
}

enum history_place history_place(struct history *h, struct history_key k,
				 const struct event *ev, bool *confirmed)
{
	enum history_place place = HISTORY_OPEN;
	char event[REPORT_MARK_SIZE];
	struct past *p;

	*confirmed = false;
	if (!h->marks)
		return HISTORY_OPEN;
	p = past_find(h, k);
	while (p && p->count && p->marks[0].last_s < ev->at_s) {
		*confirmed |= p->marks[0].confirmed;
		pass_marks(h, p, 0);
		place = HISTORY_AFTER;
	}
	if (!p || !p->count || p->marks[0].last_s > ev->at_s)
		return place;
	report_mark(ev->message_id, ev->line, event);
	for (size_t i = 0; i < p->count && p->marks[i].last_s == ev->at_s; i++) {
		if (strcmp(event, p->marks[i].event) != 0)
			continue;
		*confirmed |= p->marks[i].confirmed;
		pass_marks(h, p, i);
		return HISTORY_LAST;
	}
	return place;
}

bool history_may_report(struct history *h, struct history_key k, int64_t at_s,
			unsigned repeat_s, bool confirmed, int64_t stored_s)
{
	const struct past *p = past_find(h, k);

	if (p && p->reported)
		return at_s - p->reported_s >= (int64_t)repeat_s ||
		       (confirmed && !p->confirmed);
	/* one of this very second is this one, sent before a crash */
	return stored_s <= 0 || stored_s >= at_s || at_s - stored_s >= (int64_t)repeat_s;
}

uint64_t history_reported(struct history *h, struct history_key k, struct slice account,
			  int64_t at_s, bool confirmed)
{
	struct past *p = past_of(h, k);
	uint64_t held_back;

	if (!p)
		return 0;
	held_back = p->held_back;
	set_account(p, account);
	p->reported = true;
	p->reported_s = at_s;
	p->confirmed = confirmed;
	p->held_back = 0;
	return held_back;
}

void history_held_back(struct history *h, struct history_key k, uint64_t events)
{
	struct past *p = past_of(h, k);

	if (p)
		p->held_back += events;
}

struct release {
	struct history *h;
	struct slice account;
	int64_t at_s;
};

static bool make_news(struct slice key, void *value, void *ctx)
{
	const struct release *r = ctx;
	struct past *p = value;

	(void)key;
	if (!slice_eq(slice_str(p->account), r->account))
		return true;
	while (p->count && p->marks[0].made_s <= r->at_s)
		drop_first(r->h, p);
	if (!p->reported || p->reported_s <= r->at_s) {
		p->reported = true; /* so that the store isn't asked, either */
		p->reported_s = INT32_MIN;
		p->confirmed = false;
	}
	return true;
}

void history_released(struct history *h, struct slice account, int64_t at_s)
{
	struct release r = {h, account, at_s};

	if (account.n)
		map_each(h->pasts, make_news, &r);
}

void history_forget(struct history *h, struct slice account)
{
	history_released(h, account, INT64_MAX);
}
