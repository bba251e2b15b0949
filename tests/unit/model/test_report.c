/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/report.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON 1767268800 /* 2026-01-01 12:00:00 UTC */

static struct report_head head_of(const char *account, const char *key)
{
	return (struct report_head){
		.kind = "limit",
		.trigger = TRIGGER_LOGLINE,
		.account = slice_str(account),
		.owner = SLICE("root"),
		.domain = SLICE("example.com"),
		.mailbox = SLICE("bob@example.com"),
		.key = slice_str(key),
		.host = SLICE("server.example.net"),
		.limit = 2,
		.interval_s = 3600,
		.actions = ACTION_BIT(ACTION_EMAIL) | ACTION_BIT(ACTION_HOLD),
		.made_at_s = NOON + 2,
	};
}

static struct event event_of(int64_t at_s, const char *id)
{
	return (struct event){
		.type = EVENT_LOGLINE,
		.certainty = CERTAINTY_CLAIMED,
		.at_s = at_s,
		.recipients = 2,
		.account = SLICE("acct1"),
		.mailbox = SLICE("bob@example.com"),
		.address = SLICE("192.0.2.7"),
		.subject = SLICE("cheap pills"),
		.sender = SLICE("bob@example.com"),
		.message_id = slice_str(id),
		.line = SLICE(
			"2026-01-01 12:00:00 1vbJ6y-000000001Ab-0cDe <= bob@example.com"),
	};
}

static json_t *must_end(struct report_builder *b)
{
	struct err e = {0};
	json_t *doc = report_end(b);

	cr_assert_not_null(doc);
	cr_assert(report_valid(doc, &e), "%s", e.msg);
	return doc;
}

/* Three events, one of each named id. */
static json_t *doc_of(const char *a, const char *b, const char *c)
{
	struct report_head head = head_of("acct1", "bob@example.com");
	struct report_builder *builder = report_begin(&head, 10);
	const char *const ids[] = {a, b, c};

	cr_assert_not_null(builder);
	for (int i = 0; i < 3; i++) {
		struct event ev = event_of(NOON + i, ids[i]);

		report_event(builder, &ev);
	}
	return must_end(builder);
}

static json_int_t number(const json_t *doc, const char *name)
{
	cr_assert(json_is_integer(json_object_get(doc, name)), "%s", name);
	return json_integer_value(json_object_get(doc, name));
}

static const char *text(const json_t *doc, const char *name)
{
	cr_assert(json_is_string(json_object_get(doc, name)), "%s", name);
	return json_string_value(json_object_get(doc, name));
}

static size_t printed_size(const json_t *doc)
{
	return json_dumpb(doc, NULL, 0, JSON_COMPACT);
}

Test(report, text_becomes_utf8_and_is_cut_between_characters)
{
	static const struct {
		const char *why;
		struct slice in;
		size_t max;
		const char *out;
	} rows[] = {
		{"empty", {NULL, 0}, 10, ""},
		{"plain", {"abc", 3}, 10, "abc"},
		{"n - 1", {"abc", 3}, 2, "ab"},
		{"n", {"abc", 3}, 3, "abc"},
		{"no room at all", {"abc", 3}, 0, ""},
		{"NUL",
		 {"a\0b", 3},
		 10,
		 "a\xef\xbf\xbd"
		 "b"},
		{"lone continuation", {"\x80", 1}, 10, "\xef\xbf\xbd"},
		{"bad byte without room for its sign", {"ab\xff", 3}, 4, "ab"},
		{"bad byte with just that room", {"ab\xff", 3}, 5, "ab\xef\xbf\xbd"},
		{"overlong slash", {"\xc0\xaf", 2}, 10, "\xef\xbf\xbd\xef\xbf\xbd"},
		{"overlong of three", {"\xe0\x80\xaf", 3}, 3, "\xef\xbf\xbd"},
		{"surrogate", {"\xed\xa0\x80", 3}, 3, "\xef\xbf\xbd"},
		{"last before surrogates", {"\xed\x9f\xbf", 3}, 9, "\xed\x9f\xbf"},
		{"past the last", {"\xf4\x90\x80\x80", 4}, 3, "\xef\xbf\xbd"},
		{"the last", {"\xf4\x8f\xbf\xbf", 4}, 9, "\xf4\x8f\xbf\xbf"},
		{"five byte form", {"\xf8\x88\x80\x80\x80", 5}, 3, "\xef\xbf\xbd"},
		{"umlaut",
		 {"\xc3\xa4"
		  "b",
		  3},
		 3,
		 "\xc3\xa4"
		 "b"},
		{"umlaut doesn't fit", {"a\xc3\xa4", 3}, 2, "a"},
		{"cut short", {"a\xe2\x82", 3}, 10, "a\xef\xbf\xbd\xef\xbf\xbd"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *exact = malloc(rows[i].in.n ? rows[i].in.n : 1);
		json_t *got;

		if (rows[i].in.n)
			memcpy(exact, rows[i].in.p, rows[i].in.n);
		got = report_text((struct slice){exact, rows[i].in.n}, rows[i].max);
		cr_expect_str_eq(json_string_value(got), rows[i].out, "%s", rows[i].why);
		cr_expect_leq(json_string_length(got), rows[i].max, "%s", rows[i].why);
		json_decref(got);
		free(exact);
	}
}

Test(report, times_are_readable_and_in_utc)
{
	static const struct {
		int64_t at_s;
		const char *out;
	} rows[] = {
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1970-01-01T00:00:00Z"},
		{INT64_MIN, "1970-01-01T00:00:00Z"},
		{NOON, "2026-01-01T12:00:00Z"},
		{253402300799, "9999-12-31T23:59:59Z"},
		{253402300800, "9999-12-31T23:59:59Z"},
		{INT64_MAX, "9999-12-31T23:59:59Z"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[REPORT_TIME_SIZE];

		cr_expect_str_eq(report_time(rows[i].at_s, out), rows[i].out);
	}
}

Test(report, holds_what_its_events_say)
{
	json_t *doc = doc_of("a", "b", "c");
	json_t *further = json_object_get(doc, "further");
	json_t *ip = json_array_get(json_object_get(doc, "source_ips"), 0);

	cr_expect_str_eq(text(doc, "type"), "logline");
	cr_expect_str_eq(text(doc, "event"), "logline");
	cr_expect_str_eq(text(doc, "kind"), "limit");
	cr_expect_str_eq(text(doc, "account"), "acct1");
	cr_expect_str_eq(text(doc, "mailbox"), "bob@example.com");
	cr_expect_str_eq(text(doc, "first_iso"), "2026-01-01T12:00:00Z");
	cr_expect_eq(number(doc, "first"), NOON);
	cr_expect_eq(number(doc, "last"), NOON + 2);
	cr_expect_eq(number(doc, "count"), 3);
	cr_expect_eq(number(doc, "recipients"), 6);
	cr_expect_str_eq(text(ip, "value"), "192.0.2.7");
	cr_expect_eq(number(ip, "count"), 3);
	cr_expect_eq(json_array_size(json_object_get(doc, "paths")), 0);
	cr_expect_eq(json_array_size(json_object_get(doc, "message_ids")), 3);
	cr_expect_eq(json_array_size(json_object_get(doc, "lines")), 3);
	cr_expect_eq(number(further, "lines"), 0);
	cr_expect_eq(number(json_object_get(doc, "certainty"), "claimed"), 3);
	cr_expect(json_is_true(json_object_get(doc, "window_complete")));
	cr_expect_eq(json_array_size(json_object_get(doc, "wanted")), 2);
	json_decref(doc);
}

Test(report, confirmed_addresses_are_only_those_of_confirmed_logins)
{
	static const struct {
		const char *why, *mailbox;
		enum certainty certainty;
		size_t want;
	} rows[] = {
		{"claimed", "bob@example.com", CERTAINTY_CLAIMED, 0},
		{"confirmed", "bob@example.com", CERTAINTY_CONFIRMED, 1},
		{"a script: no login", "", CERTAINTY_CONFIRMED, 0},
		{"a login that is no mailbox", "bob", CERTAINTY_CONFIRMED, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_head head = head_of("acct1", "bob@example.com");
		struct event ev = {.type = EVENT_LOGLINE,
				   .certainty = rows[i].certainty,
				   .at_s = NOON,
				   .address = SLICE("192.0.2.7")};
		struct report_builder *b;
		json_t *doc;

		head.mailbox = slice_str(rows[i].mailbox);
		b = report_begin(&head, 10);
		report_event(b, &ev);
		doc = report_end(b);
		cr_expect_eq(json_array_size(json_object_get(doc, "confirmed_ips")),
			     rows[i].want, "%s", rows[i].why);
		json_decref(doc);
	}
}

Test(report, the_same_firing_has_the_same_id)
{
	json_t *doc = doc_of("a", "b", "c"), *again = doc_of("a", "b", "c");
	json_t *rebuilt = doc_of("a", "", "c"), *other = doc_of("a", "b", "d");
	struct report_head head = head_of("acct2", "bob@example.com");
	struct report_builder *b = report_begin(&head, 10);
	json_t *elsewhere;

	for (int i = 0; i < 3; i++) {
		struct event ev = event_of(NOON + i, "c");

		report_event(b, &ev);
	}
	elsewhere = must_end(b);
	cr_expect_eq(strlen(text(doc, "id")), 32);
	cr_expect_str_eq(text(doc, "id"), text(again, "id"));
	cr_expect_str_eq(text(doc, "id"), text(rebuilt, "id"),
			 "evidence lost by a crash");
	cr_expect_str_neq(text(doc, "id"), text(other, "id"), "another last message");
	cr_expect_str_neq(text(doc, "id"), text(elsewhere, "id"), "another account");
	json_decref(doc);
	json_decref(again);
	json_decref(rebuilt);
	json_decref(other);
	json_decref(elsewhere);
}

Test(report, an_id_never_changes_between_versions)
{
	json_t *doc = doc_of("a", "b", "c");

	/* Stored reports are told apart by it: a new release must give the same. */
	cr_expect_str_eq(text(doc, "id"), "32b2baa81c5e84d3d351f2f52abd1432");
	json_decref(doc);
}

Test(report, lists_are_most_frequent_first_and_say_what_is_missing)
{
	static const unsigned distinct[] = {19, 20, 21, 25};

	for (size_t d = 0; d < sizeof(distinct) / sizeof(distinct[0]); d++) {
		struct report_head head = head_of("acct1", "k");
		struct report_builder *b = report_begin(&head, 10);
		unsigned listed = distinct[d] < 20 ? distinct[d] : 20;
		json_t *doc, *subjects;

		for (unsigned i = 0; i < distinct[d]; i++) {
			char subject[32];
			struct event ev = event_of(NOON, "");

			snprintf(subject, sizeof(subject), "subject %u", i);
			ev.subject = slice_str(subject);
			report_event(b, &ev);
			if (i == 17)
				report_event(b, &ev);
		}
		doc = must_end(b);
		subjects = json_object_get(doc, "subjects");
		cr_expect_eq(json_array_size(subjects), listed);
		cr_expect_eq(number(json_object_get(doc, "further"), "subjects"),
			     distinct[d] - listed);
		cr_expect_str_eq(text(json_array_get(subjects, 0), "value"),
				 "subject 17");
		cr_expect_str_eq(text(json_array_get(subjects, 1), "value"), "subject 0");
		json_decref(doc);
	}
}

Test(report, keeps_the_first_lines_only)
{
	static const struct {
		unsigned sample, events, lines;
	} rows[] = {{10, 9, 9}, {10, 10, 10}, {10, 11, 10}, {0, 3, 0}, {9999, 60, 50}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_head head = head_of("acct1", "k");
		struct report_builder *b = report_begin(&head, rows[i].sample);
		json_t *doc, *lines;

		for (unsigned n = 0; n < rows[i].events; n++) {
			char line[32];
			struct event ev = event_of(NOON, "");

			snprintf(line, sizeof(line), "line %u", n);
			ev.line = slice_str(line);
			report_event(b, &ev);
		}
		doc = must_end(b);
		lines = json_object_get(doc, "lines");
		cr_expect_eq(json_array_size(lines), rows[i].lines);
		if (rows[i].lines)
			cr_expect_str_eq(json_string_value(json_array_get(lines, 0)),
					 "line 0");
		cr_expect_eq(number(json_object_get(doc, "further"), "lines"),
			     rows[i].events - rows[i].lines);
		json_decref(doc);
	}
}

Test(report, message_ids_are_each_named_once_and_bounded)
{
	static const unsigned counts[] = {99, 100, 101, 150};

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct report_head head = head_of("acct1", "k");
		struct report_builder *b = report_begin(&head, 10);
		unsigned listed = counts[c] < 100 ? counts[c] : 100;
		json_t *doc;

		for (unsigned i = 0; i < counts[c] * 2; i++) {
			char id[32];
			struct event ev;

			snprintf(id, sizeof(id), "1vbJ6y-%06u-0cDe", i / 2);
			ev = event_of(NOON, id);
			report_event(b, &ev);
		}
		doc = must_end(b);
		cr_expect_eq(json_array_size(json_object_get(doc, "message_ids")),
			     listed);
		cr_expect_eq(number(json_object_get(doc, "further"), "message_ids"),
			     counts[c] - listed);
		json_decref(doc);
	}
}

Test(report, an_unkept_event_is_counted_and_said)
{
	struct report_head head = head_of("acct1", "k");
	struct report_builder *b = report_begin(&head, 10);
	struct event ev = event_of(NOON, "a");
	json_t *doc;

	report_lost_event(b, NOON - 60, CERTAINTY_CONFIRMED);
	report_event(b, &ev);
	doc = must_end(b);
	cr_expect_eq(number(doc, "count"), 2);
	cr_expect_eq(number(doc, "recipients"), 3);
	cr_expect_eq(number(doc, "lost"), 1);
	cr_expect_eq(number(doc, "first"), NOON - 60);
	cr_expect(json_is_false(json_object_get(doc, "window_complete")));
	cr_expect_eq(number(json_object_get(doc, "certainty"), "confirmed"), 1);
	json_decref(doc);
}

Test(report, confidence_is_what_exceeds_the_limit_by_itself)
{
	static const struct {
		const char *why;
		unsigned claimed, confirmed, limit;
		const char *confidence;
	} rows[] = {
		{"claims alone", 3, 0, 2, "claimed"},
		{"confirmed ones only reach the limit", 1, 2, 2, "claimed"},
		{"confirmed ones exceed it", 0, 3, 2, "confirmed"},
		{"one claim more changes nothing", 1, 3, 2, "confirmed"},
		{"nothing exceeds: the worst", 1, 1, 9, "claimed"},
		{"nothing there", 0, 0, 2, "unknown"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_head head = head_of("acct1", "k");
		struct report_builder *b;
		json_t *doc;

		head.limit = rows[i].limit;
		b = report_begin(&head, 10);
		for (unsigned n = 0; n < rows[i].claimed; n++)
			report_lost_event(b, NOON, CERTAINTY_CLAIMED);
		for (unsigned n = 0; n < rows[i].confirmed; n++)
			report_lost_event(b, NOON, CERTAINTY_CONFIRMED);
		doc = must_end(b);
		cr_expect_str_eq(text(doc, "confidence"), rows[i].confidence, "%s",
				 rows[i].why);
		json_decref(doc);
	}
}

Test(report, the_timeline_holds_every_event_in_120_buckets)
{
	static const struct {
		const char *why;
		int64_t at_s[4];
		json_int_t step, start;
		size_t buckets;
	} rows[] = {
		{"one minute", {NOON, NOON, NOON + 1, NOON + 59}, 60, NOON, 1},
		{"the next minute", {NOON, NOON, NOON, NOON + 60}, 60, NOON, 2},
		{"120 minutes", {NOON, NOON, NOON, NOON + 119 * 60}, 60, NOON, 120},
		{"121 minutes", {NOON, NOON, NOON, NOON + 120 * 60}, 120, NOON, 61},
		{"backwards", {NOON + 300, NOON, NOON, NOON}, 60, NOON, 6},
		{"far backwards", {NOON + 86400, NOON, NOON, NOON}, 960, NOON - 0, 91},
		{"all of time", {INT64_MIN, INT64_MAX, 0, NOON}, 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_head head = head_of("acct1", "k");
		struct report_builder *b = report_begin(&head, 10);
		json_t *doc, *timeline, *counts;
		json_int_t sum = 0;

		for (int n = 0; n < 4; n++)
			report_lost_event(b, rows[i].at_s[n], CERTAINTY_CLAIMED);
		doc = must_end(b);
		timeline = json_object_get(doc, "timeline");
		counts = json_object_get(timeline, "counts");
		cr_expect_leq(json_array_size(counts), 120, "%s", rows[i].why);
		for (size_t n = 0; n < json_array_size(counts); n++)
			sum += json_integer_value(json_array_get(counts, n));
		cr_expect_eq(sum, 4, "%s", rows[i].why);
		if (rows[i].step) {
			cr_expect_eq(number(timeline, "step"), rows[i].step, "%s",
				     rows[i].why);
			cr_expect_eq(number(timeline, "start"), rows[i].start, "%s",
				     rows[i].why);
			cr_expect_eq(json_array_size(counts), rows[i].buckets, "%s",
				     rows[i].why);
		}
		json_decref(doc);
	}
}

Test(report, fits_its_bound_whatever_the_events_hold)
{
	static const char bytes[] = {'\x01', '\xff', '"', '\0', 'a'};

	for (size_t k = 0; k < sizeof(bytes); k++) {
		char *junk = malloc(70000);
		struct report_head head = head_of("acct1", "k");
		struct report_builder *b;
		json_t *doc;

		memset(junk, bytes[k], 70000);
		head.key = head.host = head.owner = head.mailbox =
			(struct slice){junk, 70000};
		b = report_begin(&head, 9999);
		for (int i = 0; i < 3000; i++) {
			struct event ev = event_of(NOON + i * 300, "");

			/* Each differs: nothing is saved by counting. */
			memcpy(junk, &i, sizeof(i));
			ev.path = ev.subject = ev.sender = ev.address =
				(struct slice){junk, (size_t)(20 * (i + 1))};
			ev.line = (struct slice){junk, 70000};
			ev.message_id = (struct slice){junk, 60};
			report_event(b, &ev);
		}
		junk[69999] = '\0';
		for (int i = 0; i < 100; i++)
			report_note(b, junk + 8);
		doc = must_end(b);
		cr_expect_leq(printed_size(doc), REPORT_BYTES_MAX);
		cr_expect_str_eq(text(doc, "owner"), "");
		json_decref(doc);
		free(junk);
	}
}

Test(report, names_nobody_who_can_not_be_a_name)
{
	static const struct {
		const char *account, *kept;
	} rows[] = {
		{"acct1", "acct1"},
		{"www-data", "www-data"},
		{"_apt", "_apt"},
		{"", ""},
		{"Acct", ""},
		{"../etc", ""},
		{"-rf", ""},
		{".", ""},
		{"a b", ""},
		{"a\nb", ""},
		{"\xc3\xa4", ""},
		{"0123456789012345678901234567890123456789012345678901234567890123",
		 "0123456789012345678901234567890123456789012345678901234567890123"},
		{"01234567890123456789012345678901234567890123456789012345678901234", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_head head = head_of(rows[i].account, "k");
		json_t *doc = must_end(report_begin(&head, 10));

		cr_expect_str_eq(text(doc, "account"), rows[i].kept);
		json_decref(doc);
	}
}

Test(report, mailboxes_are_checked)
{
	static const struct {
		const char *mailbox;
		bool kept;
	} rows[] = {
		{"bob@example.com", true},	{"bob+x@example.com", true},
		{"o'neil=1@example.com", true}, {"bob", false},
		{"@example.com", false},	{"bob@", false},
		{"a@b@example.com", false},	{"Bob@example.com", false},
		{"../x@example.com", false},	{"a/b@example.com", false},
		{"bob@../example", false},	{"bob@a..b", false},
		{"-bob@example.com", false},	{"bob@-example.com", false},
		{"bob @example.com", false},	{"bob\n@example.com", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_head head = head_of("acct1", "k");
		json_t *doc;

		head.mailbox = slice_str(rows[i].mailbox);
		doc = must_end(report_begin(&head, 10));
		cr_expect_str_eq(text(doc, "mailbox"),
				 rows[i].kept ? rows[i].mailbox : "");
		json_decref(doc);
	}
}

Test(report, valid_takes_fields_that_it_does_not_know)
{
	json_t *doc = doc_of("a", "b", "c");

	json_object_set_new(doc, "later", json_pack("{s:[i]}", "x", 1));
	cr_expect(report_valid(doc, NULL));
	json_decref(doc);
}

Test(report, valid_needs_every_field)
{
	json_t *doc = doc_of("a", "b", "c");
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(doc, next, name, value)
	{
		json_t *less = json_deep_copy(doc), *other = json_deep_copy(doc);

		json_object_del(less, name);
		cr_expect_not(report_valid(less, NULL), "without %s", name);
		json_object_set_new(other, name, json_null());
		cr_expect_not(report_valid(other, NULL), "null %s", name);
		json_decref(less);
		json_decref(other);
	}
	json_decref(doc);
}

Test(report, valid_refuses_what_is_not_in_its_grammar)
{
	static const struct {
		const char *why, *field, *json;
	} rows[] = {
		{"a newer version", "version", "2"},
		{"unknown trigger", "type", "\"logline:sender\""},
		{"unknown kind", "kind", "\"spam\""},
		{"short id", "id", "\"0123456789abcde\""},
		{"no hex", "id", "\"../../../../../etc/passwd\""},
		{"long id", "id", "\"0123456789012345678901234567890123456789\""},
		{"a path as account", "account", "\"../root\""},
		{"a bad owner", "owner", "\"a b\""},
		{"a bad mailbox", "mailbox", "\"a@b@c\""},
		{"time in the past", "time", "-1"},
		{"time too late", "time", "253402300800"},
		{"words of another time", "time_iso", "\"2026-01-01T12:00:00Z\""},
		{"first after last", "first", "1767268900"},
		{"negative count", "count", "-1"},
		{"count doesn't add up", "count", "4"},
		{"a real number", "recipients", "1.5"},
		{"a text for a number", "limit", "\"2\""},
		{"another trigger", "trigger", "3"},
		{"a number for a switch", "testing", "1"},
		{"unknown action wanted", "wanted", "[\"rm\"]"},
		{"unknown action done", "actions",
		 "[{\"action\":\"rm\",\"state\":\"done\"}]"},
		{"list of texts", "paths", "[\"/home\"]"},
		{"count of nothing", "paths", "[{\"value\":\"/home\",\"count\":0}]"},
		{"object for a list", "lines", "{}"},
		{"a number in the lines", "lines", "[1]"},
		{"negative bucket", "timeline",
		 "{\"start\":0,\"step\":60,\"counts\":[-1]}"},
		{"step of nothing", "timeline", "{\"start\":0,\"step\":0,\"counts\":[]}"},
		{"no counts", "certainty", "{}"},
		{"no further", "further", "{}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *doc = doc_of("a", "b", "c");
		struct err e = {0};

		json_object_set_new(doc, rows[i].field,
				    json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
		cr_expect_not(report_valid(doc, &e), "%s", rows[i].why);
		cr_expect_neq(e.code, 0, "%s", rows[i].why);
		json_decref(doc);
	}
	cr_expect_not(report_valid(NULL, NULL));
}

Test(report, valid_bounds_lists_at_their_edge)
{
	static const struct {
		const char *field, *element;
		size_t max;
	} rows[] = {
		{"paths", "{\"value\":\"x\",\"count\":1}", 20},
		{"lines", "\"x\"", 50},
		{"notes", "\"x\"", 20},
		{"message_ids", "\"x\"", 100},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *doc = doc_of("a", "b", "c"), *list = json_array();

		json_object_set(doc, rows[i].field, list);
		for (size_t n = 0; n < rows[i].max; n++)
			json_array_append_new(
				list, json_loads(rows[i].element, JSON_DECODE_ANY, NULL));
		cr_expect(report_valid(doc, NULL), "%s", rows[i].field);
		json_array_append_new(list,
				      json_loads(rows[i].element, JSON_DECODE_ANY, NULL));
		cr_expect_not(report_valid(doc, NULL), "%s", rows[i].field);
		json_decref(list);
		json_decref(doc);
	}
}

Test(report, valid_bounds_the_whole_and_refuses_nul)
{
	json_t *doc = doc_of("a", "b", "c");
	size_t size = printed_size(doc) + strlen(",\"x\":\"\""),
	       room = REPORT_BYTES_MAX - size;
	char *pad = malloc(room + 2);

	memset(pad, 'p', room + 2);
	json_object_set_new(doc, "x", json_stringn(pad, room));
	cr_expect_eq(printed_size(doc), REPORT_BYTES_MAX);
	cr_expect(report_valid(doc, NULL));
	json_object_set_new(doc, "x", json_stringn(pad, room + 1));
	cr_expect_not(report_valid(doc, NULL));
	json_object_del(doc, "x");
	json_object_set_new(doc, "key", json_stringn("a\0b", 3));
	cr_expect_not(report_valid(doc, NULL));
	free(pad);
	json_decref(doc);
}

static void check_described(const json_t *schema, const char *where)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *items = json_object_get(schema, "items");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)properties, name, value)
	{
		cr_expect(json_object_get(value, "description") ||
				  json_object_get(value, "$ref"),
			  "%s.%s has no description", where, name);
		check_described(value, name);
	}
	if (items)
		check_described(items, where);
}

Test(report, the_published_schema_has_just_its_fields)
{
	json_t *schema = json_load_file("docs/report.schema.json", 0, NULL);
	json_t *doc = doc_of("a", "b", "c"), *properties, *required, *value;
	const char *name;
	size_t i;

	cr_assert_not_null(schema, "run from the root of the tree");
	properties = json_object_get(schema, "properties");
	required = json_object_get(schema, "required");
	check_described(schema, "report");
	json_object_foreach(doc, name, value) cr_expect_not_null(
		json_object_get(properties, name), "%s isn't in it", name);
	cr_expect_eq(json_object_size(properties), json_object_size(doc));
	cr_expect_eq(json_array_size(required), json_object_size(doc));
	json_array_foreach(required, i, value)
		cr_expect_not_null(json_object_get(doc, json_string_value(value)));
	json_decref(schema);
	json_decref(doc);
}
