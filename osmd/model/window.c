/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/window.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/base/map.h"

#define RING_FIRST 2 /* most keys are seen once or twice */
#define KEY_ON_STACK 512
#define MAP_ENTRY_COST 96 /* about what the map and the allocator take for each key */

/* All keys of one owner, in the order of last use. Lives as long as it has keys. */
struct owner {
	struct node *oldest, *newest;
	size_t keys;
	size_t n;
	char name[];
};

/* One key. The map owns it. */
struct node {
	struct owner *owner;
	struct node *older, *newer; /* of the same owner */
	struct window_entry *ring;  /* owned */
	uint32_t cap, head, count;
	unsigned level;
	uint64_t weight; /* of the entries in the ring */
	int64_t newest_s; /* outlives the entries: time doesn't run backwards after a fire */
	size_t n;
	char text[]; /* owner, NUL, key */
};

struct window {
	struct map *keys;   /* owner NUL key -> struct node */
	struct map *owners; /* owner -> struct owner */
	size_t max_keys, max_keys_per_owner;
	size_t bytes, max_bytes;
	uint64_t evicted;
	struct window_entry *fired; /* owned: what the last fire gave out */
	size_t fired_cap;
};

static size_t node_bytes(const struct node *k)
{
	return sizeof(*k) + 2 * k->n + k->cap * sizeof(*k->ring) + MAP_ENTRY_COST;
}

static struct slice node_text(const struct node *k)
{
	return (struct slice){k->text, k->n};
}

static struct slice owner_name(const struct owner *o)
{
	return (struct slice){o->name, o->n};
}

static void unlink_node(struct node *k)
{
	struct owner *o = k->owner;

	*(k->older ? &k->older->newer : &o->oldest) = k->newer;
	*(k->newer ? &k->newer->older : &o->newest) = k->older;
}

static void link_newest(struct node *k)
{
	struct owner *o = k->owner;

	k->newer = NULL;
	k->older = o->newest;
	*(o->newest ? &o->newest->newer : &o->oldest) = k;
	o->newest = k;
}

static void owner_release(struct window *w, struct owner *o)
{
	if (--o->keys == 0)
		map_del(w->owners, owner_name(o));
}

/* The map drops a key: by forgetting, by eviction, at the end. */
static void drop_node(void *value, void *ctx)
{
	struct node *k = value;
	struct window *w = ctx;
	struct owner *o = k->owner;

	unlink_node(k);
	w->bytes -= node_bytes(k);
	owner_release(w, o);
	free(k->ring);
	free(k);
}

static void drop_owner(void *value, void *ctx)
{
	(void)ctx;
	free(value);
}

struct window *window_new(size_t max_keys, size_t max_keys_per_owner)
{
	struct window *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->max_keys = max_keys ? max_keys : 1;
	w->max_keys_per_owner = max_keys_per_owner ? max_keys_per_owner : 1;
	w->max_bytes = w->max_keys > SIZE_MAX / WINDOW_BYTES_PER_KEY
			       ? SIZE_MAX
			       : w->max_keys * WINDOW_BYTES_PER_KEY;
	if (w->max_bytes < WINDOW_BYTES_LEAST)
		w->max_bytes = WINDOW_BYTES_LEAST;
	/* evict() keeps both below their own bounds */
	w->keys = map_new(w->max_keys + 1, drop_node, w);
	w->owners = map_new(w->max_keys + 1, drop_owner, NULL);
	if (!w->keys || !w->owners) {
		window_free(w);
		return NULL;
	}
	return w;
}

void window_free(struct window *w)
{
	if (!w)
		return;
	map_free(w->keys);
	map_free(w->owners);
	free(w->fired);
	free(w);
}

/* "owner NUL key", on the caller's stack unless it is long; NULL without memory. */
static char *join(struct slice owner, struct slice key, char stack[KEY_ON_STACK],
		  struct slice *out)
{
	size_t n = owner.n + 1 + key.n;
	char *p = n <= KEY_ON_STACK ? stack : malloc(n);

	if (!p)
		return NULL;
	if (owner.n)
		memcpy(p, owner.p, owner.n);
	p[owner.n] = '\0';
	if (key.n)
		memcpy(p + owner.n + 1, key.p, key.n);
	*out = (struct slice){p, n};
	return p;
}

static void unjoin(char *p, const char *stack)
{
	if (p != stack)
		free(p);
}

static void evict(struct window *w, struct node *k)
{
	w->evicted++;
	map_del(w->keys, node_text(k));
}

static bool take_first(struct slice key, void *value, void *ctx)
{
	(void)key;
	*(struct node **)ctx = value;
	return false;
}

static struct node *oldest(const struct window *w)
{
	struct node *k = NULL;

	map_each(w->keys, take_first, &k);
	return k;
}

/* o counts its new key already, so that it outlives the last of its old ones. */
static void make_room(struct window *w, const struct owner *o)
{
	if (o->keys > w->max_keys_per_owner)
		evict(w, o->oldest);
	else if (map_count(w->keys) >= w->max_keys)
		evict(w, oldest(w));
}

/* Oldest keys go until the memory is within its bound again; never k, just used. */
static void keep_within_bytes(struct window *w, const struct node *k)
{
	while (w->bytes > w->max_bytes) {
		struct node *victim = oldest(w);

		if (victim == k)
			return;
		evict(w, victim);
	}
}

static struct owner *owner_get(struct window *w, struct slice name)
{
	struct owner *o = map_peek(w->owners, name);

	if (o)
		return o;
	o = calloc(1, sizeof(*o) + name.n);
	if (!o)
		return NULL;
	o->n = name.n;
	if (name.n)
		memcpy(o->name, name.p, name.n);
	if (!map_put(w->owners, name, o)) {
		free(o);
		return NULL;
	}
	return o;
}

static struct node *node_new(struct window *w, struct slice owner, struct slice text,
			     int64_t at_s)
{
	struct node *k = calloc(1, sizeof(*k) + text.n);
	struct owner *o = k ? owner_get(w, owner) : NULL;

	if (!o) {
		free(k);
		return NULL;
	}
	o->keys++;
	k->owner = o;
	k->newest_s = at_s;
	k->n = text.n;
	memcpy(k->text, text.p, text.n);
	make_room(w, o);
	if (!map_put(w->keys, text, k)) {
		owner_release(w, o);
		free(k);
		return NULL;
	}
	link_newest(k);
	w->bytes += node_bytes(k);
	return k;
}

static struct node *node_get(struct window *w, struct slice owner, struct slice key,
			     int64_t at_s)
{
	char stack[KEY_ON_STACK];
	struct slice text;
	char *p = join(owner, key, stack, &text);
	struct node *k;

	if (!p)
		return NULL;
	k = map_get(w->keys, text);
	if (!k) {
		k = node_new(w, owner, text, at_s);
	} else if (k->newer) {
		unlink_node(k);
		link_newest(k);
	}
	unjoin(p, stack);
	return k;
}

static const struct node *node_peek(const struct window *w, struct slice owner,
				    struct slice key)
{
	char stack[KEY_ON_STACK];
	struct slice text;
	char *p = join(owner, key, stack, &text);
	const struct node *k;

	if (!p)
		return NULL;
	k = map_peek(w->keys, text);
	unjoin(p, stack);
	return k;
}

static size_t ring_index(const struct node *k, size_t i)
{
	size_t at = (size_t)k->head + i;

	return at < k->cap ? at : at - k->cap;
}

static void ring_copy(const struct node *k, struct window_entry *to)
{
	size_t first = (size_t)k->cap - k->head;

	if (k->count == 0)
		return;
	if (first > k->count)
		first = k->count;
	memcpy(to, k->ring + k->head, first * sizeof(*to));
	memcpy(to + first, k->ring, (k->count - first) * sizeof(*to));
}

/* An entry that fires is not kept, so a ring never needs more than level entries. */
static bool ring_grow(struct window *w, struct node *k, unsigned level)
{
	size_t cap = k->cap ? (size_t)k->cap * 2 : RING_FIRST;
	struct window_entry *ring;

	if (cap > level)
		cap = level;
	if (cap <= k->count)
		cap = (size_t)k->count + 1;
	ring = calloc(cap, sizeof(*ring));
	if (!ring)
		return false;
	ring_copy(k, ring);
	free(k->ring);
	w->bytes += (cap - k->cap) * sizeof(*ring);
	k->ring = ring;
	k->cap = (uint32_t)cap;
	k->head = 0;
	return true;
}

/* A sender who was busy once must not keep a large ring for ever. */
static void ring_drop(struct window *w, struct node *k)
{
	w->bytes -= k->cap * sizeof(*k->ring);
	free(k->ring);
	k->ring = NULL;
	k->cap = k->head = 0;
}

static void forget_old(struct window *w, struct node *k, unsigned interval_s)
{
	if (k->count == 0)
		return;
	while (k->count &&
	       (uint64_t)k->newest_s - (uint64_t)k->ring[k->head].at_s > interval_s) {
		k->weight -= k->ring[k->head].weight;
		k->head = (uint32_t)ring_index(k, 1);
		k->count--;
	}
	if (k->count == 0 && k->cap > RING_FIRST)
		ring_drop(w, k);
}

static bool fire(struct window *w, struct node *k, const struct window_entry *last,
		 struct window_state *out)
{
	size_t n = (size_t)k->count + 1;

	if (n > w->fired_cap) {
		struct window_entry *p = reallocarray(w->fired, n, sizeof(*p));

		if (!p)
			return false;
		w->fired = p;
		w->fired_cap = n;
	}
	ring_copy(k, w->fired);
	w->fired[n - 1] = *last;
	*out = (struct window_state){.fired = true,
				     .count = n,
				     .weight = k->weight + last->weight,
				     .entries = w->fired};
	k->head = k->count = 0;
	k->weight = 0;
	return true;
}

static bool keep(struct window *w, struct node *k, const struct window_entry *e,
		 unsigned level, struct window_state *out)
{
	if (k->count == k->cap && !ring_grow(w, k, level))
		return false;
	k->ring[ring_index(k, k->count)] = *e;
	k->count++;
	k->weight += e->weight;
	*out = (struct window_state){.count = k->count, .weight = k->weight};
	return true;
}

bool window_add(struct window *w, struct slice owner, struct slice key, unsigned level,
		unsigned interval_s, const struct window_entry *entry,
		struct window_state *out)
{
	struct window_entry e = *entry;
	struct node *k;
	bool ok;

	*out = (struct window_state){0};
	if (level == 0)
		return true;
	k = node_get(w, owner, key, e.at_s);
	if (!k)
		return false;
	if (e.at_s > k->newest_s)
		k->newest_s = e.at_s;
	e.at_s = k->newest_s;
	if (e.weight == 0)
		e.weight = 1;
	k->level = level;
	forget_old(w, k, interval_s);
	if (k->weight + e.weight > level)
		ok = fire(w, k, &e, out);
	else
		ok = keep(w, k, &e, level, out);
	keep_within_bytes(w, k);
	return ok;
}

size_t window_count(const struct window *w, struct slice owner, struct slice key)
{
	const struct node *k = node_peek(w, owner, key);

	return k ? k->count : 0;
}

void window_forget(struct window *w, struct slice owner, struct slice key)
{
	const struct node *k = node_peek(w, owner, key);

	if (k)
		map_del(w->keys, node_text(k));
}

void window_forget_owner(struct window *w, struct slice owner)
{
	const struct owner *o = map_peek(w->owners, owner);

	/* o goes with its last key */
	for (size_t n = o ? o->keys : 0; n; n--)
		map_del(w->keys, node_text(o->oldest));
}

uint64_t window_evicted(const struct window *w)
{
	return w->evicted;
}

size_t window_keys(const struct window *w)
{
	return map_count(w->keys);
}

struct ranking {
	const struct node **best; /* fullest first */
	size_t n, max;
};

/* Weights are at most the level here, so the products fit. */
static bool is_fuller(const struct node *a, const struct node *b)
{
	uint64_t x = a->weight * b->level, y = b->weight * a->level;

	return x != y ? x > y : a->count > b->count;
}

static bool rank(struct slice key, void *value, void *ctx)
{
	struct ranking *r = ctx;
	const struct node *k = value;
	size_t at;

	(void)key;
	if (k->count == 0 || (r->n == r->max && !is_fuller(k, r->best[r->n - 1])))
		return true;
	at = r->n < r->max ? r->n++ : r->n - 1;
	for (; at && is_fuller(k, r->best[at - 1]); at--)
		r->best[at] = r->best[at - 1];
	r->best[at] = k;
	return true;
}

size_t window_top(const struct window *w, struct window_top *out, size_t n)
{
	struct ranking r = {.max = n};

	r.best = n ? calloc(n, sizeof(*r.best)) : NULL;
	if (!r.best)
		return 0;
	map_each(w->keys, rank, &r);
	for (size_t i = 0; i < r.n; i++) {
		const struct node *k = r.best[i];
		size_t skip = k->owner->n + 1;

		out[i] = (struct window_top){.owner = owner_name(k->owner),
					     .key = {k->text + skip, k->n - skip},
					     .count = k->count,
					     .level = k->level,
					     .newest_s = k->newest_s};
	}
	free(r.best);
	return r.n;
}
