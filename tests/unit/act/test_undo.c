/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/executor.h"

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
