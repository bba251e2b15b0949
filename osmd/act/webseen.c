/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/webseen.h"

#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 72

struct seen {
	json_t *row; /* owned */
	int64_t at_s, times;
};

struct watched {
	char name[NAME_BYTES]; /* "": free */
	int64_t at_s;	       /* of the last watch */
	struct seen rows[WEBSEEN_ROWS];
	size_t n;
};

struct webseen {
	struct watched all[WEBSEEN_ACCOUNTS];
};

struct webseen *webseen_new(void)
{
	return calloc(1, sizeof(struct webseen));
}

static void clear(struct watched *w)
{
	for (size_t i = 0; i < w->n; i++)
		json_decref(w->rows[i].row);
	memset(w, 0, sizeof(*w));
}

void webseen_free(struct webseen *s)
{
	for (size_t i = 0; s && i < WEBSEEN_ACCOUNTS; i++)
		clear(&s->all[i]);
	free(s);
}

static const struct watched *find(const struct webseen *s, struct slice account)
{
	for (size_t i = 0; account.n && i < WEBSEEN_ACCOUNTS; i++)
		if (slice_eq(account, slice_str(s->all[i].name)))
			return &s->all[i];
	return NULL;
}

/* A free place, or that of the account looked at longest ago. */
static struct watched *place(struct webseen *s)
{
	struct watched *oldest = &s->all[0];

	for (size_t i = 0; i < WEBSEEN_ACCOUNTS; i++) {
		if (!s->all[i].name[0])
			return &s->all[i];
		if (s->all[i].at_s < oldest->at_s)
			oldest = &s->all[i];
	}
	clear(oldest);
	return oldest;
}

bool webseen_watch(struct webseen *s, struct slice account, int64_t now_s, bool *fresh)
{
	struct watched *w = (struct watched *)find(s, account);

	*fresh = false;
	if (!account.n || account.n >= NAME_BYTES)
		return false;
	if (w && now_s - w->at_s > WEBSEEN_KEEP_S) {
		clear(w);
		w = NULL;
	}
	if (!w) {
		w = place(s);
		memcpy(w->name, account.p, account.n);
		*fresh = true;
	}
	w->at_s = now_s;
	return true;
}

bool webseen_watches(const struct webseen *s, struct slice account)
{
	return find(s, account) != NULL;
}

/* Where a further one goes when there is no more room: none that is recent is lost for it. */
static struct seen *room(struct watched *w, int64_t now_s)
{
	if (w->n < WEBSEEN_ROWS)
		return &w->rows[w->n++];
	for (size_t i = 0; i < w->n; i++)
		if (now_s - w->rows[i].at_s > WEBSEEN_KEEP_S) {
			json_decref(w->rows[i].row);
			return &w->rows[i];
		}
	return NULL;
}

void webseen_add(struct webseen *s, struct slice account, json_t *row, int64_t now_s)
{
	struct watched *w = (struct watched *)find(s, account);
	struct seen *r = NULL;

	for (size_t i = 0; w && !r && i < w->n; i++)
		if (json_equal(w->rows[i].row, row))
			r = &w->rows[i];
	if (r) {
		r->times++;
		r->at_s = now_s;
	} else if (w && (r = room(w, now_s))) {
		*r = (struct seen){json_incref(row), now_s, 1};
	}
}

void webseen_each(const struct webseen *s, struct slice account, int64_t from_s,
		  void (*fn)(const json_t *row, int64_t times, void *ctx), void *ctx)
{
	const struct watched *w = find(s, account);

	for (size_t i = 0; w && i < w->n; i++)
		if (w->rows[i].at_s >= from_s)
			fn(w->rows[i].row, w->rows[i].times, ctx);
}
