/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/starts.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/base/map.h"

struct start {
	int64_t at_s;
	uint64_t ref;
};

struct queue {
	unsigned first, count;
	struct start at[STARTS_WAITING_MAX];
};

struct starts {
	struct map *queues; /* by account */
};

static void drop_queue(void *value, void *ctx)
{
	(void)ctx;
	free(value);
}

struct starts *starts_new(size_t max_accounts)
{
	struct starts *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->queues = map_new(max_accounts, drop_queue, NULL);
	if (!s->queues) {
		free(s);
		return NULL;
	}
	return s;
}

void starts_free(struct starts *s)
{
	if (!s)
		return;
	map_free(s->queues);
	free(s);
}

static struct start drop_first(struct queue *q)
{
	struct start first = q->at[q->first];

	q->first = (q->first + 1) % STARTS_WAITING_MAX;
	q->count--;
	return first;
}

void starts_add(struct starts *s, struct slice account, int64_t at_s, uint64_t ref)
{
	struct queue *q = map_get(s->queues, account);

	if (!q) {
		q = calloc(1, sizeof(*q));
		if (!q || !map_put(s->queues, account, q)) {
			free(q);
			return;
		}
	}
	if (q->count == STARTS_WAITING_MAX)
		drop_first(q);
	q->at[(q->first + q->count++) % STARTS_WAITING_MAX] = (struct start){at_s, ref};
}

bool starts_take(struct starts *s, struct slice account, int64_t at_s, uint64_t *ref,
		 int64_t *start_s)
{
	struct queue *q = map_get(s->queues, account);

	while (q && q->count) {
		struct start first = drop_first(q);

		if (at_s - first.at_s > STARTS_TTL_S)
			continue;
		*ref = first.ref;
		*start_s = first.at_s;
		return true;
	}
	return false;
}
