/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/panelact.h"

#include <fcntl.h>

#include "tests/unit/act/lab.h"

#define SHADOW "/home/acct/etc/example.com/shadow"
#define SUSPENDED "/var/cpanel/suspended/acct"
#define BOB "bob@example.com"

TestSuite(panelact, .init = make_lab, .fini = remove_lab, .timeout = 60);

static bool is_there(const char *name)
{
	return access(at(name), F_OK) == 0;
}

static json_t *by_hand(const char *action, const char *target)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"do\":\"%s\",\"target\":\"%s\",\"account\":\"acct\",\"who\":\"root\"}",
		 action, target);
	return ask(NOW, text);
}

/* Do it by hand; its number. */
static int64_t done(const char *action, const char *target)
{
	json_t *answer = by_hand(action, target);
	int64_t id = action_id_of(answer, 0);

	cr_assert(is_ok(answer), "%s %s: %s", action, target,
		  json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
	return id;
}

static void undone(int64_t id, const char *detail)
{
	json_t *answer = undo(id);

	cr_expect(is_ok(answer), "%s", action_field(answer, 0, "detail"));
	cr_expect_not_null(strstr(action_field(answer, 0, "detail"), detail), "%s",
			   action_field(answer, 0, "detail"));
	json_decref(answer);
}

static void refused(const char *action, const char *target, const char *why)
{
	json_t *answer = by_hand(action, target);
	const char *error = json_string_value(json_object_get(answer, "error"));

	cr_expect_not(is_ok(answer), "%s %s", action, target);
	cr_expect(error && strstr(error, why), "%s %s: %s", action, target, error);
	json_decref(answer);
}

Test(panelact, does_each_and_undoes_it_once)
{
	static const struct {
		const char *action, *target, *file, *text;
	} rows[] = {
		{"block_mailbox", BOB, BLOCK_FILE, BOB},
		{"block_login", BOB, SHADOW, "bob:!$6$x$y"},
		{"suspend_mailbox", BOB, SHADOW, "bob:!$6$x$y"},
		{"suspend_mailbox", BOB, BLOCK_FILE, BOB},
		{"block_account", "acct", BLOCK_FILE, "acct"},
		{"suspend_account", "acct", BLOCK_FILE, "acct"},
		{"hold", BOB, HOLD_FILE, BOB},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t id = done(rows[i].action, rows[i].target);
		json_t *again;

		cr_expect(has_text(rows[i].file, rows[i].text), "%s", rows[i].action);
		refused(rows[i].action, rows[i].target, "was already");
		undone(id, "gone from");
		cr_expect_not(has_text(rows[i].file, rows[i].text), "%s",
			      rows[i].action);
		again = undo(id);
		cr_expect_not(is_ok(again), "%s", rows[i].action);
		json_decref(again);
	}
	cr_expect(has_text(SHADOW, "bob:$6$x$y:1::::::\nal:$6$z:1"), "as it was");
	cr_expect_not(is_there(SUSPENDED));
	cr_expect_eq(count_lines("/calls"), 18, "each once, both parts of two");
}

Test(panelact, leaves_what_was_so_before_and_does_not_undo_it)
{
	json_t *report = report_of("acct", BOB, NOW), *answer;
	static const struct {
		const char *shadow, *list, *before;
	} rows[] = {
		{"bob:!h:1\n", "", "free sending"},
		{"bob:h:1\n", BOB "\n", "free login"},
		{"bob:h:1\n", "", "free"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t id;

		put(SHADOW, rows[i].shadow);
		put(BLOCK_FILE, rows[i].list);
		id = done("suspend_mailbox", BOB);
		cr_expect_str_eq(read_row(id).before, rows[i].before);
		cr_expect(has_text(SHADOW, "bob:!h:1\n"), "%zu", i);
		cr_expect(has_text(BLOCK_FILE, BOB), "%zu", i);
		undone(id, "gone from");
		cr_expect(has_text(SHADOW, rows[i].shadow), "%zu", i);
		cr_expect_eq(count_lines(BLOCK_FILE), rows[i].list[0] ? 1 : 0, "%zu", i);
	}
	put(SHADOW, "bob:!h:1\n");
	put(BLOCK_FILE, BOB "\n");
	put("/calls", "");
	answer = send_report(report, "suspend_mailbox", true, NOW);
	cr_expect_str_eq(action_field(answer, 0, "state"), "skipped");
	cr_expect_str_eq(action_field(answer, 0, "detail"), "was already suspended");
	cr_expect_eq(count_lines("/calls"), 0);
	json_decref(answer);
	json_decref(report);
}

static void says(int64_t id, const char *text)
{
	cr_expect_not_null(strstr(read_row(id).detail, text), "%s", read_row(id).detail);
}

Test(panelact, names_the_action_that_has_a_part_already)
{
	int64_t first = done("block_login", BOB), second = done("suspend_mailbox", BOB);

	cr_expect_eq(first, 1);
	says(second, "its login was blocked already, by action 1");
	undone(second, "gone from");
	cr_expect(has_text(SHADOW, "bob:!"));
	undone(first, "gone from");
	put(SHADOW, "bob:!h:1\n");
	says(done("suspend_mailbox", BOB), "its login was blocked already, and stays so");
}

/* Exim refuses what is blocked, held or not. */
Test(panelact, says_that_held_mail_is_lost_by_a_block)
{
	int64_t hold = done("hold", BOB), block = done("block_mailbox", BOB);

	cr_expect_null(strstr(read_row(hold).detail, "lost"));
	says(block, "it is held and blocked: what waits in the queue is lost");
	undone(hold, "it is blocked: what was held is lost");
	undone(block, "gone from");
	hold = done("hold", BOB);
	cr_expect_null(strstr(read_row(hold).detail, "lost"));
}

Test(panelact, tells_of_a_part_that_was_not_reached_and_undoes_the_other)
{
	json_t *report = report_of("acct", BOB, NOW), *answer;

	put("/mode-not", "suspend_login");
	answer = send_report(report, "suspend_mailbox", true, NOW);
	cr_expect_str_eq(action_field(answer, 0, "state"), "done");
	cr_expect_not_null(strstr(action_field(answer, 0, "detail"),
				  "only a part of it was reached"),
			   "%s", action_field(answer, 0, "detail"));
	undone(action_id_of(answer, 0), "gone from " BLOCK_FILE);
	cr_expect_eq(count_lines(BLOCK_FILE), 0);
	json_decref(answer);
	json_decref(report);
}

Test(panelact, believes_the_files_and_not_the_panel)
{
	static const struct {
		const char *action, *not_done;
	} rows[] = {{"block_mailbox", "suspend_outgoing"},
		    {"block_login", "suspend_login"},
		    {"suspend_account", "suspendacct"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *report = report_of("acct", BOB, NOW + (int)i * 100), *answer;

		put("/mode-not", rows[i].not_done);
		answer = send_report(report, rows[i].action, true, NOW);
		cr_expect_str_eq(action_field(answer, 0, "state"), "failed");
		cr_expect_not_null(strstr(action_field(answer, 0, "detail"),
					  "said OK, but"),
				   "%s", action_field(answer, 0, "detail"));
		json_decref(answer);
		json_decref(report);
	}
}

Test(panelact, keeps_an_undo_that_failed_for_another_try)
{
	int64_t id = done("suspend_account", "acct");
	json_t *answer;

	put("/mode-not", "unsuspendacct");
	answer = undo(id);
	cr_expect_not(is_ok(answer));
	cr_expect_eq(read_row(id).state, ACTION_DONE);
	json_decref(answer);
	put("/mode-not", "-");
	undone(id, "gone from " PATH_SUSPENDED_DIR);
	cr_expect_not(is_there(SUSPENDED));
}

/* cPanel's unsuspendacct takes the account's mail block away, whoever had set it. */
Test(panelact, puts_back_the_block_that_an_unsuspension_takes_away)
{
	int64_t block, suspended;

	put(BLOCK_FILE, "acct\n"); /* by somebody else */
	suspended = done("suspend_account", "acct");
	cr_expect_str_eq(read_row(suspended).before, "free blocked");
	undone(suspended, "the block of its mail was put back");
	cr_expect(has_text(BLOCK_FILE, "acct\n"));

	put(BLOCK_FILE, "");
	block = done("block_account", "acct"); /* by us */
	suspended = done("suspend_account", "acct");
	cr_expect_str_eq(read_row(suspended).before, "free");
	undone(suspended, "the block of its mail was put back");
	cr_expect(has_text(BLOCK_FILE, "acct\n"));

	suspended = done("suspend_account", "acct");
	undone(block, "the account is suspended, which blocks its mail");
	cr_expect(has_text(BLOCK_FILE, "acct\n"), "still suspended");
	undone(suspended, "gone from");
	cr_expect_eq(count_lines(BLOCK_FILE), 0, "nobody wants it any more");

	block = done("block_account", "acct");
	suspended = done("suspend_account", "acct");
	put("/mode-not", "suspend_outgoing_email");
	undone(suspended, "the block of its mail is LOST");
}

Test(panelact, touches_no_resellers_whole_account_and_nobody_reserved)
{
	static const char *const whole[] = {"suspend_account", "block_account", "hold"};

	put(PATH_TRUEUSEROWNERS, "acct: root\nother: acct\n");
	restart();
	for (size_t i = 0; i < 3; i++) {
		refused(whole[i], "acct", "a reseller's whole account is left alone");
		expect_one("acct", "", whole[i], true, "skipped", "a reseller");
	}
	cr_expect_eq(count_lines("/calls"), 0);
	done("hold", BOB); /* one mailbox of it */
	put("/calls", "");
	put(PATH_TRUEUSEROWNERS, "acct: acct\nother: root\n");
	put(PATH_RESELLERS, "third:all\n");
	restart();
	expect_one("third", "", "suspend_account", true, "skipped", "a reseller");
	expect_one("low", "", "suspend_account", true, "skipped", "system user");
	expect_one("root", "", "suspend_account", true, "skipped", "refused");
	cr_expect_eq(count_lines("/calls"), 0);
	done("suspend_account", "acct"); /* who owns only itself is none */
}

Test(panelact, keeps_to_mailboxes_and_to_accounts)
{
	static const char *const on_mailbox[] = {"block_mailbox", "block_login",
						 "suspend_mailbox"};
	json_t *report = report_of("acct", BOB, NOW), *answer;

	for (size_t i = 0; i < 3; i++) {
		refused(on_mailbox[i], "acct", "no mailbox");
		refused(on_mailbox[i], "x@other.example", "not the account's");
		json_decref(report);
		report = report_of("acct", "", NOW + (int)i * 100);
		answer = send_report(report, on_mailbox[i], true, NOW);
		cr_expect_not_null(strstr(action_field(answer, 0, "detail"),
					  "names no mailbox"),
				   "%s", action_field(answer, 0, "detail"));
		json_decref(answer);
	}
	refused("suspend_account", BOB, "whole account");
	cr_expect_eq(count_lines("/calls"), 0);
	json_decref(report);
}

Test(panelact, does_mailboxes_before_accounts_and_undoes_the_other_way_round)
{
	json_t *report = report_of("acct", BOB, NOW), *answer;
	char text[128], *calls;

	answer = send_report(report, "suspend_account,hold,suspend_mailbox", true, NOW);
	cr_expect_str_eq(action_field(answer, 0, "action"), "hold");
	cr_expect_str_eq(action_field(answer, 1, "action"), "suspend_mailbox");
	cr_expect_str_eq(action_field(answer, 2, "action"), "suspend_account");
	json_decref(answer);
	put("/calls", "");
	snprintf(text, sizeof(text), "{\"do\":\"undo\",\"report\":\"%s\",\"who\":\"root\"}",
		 json_string_value(json_object_get(report, "id")));
	answer = ask(NOW, text);
	cr_expect(is_ok(answer));
	calls = get("/calls");
	cr_expect_lt(strstr(calls, "unsuspendacct"), strstr(calls, "unsuspend_login"));
	cr_expect_lt(strstr(calls, "unsuspend_login"), strstr(calls, "release_outgoing"));
	free(calls);
	json_decref(answer);
	json_decref(report);
}

Test(panelact, never_follows_a_customers_link_to_a_shadow_file)
{
	put("/etc/shadow", "bob:!x:1\n");
	cr_assert_eq(unlink(at(SHADOW)), 0);
	cr_assert_eq(symlink(at("/etc/shadow"), at(SHADOW)), 0);
	refused("block_login", BOB, "can't be read");
	cr_assert_eq(unlink(at(SHADOW)), 0);
	cr_assert_eq(mkfifo(at(SHADOW), 0600), 0);
	refused("block_login", BOB, "can't be read");
	cr_assert_eq(rename(at("/home/acct/etc"), at("/home/acct/real")), 0);
	cr_assert_eq(symlink("real", at("/home/acct/etc")), 0);
	refused("block_login", BOB, "can't be read");
	cr_expect_eq(count_lines("/calls"), 0);
}

Test(panelact, finishes_after_a_crash_what_is_its_own)
{
	int64_t id;

	executor_free(x);
	x = NULL;
	put(SHADOW, "bob:!h:1\n");
	id = leave_pending("suspend_mailbox", BOB, "free sending", NULL, 5);
	start();
	cr_expect_eq(read_row(id).state, ACTION_DONE, "%s", read_row(id).detail);
	cr_expect(has_text(BLOCK_FILE, BOB));
	undone(id, "gone from " BLOCK_FILE);
	cr_expect(has_text(SHADOW, "bob:!h:1\n"), "it wasn't ours");
}

Test(panelact, counts_and_deletes_held_messages)
{
	json_t *answer;
	static const char count[] = "{\"do\":\"held\",\"target\":\"" BOB
				    "\",\"account\":\"acct\",\"who\":\"root\"}";
	static const char drop[] =
		"{\"do\":\"held\",\"target\":\"" BOB
		"\",\"account\":\"acct\",\"who\":\"root\",\"delete\":true}";
	static const char wrong[] = "{\"do\":\"held\",\"target\":\"x@other.example\","
				    "\"account\":\"acct\",\"who\":\"root\"}";

	put_program(PATH_UAPI, "#!/bin/sh\nR='%s'\necho \"$*\" >>$R/calls\necho "
			       "'{\"result\":{\"status\":1,\"data\":\"3\"}}'\n");
	answer = ask(NOW, count);
	cr_expect(is_ok(answer));
	cr_expect_eq(json_integer_value(json_object_get(answer, "messages")), 3);
	cr_expect(has_text("/calls", "Email get_held_message_count email=bob%40"));
	cr_expect_not(has_text("/calls", "delete_held"));
	json_decref(answer);
	answer = ask(NOW, drop);
	cr_expect(is_ok(answer));
	cr_expect(has_text("/calls", "Email delete_held_messages email=bob%40"));
	json_decref(answer);
	put("/calls", "");
	answer = ask(NOW, wrong);
	cr_expect_not(is_ok(answer));
	json_decref(answer);
	put_program(PATH_UAPI, "#!/bin/sh\n: '%s'\necho "
			       "'{\"result\":{\"status\":0,\"errors\":[\"no role\"]}}'\n");
	answer = ask(NOW, drop);
	cr_expect_not(is_ok(answer));
	cr_expect_not_null(strstr(json_string_value(json_object_get(answer, "error")),
				  "no role"));
	cr_expect_eq(count_lines("/calls"), 0);
	json_decref(answer);
}
