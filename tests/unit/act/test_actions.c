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
		{"garbage", "acct", "pending", "Segmentation fault", false, "garbage"},
		{"refuse", "acct", "failed", "No such user", false, "refusal"},
		{"hang", "acct", "pending", "no answer in 1 s", false, "hang"},
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
	expect_one("acct", "", "hold", true, "pending", "No such file");
}

Test(actions, leaves_alone_what_others_hold)
{
	put(HOLD_FILE, "acct\n");
	expect_one("acct", "", "hold", true, "skipped", "was already held");
	cr_assert_eq(count_lines("/calls"), 0);
	cr_assert(has_text(HOLD_FILE, "acct\n"));
}

Test(actions, know_themselves_by_name)
{
	for (int id = 0; id < ACTION_COUNT; id++) {
		const struct action_kind *kind = action_kind((enum action_id)id);

		cr_expect_eq((int)kind->id, id);
		cr_expect_eq(action_kind_find(action_name(kind->id)), kind);
		cr_expect_eq(kind->perform == NULL, id == ACTION_STEPS,
			     "steps stand for others");
		cr_expect_not_null(kind->verb);
		cr_expect_eq(kind->disruptive, kind->reverse && kind->in_force);
		cr_expect_eq(kind->disruptive, !kind->target && !kind->needs_report);
		cr_expect_not(kind->is_once && (kind->disruptive || kind->reverse));
	}
	cr_expect_null(action_kind_find(""));
	cr_expect_null(action_kind_find("Hold"));
}

Test(actions, read_the_panels_list_as_it_is_written)
{
	static const struct {
		const char *text, *mailbox;
		bool held;
		const char *why;
	} rows[] = {
		{"acct", "", true, "no line end"},
		{"x\nacct\r\ny\n", "", true, "another line end"},
		{"acct2\nxacct\n", "", false, "a part of a name"},
		{"ACCT\n", "", false, "accounts know case"},
		{"bob@example.com\n", "", false, "a mailbox isn't its account"},
		{"acct\n", "bob@example.com", false, "nor the other way round"},
		{"Bob@Example.com\n", "bob@example.com", true, "mailboxes don't"},
		{"bob@example.com.example\n", "bob@example.com", false, "longer"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct action_row row = {.account = "acct"};
		struct action_job job = {.paths = &lab, .config = &config, .row = &row};

		snprintf(row.action, sizeof(row.action), "hold");
		snprintf(row.target, sizeof(row.target), "%s",
			 rows[i].mailbox[0] ? rows[i].mailbox : "acct");
		put(HOLD_FILE, rows[i].text);
		cr_expect_eq(action_kind(ACTION_HOLD)->in_force(&job),
			     rows[i].held ? ACTION_IN_FORCE : ACTION_NOT_IN_FORCE, "%s",
			     rows[i].why);
	}
}

Test(actions, do_nothing_when_the_list_cannot_be_read)
{
	cr_assert_eq(mkdir(at(HOLD_FILE), 0755), 0);
	expect_one("acct", "", "hold", true, "skipped", "in force can't be read");
	cr_assert_eq(count_lines("/calls"), 0);
}

Test(actions, stop_a_panel_with_all_that_it_started)
{
	char *pid;

	put_program(PATH_WHMAPI, "#!/bin/sh\nsleep 60 & echo $! >'%s/pid'; wait\n");
	expect_one("acct", "", "hold", true, "pending", "no answer in 1 s");
	pid = get("/pid");
	cr_assert_gt(atoi(pid), 1);
	for (int i = 0; i < 50 && kill(atoi(pid), 0) == 0; i++) {
		char state[64], *text, *after;

		/* a dead one that nobody has waited for yet is dead, too */
		snprintf(state, sizeof(state), "/proc/%d/stat", atoi(pid));
		if (!file_read(state, 4096, &text, &(size_t){0}, NULL))
			break;
		after = strrchr(text, ')');
		if (after && after[2] == 'Z')
			i = 50;
		free(text);
		cr_assert_lt(i, 49 + 2, "still alive");
		usleep(20000);
	}
	free(pid);
}

Test(actions, keep_strange_words_of_the_panel_off_the_journal)
{
	json_t *report = report_of("acct", "", NOW), *answer;
	const char *detail;

	put_program(PATH_WHMAPI,
		    "#!/bin/sh\nR='%s'\nprintf '\\033[2J\\r\\n\\200\\n'; head -c 300000 "
		    "/dev/zero; exit 9\n");
	answer = send_report(report, "hold", true, NOW);
	detail = action_field(answer, 0, "detail");
	cr_expect_str_eq(action_field(answer, 0, "state"), "pending");
	for (const char *p = detail; *p; p++)
		cr_expect(*p >= 0x20 && *p < 0x7f, "%s", detail);
	json_decref(answer);
	json_decref(report);
}
