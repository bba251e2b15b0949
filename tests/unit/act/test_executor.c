/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/executor.h"

#include "tests/unit/act/lab.h"

TestSuite(executor, .init = make_lab, .fini = remove_lab);

Test(executor, holds_a_mailbox_and_verifies_it)
{
	expect_one("acct", "bob@example.com", "hold", true, "done", PATH_HOLD_USERS);
	cr_assert(has_text(HOLD_FILE, "bob@example.com\n"));
	cr_assert(has_text("/calls", "--output=json --user=acct Email hold_outgoing "
				     "email=bob%40example.com\n"));
}

Test(executor, holds_and_blocks_an_account)
{
	json_t *report = report_of("acct", "", NOW);
	json_t *answer = send_report(report, "hold,block_account", true, NOW);

	cr_assert_str_eq(action_field(answer, 0, "state"), "done");
	cr_assert_str_eq(action_field(answer, 1, "state"), "done");
	cr_assert(has_text(HOLD_FILE, "acct\n"));
	cr_assert(has_text(BLOCK_FILE, "acct\n"));
	cr_assert(has_text("/calls", "--output=json hold_outgoing_email user=acct\n"));
	cr_assert(has_text("/calls", "--output=json suspend_outgoing_email user=acct\n"));
	json_decref(report);
	json_decref(answer);
}

Test(executor, does_nothing_twice)
{
	json_t *report = report_of("acct", "bob@example.com", NOW), *a, *b;

	a = send_report(report, "email,store,hold", true, NOW);
	b = send_report(report, "email,store,hold", true, NOW + 5);
	cr_assert_eq(json_array_size(json_object_get(a, "actions")), 3);
	cr_assert(
		json_equal(json_object_get(a, "actions"), json_object_get(b, "actions")));
	cr_assert_eq(count_lines("/calls"), 1);
	cr_assert_eq(count_lines("/sent"), 1);
	json_decref(b);
	restart();
	b = send_report(report, "email,store,hold", true, NOW + 9);
	cr_assert(
		json_equal(json_object_get(a, "actions"), json_object_get(b, "actions")));
	cr_assert_eq(count_lines("/calls"), 1);
	cr_assert_eq(count_lines("/sent"), 1);
	json_decref(a);
	json_decref(b);
	json_decref(report);
}

Test(executor, carries_out_what_has_no_row_yet)
{
	json_t *report = report_of("acct", "bob@example.com", NOW), *answer;

	json_decref(send_report(report, "store", true, NOW));
	answer = send_report(report, "store,email", true, NOW + 1);
	cr_assert_eq(json_array_size(json_object_get(answer, "actions")), 2);
	cr_assert_eq(count_lines("/sent"), 1);
	json_decref(answer);
	json_decref(report);
}

Test(executor, mails_what_was_done)
{
	json_t *report = report_of("acct", "bob@example.com", NOW);
	json_t *answer = send_report(report, "email,hold", true, NOW);

	cr_assert_str_eq(action_field(answer, 1, "action"), "email");
	cr_assert_str_eq(action_field(answer, 1, "state"), "done", "%s",
			 action_field(answer, 1, "detail"));
	cr_assert(has_text("/sent", "-t -i -f root\n"));
	cr_assert(has_text("/mail", "hold bob@example.com: done"));
	cr_assert(has_text("/mail", "osm undo "));
	cr_assert(has_text("/mail", "Message-ID: <osm-"));
	json_decref(answer);
	json_decref(report);
}

Test(executor, tells_of_a_sendmail_that_fails)
{
	put("/sendmail-fails", "");
	expect_one("acct", "", "email", false, "failed", "queue full");
}

Test(executor, obeys_the_switches_for_mail_and_store)
{
	json_t *report = report_of("acct", "", NOW), *answer;

	config.report_email = config.report_store = false;
	restart();
	answer = send_report(report, "email,store,hold", true, NOW);
	cr_assert_eq(json_array_size(json_object_get(answer, "actions")), 1);
	cr_assert_str_eq(action_field(answer, 0, "action"), "hold");
	cr_assert_eq(count_lines("/sent"), 0);
	json_decref(answer);
	json_decref(report);
}

Test(executor, refuses_whom_it_must_not_touch)
{
	static const struct {
		const char *account, *mailbox, *state, *detail, *why;
	} rows[] = {
		{"root", "", "skipped", "system user", "root"},
		{"nobody", "", "skipped", "system user", "nobody"},
		{"mailman", "", "skipped", "system user", "reserved name"},
		{"low", "", "skipped", "uid", "uid 999"},
		{"ghost", "", "skipped", "password file", "account without a user"},
		{"stranger", "", "skipped", "none of the panel's", "unknown"},
		{"", "", "skipped", "no account", "nobody"},
		{"acct", "x@other.example", "skipped", "not the account's",
		 "domain of another"},
		{"other", "bob@example.com", "skipped", "not the account's",
		 "the other way round"},
		{"acct", "x@nowhere.example", "skipped", "not the account's",
		 "domain of nobody"},
		{"acct", "a`id`@example.com", "skipped", "no mailbox",
		 "bytes of a shell"},
		{"acct", "a..b@example.com", "skipped", "no mailbox", "steps"},
		{"stranger", "bob@example.com", "skipped", "none of the panel's",
		 "unknown owner"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_one(rows[i].account, rows[i].mailbox, "hold", true, rows[i].state,
			   rows[i].detail);
	}
	cr_assert_eq(count_lines("/calls"), 0);
}

Test(executor, never_widens_a_login_to_its_account)
{
	static const struct {
		const char *type, *key, *state;
	} rows[] = {
		{"logline", "bob+example.com", "skipped"},
		{"logline:subject", "-bob@example.com you have won", "skipped"},
		{"logline:subject", "accto you have won", "skipped"},
		{"logline:subject", "acct", "done"},
		{"logline:subject", "acct you have won", "done"},
		{"cwdcheck:cwd", "/home/acct/public_html", "done"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *report = report_of("acct", "", NOW + (int64_t)i * 100), *answer;

		put(HOLD_FILE, "");
		put("/calls", "");
		json_object_set_new(report, "type", json_string(rows[i].type));
		json_object_set_new(report, "key", json_string(rows[i].key));
		answer = send_report(report, "hold", true, NOW);
		cr_expect_str_eq(action_field(answer, 0, "state"), rows[i].state,
				 "%s %s: %s", rows[i].type, rows[i].key,
				 action_field(answer, 0, "detail"));
		cr_expect_eq(count_lines("/calls"), rows[i].state[0] == 'd');
		json_decref(answer);
		json_decref(report);
	}
}

Test(executor, refuses_documents_that_are_none)
{
	static const char *const rows[] = {
		"{}",
		"{\"do\":1}",
		"{\"do\":\"rm\"}",
		"{\"do\":\"report\"}",
		"{\"do\":\"report\",\"report\":{},\"wanted\":[],\"confirmed\":true}",
		"{\"do\":\"undo\",\"id\":1}",
		"{\"do\":\"undo\",\"who\":\"root\"}",
		"{\"do\":\"undo\",\"who\":\"root\",\"id\":77}",
		"{\"do\":\"undo\",\"who\":\"root\",\"report\":\"../../etc/passwd\"}",
		"{\"do\":\"hold\",\"target\":\"acct\",\"account\":\"acct\"}",
		"{\"do\":\"hold\",\"target\":\"root\",\"account\":\"root\",\"who\":"
		"\"root\"}",
		"{\"do\":\"hold\",\"target\":\"../x\",\"account\":\"../"
		"x\",\"who\":\"root\"}",
		"{\"do\":\"hold\",\"target\":\"-x\",\"account\":\"-x\",\"who\":\"root\"}",
		"{\"do\":\"hold\",\"target\":\"other\",\"account\":\"acct\",\"who\":"
		"\"root\"}",
		"{\"do\":\"hold\",\"target\":\"a@other.example\",\"account\":\"acct\","
		"\"who\":\"root\"}",
		"{\"do\":\"block_account\",\"target\":\"a@example.com\",\"account\":"
		"\"acct\","
		"\"who\":\"root\"}",
		"{\"do\":\"hold\",\"target\":\"acct\",\"account\":\"acct\",\"who\":"
		"\"r\\nx\"}",
		"{\"do\":\"hold\",\"target\":\"acct\",\"account\":\"acct\",\"who\":"
		"\"root\","
		"\"expire\":-1}",
		"{\"do\":\"hold\",\"target\":\"acct\",\"account\":\"acct\",\"who\":"
		"\"root\","
		"\"expire\":\"1\"}",
		"{\"do\":\"hold\",\"target\":\"acct\\u0000x\",\"account\":\"acct\","
		"\"who\":\"root\"}",
	};
	json_t *report = report_of("acct", "", NOW), *answer;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *request = json_loads(rows[i], JSON_ALLOW_NUL, NULL);

		answer = executor_handle(x, request, NOW);
		cr_expect(json_is_false(json_object_get(answer, "ok")), "%s", rows[i]);
		cr_expect(json_is_string(json_object_get(answer, "error")), "%s",
			  rows[i]);
		json_decref(answer);
		json_decref(request);
	}
	answer = send_report(report, "hold,erase", true, NOW);
	cr_expect_not(is_ok(answer), "an unknown action");
	json_decref(answer);
	json_object_set_new(report, "account", json_string("../../etc"));
	answer = send_report(report, "hold", true, NOW);
	cr_expect_not(is_ok(answer), "a name with a path in it");
	json_decref(answer);
	json_decref(report);
	cr_assert_eq(count_lines("/calls"), 0);
}

Test(executor, needs_confirmed_events)
{
	expect_one("acct", "", "hold", false, "skipped", "not enough confirmed events");
	cr_assert_eq(count_lines("/calls"), 0);
}

Test(executor, only_says_what_it_would_do_while_testing)
{
	config.testing = true;
	restart();
	expect_one("acct", "bob@example.com", "hold", true, "skipped",
		   "TESTING: would have held bob@example.com");
	expect_one("other", "", "block_account", true, "skipped",
		   "TESTING: would have blocked other");
	expect_one("acct", "", "email", true, "done", "given to sendmail");
	cr_assert_eq(count_lines("/calls"), 0);
}

Test(executor, obeys_the_ignore_list_at_the_moment_of_acting)
{
	put(PATH_IGNORE, "user:acct\nmailbox:bob@other.example\n");
	expect_one("acct", "", "hold", true, "skipped", "osm.ignore");
	expect_one("other", "bob@other.example", "hold", true, "skipped", "osm.ignore");
	expect_one("other", "", "hold", true, "done", "");
}

Test(executor, sees_new_account_maps_at_once)
{
	put(PATH_USERDOMAINS, "example.com: other\n");
	put(PATH_TRUEUSERDOMAINS, "acct.example: acct\nother.example: other\n");
	expect_one("acct", "bob@example.com", "hold", true, "skipped",
		   "not the account's");
	expect_one("other", "bob@example.com", "hold", true, "done", "");
}

Test(executor, stops_at_its_own_limit)
{
	config.action_max = 2;
	restart();
	expect_one("acct", "", "hold", true, "done", "");
	expect_one("other", "", "hold", true, "done", "");
	expect_one("third", "", "hold", true, "skipped",
		   "ACTION_MAX: 2 actions in the last hour are enough (by hand: osm act "
		   "hold third)");
	cr_assert_eq(count_lines("/calls"), 2);
	json_t *report = report_of("third", "", NOW + 3600), *answer;

	answer = send_report(report, "hold", true, NOW + 3600);
	cr_assert_str_eq(action_field(answer, 0, "state"), "skipped",
			 "the hour isn't over");
	json_decref(answer);
	json_decref(report);
	report = report_of("third", "", NOW + 3601);
	answer = send_report(report, "hold", true, NOW + 3601);
	cr_assert_str_eq(action_field(answer, 0, "state"), "done", "%s",
			 action_field(answer, 0, "detail"));
	json_decref(answer);
	json_decref(report);
}

Test(executor, lets_no_second_one_start)
{
	struct err e = {0};

	cr_assert_null(executor_new(&lab, &config, &e));
	cr_assert_not_null(strstr(e.msg, "another executor"), "%s", e.msg);
}

Test(executor, keeps_old_settings_when_new_ones_are_wrong)
{
	json_t *answer;

	put(PATH_CONF, "NO_SUCH_KEY = \"1\"\n");
	answer = ask(NOW, "{\"do\":\"reload\"}");
	cr_assert_not(is_ok(answer));
	json_decref(answer);
	put(PATH_CONF, "TESTING = \"1\"\n");
	answer = ask(NOW, "{\"do\":\"reload\"}");
	cr_assert(is_ok(answer), "%s",
		  json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
	expect_one("acct", "", "hold", true, "skipped", "TESTING");
}

static json_t *talk(int fd, const char *text, size_t n)
{
	static char space[EXECUTOR_MESSAGE_MAX];
	ssize_t got;

	cr_assert_eq(send(fd, text, n, 0), (ssize_t)n, "%s", strerror(errno));
	got = recv(fd, space, sizeof(space), 0);
	cr_assert_gt(got, 0);
	return json_loadb(space, (size_t)got, 0, NULL);
}

Test(executor, serves_until_its_peer_closes)
{
	static char big[EXECUTOR_MESSAGE_MAX + 1];
	json_t *answer;
	int fds[2], status;
	pid_t pid;

	json_decref(hold_by_hand("acct", (int64_t)time(NULL), 2));
	executor_free(x);
	x = NULL;
	cr_assert_eq(executor_pair(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		start();
		_exit(executor_serve(x, fds[1]));
	}
	close(fds[1]);
	answer = talk(fds[0], "{\"do\":\"ping\",\"seq\":41}", 22);
	cr_assert(is_ok(answer));
	cr_assert_eq(json_integer_value(json_object_get(answer, "seq")), 41);
	json_decref(answer);
	answer = talk(fds[0], "garbage", 7);
	cr_assert_not(is_ok(answer));
	json_decref(answer);
	memset(big, ' ', sizeof(big));
	memcpy(big, "{\"do\":\"ping\"}", 13);
	answer = talk(fds[0], big, EXECUTOR_MESSAGE_MAX);
	cr_assert(is_ok(answer), "the largest that is allowed");
	json_decref(answer);
	answer = talk(fds[0], big, EXECUTOR_MESSAGE_MAX + 1);
	cr_assert_not(is_ok(answer), "one byte more");
	json_decref(answer);
	cr_assert_eq(kill(pid, SIGTERM), 0);
	for (int i = 0; i < 60 && has_text(HOLD_FILE, "acct"); i++)
		usleep(100000);
	cr_assert_not(has_text(HOLD_FILE, "acct"), "its timer undid what expired");
	close(fds[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	start();
}
