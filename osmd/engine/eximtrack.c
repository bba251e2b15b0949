/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/eximtrack.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "osmd/parse/eximline.h"

#define NONE UINT32_MAX
/* A log without a line for so long has a hole in it: Exim writes at every queue run. */
#define GAP_S 7200
/* A log of another time zone is told by its ids, which are always UTC: line time and id time
 * then differ by whole quarters of an hour. */
#define ZONE_STEP_S 900
/* From its id to its arrival a message takes as long as its client does to send it. */
#define SLOW_S 600
#define ZONE_VOTES 4 /* confirmed arrivals, one after the other, that tell the zone */
#define REPLIES_MAX 8 /* a vacation answers once, to a list of forwarded addresses */
/* Replies in an hour to messages from before the log began, or forgotten since. */
#define OLD_REPLIES_MAX 8
#define OLD_REPLIES_S 3600

struct eximtrack {
	struct track_entry *ring;
	uint32_t *heads;
	uint32_t max, used, next; /* next: the place that is written next */
	uint32_t mask;
	uint32_t found; /* found or added last: a message's lines come together */
	uint64_t seed;
	int64_t first_s, last_s; /* times of lines; -1: none yet */
	int64_t skew_s;		 /* line time - id time, whole quarters of an hour */
	bool has_skew;
	bool own;	   /* this machine's log: skew_s is 0 until confirmed arrivals tell */
	int64_t other_s;   /* the skew that the last ones of these showed */
	unsigned votes;
	int64_t forgotten_s; /* the youngest id that was; id time */
	int64_t horizon_s; /* ids made up to here may have been forgotten; id time */
	int64_t old_replies_s; /* when the first of these was seen */
	unsigned old_replies;
	track_unfollowed_fn unfollowed;
	void *ctx;
};

struct eximtrack *eximtrack_new(size_t max_ids, track_unfollowed_fn unfollowed, void *ctx)
{
	struct eximtrack *t = calloc(1, sizeof(*t));
	uint32_t heads = 64;

	if (!t)
		return NULL;
	t->max = max_ids < 16 ? 16 : max_ids > (1u << 24) ? 1u << 24 : (uint32_t)max_ids;
	while (heads < t->max)
		heads *= 2;
	t->mask = heads - 1;
	t->ring = calloc(t->max, sizeof(*t->ring));
	t->heads = malloc(heads * sizeof(*t->heads));
	if (!t->ring || !t->heads ||
	    getrandom(&t->seed, sizeof(t->seed), 0) != (ssize_t)sizeof(t->seed)) {
		eximtrack_free(t);
		return NULL;
	}
	memset(t->heads, 0xff, heads * sizeof(*t->heads)); /* NONE */
	t->first_s = t->last_s = -1;
	t->forgotten_s = INT64_MIN;
	t->horizon_s = INT64_MAX; /* nothing is new before the first arrival */
	t->unfollowed = unfollowed;
	t->ctx = ctx;
	return t;
}

void eximtrack_free(struct eximtrack *t)
{
	if (!t)
		return;
	free(t->ring);
	free(t->heads);
	free(t);
}

static void set_horizon(struct eximtrack *t, int64_t id_s)
{
	if (t->horizon_s == INT64_MAX || id_s > t->horizon_s)
		t->horizon_s = id_s;
}

void eximtrack_time(struct eximtrack *t, int64_t at_s)
{
	if (t->last_s < 0) {
		if (t->first_s < 0 || at_s < t->first_s)
			t->first_s = at_s;
		if (t->own)
			t->horizon_s = t->first_s;
	} else if (at_s - t->last_s > GAP_S && t->has_skew) {
		set_horizon(t, at_s - t->skew_s);
	}
	if (at_s > t->last_s)
		t->last_s = at_s;
}

static bool id_key(struct slice id, uint64_t key[TRACK_ID_MAX / 8])
{
	if (id.n > TRACK_ID_MAX || !id.n)
		return false;
	memset(key, 0, TRACK_ID_MAX);
	memcpy(key, id.p, id.n);
	return true;
}

/* Whoever forges ids must not be able to put them all into one chain. */
static uint32_t chain_of(const struct eximtrack *t, const uint64_t key[TRACK_ID_MAX / 8])
{
	__uint128_t h = (__uint128_t)(key[0] ^ t->seed) * (key[1] ^ 0x9e3779b97f4a7c15u);

	h = (__uint128_t)((uint64_t)h ^ (uint64_t)(h >> 64) ^ key[2] ^ (t->seed << 1)) *
	    0xd6e8feb86659fd93u;
	return (uint32_t)((uint64_t)h ^ (uint64_t)(h >> 64)) & t->mask;
}

static bool same_key(const uint64_t a[TRACK_ID_MAX / 8],
		     const uint64_t b[TRACK_ID_MAX / 8])
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

struct track_entry *eximtrack_find(struct eximtrack *t, struct slice id)
{
	uint64_t key[TRACK_ID_MAX / 8];

	if (!id_key(id, key))
		return NULL;
	if (same_key(t->ring[t->found].id, key))
		return &t->ring[t->found];
	for (uint32_t i = t->heads[chain_of(t, key)]; i != NONE; i = t->ring[i].next)
		if (same_key(t->ring[i].id, key)) {
			t->found = i;
			return &t->ring[i];
		}
	return NULL;
}

static struct slice entry_id(const struct track_entry *e)
{
	const char *p = (const char *)e->id;

	return (struct slice){p, strnlen(p, TRACK_ID_MAX)};
}

/* The oldest entry leaves; from now on ids as old as it may be unknown for this reason. */
static void forget(struct eximtrack *t, uint32_t place)
{
	struct track_entry *e = &t->ring[place];
	uint32_t *at = &t->heads[chain_of(t, e->id)];
	int64_t id_s = eximline_id_time(entry_id(e));

	if (e->counted && !e->followed && t->unfollowed)
		t->unfollowed(e, t->ctx);
	if (id_s > e->at_s - t->skew_s) /* made up: no id is of the future */
		id_s = e->at_s - t->skew_s;
	if (t->has_skew)
		set_horizon(t, id_s);
	if (id_s > t->forgotten_s)
		t->forgotten_s = id_s;
	while (*at != place)
		at = &t->ring[*at].next;
	*at = e->next;
}

static int64_t nearest_step(int64_t s)
{
	int64_t half = s < 0 ? -ZONE_STEP_S / 2 : ZONE_STEP_S / 2;

	return (s + half) / ZONE_STEP_S * ZONE_STEP_S;
}

static void learn_skew(struct eximtrack *t, struct slice id, int64_t at_s)
{
	int64_t id_s = eximline_id_time(id);

	if (id_s < 0)
		return;
	t->skew_s = nearest_step(at_s - id_s);
	t->has_skew = true;
	t->horizon_s = t->first_s - t->skew_s;
}

void eximtrack_own_log(struct eximtrack *t, int64_t now_s)
{
	t->first_s = now_s - 1; /* ids of this second are new, too */
	t->has_skew = t->own = true;
}

void eximtrack_confirmed(struct eximtrack *t, struct slice id, int64_t at_s)
{
	int64_t id_s = eximline_id_time(id), skew_s;

	if (!t->own || id_s < 0)
		return;
	skew_s = nearest_step(at_s - id_s);
	if (skew_s == t->skew_s || skew_s != t->other_s)
		t->votes = 0;
	t->other_s = skew_s;
	if (skew_s == t->skew_s || ++t->votes < ZONE_VOTES)
		return;
	t->horizon_s += t->skew_s - skew_s;
	t->skew_s = skew_s;
}

struct track_entry *eximtrack_add(struct eximtrack *t, struct slice id,
				  enum track_state state, int64_t at_s)
{
	uint64_t key[TRACK_ID_MAX / 8];
	struct track_entry *e = &t->ring[t->next];
	uint32_t *head;

	if (!id_key(id, key))
		return NULL;
	if (!t->has_skew && state == TRACK_ARRIVED)
		learn_skew(t, id, at_s);
	if (t->used == t->max)
		forget(t, t->next);
	else
		t->used++;
	head = &t->heads[chain_of(t, key)];
	*e = (struct track_entry){
		.at_s = at_s, .ref = UINT64_MAX, .next = *head, .state = (uint8_t)state};
	memcpy(e->id, key, sizeof(key));
	*head = t->found = t->next;
	t->next = t->next + 1 == t->max ? 0 : t->next + 1;
	return e;
}

bool eximtrack_is_new(const struct eximtrack *t, struct slice id)
{
	int64_t id_s = eximline_id_time(id);

	/* an id of the future is made up */
	return t->has_skew && id_s > t->horizon_s && id_s <= t->last_s - t->skew_s + 1;
}

bool eximtrack_may_be_old(const struct eximtrack *t, struct slice id)
{
	int64_t id_s = eximline_id_time(id);

	return id_s <= t->forgotten_s || id_s < t->first_s - t->skew_s - SLOW_S;
}

/* A cause that may have been forgotten: nothing tells it from a made-up one. */
static bool old_reply(struct eximtrack *t, struct slice cause)
{
	if (t->has_skew && eximline_id_time(cause) > t->horizon_s)
		return false; /* it would be known, or it is of the future */
	if (t->last_s - t->old_replies_s > OLD_REPLIES_S) {
		t->old_replies_s = t->last_s;
		t->old_replies = 0;
	}
	return t->old_replies++ < OLD_REPLIES_MAX;
}

bool eximtrack_reply(struct eximtrack *t, struct slice cause)
{
	struct track_entry *e = eximtrack_find(t, cause);

	if (!e)
		return old_reply(t, cause);
	if (e->replies < UINT8_MAX)
		e->replies++;
	return e->replies <= REPLIES_MAX;
}

void eximtrack_unfollowed(struct eximtrack *t)
{
	for (uint32_t i = 0; i < t->used && t->unfollowed; i++)
		if (t->ring[i].counted && !t->ring[i].followed)
			t->unfollowed(&t->ring[i], t->ctx);
}
