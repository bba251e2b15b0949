/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * map: a bounded hash table on byte keys. The hash is seeded (strangers choose the keys),
 * keys are copied, entries are kept in the order of last use. At the bound the least
 * recently used entry goes, its value is handed to the drop function, and the eviction
 * counter tells of it.
 */
#ifndef OSM_BASE_MAP_H
#define OSM_BASE_MAP_H

#include "osmd/base/slice.h"

struct map;
typedef void (*map_drop_fn)(void *value, void *ctx);

/* max_entries >= 1; drop may be NULL. NULL without memory. */
struct map *map_new(size_t max_entries, map_drop_fn drop, void *ctx);
void map_free(struct map *m); /* drops every value; NULL is fine */
/* The value of key or NULL; a hit becomes the most recently used. */
void *map_get(struct map *m, struct slice key);
/* As map_get, without changing the order. */
void *map_peek(const struct map *m, struct slice key);
/* Set key to value (not NULL); an old value is dropped. false without memory. */
bool map_put(struct map *m, struct slice key, void *value);
/* Forget key, dropping its value; false if it was not there. */
bool map_del(struct map *m, struct slice key);
size_t map_count(const struct map *m);
uint64_t map_evicted(const struct map *m);
/* Walk from the least recently used; fn returns false to stop. The map must not change. */
void map_each(const struct map *m, bool (*fn)(struct slice key, void *value, void *ctx),
	      void *ctx);

#endif
