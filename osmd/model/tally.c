/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/tally.h"

#include <stdlib.h>
#include <string.h>

#include "osmd/base/map.h"
#include "osmd/model/report.h"

/* A character that begins inside of max_bytes ends at most 3 bytes after them: with these
 * kept, cutting to max_bytes never makes a good character a bad one. */
#define CHARACTER_TAIL 3

/* The value that came last is likely to come again. */
#define LAST_BYTES 128

struct seen {
	uint64_t count;
	uint64_t order;
};

struct tally {
	struct map *map;
	size_t max_bytes;
	uint64_t next;
	struct seen *last; /* in the map; NULL: none, or too long */
	char last_value[LAST_BYTES];
	size_t last_n;
};

struct row {
	struct slice value; /* borrowed from the map */
	const struct seen *seen;
};

struct rows {
	struct row *row;
	size_t n;
};

static void drop_seen(void *value, void *ctx)
{
	struct tally *t = ctx;

	if (t->last == value)
		t->last = NULL;
	free(value);
}

struct tally *tally_new(size_t max_distinct, size_t max_bytes)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->max_bytes = max_bytes;
	t->map = map_new(max_distinct, drop_seen, t);
	if (!t->map) {
		free(t);
		return NULL;
	}
	return t;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	map_free(t->map);
	free(t);
}

static void set_last(struct tally *t, struct slice value, struct seen *seen)
{
	t->last = value.n <= LAST_BYTES ? seen : NULL;
	if (!t->last)
		return;
	memcpy(t->last_value, value.p, value.n);
	t->last_n = value.n;
}

bool tally_add(struct tally *t, struct slice value)
{
	struct seen *seen;

	if (value.n == 0)
		return true;
	if (value.n > t->max_bytes + CHARACTER_TAIL)
		value.n = t->max_bytes + CHARACTER_TAIL;
	if (t->last && slice_eq((struct slice){t->last_value, t->last_n}, value)) {
		t->last->count++;
		return true;
	}
	seen = map_get(t->map, value);
	if (seen) {
		seen->count++;
		set_last(t, value, seen);
		return true;
	}
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return false;
	seen->count = 1;
	seen->order = t->next++;
	if (map_put(t->map, value, seen)) {
		set_last(t, value, seen);
		return true;
	}
	free(seen);
	return false;
}

static bool take_row(struct slice key, void *value, void *ctx)
{
	struct rows *rows = ctx;

	rows->row[rows->n++] = (struct row){key, value};
	return true;
}

static int most_frequent_first(const void *a, const void *b)
{
	const struct seen *x = ((const struct row *)a)->seen;
	const struct seen *y = ((const struct row *)b)->seen;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static json_t *row_json(const struct row *row, size_t max_bytes)
{
	return json_pack("{s:o, s:I}", "value", report_text(row->value, max_bytes),
			 "count", (json_int_t)row->seen->count);
}

/* A value that is too costly is left out, not cut: a list's values are whole or not there. */
static json_t *list_rows(const struct rows *rows, size_t max_values, size_t max_bytes,
			 size_t budget)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < rows->n && json_array_size(list) < max_values;
	     i++) {
		json_t *row = row_json(&rows->row[i], max_bytes);
		size_t cost = row ? json_dumpb(row, NULL, 0, JSON_COMPACT) + 1 : 0;

		if (!row || (cost <= budget && json_array_append(list, row) != 0)) {
			json_decref(row);
			json_decref(list);
			return NULL;
		}
		if (cost <= budget)
			budget -= cost;
		json_decref(row);
	}
	return list;
}

json_t *tally_json(const struct tally *t, size_t max_values, size_t budget,
		   uint64_t *further)
{
	struct rows rows = {.n = 0};
	size_t count = map_count(t->map);
	json_t *list;

	*further = 0;
	rows.row = calloc(count ? count : 1, sizeof(*rows.row));
	if (!rows.row)
		return NULL;
	map_each(t->map, take_row, &rows);
	qsort(rows.row, rows.n, sizeof(*rows.row), most_frequent_first);
	list = list_rows(&rows, max_values, t->max_bytes, budget);
	if (list)
		*further = count - json_array_size(list) + map_evicted(t->map);
	free(rows.row);
	return list;
}
