/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/processes.h"

#include <grp.h>

#include "tests/unit/act/lab.h"

#define UID 1001 /* the lab's acct */

TestSuite(processes, .init = make_lab, .fini = remove_lab, .timeout = 60);

/* A process of the account with a command line of its own, standing in /tmp. */
static pid_t run_as_account(const char *word)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setgid(UID) < 0 || setuid(UID) < 0 ||
		    chdir("/tmp") < 0)
			_exit(1);
		execl("/bin/sleep", word, "60", NULL);
		_exit(1);
	}
	usleep(100000);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* How often the account runs something with this text; 0: not at all. */
static json_int_t seen(const json_t *rows, const char *text)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (strstr(json_string_value(json_object_get(row, "value")), text))
			return json_integer_value(json_object_get(row, "count"));
	return 0;
}

Test(processes, are_in_the_report_before_anything_is_done)
{
	json_t *report, *answer, *stored;
	struct store *s;
	pid_t pid[3];

	if (geteuid() != 0)
		cr_skip_test("only root can be an account");
	pid[0] = run_as_account("spam\033[2Jbot");
	pid[1] = run_as_account("mailer");
	pid[2] = run_as_account("mailer");
	/* the panel's suspension kills them */
	put_program(PATH_WHMAPI, "#!/bin/sh\nR='%s'\npkill -KILL -u 1001\necho "
				 ">$R/var/cpanel/suspended/acct\necho "
				 "'{\"metadata\":{\"result\":1}}'\n");
	report = report_of("acct", "", NOW);
	answer = send_report(report, "suspend_account,store", true, NOW);
	cr_expect_str_eq(action_field(answer, 1, "state"), "done", "%s",
			 action_field(answer, 1, "detail"));
	for (int i = 0; i < 3; i++)
		stop(pid[i]);
	s = store_open(at(PATH_DB), false, NULL);
	stored = store_report_read(
		s, json_string_value(json_object_get(report, "id")), NULL);
	cr_expect(report_valid(stored, NULL));
	cr_expect_eq(seen(json_object_get(stored, "processes"),
			  "/sleep in /tmp: mailer 60"),
		     2);
	cr_expect_eq(seen(json_object_get(stored, "processes"), "bot 60"), 1);
	store_close(s);
	json_decref(stored);
	json_decref(answer);
	json_decref(report);
}

Test(processes, are_bounded)
{
	pid_t pid[30];
	json_t *rows;
	char word[900];

	if (geteuid() != 0)
		cr_skip_test("only root can be an account");
	memset(word, '"', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	for (size_t i = 0; i < 30; i++) {
		word[0] = (char)('A' + i);
		pid[i] = run_as_account(word);
	}
	rows = processes_of(UID);
	cr_expect_gt(json_array_size(rows), 3);
	cr_expect_leq(json_array_size(rows), 20);
	cr_expect_leq(json_dumpb(rows, NULL, 0, JSON_COMPACT), 8 * 1024);
	for (size_t i = 0; i < 30; i++)
		stop(pid[i]);
	json_decref(rows);
	rows = processes_of(1999);
	cr_expect_eq(json_array_size(rows), 0, "nobody's");
	json_decref(rows);
}
