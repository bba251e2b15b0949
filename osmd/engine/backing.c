/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/backing.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/base/map.h"

/* Seconds remembered for one account; older ones are forgotten, which only means that fewer
 * lines count as backed. */
#define SECONDS_MAX 4096
#define SECONDS_FIRST 16
/* The line comes before its arrival, and stamps may differ. */
#define SLACK_S 2

struct second {
	int64_t at_s;
	uint32_t starts, arrivals;
};

struct ledger {
	struct second *ring;
	uint32_t cap, head, count; /* head: the oldest */
};

struct backing {
	struct map *ledgers;
};

static void drop_ledger(void *value, void *ctx)
{
	struct ledger *l = value;

	(void)ctx;
	free(l->ring);
	free(l);
}

struct backing *backing_new(size_t max_accounts)
{
	struct backing *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->ledgers = map_new(max_accounts, drop_ledger, NULL);
	if (!b->ledgers) {
		free(b);
		return NULL;
	}
	return b;
}

void backing_free(struct backing *b)
{
	if (!b)
		return;
	map_free(b->ledgers);
	free(b);
}

static bool grow(struct ledger *l)
{
	uint32_t cap = l->cap ? l->cap * 4 : SECONDS_FIRST;
	struct second *ring = calloc(cap, sizeof(*ring));

	if (!ring)
		return false;
	for (uint32_t i = 0; i < l->count; i++)
		ring[i] = l->ring[(l->head + i) % l->cap];
	free(l->ring);
	*l = (struct ledger){ring, cap, 0, l->count};
	return true;
}

static struct ledger *ledger_of(struct backing *b, struct slice account)
{
	struct ledger *l = map_get(b->ledgers, account);

	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l || !grow(l) || !map_put(b->ledgers, account, l)) {
		if (l)
			drop_ledger(l, NULL);
		return NULL;
	}
	return l;
}

static struct second *second_of(struct backing *b, struct slice account, int64_t at_s)
{
	struct ledger *l = ledger_of(b, account);
	struct second *newest;

	if (!l)
		return NULL;
	newest = l->count ? &l->ring[(l->head + l->count - 1) % l->cap] : NULL;
	if (newest &&
	    at_s <= newest->at_s) /* a late line counts at the newest time seen */
		return newest;
	if (l->count == l->cap && (l->cap >= SECONDS_MAX || !grow(l))) {
		l->head = (l->head + 1) % l->cap;
		l->count--;
	}
	newest = &l->ring[(l->head + l->count++) % l->cap];
	*newest = (struct second){.at_s = at_s};
	return newest;
}

void backing_start(struct backing *b, struct slice account, int64_t at_s)
{
	struct second *s = second_of(b, account, at_s);

	if (s)
		s->starts++;
}

void backing_arrival(struct backing *b, struct slice account, int64_t at_s)
{
	struct second *s = second_of(b, account, at_s);

	if (s)
		s->arrivals++;
}

static struct second sum(const struct backing *b, struct slice account, int64_t first_s,
			 int64_t last_s)
{
	const struct ledger *l = map_peek(b->ledgers, account);
	struct second total = {0};

	for (uint32_t i = l ? l->count : 0; i-- > 0;) {
		const struct second *s = &l->ring[(l->head + i) % l->cap];

		if (s->at_s > last_s + SLACK_S)
			continue;
		if (s->at_s < first_s - SLACK_S)
			break;
		total.arrivals += s->arrivals;
		if (s->at_s >= first_s && s->at_s <= last_s)
			total.starts += s->starts;
	}
	return total;
}

uint64_t backing_of(const struct backing *b, struct slice account, int64_t first_s,
		    int64_t last_s, uint64_t n)
{
	struct second total = sum(b, account, first_s, last_s);
	uint64_t unbacked =
		total.starts > total.arrivals ? total.starts - total.arrivals : 0;

	if (!total.arrivals || unbacked >= n)
		return 0;
	n -= unbacked;
	return n < total.arrivals ? n : total.arrivals;
}

uint64_t backing_arrivals(const struct backing *b, struct slice account, int64_t first_s,
			  int64_t last_s)
{
	return sum(b, account, first_s, last_s).arrivals;
}
