/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "cpanel-hooks/users.h"

#include <stdlib.h>

struct entry {
	int64_t id;
	size_t line; /* where it stands: the first of a number or name counts */
	struct slice name;
};

/* Sorted by number; names are asked for only when settings are read. */
struct list {
	struct entry *at;
	size_t count, cap;
};

struct users {
	struct list users, groups;
};

static bool add(struct list *l, int64_t id, struct slice name)
{
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		struct entry *more = reallocarray(l->at, cap, sizeof(*more));

		if (!more)
			return false;
		l->at = more;
		l->cap = cap;
	}
	l->at[l->count] = (struct entry){id, l->count, name};
	l->count++;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* name:password:number:..., the form of both files. */
static bool read_text(struct list *l, struct slice text)
{
	struct slice line, name, skip, number;
	uint64_t id;

	while (text.n) {
		if (!slice_cut(&text, '\n', &line)) {
			line = text;
			text.n = 0;
		}
		if (!slice_cut(&line, ':', &name) || !name.n ||
		    !slice_cut(&line, ':', &skip) || !slice_cut(&line, ':', &number) ||
		    !slice_u64(number, 0, UINT32_MAX, &id))
			continue;
		if (!add(l, (int64_t)id, name))
			return false;
	}
	if (l->count)
		qsort(l->at, l->count, sizeof(*l->at), by_id);
	return true;
}

struct users *users_new(struct slice passwd, struct slice group)
{
	struct users *u = calloc(1, sizeof(*u));

	if (u && read_text(&u->users, passwd) && read_text(&u->groups, group))
		return u;
	users_free(u);
	return NULL;
}

void users_free(struct users *u)
{
	if (!u)
		return;
	free(u->users.at);
	free(u->groups.at);
	free(u);
}

struct slice users_name(const struct users *u, int64_t uid)
{
	size_t low = 0, high = u->users.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (u->users.at[mid].id < uid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < u->users.count && u->users.at[low].id == uid)
		return u->users.at[low].name;
	return (struct slice){NULL, 0};
}

static int64_t find_name(const struct list *l, struct slice name)
{
	const struct entry *best = NULL;

	for (size_t i = 0; i < l->count; i++)
		if (slice_eq(l->at[i].name, name) &&
		    (!best || l->at[i].line < best->line))
			best = &l->at[i];
	return best ? best->id : -1;
}

int64_t users_uid(const struct users *u, struct slice name)
{
	return find_name(&u->users, name);
}

int64_t users_gid(const struct users *u, struct slice group)
{
	return find_name(&u->groups, group);
}
