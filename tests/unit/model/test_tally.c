/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/tally.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLENTY 100000

static void add(struct tally *t, const char *value, unsigned times)
{
	while (times--)
		cr_assert(tally_add(t, slice_str(value)));
}

/* "value=count," in the list's order, and what is said to be missing. */
static void expect_list(const struct tally *t, size_t max, size_t budget,
			const char *want, uint64_t want_further, const char *why)
{
	uint64_t further = 77;
	json_t *list = tally_json(t, max, budget, &further);
	char got[4000] = "";
	size_t i, n = 0;
	json_t *row;

	cr_assert(json_is_array(list));
	json_array_foreach(list, i, row) n += (size_t)snprintf(
		got + n, sizeof(got) - n, "%s=%lld,",
		json_string_value(json_object_get(row, "value")),
		(long long)json_integer_value(json_object_get(row, "count")));
	cr_expect_str_eq(got, want, "%s", why);
	cr_expect_eq(further, want_further, "%s: %lu further", why,
		     (unsigned long)further);
	json_decref(list);
}

Test(tally, lists_the_most_frequent_first)
{
	struct tally *t = tally_new(10, 100);

	expect_list(t, 5, PLENTY, "", 0, "nothing was counted");
	add(t, "a", 1);
	add(t, "b", 3);
	add(t, "c", 2);
	add(t, "b", 1);
	expect_list(t, 5, PLENTY, "b=4,c=2,a=1,", 0, "by count");
	add(t, "a", 1);
	expect_list(t, 5, PLENTY, "b=4,a=2,c=2,", 0, "alike: who came first");
	add(t, "c", 1);
	expect_list(t, 5, PLENTY, "b=4,c=3,a=2,", 0, "it can be asked again");
	tally_free(t);
	tally_free(NULL);
}

Test(tally, lists_so_many_values_and_tells_of_the_rest)
{
	struct tally *t = tally_new(10, 100);
	static const struct {
		size_t max;
		const char *want;
		uint64_t further;
	} rows[] = {{0, "", 3},
		    {1, "a=3,", 2},
		    {2, "a=3,b=2,", 1},
		    {3, "a=3,b=2,c=1,", 0},
		    {4, "a=3,b=2,c=1,", 0}};

	add(t, "a", 3);
	add(t, "b", 2);
	add(t, "c", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_list(t, rows[i].max, PLENTY, rows[i].want, rows[i].further,
			    "at most so many");
	tally_free(t);
}

Test(tally, leaves_out_what_the_budget_does_not_hold)
{
	/* {"value":"a","count":3} and the comma */
	static const size_t cost = sizeof("{\"value\":\"a\",\"count\":3}");
	struct tally *t = tally_new(10, 100);
	static const struct {
		size_t budget;
		const char *want;
		uint64_t further;
	} rows[] = {{0, "", 3},
		    {cost - 1, "", 3},
		    {cost, "a=3,", 2},
		    {cost + 1, "a=3,", 2},
		    {2 * cost - 1, "a=3,", 2},
		    {2 * cost, "a=3,c=1,", 1}};

	add(t, "a", 3);
	add(t, "a value that costs more than two short ones", 2);
	add(t, "c", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_list(t, 10, rows[i].budget, rows[i].want, rows[i].further,
			    "a costly value makes room for a later one");
	tally_free(t);
}

Test(tally, holds_a_bounded_number_of_values_and_keeps_what_comes_often)
{
	struct tally *t = tally_new(3, 100);
	char value[20];

	for (int i = 0; i < 100; i++) {
		add(t, "often", 1);
		snprintf(value, sizeof(value), "once-%d", i);
		add(t, value, 1);
	}
	/* 101 values, three of them kept */
	expect_list(t, 10, PLENTY, "often=100,once-98=1,once-99=1,", 98,
		    "the one not seen for longest goes");
	tally_free(t);
}

Test(tally, counts_anew_what_had_to_go)
{
	struct tally *t = tally_new(1, 100);

	add(t, "a", 2);
	add(t, "b", 1);
	add(t, "a", 1);
	expect_list(t, 10, PLENTY, "a=1,", 2, "further is an upper bound then");
	tally_free(t);
}

Test(tally, cuts_values_at_the_bound)
{
	static const struct {
		const char *why;
		struct slice a, b;
		bool same;
	} rows[] = {
		{"differ before it", SLICE("abcdX"), SLICE("abceX"), false},
		{"differ far behind it", SLICE("abcdefghX"), SLICE("abcdefghY"), true},
		{"one is longer only", SLICE("abcdefg"), SLICE("abcdefgh"), true},
		{"the same", SLICE("abcd"), SLICE("abcd"), true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally *t = tally_new(10, 4);
		uint64_t further;
		json_t *list;

		cr_assert(tally_add(t, rows[i].a) && tally_add(t, rows[i].b));
		list = tally_json(t, 10, PLENTY, &further);
		cr_expect_eq(json_array_size(list), rows[i].same ? 1 : 2, "%s",
			     rows[i].why);
		json_decref(list);
		tally_free(t);
	}
}

Test(tally, shows_any_bytes_as_text)
{
	static const struct {
		const char *why;
		struct slice value;
		const char *want;
	} rows[] = {
		{"UTF-8", SLICE("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f=1,"},
		{"a bad byte", SLICE("a\xff"), "a\xef\xbf\xbd=1,"},
		{"a NUL", SLICE("a\0b"),
		 "a\xef\xbf\xbd"
		 "b=1,"},
		{"a newline stays", SLICE("a\nb"), "a\nb=1,"},
		{"the empty value isn't counted", SLICE(""), ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally *t = tally_new(10, 100);

		cr_assert(tally_add(t, rows[i].value));
		expect_list(t, 10, PLENTY, rows[i].want, 0, rows[i].why);
		tally_free(t);
	}
}

Test(tally, cuts_no_character_in_two)
{
	struct tally *t = tally_new(10, 4);
	uint64_t further;
	json_t *list;
	const char *got;

	cr_assert(tally_add(t, SLICE("abc\xf0\x9f\x8e\x81 and more")));
	list = tally_json(t, 10, PLENTY, &further);
	got = json_string_value(json_object_get(json_array_get(list, 0), "value"));
	cr_expect_null(strstr(got, "\xef\xbf\xbd"), "%s", got);
	cr_expect(!strncmp(got, "abc", 3), "%s", got);
	json_decref(list);
	tally_free(t);
}

/* Against a plain count, with values that come again at any time. */
Test(tally, counts_as_a_plain_count_does)
{
	enum { VALUES = 40 };
	struct tally *t = tally_new(VALUES, 300);
	unsigned counts[VALUES] = {0}, seed = 1;
	uint64_t further;
	json_t *list, *row;
	size_t i;

	for (int n = 0; n < 5000; n++) {
		char value[300];
		unsigned v;

		seed = seed * 1103515245 + 12345;
		v = (seed >> 16) % VALUES;
		/* of every length around the one that is remembered apart */
		memset(value, 'x', sizeof(value));
		snprintf(value, sizeof(value), "%02u%*s", v, 115 + (int)v, "end");
		counts[v]++;
		add(t, value, 1);
	}
	list = tally_json(t, VALUES, PLENTY, &further);
	cr_expect_eq(json_array_size(list), VALUES);
	json_array_foreach(list, i, row)
	{
		const char *value = json_string_value(json_object_get(row, "value"));
		unsigned v = (unsigned)(value[0] - '0') * 10 + (unsigned)(value[1] - '0');

		cr_expect_eq(json_integer_value(json_object_get(row, "count")), counts[v],
			     "%u", v);
	}
	json_decref(list);
	tally_free(t);
}
