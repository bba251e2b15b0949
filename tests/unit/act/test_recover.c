/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/executor.h"

#include <sqlite3.h>

#include "osmd/act/deliver.h"
#include "osmd/act/executor_parts.h"
#include "tests/unit/act/lab.h"

TestSuite(recover, .init = make_lab, .fini = remove_lab);

Test(recover, finishes_what_a_crash_left)
{
	static const struct {
		const char *action, *target, *before, *in_file;
		int age_s;
		enum action_state state;
		size_t calls;
		const char *why;
	} rows[] = {
		{"hold", "acct", "free", "acct\n", 5, ACTION_DONE, 0, "it was reached"},
		{"hold", "acct", "free", "acct\n", 9000, ACTION_SKIPPED, 0,
		 "the list was changed long after our call: by somebody else"},
		{"hold", "acct", "free", "", 5, ACTION_DONE, 1, "it is done again"},
		{"hold", "acct", "free", "", 3500, ACTION_DONE, 1, "within the hour"},
		{"hold", "acct", "free", "", 3700, ACTION_FAILED, 0, "past the hour"},
		{"hold", "acct", "held", "acct\n", 5, ACTION_SKIPPED, 0,
		 "it was never ours"},
		{"hold", "acct", "not done", "", 5, ACTION_SKIPPED, 0, "decided against"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t id;

		executor_free(x);
		x = NULL;
		put("/calls", "");
		put(HOLD_FILE, rows[i].in_file);
		id = leave_pending(rows[i].action, rows[i].target, rows[i].before, NULL,
				   rows[i].age_s);
		start();
		cr_expect_eq(read_row(id).state, rows[i].state, "%s: %s", rows[i].why,
			     read_row(id).detail);
		cr_expect_eq(count_lines("/calls"), rows[i].calls, "%s", rows[i].why);
	}
}

Test(recover, sends_no_mail_twice_after_a_crash)
{
	static const struct {
		const char *log; /* NULL: none; @: with the mail's id */
		int age_s;
		enum action_state state;
		size_t sent;
		const char *why;
	} rows[] = {
		{NULL, 60, ACTION_FAILED, 0, "no log: nobody knows"},
		{"@", 60, ACTION_DONE, 0, "the log has it"},
		{"", 60, ACTION_DONE, 1, "the log hasn't it: it never left"},
		{"", 2, ACTION_PENDING, 0, "sendmail may still be at it"},
		{"", 700, ACTION_FAILED, 0, "too old: the log may be another"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *report = report_of("acct", "", NOW + (int64_t)i * 100);
		char line[256];
		int64_t id;

		executor_free(x);
		x = NULL;
		put("/sent", "");
		unlink(at("/var/log/exim_mainlog"));
		snprintf(line, sizeof(line),
			 "x <= root@host S=1 id=osm-%s@host.example T=\"x\"\n",
			 json_string_value(json_object_get(report, "id")));
		if (rows[i].log)
			put("/var/log/exim_mainlog", rows[i].log[0] ? line : "other\n");
		id = leave_pending("email", "administrator", "unsent", report,
				   rows[i].age_s);
		start();
		cr_expect_eq(read_row(id).state, rows[i].state, "%s: %s", rows[i].why,
			     read_row(id).detail);
		cr_expect_eq(count_lines("/sent"), rows[i].sent, "%s", rows[i].why);
		json_decref(report);
	}
	json_decref(ask((int64_t)time(NULL) + 60, "{\"do\":\"expire\"}"));
	cr_assert_eq(count_lines("/sent"), 1, "the one that was waited for");
}

/* What a dead executor had started comes to its end. */
static void wait_for_doubles(void)
{
	char command[PATH_MAX + 64];

	snprintf(command, sizeof(command), "pgrep -f '%s/[u]sr' >/dev/null", lab.root);
	usleep(20000);
	for (int i = 0; i < 1000 && system(command) == 0; i++)
		usleep(10000);
}

/* Killed at any moment: in the end all is done, and once. */
Test(recover, survives_being_killed, .timeout = 60)
{
	enum { ROUNDS = 25 };

	config.action_max = 1000;
	put("/var/log/exim_mainlog", "other\n");
	put_program(PATH_SENDMAIL,
		    "#!/bin/sh\nR='%s'\n"
		    "id=$(sed -n 's/^Message-ID: <\\(.*\\)>$/\\1/p')\n"
		    "echo \"x <= root id=$id T=x\" >>$R/var/log/exim_mainlog\n"
		    "echo \"$id\" >>$R/sent\n");
	executor_free(x);
	x = NULL;
	for (int i = 0; i < ROUNDS; i++) {
		json_t *report = report_of("acct", "", NOW + i * 100), *answer;
		pid_t pid;

		put(HOLD_FILE, "");
		pid = fork();
		if (pid == 0) {
			start();
			json_decref(send_report(report, "email,store,hold", true,
						(int64_t)time(NULL)));
			_exit(0);
		}
		usleep((useconds_t)(i * 2500));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		wait_for_doubles();
		start();
		json_decref(send_report(report, "email,store,hold", true,
					(int64_t)time(NULL)));
		answer = ask((int64_t)time(NULL) + 30, "{\"do\":\"expire\"}");
		json_decref(answer);
		answer = send_report(report, "email,store,hold", true,
				     (int64_t)time(NULL));
		cr_expect_eq(json_array_size(json_object_get(answer, "actions")), 3);
		for (size_t a = 0; a < 3; a++)
			cr_expect_str_eq(action_field(answer, a, "state"), "done",
					 "round %d: %s: %s", i,
					 action_field(answer, a, "action"),
					 action_field(answer, a, "detail"));
		cr_expect_eq(count_lines("/sent"), (size_t)i + 1, "round %d", i);
		json_decref(answer);
		json_decref(report);
		executor_free(x);
		x = NULL;
	}
	start();
}

/* What may be done is asked again: settings and lists may have changed since. */
Test(recover, does_nothing_that_is_not_allowed_any_more)
{
	static const struct {
		bool testing;
		const char *ignore, *domains, *target, *detail;
		enum action_state state;
		const char *why;
	} rows[] = {
		{false, "", "example.com: acct\n", "bob@example.com", "seen in",
		 ACTION_DONE, "nothing has changed"},
		{true, "", "example.com: acct\n", "acct", "TESTING", ACTION_SKIPPED,
		 "TESTING"},
		{false, "user:acct\n", "example.com: acct\n", "acct", "osm.ignore",
		 ACTION_FAILED, "ignored now"},
		{false, "mailbox:bob@example.com\n", "example.com: acct\n",
		 "bob@example.com", "osm.ignore", ACTION_FAILED, "its mailbox"},
		{false, "", "example.com: other\n", "bob@example.com",
		 "not the account's", ACTION_FAILED, "the domain went to somebody else"},
		{false, "nonsense\n", "example.com: acct\n", "acct", "can't be read",
		 ACTION_FAILED, "the list is wrong"},
	};

	put(PATH_TRUEUSERDOMAINS, "acct.example: acct\nother.example: other\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *mailbox = strchr(rows[i].target, '@') ? rows[i].target : "";
		json_t *report = report_of("acct", mailbox, NOW + (int64_t)i * 100);
		int64_t id;

		executor_free(x);
		x = NULL;
		put("/calls", "");
		put(HOLD_FILE, "");
		put(PATH_IGNORE, rows[i].ignore);
		put(PATH_USERDOMAINS, rows[i].domains);
		config.testing = rows[i].testing;
		id = leave_pending("hold", rows[i].target, "free", report, 5);
		start();
		cr_expect_eq(read_row(id).state, rows[i].state, "%s: %s", rows[i].why,
			     read_row(id).detail);
		cr_expect_not_null(strstr(read_row(id).detail, rows[i].detail), "%s: %s",
				   rows[i].why, read_row(id).detail);
		cr_expect_eq(count_lines("/calls"), rows[i].state == ACTION_DONE, "%s",
			     rows[i].why);
		json_decref(report);
	}
}

Test(recover, believes_in_force_also_while_testing)
{
	int64_t id;

	executor_free(x);
	x = NULL;
	put(HOLD_FILE, "acct\n");
	id = leave_pending("hold", "acct", "free", NULL, 5);
	config.testing = true;
	start();
	cr_expect_eq(read_row(id).state, ACTION_DONE, "it must be possible to undo it");
}

Test(recover, finds_a_mail_whose_id_ends_its_line)
{
	json_t *report = report_of("acct", "", NOW);
	char line[256];
	int64_t id;

	executor_free(x);
	x = NULL;
	snprintf(line, sizeof(line),
		 "x <= root@host U=root P=local S=1 id=osm-%s@host.example\n",
		 json_string_value(json_object_get(report, "id")));
	put("/var/log/exim_mainlog", line);
	id = leave_pending("email", "administrator", "unsent", report, 60);
	start();
	cr_expect_eq(read_row(id).state, ACTION_DONE, "%s", read_row(id).detail);
	cr_expect_eq(count_lines("/sent"), 0);
	json_decref(report);
}

Test(recover, fails_what_it_does_not_know)
{
	int64_t unknown, lost;

	executor_free(x);
	x = NULL;
	unknown = leave_pending("rename_path", "acct", "free", NULL, 5);
	lost = leave_pending("email", "administrator", "unsent", NULL, 5);
	start();
	cr_expect_eq(read_row(unknown).state, ACTION_FAILED);
	cr_expect_eq(read_row(lost).state, ACTION_FAILED);
	cr_expect_not_null(strstr(read_row(lost).detail, "report is gone"));
}

Test(recover, says_again_what_was_decided_against)
{
	json_t *report = report_of("acct", "", NOW), *answer;
	int64_t id;

	executor_free(x);
	x = NULL;
	id = leave_pending("hold", "acct", "not done", report, 5);
	start();
	cr_expect_eq(read_row(id).state, ACTION_SKIPPED);
	answer = send_report(report, "hold", true, (int64_t)time(NULL));
	cr_expect_str_eq(action_field(answer, 0, "state"), "skipped", "acknowledged");
	cr_expect_eq(count_lines("/calls"), 0);
	json_decref(answer);
	json_decref(report);
}

Test(recover, does_not_take_a_rotated_log_for_an_answer)
{
	static const struct {
		int rotate; /* 1: by rename, 2: by cutting it */
		enum action_state state;
		size_t sent;
		const char *why;
	} rows[] = {{0, ACTION_DONE, 1, "grown only: it never left"},
		    {1, ACTION_FAILED, 0, "renamed"},
		    {2, ACTION_FAILED, 0, "cut"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *report = report_of("acct", "", NOW + (int64_t)i * 100);
		char before[80] = "unsent ";
		int64_t id;

		executor_free(x);
		x = NULL;
		put("/sent", "");
		put("/var/log/exim_mainlog", "one line\n");
		deliver_place(&lab, &config, before + strlen(before));
		if (rows[i].rotate == 1)
			cr_assert_eq(
				rename(at("/var/log/exim_mainlog"), at("/var/log/old")),
				0);
		put("/var/log/exim_mainlog",
		    rows[i].rotate ? "x\n" : "one line\nand more\n");
		id = leave_pending("email", "administrator", before, report, 60);
		start();
		cr_expect_eq(read_row(id).state, rows[i].state, "%s: %s", rows[i].why,
			     read_row(id).detail);
		cr_expect_eq(count_lines("/sent"), rows[i].sent, "%s", rows[i].why);
		json_decref(report);
	}
}

static void on_database(const char *sql)
{
	sqlite3 *h = NULL;

	cr_assert_eq(sqlite3_open(at(PATH_DB), &h), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK, "%s",
		     sqlite3_errmsg(h));
	sqlite3_close(h);
}

/* The disk is full for the outcome alone: somebody's mail is held and no row says so. */
Test(recover, writes_an_outcome_later_that_could_not_be_written)
{
	const int64_t now_s = (int64_t)time(NULL);
	json_t *answer;

	on_database("CREATE TRIGGER full BEFORE UPDATE ON action BEGIN"
		    " SELECT RAISE(FAIL, 'full'); END");
	answer = hold_by_hand("acct", now_s, 100);
	cr_expect_not(is_ok(answer));
	json_decref(answer);
	cr_expect(has_text(HOLD_FILE, "acct"));
	cr_expect_eq(read_row(1).state, ACTION_PENDING);
	json_decref(ask(now_s + 70, "{\"do\":\"expire\"}"));
	cr_expect_eq(read_row(1).state, ACTION_PENDING, "still full");
	on_database("DROP TRIGGER full");
	json_decref(ask(now_s + 140, "{\"do\":\"expire\"}"));
	cr_expect_eq(read_row(1).state, ACTION_DONE);
	cr_expect_eq(count_lines("/calls"), 1, "not done twice");
	json_decref(ask(now_s + 141, "{\"do\":\"expire\"}"));
	cr_expect_eq(read_row(1).state, ACTION_EXPIRED, "it has its end");
}

/* ---- a panel that gives no answer ---- */

static int64_t ask_hold(const char *mode)
{
	json_t *report = report_of("acct", "", NOW), *answer;
	int64_t id;

	put("/mode", mode);
	answer = send_report(report, "hold", true, NOW);
	cr_expect_str_eq(action_field(answer, 0, "state"), "pending");
	id = action_id_of(answer, 0);
	json_decref(answer);
	json_decref(report);
	return id;
}

static void wake(int64_t at_s)
{
	json_t *answer = ask(at_s, "{\"do\":\"expire\"}");

	cr_expect(is_ok(answer));
	json_decref(answer);
}

Test(recover, asks_a_silent_panel_again)
{
	int64_t id = ask_hold("garbage");

	cr_expect_not_null(strstr(read_row(id).detail, "tried again in 30 s"), "%s",
			   read_row(id).detail);
	wake(NOW + 10);
	cr_expect_eq(executor_next_s(x, NOW + 10), NOW + 30);
	cr_expect_eq(count_lines("/calls"), 1, "not before its time");
	put("/mode", "ok");
	wake(NOW + 30);
	cr_expect_eq(count_lines("/calls"), 2);
	cr_expect_eq(read_row(id).state, ACTION_DONE, "%s", read_row(id).detail);
	cr_expect(has_text(HOLD_FILE, "acct\n"));
	wake(NOW + 1000);
	cr_expect_eq(count_lines("/calls"), 2);
}

Test(recover, gives_up_in_the_end)
{
	static const int64_t after_s[] = {30, 150, 630};
	int64_t id = ask_hold("garbage");

	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(read_row(id).state, ACTION_PENDING);
		wake(NOW + after_s[i] - 1);
		cr_expect_eq(executor_next_s(x, NOW + after_s[i] - 1), NOW + after_s[i]);
		cr_expect_eq(count_lines("/calls"), i + 1);
		wake(NOW + after_s[i]);
		cr_expect_eq(count_lines("/calls"), i + 2);
	}
	cr_expect_eq(read_row(id).state, ACTION_FAILED);
	cr_expect_not_null(strstr(read_row(id).detail, "Segmentation fault"));
	wake(NOW + 5000);
	cr_expect_eq(count_lines("/calls"), 4);
}

Test(recover, asks_no_panel_again_that_said_no)
{
	json_t *report = report_of("acct", "", NOW), *answer;

	put("/mode", "refuse");
	answer = send_report(report, "hold", true, NOW);
	cr_expect_str_eq(action_field(answer, 0, "state"), "failed");
	json_decref(answer);
	json_decref(report);
	put("/mode", "garbage");
	answer = hold_by_hand("acct", NOW, 0);
	cr_expect_str_eq(action_field(answer, 0, "state"), "failed", "by hand");
	json_decref(answer);
	wake(NOW + 700);
	cr_expect_eq(count_lines("/calls"), 2);
}

Test(recover, does_not_try_again_what_is_not_to_be_done_any_more)
{
	int64_t id = ask_hold("garbage");
	json_t *answer = undo(id);

	cr_expect(is_ok(answer));
	json_decref(answer);
	cr_expect_eq(read_row(id).state, ACTION_SKIPPED, "taken back");
	remove_lab();
	make_lab();
	id = ask_hold("garbage");
	put(PATH_CONF, "TESTING = \"1\"\nAPACHESTATUS = \"0\"\n");
	json_decref(ask(NOW, "{\"do\":\"reload\"}"));
	wake(NOW + 30);
	cr_expect_eq(read_row(id).state, ACTION_SKIPPED, "TESTING");
	remove_lab();
	make_lab();
	id = ask_hold("garbage");
	put(PATH_IGNORE, "user:acct\n");
	wake(NOW + 30);
	cr_expect_eq(read_row(id).state, ACTION_FAILED, "protected");
	remove_lab();
	make_lab();
	id = ask_hold("garbage");
	put(HOLD_FILE, "acct\n");
	wake(NOW + 30);
	cr_expect_eq(read_row(id).state, ACTION_SKIPPED, "%s", read_row(id).detail);
	cr_expect_eq(count_lines("/calls"), 1, "nothing shows that it was osm");
	answer = undo(id);
	cr_expect_not(is_ok(answer));
	json_decref(answer);
	cr_expect(has_text(HOLD_FILE, "acct\n"), "an administrator's hold stays");
}

/* ---- whose is it? ---- */

#define SHADOW "/home/acct/etc/example.com/shadow"
#define SUSPENDED "/var/cpanel/suspended/acct"

/* While a retry waits an administrator does the same: their own, and it stays. */
Test(recover, leaves_what_an_administrator_did_meanwhile)
{
	static const struct {
		const char *action, *mailbox, *file, *text;
		enum action_state state;
		const char *why;
	} rows[] = {
		{"hold", "", HOLD_FILE, "acct\n", ACTION_SKIPPED, "a hold"},
		{"hold", "bob@example.com", HOLD_FILE, "bob@example.com\n", ACTION_SKIPPED,
		 "a mailbox's"},
		{"block_account", "", BLOCK_FILE, "acct\n", ACTION_SKIPPED, "a block"},
		{"block_mailbox", "bob@example.com", BLOCK_FILE, "bob@example.com\n",
		 ACTION_SKIPPED, "a mailbox's"},
		{"block_login", "bob@example.com", SHADOW, "bob:!x:1\n", ACTION_SKIPPED,
		 "a login"},
		{"suspend_account", "", SUSPENDED, "did not pay\n", ACTION_SKIPPED,
		 "a suspension"},
		{"suspend_account", "", SUSPENDED, "Outgoing spam (osm)\n", ACTION_DONE,
		 "our own, that came late"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *report, *answer;
		int64_t id;

		remove_lab();
		make_lab();
		report = report_of("acct", rows[i].mailbox, NOW);
		put("/mode", "garbage");
		answer = send_report(report, rows[i].action, true, NOW);
		cr_expect_str_eq(action_field(answer, 0, "state"), "pending", "%s",
				 rows[i].why);
		id = action_id_of(answer, 0);
		json_decref(answer);
		put("/mode", "ok");
		put(rows[i].file, rows[i].text);
		wake(NOW + 30);
		cr_expect_eq(count_lines("/calls"), 1, "%s", rows[i].why);
		cr_expect_eq(read_row(id).state, rows[i].state, "%s: %s", rows[i].why,
			     read_row(id).detail);
		answer = undo(id);
		cr_expect_eq(is_ok(answer), rows[i].state == ACTION_DONE, "%s", rows[i].why);
		cr_expect_neq(has_text(rows[i].file, rows[i].text),
			      rows[i].state == ACTION_DONE, "%s", rows[i].why);
		json_decref(answer);
		json_decref(report);
	}
}

/* Of two parts an administrator did one meanwhile: only the other is ours. */
Test(recover, records_the_state_before_anew)
{
	json_t *report = report_of("acct", "bob@example.com", NOW), *answer;
	int64_t id;

	put("/mode", "garbage");
	answer = send_report(report, "suspend_mailbox", true, NOW);
	id = action_id_of(answer, 0);
	json_decref(answer);
	put(BLOCK_FILE, "bob@example.com\n");
	put("/mode", "ok");
	wake(NOW + 30);
	cr_expect_eq(read_row(id).state, ACTION_DONE, "%s", read_row(id).detail);
	cr_expect_str_eq(read_row(id).before, "free login");
	answer = undo(id);
	cr_expect(is_ok(answer));
	json_decref(answer);
	cr_expect(has_text(BLOCK_FILE, "bob@example.com\n"), "the administrator's");
	cr_expect(has_text(SHADOW, "bob:$6$x$y"), "ours is undone");
	json_decref(report);
}

/* Taken back by hand while it waits and an administrator has done the same. */
Test(recover, undoes_nothing_of_others)
{
	int64_t id = ask_hold("garbage");
	json_t *answer;

	put("/mode", "ok");
	put(HOLD_FILE, "acct\n");
	answer = undo(id);
	cr_expect_eq(read_row(id).state, ACTION_SKIPPED, "%s", read_row(id).detail);
	cr_expect(has_text(HOLD_FILE, "acct\n"));
	cr_expect_eq(count_lines("/calls"), 1);
	json_decref(answer);
}

/* While a retry waits osm is told by hand to do the same: that one has it. */
Test(recover, names_the_action_of_osm_that_it_meets)
{
	int64_t waits = ask_hold("garbage"), other;
	json_t *answer;

	put("/mode", "ok");
	answer = ask(NOW + 5, "{\"do\":\"hold\",\"target\":\"acct\","
			      "\"account\":\"acct\",\"who\":\"root\"}");
	cr_assert(is_ok(answer));
	other = action_id_of(answer, 0);
	json_decref(answer);
	wake(NOW + 30);
	cr_expect_eq(read_row(waits).state, ACTION_SKIPPED);
	cr_expect_not_null(strstr(read_row(waits).detail, "already, by action 2:"), "%s",
			   read_row(waits).detail);
	cr_expect_eq(other, 2);
	json_decref(undo(other));
	cr_expect_not(has_text(HOLD_FILE, "acct\n"));
}

static bool audited(const char *part)
{
	struct store *s = store_open(at(PATH_DB), false, NULL);
	json_t *list = store_audit_list(s, 100, NULL), *row;
	bool found = false;
	size_t i;

	json_array_foreach(list, i, row) found |=
		strstr(json_string_value(json_object_get(row, "what")), part) != NULL;
	json_decref(list);
	store_close(s);
	return found;
}

Test(recover, drops_what_waits_for_an_account_that_is_another_one_now)
{
	static const struct {
		const char *event, *passwd; /* what is told, or how passwd is then */
		bool release, dropped;
		const char *why;
	} rows[] = {
		{"\"removed\",\"user\":\"acct\"", NULL, false, true, "was removed"},
		{"\"created\",\"user\":\"acct\"", NULL, false, true, "is a new one"},
		{"\"unsuspended\",\"user\":\"acct\"", NULL, false, true, "unsuspended"},
		{"\"password\",\"user\":\"acct\"", NULL, true, true, "password"},
		{"\"password\",\"user\":\"acct\"", NULL, false, false, "it is off"},
		{"\"removed\",\"user\":\"other\"", NULL, false, false, "another's"},
		{"\"lists\"", NULL, false, false, "nothing has changed"},
		{"\"lists\"", "acct:x:1007:1007::/home/acct:/bin/sh\n", false, true,
		 "is a new one"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[160];
		int64_t id;

		remove_lab();
		make_lab();
		config.release_on_password = rows[i].release;
		restart();
		id = ask_hold("garbage");
		put("/mode", "ok");
		if (rows[i].passwd)
			put(PATH_PASSWD, rows[i].passwd);
		snprintf(text, sizeof(text), "{\"do\":\"notice\",\"event\":%s}",
			 rows[i].event);
		json_decref(ask(NOW + 5, text));
		wake(NOW + 30);
		cr_expect_eq(read_row(id).state, rows[i].dropped ? ACTION_SKIPPED : ACTION_DONE,
			     "%zu %s: %s", i, rows[i].why, read_row(id).detail);
		cr_expect_eq(count_lines("/calls"), rows[i].dropped ? 1 : 2, "%s",
			     rows[i].why);
		if (rows[i].dropped)
			cr_expect(strstr(read_row(id).detail, rows[i].why) &&
					  audited("hold acct: pending -> skipped (not tried "
						  "again: "),
				  "%s: %s", rows[i].why, read_row(id).detail);
	}
}
