/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "osmd/base/sip.h"

#define MAP_FIRST_BUCKETS 64

struct entry {
	struct entry *next;	     /* in its bucket */
	struct entry *older, *newer; /* by last use */
	void *value;
	uint64_t hash;
	size_t n;
	char key[];
};

struct map {
	struct entry **bucket;
	size_t buckets; /* a power of two */
	size_t count, max;
	struct entry *oldest, *newest;
	map_drop_fn drop;
	void *ctx;
	uint64_t evicted;
	uint64_t seed[2];
};

/* A stranger who chooses the keys can't choose the buckets. */
static uint64_t hash_key(const struct map *m, struct slice key)
{
	return sip_hash(key, m->seed[0], m->seed[1]);
}

struct map *map_new(size_t max_entries, map_drop_fn drop, void *ctx)
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->bucket = calloc(MAP_FIRST_BUCKETS, sizeof(*m->bucket));
	if (!m->bucket ||
	    getrandom(m->seed, sizeof(m->seed), 0) != (ssize_t)sizeof(m->seed)) {
		free(m->bucket);
		free(m);
		return NULL;
	}
	m->buckets = MAP_FIRST_BUCKETS;
	m->max = max_entries ? max_entries : 1;
	m->drop = drop;
	m->ctx = ctx;
	return m;
}

static void unlink_order(struct map *m, struct entry *e)
{
	*(e->older ? &e->older->newer : &m->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &m->newest) = e->older;
}

static void link_newest(struct map *m, struct entry *e)
{
	e->newer = NULL;
	e->older = m->newest;
	*(m->newest ? &m->newest->newer : &m->oldest) = e;
	m->newest = e;
}

static struct entry **find(const struct map *m, struct slice key, uint64_t hash)
{
	struct entry **at = &m->bucket[hash & (m->buckets - 1)];

	for (; *at; at = &(*at)->next)
		if ((*at)->hash == hash && (*at)->n == key.n &&
		    (key.n == 0 || memcmp((*at)->key, key.p, key.n) == 0))
			break;
	return at;
}

static void drop_value(struct map *m, void *value)
{
	if (m->drop)
		m->drop(value, m->ctx);
}

static void remove_at(struct map *m, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	unlink_order(m, e);
	m->count--;
	drop_value(m, e->value);
	free(e);
}

void map_free(struct map *m)
{
	if (!m)
		return;
	while (m->oldest) {
		struct entry *e = m->oldest;

		m->oldest = e->newer;
		drop_value(m, e->value);
		free(e);
	}
	free(m->bucket);
	free(m);
}

void *map_peek(const struct map *m, struct slice key)
{
	struct entry *e = *find(m, key, hash_key(m, key));

	return e ? e->value : NULL;
}

void *map_get(struct map *m, struct slice key)
{
	struct entry *e = *find(m, key, hash_key(m, key));

	if (!e)
		return NULL;
	if (e != m->newest) {
		unlink_order(m, e);
		link_newest(m, e);
	}
	return e->value;
}

/* Twice the buckets; staying small is no error, only slower. */
static void grow(struct map *m)
{
	size_t n = m->buckets * 2;
	struct entry **bucket = calloc(n, sizeof(*bucket));

	if (!bucket)
		return;
	for (struct entry *e = m->oldest; e; e = e->newer) {
		e->next = bucket[e->hash & (n - 1)];
		bucket[e->hash & (n - 1)] = e;
	}
	free(m->bucket);
	m->bucket = bucket;
	m->buckets = n;
}

static void evict_oldest(struct map *m)
{
	struct entry *e = m->oldest;

	remove_at(m, find(m, (struct slice){e->key, e->n}, e->hash));
	m->evicted++;
}

bool map_put(struct map *m, struct slice key, void *value)
{
	uint64_t hash = hash_key(m, key);
	struct entry *e = *find(m, key, hash);

	if (e) {
		if (e->value != value)
			drop_value(m, e->value);
		e->value = value;
		unlink_order(m, e);
		link_newest(m, e);
		return true;
	}
	e = malloc(sizeof(*e) + key.n);
	if (!e)
		return false;
	if (m->count >= m->max)
		evict_oldest(m);
	if (m->count >= m->buckets)
		grow(m);
	e->value = value;
	e->hash = hash;
	e->n = key.n;
	if (key.n)
		memcpy(e->key, key.p, key.n);
	e->next = m->bucket[hash & (m->buckets - 1)];
	m->bucket[hash & (m->buckets - 1)] = e;
	link_newest(m, e);
	m->count++;
	return true;
}

bool map_del(struct map *m, struct slice key)
{
	struct entry **at = find(m, key, hash_key(m, key));

	if (!*at)
		return false;
	remove_at(m, at);
	return true;
}

size_t map_count(const struct map *m)
{
	return m->count;
}

uint64_t map_evicted(const struct map *m)
{
	return m->evicted;
}

void map_each(const struct map *m, bool (*fn)(struct slice key, void *value, void *ctx),
	      void *ctx)
{
	for (struct entry *e = m->oldest; e; e = e->newer)
		if (!fn((struct slice){e->key, e->n}, e->value, ctx))
			return;
}
