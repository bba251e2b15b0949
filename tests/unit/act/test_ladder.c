/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "tests/unit/act/lab.h"

#define BOB "bob@example.com"

static void make_ladder(void)
{
	static const struct action_steps steps = {
		3, {ACTION_HOLD, ACTION_BLOCK_MAILBOX, ACTION_SUSPEND_ACCOUNT}};

	make_lab();
	config.trigger[TRIGGER_LOGLINE].steps = steps;
	restart();
}

TestSuite(ladder, .init = make_ladder, .fini = remove_lab, .timeout = 60);

/* Which action a report of that time leads to, and what is said of it. */
static const char *step(const char *account, const char *mailbox, int64_t at_s,
			bool confirmed, char note[300])
{
	static char action[64];
	json_t *report = report_of(account, mailbox, at_s), *stored;
	json_t *answer = send_report(report, "steps", confirmed, at_s + 5);
	struct store *s = store_open(at(PATH_DB), false, NULL);
	const json_t *notes;

	cr_expect(is_ok(answer));
	snprintf(action, sizeof(action), "%s", action_field(answer, 0, "action"));
	stored = store_report_read(s, json_string_value(json_object_get(report, "id")),
				   NULL);
	notes = json_object_get(stored, "notes");
	snprintf(note, 300, "%s",
		 json_string_value(json_array_get(notes, json_array_size(notes) - 1)));
	cr_expect(report_valid(stored, NULL));
	store_close(s);
	json_decref(stored);
	json_decref(answer);
	json_decref(report);
	return action;
}

Test(ladder, gets_harder_with_each_strike)
{
	char note[300];

	cr_expect_str_eq(step("acct", BOB, NOW, true, note), "hold");
	cr_expect_str_eq(note, "Strike 1 within 1 d: the step is hold.");
	restart();
	cr_expect_str_eq(step("acct", BOB, NOW + 100, true, note), "block_mailbox");
	cr_expect_str_eq(note, "Strike 2 within 1 d: the step is block_mailbox.");
	cr_expect_str_eq(step("acct", BOB, NOW + 200, true, note), "suspend_account");
	cr_expect_str_eq(step("acct", BOB, NOW + 300, true, note), "suspend_account",
			 "and so on");
	cr_expect_str_eq(step("acct", "al@example.com", NOW + 300, true, note), "hold",
			 "another mailbox");
}

Test(ladder, leaves_out_what_needs_a_mailbox)
{
	char note[300];

	cr_expect_str_eq(step("acct", "", NOW, true, note), "hold");
	cr_expect_str_eq(step("acct", "", NOW + 100, true, note), "suspend_account");
}

Test(ladder, leaves_out_what_needs_an_address_or_a_path)
{
	static const struct action_steps steps = {
		4, {ACTION_FIREWALL, ACTION_RENAME_PATH, ACTION_RENAME_SCRIPT, ACTION_HOLD}};
	char note[300];

	config.trigger[TRIGGER_LOGLINE].steps = steps;
	restart();
	cr_expect_str_eq(step("acct", BOB, NOW, true, note), "hold", "%s", note);
}

Test(ladder, counts_no_doubt_no_test_and_nobody_protected)
{
	char note[300];

	for (int i = 0; i < 3; i++)
		cr_expect_str_eq(step("acct", BOB, NOW + i * 100, false, note), "hold",
				 "not confirmed");
	config.testing = true;
	restart();
	for (int i = 4; i < 7; i++)
		cr_expect_str_eq(step("acct", BOB, NOW + i * 100, true, note), "hold");
	config.testing = false;
	put(PATH_IGNORE, "mailbox:" BOB "\n");
	restart();
	for (int i = 7; i < 10; i++)
		cr_expect_str_eq(step("acct", BOB, NOW + i * 100, true, note), "hold");
	put(PATH_IGNORE, "");
	cr_expect_str_eq(step("acct", BOB, NOW + 1000, true, note), "hold");
	cr_expect_str_eq(note, "Strike 1 within 1 d: the step is hold.");
}

Test(ladder, begins_anew_for_whom_a_person_lets_go)
{
	char note[300];
	json_t *answer;

	step("acct", BOB, NOW, true, note);
	step("acct", BOB, NOW + 100, true, note);
	answer = undo(1);
	cr_expect(is_ok(answer));
	json_decref(answer);
	cr_expect_str_eq(step("acct", BOB, NOW + 200, true, note), "hold");
	step("acct", BOB, NOW + 300, true, note);
	answer = ask(NOW + 400, "{\"do\":\"notice\",\"event\":\"unsuspended\",\"user\":"
				"\"acct\"}");
	cr_expect(is_ok(answer));
	json_decref(answer);
	cr_expect_str_eq(step("acct", BOB, NOW + 500, true, note), "hold");
}

/* cPanel's hook tells of our own unsuspension, too. */
Test(ladder, forgets_nothing_when_a_suspension_is_over_by_itself)
{
	static const char told[] =
		"{\"do\":\"notice\",\"event\":\"unsuspended\",\"user\":\"acct\"}";
	char note[300];
	json_t *answer;

	config.action_expire_s = 1000;
	restart();
	step("acct", BOB, NOW, true, note);
	step("acct", BOB, NOW + 100, true, note);
	cr_expect_str_eq(step("acct", BOB, NOW + 200, true, note), "suspend_account");
	answer = ask(NOW + 1300, "{\"do\":\"expire\"}");
	cr_expect_eq(json_array_size(json_object_get(answer, "actions")), 3);
	json_decref(answer);
	json_decref(ask(NOW + 1303, told));
	cr_expect_str_eq(step("acct", BOB, NOW + 1400, true, note), "suspend_account", "%s",
			 note);
	/* now a person unsuspends it before its time, soon after */
	unlink(at("/var/cpanel/suspended/acct"));
	json_decref(ask(NOW + 1450, told));
	cr_expect_str_eq(step("acct", BOB, NOW + 1500, true, note), "hold", "%s", note);
}

Test(ladder, says_that_a_trigger_has_none)
{
	char note[300];

	config.trigger[TRIGGER_LOGLINE].steps.n = 0;
	restart();
	cr_expect_str_eq(step("acct", BOB, NOW, true, note), "(none)", "%s", note);
	cr_expect_not_null(strstr(note, "has none that fits"));
}

Test(ladder, is_nothing_that_can_be_done_by_hand)
{
	json_t *answer =
		ask(NOW, "{\"do\":\"steps\",\"target\":\"acct\",\"account\":\"acct\","
			 "\"who\":\"root\"}");

	cr_expect_not(is_ok(answer));
	json_decref(answer);
}
