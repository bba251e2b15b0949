/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/window.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWNER SLICE("alice")
#define KEY SLICE("a@alice-shop.example")

static struct window_state add(struct window *w, struct slice owner, struct slice key,
			       unsigned level, unsigned interval_s, int64_t at_s,
			       uint32_t weight)
{
	static uint64_t ref;
	struct window_entry e = {.at_s = at_s, .ref = ++ref, .weight = weight};
	struct window_state got;

	cr_assert(window_add(w, owner, key, level, interval_s, &e, &got));
	cr_assert_eq(got.fired, got.entries != NULL);
	return got;
}

static struct window_state add_one(struct window *w, unsigned level, int64_t at_s)
{
	return add(w, OWNER, KEY, level, 3600, at_s, 1);
}

Test(window, fires_above_level_only)
{
	static const unsigned levels[] = {1, 2, 3, 4, 5, 50, 100, 101};

	for (size_t l = 0; l < sizeof(levels) / sizeof(levels[0]); l++) {
		struct window *w = window_new(10, 10);
		struct window_state got;

		for (unsigned i = 1; i <= levels[l]; i++) {
			got = add_one(w, levels[l], 1000);
			cr_assert_not(got.fired, "event %u of level %u", i, levels[l]);
			cr_assert_eq(got.count, i);
		}
		got = add_one(w, levels[l], 1000);
		cr_assert(got.fired, "one more than %u", levels[l]);
		cr_assert_eq(got.count, levels[l] + 1);
		cr_assert_eq(window_count(w, OWNER, KEY), 0, "they left this window");
		cr_assert_eq(add_one(w, levels[l], 1000).count, 1);
		window_free(w);
	}
}

Test(window, gives_the_fired_entries_oldest_first)
{
	struct window *w = window_new(10, 10);
	struct window_state got;

	for (int i = 0; i < 3; i++)
		add(w, OWNER, KEY, 4, 10, 100 + i, 1);
	/* 100 and 101 leave: the ring's first entry isn't at its start any more */
	add(w, OWNER, KEY, 4, 10, 112, 1);
	add(w, OWNER, KEY, 4, 10, 112, 1);
	cr_assert_eq(add(w, OWNER, KEY, 4, 10, 112, 1).count, 4);
	got = add(w, OWNER, KEY, 4, 10, 112, 1);
	cr_assert(got.fired);
	cr_assert_eq(got.count, 5);
	cr_assert_eq(got.entries[0].at_s, 102);
	for (size_t i = 1; i < got.count; i++)
		cr_assert_lt(got.entries[i - 1].ref, got.entries[i].ref);
	window_free(w);
}

Test(window, lets_an_event_leave_when_older_than_the_interval)
{
	static const struct {
		int64_t age;
		size_t count;
		const char *why;
	} rows[] = {
		{3599, 2, "younger"},
		{3600, 2, "exactly as old as the interval: still in"},
		{3601, 1, "older"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct window *w = window_new(10, 10);

		add_one(w, 5, 1000);
		cr_assert_eq(add_one(w, 5, 1000 + rows[i].age).count, rows[i].count, "%s",
			     rows[i].why);
		window_free(w);
	}
}

Test(window, counts_a_late_event_at_the_newest_time_seen)
{
	struct window *w = window_new(10, 10);

	add_one(w, 2, 5000);
	add_one(w, 2, 100);
	cr_assert_eq(add_one(w, 2, 8600).count, 3, "both stand at 5000 and this fires");
	cr_assert_eq(add_one(w, 2, 100).count, 1);
	cr_assert_eq(add_one(w, 2, 8600 + 3600).count, 2,
		     "time does not run back after a fire either");
	window_free(w);
}

Test(window, takes_times_at_both_ends)
{
	struct window *w = window_new(10, 10);

	cr_assert_eq(add_one(w, 5, INT64_MIN).count, 1);
	cr_assert_eq(add_one(w, 5, INT64_MAX).count, 1);
	cr_assert_eq(add_one(w, 5, INT64_MIN).count, 2);
	window_free(w);
}

Test(window, ignores_level_zero)
{
	struct window *w = window_new(10, 10);

	add_one(w, 5, 1000);
	cr_assert_eq(add_one(w, 0, 99999).count, 0);
	cr_assert_eq(window_count(w, OWNER, KEY), 1, "nothing came in and nothing left");
	cr_assert_eq(add_one(w, 5, 1000).count, 2, "nor did time move");
	add(w, OWNER, SLICE("other"), 0, 3600, 1, 1);
	cr_assert_eq(window_keys(w), 1);
	window_free(w);
}

Test(window, applies_a_changed_level_to_what_is_there)
{
	struct window *w = window_new(10, 10);
	struct window_state got;

	for (int i = 0; i < 10; i++)
		add_one(w, 10, 1000);
	for (int i = 0; i < 5; i++)
		cr_assert_not(add_one(w, 100, 1000).fired, "raised: the ring grows");
	cr_assert_eq(window_count(w, OWNER, KEY), 15);
	got = add_one(w, 3, 1000);
	cr_assert(got.fired, "lowered: fires with all that are there");
	cr_assert_eq(got.count, 16);
	window_free(w);
}

Test(window, applies_a_changed_interval_to_what_is_there)
{
	struct window *w = window_new(10, 10);

	for (int i = 0; i < 10; i++)
		add(w, OWNER, KEY, 20, 3600, 1000 + i, 1);
	cr_assert_eq(add(w, OWNER, KEY, 20, 5, 1010, 1).count, 6, "1005 to 1010");
	window_free(w);
}

Test(window, compares_the_sum_of_recipients_with_the_level)
{
	static const struct {
		uint32_t first, second;
		bool fires;
		const char *why;
	} rows[] = {
		{60, 39, false, "99 of 100"}, {60, 40, false, "100 is not more than 100"},
		{60, 41, true, "101"},	      {0, 99, false, "none known weighs 1"},
		{0, 100, true, "1 + 100"},    {1, UINT32_MAX, true, "no overflow"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct window *w = window_new(10, 10);
		struct window_state got;

		cr_assert_not(add(w, OWNER, KEY, 100, 60, 5, rows[i].first).fired);
		got = add(w, OWNER, KEY, 100, 60, 5, rows[i].second);
		cr_assert_eq(got.fired, rows[i].fires, "%s", rows[i].why);
		cr_assert_eq(got.count, 2);
		cr_assert_eq(got.weight, (uint64_t)(rows[i].first ? rows[i].first : 1) +
						 rows[i].second);
		window_free(w);
	}
}

Test(window, fires_at_once_with_one_message_to_many)
{
	struct window *w = window_new(10, 10);
	struct window_state got = add(w, OWNER, KEY, 100, 60, 5, 101);

	cr_assert(got.fired);
	cr_assert_eq(got.count, 1);
	window_free(w);
}

Test(window, keeps_owners_apart)
{
	struct window *w = window_new(10, 10);

	add(w, SLICE("alice"), SLICE("Hello"), 5, 60, 1, 1);
	add(w, SLICE("bob"), SLICE("Hello"), 5, 60, 1, 1);
	add(w, SLICE(""), SLICE(""), 5, 60, 1, 1);
	cr_assert_eq(window_keys(w), 3);
	cr_assert_eq(window_count(w, SLICE("bob"), SLICE("Hello")), 1);
	cr_assert_eq(window_count(w, SLICE("carol"), SLICE("Hello")), 0);
	cr_assert_eq(window_count(w, SLICE(""), (struct slice){NULL, 0}), 1);
	window_free(w);
}

static struct slice numbered(char buf[32], const char *word, size_t i)
{
	return (struct slice){buf, (size_t)snprintf(buf, 32, "%s%zu", word, i)};
}

Test(window, evicts_the_key_used_longest_ago)
{
	struct window *w = window_new(3, 3);
	char b[32];

	for (size_t i = 0; i < 3; i++)
		add(w, OWNER, numbered(b, "k", i), 5, 60, 1, 1);
	cr_assert_eq(window_evicted(w), 0);
	add(w, OWNER, SLICE("k0"), 5, 60, 1, 1);
	add(w, SLICE("bob"), SLICE("k3"), 5, 60, 1, 1);
	cr_assert_eq(window_evicted(w), 1);
	cr_assert_eq(window_keys(w), 3);
	cr_assert_eq(window_count(w, OWNER, SLICE("k1")), 0, "the one that went");
	cr_assert_eq(window_count(w, OWNER, SLICE("k0")), 2);
	window_free(w);
}

Test(window, lets_an_owner_evict_only_its_own_keys)
{
	struct window *w = window_new(1000, 4);
	char b[32];

	add(w, SLICE("bob"), SLICE("quiet"), 5, 60, 1, 1);
	for (size_t i = 0; i < 4; i++)
		add(w, OWNER, numbered(b, "s", i), 5, 60, 1, 1);
	cr_assert_eq(window_evicted(w), 0, "at the bound");
	add(w, OWNER, SLICE("s0"), 5, 60, 1, 1);
	add(w, OWNER, SLICE("s4"), 5, 60, 1, 1);
	cr_assert_eq(window_evicted(w), 1, "one above");
	cr_assert_eq(window_count(w, OWNER, SLICE("s1")), 0);
	cr_assert_eq(window_count(w, OWNER, SLICE("s0")), 2);
	for (size_t i = 0; i < 5000; i++)
		add(w, OWNER, numbered(b, "x", i), 5, 60, 1, 1);
	cr_assert_eq(window_keys(w), 5);
	cr_assert_eq(window_count(w, SLICE("bob"), SLICE("quiet")), 1);
	window_free(w);
}

Test(window, works_with_one_key_for_all)
{
	struct window *w = window_new(1, 1);
	char b[32];

	for (size_t i = 0; i < 10; i++)
		cr_assert_eq(add(w, OWNER, numbered(b, "k", i), 5, 60, 1, 1).count, 1);
	for (size_t i = 0; i < 10; i++)
		cr_assert_eq(add(w, numbered(b, "o", i), SLICE("k"), 5, 60, 1, 1).count,
			     1);
	cr_assert_eq(window_keys(w), 1);
	cr_assert_eq(window_evicted(w), 19);
	window_free(w);
}

Test(window, forgets_a_key_and_an_owner)
{
	struct window *w = window_new(100, 100);
	char b[32];

	for (size_t i = 0; i < 10; i++)
		add(w, OWNER, numbered(b, "k", i), 5, 60, 1, 1);
	add(w, SLICE("bob"), SLICE("k0"), 5, 60, 1, 1);
	window_forget(w, OWNER, SLICE("k3"));
	window_forget(w, OWNER, SLICE("nothing"));
	cr_assert_eq(window_keys(w), 10);
	window_forget_owner(w, OWNER);
	window_forget_owner(w, SLICE("nobody"));
	cr_assert_eq(window_keys(w), 1);
	cr_assert_eq(window_evicted(w), 0, "forgetting is no eviction");
	window_free(w);
}

Test(window, tells_the_fullest_first)
{
	struct window *w = window_new(100, 100);
	struct window_top top[3];

	for (int i = 0; i < 50; i++)
		add(w, OWNER, SLICE("half"), 100, 60, i, 1);
	for (int i = 0; i < 9; i++)
		add(w, SLICE("bob"), SLICE("nearly"), 10, 60, i, 1);
	add(w, OWNER, SLICE("little"), 100, 60, 1, 1);
	for (int i = 0; i < 2; i++)
		add(w, OWNER, SLICE("fired"), 1, 60, i, 1);
	cr_assert_eq(window_top(w, top, 0), 0);
	cr_assert_eq(window_top(w, top, 3), 3, "an empty one is none");
	cr_assert(slice_eq(top[0].key, SLICE("nearly")));
	cr_assert(slice_eq(top[0].owner, SLICE("bob")));
	cr_assert_eq(top[0].count, 9);
	cr_assert_eq(top[0].level, 10);
	cr_assert_eq(top[0].newest_s, 8);
	cr_assert(slice_eq(top[1].key, SLICE("half")));
	cr_assert(slice_eq(top[2].key, SLICE("little")));
	cr_assert_eq(window_top(w, top, 1), 1);
	cr_assert(slice_eq(top[0].key, SLICE("nearly")));
	window_free(w);
}

Test(window, stays_flat_in_memory_whatever_strangers_invent)
{
	struct window *w = window_new(20000, 20000);
	char *longest = malloc(4096);
	size_t early, late;

	memset(longest, 'x', 4096);
	for (int i = 0; i < 5000; i++) {
		memcpy(longest, &i, sizeof(i));
		add(w, OWNER, (struct slice){longest, 4096}, 5, 60, 1, 1);
	}
	early = mallinfo2().uordblks;
	cr_assert_gt(window_evicted(w), 0, "the bytes are bounded, not only the keys");
	for (int i = 5000; i < 30000; i++) {
		memcpy(longest, &i, sizeof(i));
		add(w, OWNER, (struct slice){longest, 4096}, 5, 60, 1, 1);
	}
	late = mallinfo2().uordblks;
	cr_assert_leq(late, early + early / 4, "%zu, then %zu bytes", early, late);
	free(longest);
	window_free(w);
}

/* The rule as it is written, without any cleverness. */
struct naive {
	int64_t at[64];
	uint32_t weight[64];
	uint64_t ref[64];
	size_t n;
	int64_t newest;
	bool seen;
};

static bool naive_add(struct naive *m, unsigned level, unsigned interval, int64_t at,
		      uint32_t weight, uint64_t ref)
{
	size_t kept = 0;
	uint64_t sum = 0;

	if (!m->seen || at > m->newest)
		m->newest = at;
	m->seen = true;
	m->at[m->n] = m->newest;
	m->weight[m->n] = weight;
	m->ref[m->n++] = ref;
	for (size_t i = 0; i < m->n; i++) {
		if (m->newest - m->at[i] > interval)
			continue;
		m->at[kept] = m->at[i];
		m->weight[kept] = m->weight[i];
		m->ref[kept++] = m->ref[i];
		sum += m->weight[i];
	}
	m->n = kept;
	return sum > level;
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

Test(window, agrees_with_a_naive_model)
{
	enum { KEYS = 40 };
	static struct naive model[KEYS];
	struct window *w = window_new(KEYS, KEYS);
	uint64_t seed = 20260731, fires = 0;
	int64_t now = 1000;
	char o[32], k[32];

	for (uint64_t step = 1; step <= 100000; step++) {
		size_t at = draw(&seed, KEYS);
		struct naive *m = &model[at];
		unsigned level = 1 + (step / 5000 + at) % 30,
			 interval = 1 + draw(&seed, 60);
		struct window_entry e = {.ref = step, .weight = 1 + draw(&seed, 3) / 2};
		struct window_state got;

		now += draw(&seed, 4) == 0;
		e.at_s = now - (draw(&seed, 10) == 0 ? draw(&seed, 100) : 0);
		cr_assert(window_add(w, numbered(o, "o", at % 7), numbered(k, "k", at),
				     level, interval, &e, &got));
		cr_assert_eq(naive_add(m, level, interval, e.at_s, e.weight, step),
			     got.fired, "step %lu", (unsigned long)step);
		cr_assert_eq(got.count, m->n, "step %lu", (unsigned long)step);
		for (size_t i = 0; got.fired && i < m->n; i++) {
			cr_assert_eq(got.entries[i].ref, m->ref[i]);
			cr_assert_eq(got.entries[i].at_s, m->at[i]);
			cr_assert_eq(got.entries[i].weight, m->weight[i]);
		}
		if (got.fired) {
			fires++;
			m->n = 0;
		}
	}
	cr_assert_gt(fires, 1000);
	cr_assert_eq(window_evicted(w), 0);
	window_free(w);
}
