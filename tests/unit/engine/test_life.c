/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/life.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define A "1vxeRo-00000002bKa-0aaA"
#define B "1vxeRy-00000002bMM-1ccC"
#define OLD "1XRlM6-003yMv-KG"
#define T "2026-03-04 05:07:0"

static struct life *life;

static void feed(const char *text)
{
	struct exim_line line;

	eximline_parse(slice_str(text), &line);
	life_line(life, &line, slice_str(text));
}

static bool b_is_queued(struct slice id, void *ctx)
{
	(void)ctx;
	return slice_eq(id, SLICE(B));
}

static long long num(const json_t *list, size_t i, const char *name)
{
	return json_integer_value(json_object_get(json_array_get(list, i), name));
}

static const char *str(const json_t *list, size_t i, const char *name)
{
	return json_string_value(json_object_get(json_array_get(list, i), name));
}

static void begin(void)
{
	life = life_new();
}

static void end(void)
{
	life_free(life);
}

TestSuite(life, .init = begin, .fini = end);

Test(life, adds_up_what_the_log_says)
{
	json_t *list;

	cr_assert(life_watch(life, SLICE(A)) && life_watch(life, SLICE(B)) &&
		  life_watch(life, SLICE(A)));
	feed(T "0 " A " <= acct1@host.example.com U=acct1 P=local S=1390 T=\"x\" for "
	       "x@example.net y@example.org z@example.org");
	feed(T "1 " B " <= acct1@host.example.com U=acct1 P=local S=1390 T=\"x\" for "
	       "k@example.net");
	feed(T "2 " A " => x@example.net R=dkim_lookuphost T=dkim_remote_smtp "
	       "H=mx.example.net [192.0.2.25] C=\"250 Ok\"");
	feed(T "2 " A " -> y@example.org R=dkim_lookuphost T=dkim_remote_smtp "
	       "H=mx.example.net [192.0.2.25] C=\"250 Ok\"");
	feed(T "3 " A " ** z@example.org R=dkim_lookuphost T=dkim_remote_smtp: 550 no");
	feed(T "4 " B " == k@example.net R=enforce_mail_permissions defer (-1): \"Domain "
	       "example.com has an outgoing mail hold.  Message will be reattempted "
	       "later\"");
	feed(T "5 " A " Completed");
	feed(T "6 " OLD " Completed");
	feed(T "7 cwd=/home/acct1 3 args: /usr/sbin/sendmail -t " A);
	list = life_json(life, b_is_queued, NULL);
	cr_assert_eq(json_array_size(list), 2);
	cr_expect_str_eq(str(list, 0, "id"), A);
	cr_expect_str_eq(str(list, 0, "arrived"), T "0");
	cr_expect_str_eq(str(list, 0, "sender"), "acct1@host.example.com");
	cr_expect_eq(num(list, 0, "recipients"), 3);
	cr_expect_eq(num(list, 0, "delivered"), 2);
	cr_expect_eq(num(list, 0, "failed"), 1);
	cr_expect_str_eq(str(list, 0, "last"), T "5");
	cr_expect_str_eq(str(list, 0, "state"), "completed");
	cr_expect_eq(json_array_size(json_object_get(json_array_get(list, 0), "lines")),
		     5);
	cr_expect_eq(num(list, 1, "deferred"), 1);
	cr_expect_str_eq(str(list, 1, "state"), "queued");
	json_decref(list);
}

Test(life, knows_the_ends)
{
	static const struct {
		const char *line, *state;
		bool queued;
	} rows[] = {
		{"Message is frozen", "frozen", true},
		{"Unfrozen by errmsg timer", "queued", true},
		{"frozen by root", "frozen", true},
		{"unfrozen by root", "queued", true},
		{"removed by root", "removed", false},
		{"cancelled by system filter: x", "removed", false},
		{"Completed QT=3s", "completed", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *id = rows[i].queued ? B : A;
		char text[200];
		json_t *list;

		life_free(life);
		life = life_new();
		life_watch(life, slice_str(id));
		snprintf(text, sizeof(text), T "1 %s %s", id, rows[i].line);
		feed(text);
		list = life_json(life, b_is_queued, NULL);
		cr_expect_str_eq(str(list, 0, "state"), rows[i].state, "%s",
				 rows[i].line);
		cr_expect_str_eq(str(list, 0, "arrived"), "", "not seen");
		json_decref(list);
	}
}

Test(life, takes_ids_only_and_so_many)
{
	char id[32];
	json_t *list;

	cr_expect_not(life_watch(life, SLICE("x")));
	cr_expect_not(life_watch(life, SLICE("")));
	cr_expect(life_watch(life, SLICE(OLD)));
	for (int i = 1; i < LIFE_IDS_MAX; i++) {
		snprintf(id, sizeof(id), "1vxeRo-000000%05d-0aaA", i);
		cr_expect(life_watch(life, slice_str(id)));
	}
	cr_expect_not(life_watch(life, SLICE(A)), "too many");
	for (int i = 0; i < LIFE_LINES_MAX + 5; i++)
		feed(T "1 " OLD " => x@example.net R=r T=t H=h [192.0.2.1]");
	list = life_json(life, b_is_queued, NULL);
	cr_expect_eq(num(list, 0, "delivered"), LIFE_LINES_MAX + 5);
	cr_expect_eq(num(list, 0, "further"), 5);
	cr_expect_str_eq(str(list, 0, "state"), "unknown");
	json_decref(list);
	life_free(NULL);
}
