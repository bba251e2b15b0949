/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/executor_parts.h"

#include "tests/unit/act/lab.h"

TestSuite(undo, .init = make_lab, .fini = remove_lab);

Test(undo, holds_by_hand_and_undoes_it_as_often_as_asked)
{
	for (int i = 0; i < 2; i++) {
		json_t *a = hold_by_hand("Bob@Example.com", NOW, 0), *b;

		cr_assert(is_ok(a), "%s", json_string_value(json_object_get(a, "error")));
		cr_assert_str_eq(action_field(a, 0, "target"), "bob@example.com");
		cr_assert(has_text(HOLD_FILE, "bob@example.com"));
		b = undo(action_id_of(a, 0));
		cr_assert(is_ok(b));
		cr_assert_str_eq(action_field(b, 0, "state"), "undone");
		cr_assert_not(has_text(HOLD_FILE, "bob@example.com"));
		json_decref(b);
		b = undo(action_id_of(a, 0));
		cr_assert_not(is_ok(b), "undone already");
		json_decref(a);
		json_decref(b);
	}
	cr_assert_eq(count_lines("/calls"), 4);
}

Test(undo, refuses_by_hand_what_is_in_force)
{
	json_t *answer;

	put(HOLD_FILE, "acct\n");
	answer = hold_by_hand("acct", NOW, 0);
	cr_assert_not(is_ok(answer));
	json_decref(answer);
}

Test(undo, undoes_a_whole_report_also_while_testing)
{
	json_t *report = report_of("acct", "", NOW), *answer;
	char text[160];

	json_decref(send_report(report, "email,store,hold,block_account", true, NOW));
	config.testing = true;
	restart();
	snprintf(text, sizeof(text),
		 "{\"do\":\"undo\",\"report\":\"%s\",\"who\":\"root\"}",
		 json_string_value(json_object_get(report, "id")));
	answer = ask(NOW + 9, text);
	cr_assert(is_ok(answer));
	cr_assert_eq(json_array_size(json_object_get(answer, "actions")), 2);
	cr_assert_not(has_text(HOLD_FILE, "acct"));
	cr_assert_not(has_text(BLOCK_FILE, "acct"));
	cr_assert(has_text("/calls", "unsuspend_outgoing_email user=acct"));
	json_decref(answer);
	answer = ask(NOW + 10, text);
	cr_assert_not(is_ok(answer), "nothing is left to undo");
	json_decref(answer);
	json_decref(report);
}

Test(undo, keeps_an_action_whose_undo_fails)
{
	json_t *a = hold_by_hand("acct", NOW, 0), *b;

	put("/mode", "refuse");
	b = undo(action_id_of(a, 0));
	cr_assert_not(is_ok(b));
	cr_assert_str_eq(action_field(b, 0, "state"), "done");
	cr_assert_not_null(strstr(action_field(b, 0, "detail"), "No such user"));
	json_decref(b);
	put("/mode", "ok");
	b = undo(action_id_of(a, 0));
	cr_assert(is_ok(b));
	json_decref(a);
	json_decref(b);
}

Test(undo, accepts_that_somebody_else_undid_it)
{
	json_t *a = hold_by_hand("acct", NOW, 0), *b;

	put(HOLD_FILE, "");
	b = undo(action_id_of(a, 0));
	cr_assert(is_ok(b));
	cr_assert_str_eq(action_field(b, 0, "state"), "undone");
	cr_assert_not_null(strstr(action_field(b, 0, "detail"), "somebody else"));
	cr_assert_eq(count_lines("/calls"), 1);
	json_decref(a);
	json_decref(b);
}

Test(undo, expires_at_its_second_and_not_before)
{
	json_t *answer;

	json_decref(hold_by_hand("acct", NOW, 100));
	answer = ask(NOW + 99, "{\"do\":\"expire\"}");
	cr_assert_eq(json_array_size(json_object_get(answer, "actions")), 0);
	json_decref(answer);
	answer = ask(NOW + 100, "{\"do\":\"expire\"}");
	cr_assert_str_eq(action_field(answer, 0, "state"), "expired");
	cr_assert_not(has_text(HOLD_FILE, "acct"));
	json_decref(answer);
}

Test(undo, gives_reports_the_expiry_of_the_settings)
{
	json_t *answer;

	config.action_expire_s = 60;
	restart();
	expect_one("acct", "", "hold", true, "done", "");
	answer = ask(NOW + 60, "{\"do\":\"expire\"}");
	cr_assert_str_eq(action_field(answer, 0, "state"), "expired");
	json_decref(answer);
}

Test(undo, tries_an_expiry_again_later)
{
	json_t *answer;

	json_decref(hold_by_hand("acct", NOW, 1));
	put("/mode", "refuse");
	answer = ask(NOW + 1, "{\"do\":\"expire\"}");
	cr_assert_str_eq(action_field(answer, 0, "state"), "done");
	json_decref(answer);
	put("/mode", "ok");
	answer = ask(NOW + 400, "{\"do\":\"expire\"}");
	cr_assert_str_eq(action_field(answer, 0, "state"), "expired");
	json_decref(answer);
}

Test(undo, does_not_wait_for_a_time_of_a_wrong_clock)
{
	const int64_t wrong = NOW + 10 * 365 * 86400;
	json_t *answer;

	json_decref(hold_by_hand("acct", wrong, 1));
	json_decref(hold_by_hand("other@example.com", NOW, 1000));
	put("/mode", "refuse");
	json_decref(ask(wrong + 1, "{\"do\":\"expire\"}"));
	put("/mode", "ok");
	cr_expect_eq(executor_next_s(x, wrong + 2), wrong + 301, "a pause after a failure");
	cr_expect_leq(executor_next_s(x, NOW + 500), NOW + 1000, "the clock was set");
	answer = ask(NOW + 1000, "{\"do\":\"expire\"}");
	cr_expect_str_eq(action_field(answer, 0, "state"), "expired");
	json_decref(answer);
}

Test(undo, leaves_what_was_done_anew_to_its_own_expiry)
{
	json_t *a = hold_by_hand("acct", NOW, 100), *b, *answer;

	put(HOLD_FILE, ""); /* somebody else released it */
	b = hold_by_hand("acct", NOW + 50, 1000);
	cr_assert(is_ok(b));
	cr_expect_eq(read_row(action_id_of(a, 0)).state, ACTION_UNDONE);
	answer = ask(NOW + 100, "{\"do\":\"expire\"}");
	cr_expect_eq(json_array_size(json_object_get(answer, "actions")), 0);
	cr_expect(has_text(HOLD_FILE, "acct\n"), "held by the second one");
	json_decref(answer);
	answer = ask(NOW + 1050, "{\"do\":\"expire\"}");
	cr_expect_eq(action_id_of(answer, 0), action_id_of(b, 0));
	cr_expect_not(has_text(HOLD_FILE, "acct\n"));
	json_decref(answer);
	json_decref(a);
	json_decref(b);
}

Test(undo, takes_its_order_from_one_printable_word)
{
	static const char *const rows[] = {
		"",
		"a b",
		"a\\nb",
		"\\u001b[2J",
		"\\u00e9",
		("0123456789012345678901234567890123456789012345"
		 "678901234567890123")};
	json_t *a = hold_by_hand("acct", NOW, 0);
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *answer;

		snprintf(text, sizeof(text),
			 "{\"do\":\"undo\",\"id\":%lld,\"who\":\"%s\"}",
			 (long long)action_id_of(a, 0), rows[i]);
		answer = ask(NOW + 1, text);
		cr_expect_not(is_ok(answer), "%s", rows[i]);
		json_decref(answer);
	}
	cr_expect(has_text(HOLD_FILE, "acct\n"));
	json_decref(a);
}

Test(undo, refuses_what_never_came_into_force)
{
	json_t *report = report_of("acct", "", NOW);
	json_t *sent = send_report(report, "email,store,hold", false, NOW);

	for (size_t i = 0; i < 3; i++) {
		json_t *answer = undo(action_id_of(sent, i));

		cr_expect_not(is_ok(answer), "%s", action_field(sent, i, "action"));
		json_decref(answer);
	}
	json_decref(sent);
	json_decref(report);
}

Test(undo, believes_the_file_and_not_the_panel)
{
	static const char *const modes[] = {"lie", "garbage", "hang"};
	json_t *a = hold_by_hand("acct", NOW, 0), *b;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put("/mode", modes[i]);
		b = undo(action_id_of(a, 0));
		cr_expect_not(is_ok(b), "%s", modes[i]);
		cr_expect_str_eq(action_field(b, 0, "state"), "done", "%s", modes[i]);
		cr_expect_not_null(strstr(action_field(b, 0, "detail"), "undo failed"),
				   "%s: %s", modes[i], action_field(b, 0, "detail"));
		json_decref(b);
	}
	put("/mode", "late"); /* undone, then no answer */
	b = undo(action_id_of(a, 0));
	cr_expect(is_ok(b));
	cr_expect_str_eq(action_field(b, 0, "state"), "undone");
	json_decref(a);
	json_decref(b);
}

Test(undo, wakes_nobody_for_what_it_cannot_undo)
{
	struct err e = {0};
	int64_t id, at_s;

	executor_free(x);
	x = NULL;
	id = leave_pending("rename_path", "acct", "free", NULL, 0);
	struct store *s = store_open(at(PATH_DB), true, &e);

	cr_assert(store_action_end(s, id, ACTION_DONE, NULL, NULL, NOW, &e));
	store_close(s);
	start();
	config.report_days = 0;
	restart();
	at_s = executor_next_s(x, NOW);
	cr_expect_eq(at_s, 0, "%lld", (long long)at_s);
	json_decref(hold_by_hand("acct", NOW, 7));
	cr_expect_eq(executor_next_s(x, NOW), NOW + 7);
}

Test(undo, settles_what_is_pending_and_sets_nothing_going)
{
	static const struct {
		const char *before, *in_file;
		bool has_list;
		enum action_state state;
		bool ok;
		const char *file_then, *why;
	} rows[] = {
		{"free", "", true, ACTION_SKIPPED, true, "", "never done"},
		{"free", "acct\n", true, ACTION_UNDONE, true, "", "it was reached"},
		{"held", "acct\n", true, ACTION_SKIPPED, true, "acct\n", "another's"},
		{"not done", "", true, ACTION_SKIPPED, true, "", "decided against"},
		{"free", "", false, ACTION_PENDING, false, "", "nobody knows"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {0};
		json_t *answer;
		int64_t id;
		char *list;

		executor_free(x);
		x = NULL;
		put(HOLD_FILE, rows[i].in_file);
		id = leave_pending("hold", "acct", rows[i].before, NULL, 5);
		x = executor_new_undo(&lab, &config, &e);
		cr_assert_not_null(x, "%s", e.msg);
		cr_expect_eq(read_row(id).state, ACTION_PENDING, "%s: not touched",
			     rows[i].why);
		if (!rows[i].has_list) {
			unlink(at(HOLD_FILE));
			cr_assert_eq(mkdir(at(HOLD_FILE), 0755), 0);
		}
		answer = undo(id);
		cr_expect_eq(is_ok(answer), rows[i].ok, "%s", rows[i].why);
		cr_expect_eq(read_row(id).state, rows[i].state, "%s: %s", rows[i].why,
			     read_row(id).detail);
		list = get(HOLD_FILE);
		cr_expect_str_eq(list, rows[i].file_then, "%s", rows[i].why);
		free(list);
		json_decref(answer);
	}
}

/* ---- audit ---- */

static bool audited(const char *who, const char *what)
{
	struct store *s = store_open(at(PATH_DB), false, NULL);
	json_t *list = store_audit_list(s, 100, NULL), *row;
	bool found = false;
	size_t i;

	json_array_foreach(list, i, row) found |=
		strcmp(json_string_value(json_object_get(row, "who")), who) == 0 &&
		strcmp(json_string_value(json_object_get(row, "what")), what) == 0;
	json_decref(list);
	store_close(s);
	return found;
}

Test(undo, leaves_a_line_in_the_audit_for_each_thing_done)
{
	json_t *report = report_of("acct", "", NOW), *answer;
	char what[200];

	answer = send_report(report, "store,hold", true, NOW);
	snprintf(what, sizeof(what),
		 "hold acct: free -> done (seen in /etc/outgoing_mail_hold_users) report %s",
		 json_string_value(json_object_get(report, "id")));
	cr_expect(audited("osm", what));
	json_decref(undo(action_id_of(answer, 1)));
	json_decref(answer);
	snprintf(what, sizeof(what),
		 "undo 2 hold acct: done -> undone (gone from /etc/outgoing_mail_hold_users)");
	cr_expect(audited("root", what));
	answer = hold_by_hand("acct", NOW, 60);
	cr_expect(audited("root", "hold acct: asked for"));
	cr_expect(audited("root", "hold acct: free -> done (seen in "
				  "/etc/outgoing_mail_hold_users)"));
	json_decref(answer);
	json_decref(ask(NOW + 61, "{\"do\":\"expire\"}"));
	cr_expect(audited("osm", "undo 3 hold acct: done -> expired (gone from "
				 "/etc/outgoing_mail_hold_users)"));
	answer = hold_by_hand("acct", NOW, 0);
	put(HOLD_FILE, "");
	json_decref(answer);
	json_decref(ask(NOW + 70, "{\"do\":\"notice\",\"event\":\"lists\"}"));
	cr_expect(audited("panel", "hold acct: done -> undone (it is in force no more: somebody "
				   "else has undone it)"));
	json_decref(report);
}

Test(undo, leaves_a_line_in_the_audit_for_what_a_crash_left)
{
	struct err e = {0};
	int64_t id;

	executor_free(x);
	x = NULL;
	put(HOLD_FILE, "");
	id = leave_pending("hold", "acct", "free", NULL, 5);
	x = executor_new_undo(&lab, &config, &e);
	cr_assert_not_null(x, "%s", e.msg);
	json_decref(undo(id));
	cr_expect(audited("root", "hold acct: free -> skipped (taken back by root before it was "
				  "done)"));
	executor_free(x);
	x = NULL;
	put(HOLD_FILE, "bob@example.com\n");
	leave_pending("hold", "bob@example.com", "free", NULL, 5);
	x = executor_new(&lab, &config, &e);
	cr_assert_not_null(x, "%s", e.msg);
	cr_expect(audited("osm",
			  "hold bob@example.com: free -> done (found in force after a crash)"));
}

/* Found when it is done anew, and not before. */
Test(undo, leaves_a_line_in_the_audit_for_what_was_lost)
{
	json_t *a = hold_by_hand("acct", NOW, 100), *b;

	put(HOLD_FILE, "");
	b = hold_by_hand("acct", NOW + 50, 0);
	cr_expect(is_ok(b));
	cr_expect_eq(read_row(action_id_of(a, 0)).state, ACTION_UNDONE);
	cr_expect(audited("panel", "hold acct: done -> undone (it was in force no more: somebody "
				   "else had undone it)"));
	json_decref(a);
	json_decref(b);
}
