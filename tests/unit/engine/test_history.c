/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/history.h"

#include <criterion/criterion.h>

#include "osmd/model/report.h"

#define KEY ((struct history_key){TRIGGER_LOGLINE, SLICE("alice")})
#define HOUR 3600

static struct history *history;

static void setup(void)
{
	history = history_new(100);
	cr_assert_not_null(history);
}

static void cleanup(void)
{
	history_free(history);
}

TestSuite(history, .init = setup, .fini = cleanup);

static struct event event_of(int64_t at_s, const char *id)
{
	return (struct event){
		.at_s = at_s, .message_id = slice_str(id), .line = SLICE("a line")};
}

/* A stored report whose last event is this one. */
static void use(const struct event *last, json_int_t confirmed)
{
	char mark[REPORT_MARK_SIZE];
	json_t *report =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:i, s:{s:I}}", "kind",
			  "limit", "type", "logline", "key", "alice", "account", "alice",
			  "last_event", report_mark(last->message_id, last->line, mark),
			  "last", (json_int_t)last->at_s, "time", (json_int_t)last->at_s,
			  "limit", 3, "certainty", "confirmed", confirmed);

	cr_assert_not_null(report);
	history_used(history, report);
	json_decref(report);
}

Test(history, a_repeat_is_held_back_until_its_time)
{
	cr_expect(history_may_report(history, KEY, 1000, HOUR, true, 0));
	cr_expect_eq(history_reported(history, KEY, SLICE("alice"), 1000, true), 0);
	cr_expect_not(history_may_report(history, KEY, 1000 + HOUR - 1, HOUR, true, 0));
	history_held_back(history, KEY, 5);
	cr_expect(history_may_report(history, KEY, 1000 + HOUR, HOUR, true, 0));
	cr_expect_eq(history_reported(history, KEY, SLICE("alice"), 1000 + HOUR, true),
		     5);
}

Test(history, what_can_be_acted_upon_is_not_held_back_by_what_could_not)
{
	history_reported(history, KEY, SLICE("alice"), 1000, false);
	cr_expect_not(history_may_report(history, KEY, 1001, HOUR, false, 0));
	cr_expect(history_may_report(history, KEY, 1001, HOUR, true, 0));
}

Test(history, keys_and_triggers_are_apart)
{
	const struct history_key subject = {TRIGGER_LOGLINE_SUBJECT, SLICE("alice")};
	const struct history_key bob = {TRIGGER_LOGLINE, SLICE("bob")};

	history_reported(history, KEY, SLICE("alice"), 1000, true);
	cr_expect(history_may_report(history, subject, 1001, HOUR, true, 0));
	cr_expect(history_may_report(history, bob, 1001, HOUR, true, 0));
}

Test(history, the_store_is_asked_only_where_memory_has_nothing)
{
	cr_expect_not(history_may_report(history, KEY, 1000, HOUR, true, 999));
	cr_expect(history_may_report(history, KEY, 1000, HOUR, true, 1000),
		  "of this very second: the same one, sent before a crash");
	cr_expect(history_may_report(history, KEY, 5000, HOUR, true, 1000));
}

Test(history, a_person_who_undoes_makes_it_news)
{
	history_reported(history, KEY, SLICE("alice"), 1000, true);
	history_forget(history, SLICE("bob"));
	cr_expect_not(history_may_report(history, KEY, 1001, HOUR, true, 0));
	history_forget(history, SLICE("alice"));
	cr_expect(history_may_report(history, KEY, 1001, HOUR, true, 999));
}

Test(history, a_stored_report_ends_its_window_at_its_last_event)
{
	struct event before = event_of(1000, "a"), last = event_of(1000, "b"),
		     after = event_of(1000, "c");
	bool confirmed;

	use(&last, 4);
	cr_expect_eq(history_place(history, KEY, &before, &confirmed), HISTORY_OPEN);
	cr_expect_eq(history_place(history, KEY, &last, &confirmed), HISTORY_LAST);
	cr_expect(confirmed);
	cr_expect_eq(history_place(history, KEY, &after, &confirmed), HISTORY_OPEN);
	cr_expect_not(history_may_report(history, KEY, 1001, HOUR, true, 0));
}

Test(history, an_event_later_than_it_begins_the_next_window)
{
	struct event last = event_of(1000, "b"), after = event_of(1001, "c");
	bool confirmed;

	use(&last, 3);
	cr_expect_eq(history_place(history, KEY, &after, &confirmed), HISTORY_AFTER);
	cr_expect_not(confirmed, "three don't exceed three");
}
