/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/custom.h"

#include <fcntl.h>

#include "osmd/act/actions.h"
#include "osmd/act/format.h"
#include "tests/unit/act/lab.h"

#define PROGRAM "/etc/osm/custom.sh"

/* Keeps what it got, and what it inherited. */
static const char program[] = "#!/bin/sh\n"
			      "R='%s'\n"
			      "for a; do printf '%%s\\n' \"$a\" >>$R/args; done\n"
			      "cat >$R/stdin\n"
			      "env | sort >$R/env\n"
			      "ls -l /proc/$$/fd | grep -c socket >$R/sockets\n"
			      "cut -d' ' -f1,5 /proc/$$/stat >$R/group\n"
			      "echo hello; echo there >&2\n";

static void make(void)
{
	make_lab();
	put_program(PROGRAM, program);
	snprintf(config.custom_action, sizeof(config.custom_action), "%s", PROGRAM);
	restart();
}

TestSuite(custom, .init = make, .fini = remove_lab, .timeout = 60);

Test(custom, gets_arguments_and_the_whole_document)
{
	json_t *report = report_of("acct", "bob@example.com", NOW), *answer, *got, *told;
	const char *id = json_string_value(json_object_get(report, "id"));
	char want[256], *args, *in;

	answer = send_report(report, "hold,custom,store", true, NOW);
	cr_expect_str_eq(action_field(answer, 2, "state"), "done");
	cr_expect_str_eq(action_field(answer, 2, "detail"),
			 "ended with exit code 0: hello there");
	snprintf(want, sizeof(want),
		 "%s\nlogline\nacct\nbob@example.com\n2\nJSON\n", id);
	args = get("/args");
	cr_expect_str_eq(args, want);
	in = get("/stdin");
	got = json_loads(in, 0, NULL);
	told = json_object_get(got, "actions");
	cr_expect_eq(json_array_size(told), 2, "what was done before it");
	cr_expect_str_eq(json_string_value(json_object_get(json_array_get(told, 1),
							   "state")),
			 "done");
	json_object_set_new(got, "actions", json_array());
	cr_expect(json_equal(got, report));
	json_decref(got);
	json_decref(answer);
	json_decref(report);
	free(args);
	free(in);
}

Test(custom, gets_every_format)
{
	static const char *const begins[FORMAT_COUNT] = {"{\n", "<?xml ", "---\n",
							  "+{\n"};

	cr_expect_eq(FORMAT_JSON, 0, "as CUSTOM_FORMAT's words are numbered");
	for (int f = 0; f < FORMAT_COUNT; f++) {
		json_t *report = report_of("acct", "", NOW + f * 100), *answer;
		char conf[64], *in;
		struct config read;

		snprintf(conf, sizeof(conf), "CUSTOM_FORMAT = \"%s\"",
			 format_name((enum format_id)f));
		cr_assert_eq(options_load(slice_str(conf), &read, NULL, NULL), 0);
		cr_expect_eq(read.custom_format, (unsigned)f);
		config.custom_format = (unsigned)f;
		put("/args", "");
		restart();
		answer = send_report(report, "custom", true, NOW);
		in = get("/stdin");
		cr_expect_eq(strncmp(in, begins[f], strlen(begins[f])), 0, "%.40s", in);
		cr_expect(has_text("/args", format_name((enum format_id)f)));
		free(in);
		json_decref(answer);
		json_decref(report);
	}
}

Test(custom, starts_with_nothing_of_ours)
{
	int pid = 0, group = 0;
	char *text;

	cr_assert_eq(setenv("OSM_SECRET", "x", 1), 0);
	expect_one("acct", "", "custom", true, "done", "hello");
	cr_expect_not(has_text("/env", "OSM_SECRET"));
	cr_expect(has_text("/env", "HOME=/root\n"));
	cr_expect(has_text("/sockets", "0\n"));
	text = get("/group");
	cr_expect_eq(sscanf(text, "%d %d", &pid, &group), 2, "%s", text);
	cr_expect_eq(pid, group, "it leads a group");
	cr_expect_neq(group, getpgrp());
	free(text);
}

Test(custom, is_not_run_on_a_guess_or_in_testing)
{
	expect_one("acct", "", "custom", false, "skipped", "not enough confirmed");
	cr_expect_eq(count_lines("/args"), 0);
	config.testing = true;
	restart();
	expect_one("other", "", "custom", true, "skipped",
		   "TESTING: would have run " PROGRAM);
	config.testing = false;
	config.custom_action[0] = '\0';
	restart();
	expect_one("third", "", "custom", true, "skipped", "CUSTOM_ACTION is not set");
	cr_expect_eq(count_lines("/args"), 0);
}

/* The same check as of every other action: who is protected is left alone by it, too. */
Test(custom, is_not_run_against_who_is_protected)
{
	static const struct {
		const char *account, *mailbox, *ignore, *users, *detail;
	} rows[] = {
		{"acct", "", "user:acct\n", "", "osm.ignore protects them"},
		{"acct", "bob@example.com", "mailbox:bob@example.com\n", "",
		 "osm.ignore protects them"},
		{"acct", "bob@example.com", "domain:example.com\n", "",
		 "osm.ignore protects them"},
		{"acct", "", "nonsense\n", "", "everybody is protected"},
		{"acct", "", "", "acct,other", "LOG_IGNORE_USERS"},
		{"root", "", "", "", "a system user is never acted upon"},
		{"low", "", "", "", "a system user's"},
		{"ghost", "", "", "", "not in the password file"},
		{"stranger", "", "", "", "none of the panel's accounts"},
		{"", "", "", "", "no account is named"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *report = report_of(rows[i].account, rows[i].mailbox,
					   NOW + (int64_t)i * 100);
		json_t *answer;

		put(PATH_IGNORE, rows[i].ignore);
		snprintf(config.ignore_users, sizeof(config.ignore_users), "%s",
			 rows[i].users);
		restart();
		answer = send_report(report, "custom", true, NOW);
		cr_expect_str_eq(action_field(answer, 0, "state"), "skipped", "%s",
				 rows[i].detail);
		cr_expect_not_null(strstr(action_field(answer, 0, "detail"),
					  rows[i].detail),
				   "%s: %s", rows[i].detail,
				   action_field(answer, 0, "detail"));
		json_decref(answer);
		json_decref(report);
	}
	cr_expect_eq(count_lines("/args"), 0);
	/* the other side: another mailbox of the same account */
	put(PATH_IGNORE, "mailbox:bob@example.com\n");
	config.ignore_users[0] = '\0';
	restart();
	expect_one("acct", "al@example.com", "custom", true, "done", "hello");
}

/* A host without a panel: its users are its accounts, and nothing else can be done to them. */
Test(custom, is_run_where_there_is_no_panel)
{
	cr_assert_eq(unlink(at(PATH_TRUEUSERDOMAINS)), 0);
	restart();
	expect_one("acct", "", "custom", true, "done", "hello");
	expect_one("stranger", "", "custom", true, "skipped", "no such user");
	expect_one("other", "", "hold", true, "skipped", "no list of the panel's accounts");
}

Test(custom, is_killed_at_its_time_with_all_that_it_started)
{
	time_t begun = time(NULL);
	char *pid;

	put_program(PROGRAM,
		    "#!/bin/sh\nR='%s'\necho begun\nsleep 300 & echo $! >$R/pid\nwait\n");
	config.custom_timeout_s = 1;
	restart();
	expect_one("acct", "", "custom", true, "failed", "killed after 1 s: begun");
	cr_expect_lt(time(NULL) - begun, 10);
	pid = get("/pid");
	for (int i = 0; i < 100 && kill(atoi(pid), 0) == 0; i++) {
		char stat[64], *text, *after;

		snprintf(stat, sizeof(stat), "/proc/%d/stat", atoi(pid));
		if (!file_read(stat, 4096, &text, &(size_t){0}, NULL))
			break;
		after = strrchr(text, ')');
		i = after && after[2] == 'Z' ? 1000 : i;
		free(text);
		cr_assert(i != 99, "still alive");
		usleep(20000);
	}
	free(pid);
}

Test(custom, keeps_a_bounded_printable_output)
{
	json_t *report = report_of("acct", "", NOW), *answer;
	const char *detail;

	put_program(PROGRAM, "#!/bin/sh\n: '%s'\nprintf 'a\\033[2J\\200b\\nc'; head -c "
			     "1000000 /dev/zero | tr '\\0' x; exit 3\n");
	answer = send_report(report, "custom", true, NOW);
	detail = action_field(answer, 0, "detail");
	cr_expect_str_eq(action_field(answer, 0, "state"), "failed");
	cr_expect_eq(strncmp(detail, "ended with exit code 3: a?[2J?b cxxx", 36), 0, "%s",
		     detail);
	cr_expect_lt(strlen(detail), ACTION_DETAIL_MAX);
	json_decref(answer);
	json_decref(report);
}

Test(custom, does_not_wait_for_a_program_that_reads_nothing)
{
	put_program(PROGRAM, "#!/bin/sh\n: '%s'\nexec true\n");
	expect_one("acct", "", "custom", true, "done", "ended with exit code 0");
}

Test(custom, refuses_a_program_that_others_could_have_written)
{
	static const struct {
		const char *path;
		mode_t mode;
		uid_t owner;
		const char *why;
	} rows[] = {
		{PROGRAM, 0775, 0, "custom.sh can be written to"},
		{PROGRAM, 0757, 0, "custom.sh can be written to"},
		{PROGRAM, 0755, 1001, "custom.sh does not belong to root"},
		{PROGRAM, 0644, 0, "may not be executed"},
		{"/etc/osm", 0777, 0, "/etc/osm can be written to"},
		{"/etc/osm", 01777, 0, "/etc/osm can be written to"},
		{"/etc", 0775, 0, "/etc can be written to"},
		{"/etc/osm", 0755, 1001, "/etc/osm does not belong to root"},
	};
	struct err e = {0};

	cr_expect(custom_check(&lab, &config, &e), "%s", e.msg);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].owner && geteuid() != 0)
			continue; /* only root can give a file away */
		cr_assert_eq(chmod(at(rows[i].path), rows[i].mode), 0);
		if (rows[i].owner)
			cr_assert_eq(chown(at(rows[i].path), rows[i].owner, 0), 0);
		cr_expect_not(custom_check(&lab, &config, &e), "%s", rows[i].why);
		cr_expect_not_null(strstr(e.msg, rows[i].why), "%s: %s", rows[i].why,
				   e.msg);
		if (i == 0)
			expect_one("acct", "", "custom", true, "failed",
				   "not run: CUSTOM_ACTION: /etc/osm/custom.sh can be");
		cr_assert_eq(chown(at(rows[i].path), geteuid(), getegid()), 0);
		cr_assert_eq(chmod(at(rows[i].path), 0755), 0);
	}
	cr_expect_eq(count_lines("/args"), 0);
}

Test(custom, refuses_symlinks_and_what_is_no_program)
{
	struct err e = {0};

	cr_assert_eq(rename(at(PROGRAM), at("/etc/osm/other.sh")), 0);
	cr_assert_eq(symlink("other.sh", at(PROGRAM)), 0);
	cr_expect_not(custom_check(&lab, &config, &e));
	cr_expect_not_null(strstr(e.msg, "custom.sh is a symlink"), "%s", e.msg);
	cr_assert_eq(symlink("osm", at("/etc/link")), 0);
	strcpy(config.custom_action, "/etc/link/other.sh");
	cr_expect_not(custom_check(&lab, &config, &e));
	cr_expect_not_null(strstr(e.msg, "/etc/link is a symlink"), "%s", e.msg);
	strcpy(config.custom_action, "/etc/osm");
	cr_expect_not(custom_check(&lab, &config, &e));
	cr_expect_not_null(strstr(e.msg, "is no file"), "%s", e.msg);
	strcpy(config.custom_action, "/etc/osm/other.sh/x");
	cr_expect_not(custom_check(&lab, &config, &e));
	cr_expect_not_null(strstr(e.msg, "no folder"), "%s", e.msg);
	strcpy(config.custom_action, "/etc/osm/none");
	cr_expect_not(custom_check(&lab, &config, &e));
	cr_expect_not_null(strstr(e.msg, "No such file"), "%s", e.msg);
	strcpy(config.custom_action, "/etc/osm/other.sh");
	cr_expect(custom_check(&lab, &config, &e), "%s", e.msg);
}

Test(custom, is_run_once_for_a_report)
{
	json_t *report = report_of("acct", "", NOW);

	for (int i = 0; i < 3; i++)
		json_decref(send_report(report, "custom", true, NOW + i));
	restart();
	json_decref(send_report(report, "custom", true, NOW + 9));
	cr_expect_eq(count_lines("/args"), 6);
	json_decref(report);
}

Test(custom, is_not_run_again_after_a_crash)
{
	json_t *report = report_of("acct", "", NOW);
	int64_t id, skipped;

	executor_free(x);
	x = NULL;
	id = leave_pending("custom", "program", "once", report, 5);
	json_decref(report);
	report = report_of("other", "", NOW);
	skipped = leave_pending("custom", "program", "not done", report, 5);
	json_decref(report);
	start();
	cr_expect_eq(read_row(id).state, ACTION_FAILED);
	cr_expect_not_null(strstr(read_row(id).detail, "not run again"));
	cr_expect_eq(read_row(skipped).state, ACTION_SKIPPED);
	cr_expect_eq(count_lines("/args"), 0);
}

Test(custom, holds_nothing_and_has_no_undo)
{
	json_t *report = report_of("acct", "", NOW);
	json_t *answer = send_report(report, "custom", true, NOW);
	json_t *undone = undo(action_id_of(answer, 0));

	cr_expect_not(is_ok(undone));
	json_decref(undone);
	json_decref(answer);
	json_decref(report);
}
