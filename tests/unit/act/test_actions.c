/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/actions.h"

#include "tests/unit/act/lab.h"

TestSuite(actions, .init = make_lab, .fini = remove_lab);

Test(actions, believes_the_file_and_not_the_panel)
{
	static const struct {
		const char *mode, *account, *state, *detail;
		bool held;
		const char *why;
	} rows[] = {
		{"lie", "acct", "failed", "said OK, but acct is not in", false,
		 "no effect"},
		{"garbage", "acct", "failed", "Segmentation fault", false, "garbage"},
		{"refuse", "acct", "failed", "No such user", false, "refusal"},
		{"hang", "acct", "failed", "no answer in 1 s", false, "hang"},
		{"late", "acct", "done", "no answer in 1 s", true, "done, then hangs"},
		{"exit", "other", "done", "exit code 3", true,
		 "done, with a bad exit code"},
	};
	int64_t at_s = NOW;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *report = report_of(rows[i].account, "", at_s += 100), *answer;

		put("/mode", rows[i].mode);
		answer = send_report(report, "hold", true, at_s);
		cr_expect_str_eq(action_field(answer, 0, "state"), rows[i].state,
				 "%s: %s", rows[i].why,
				 action_field(answer, 0, "detail"));
		cr_expect_not_null(
			strstr(action_field(answer, 0, "detail"), rows[i].detail),
			"%s: %s", rows[i].why, action_field(answer, 0, "detail"));
		cr_expect_eq(has_text(HOLD_FILE, rows[i].account), rows[i].held, "%s",
			     rows[i].why);
		json_decref(answer);
		json_decref(report);
	}
}

Test(actions, tells_of_a_panel_that_is_not_there)
{
	unlink(at(PATH_WHMAPI));
	expect_one("acct", "", "hold", true, "failed", "No such file");
}

Test(actions, leaves_alone_what_others_hold)
{
	put(HOLD_FILE, "acct\n");
	expect_one("acct", "", "hold", true, "skipped", "was already held");
	cr_assert_eq(count_lines("/calls"), 0);
	cr_assert(has_text(HOLD_FILE, "acct\n"));
}
