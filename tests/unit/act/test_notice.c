/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "tests/unit/act/lab.h"

#define BOB "bob@example.com"
#define SHADOW "/home/acct/etc/example.com/shadow"

TestSuite(notice, .init = make_lab, .fini = remove_lab, .timeout = 60);

static int64_t done(const char *action, const char *target)
{
	char text[256];
	json_t *answer;
	int64_t id;

	snprintf(text, sizeof(text),
		 "{\"do\":\"%s\",\"target\":\"%s\",\"account\":\"acct\",\"who\":\"root\"}",
		 action, target);
	answer = ask(NOW, text);
	cr_assert(is_ok(answer), "%s", text);
	id = action_id_of(answer, 0);
	json_decref(answer);
	return id;
}

/* Tell it; how many actions ended by that. */
static size_t tell(const char *event, const char *more)
{
	char text[256];
	json_t *answer;
	size_t n;

	snprintf(text, sizeof(text), "{\"do\":\"notice\",\"event\":\"%s\"%s}", event,
		 more);
	answer = ask(NOW + 9, text);
	cr_expect(is_ok(answer), "%s", text);
	n = json_array_size(json_object_get(answer, "actions"));
	json_decref(answer);
	return n;
}

Test(notice, closes_what_somebody_else_has_undone)
{
	int64_t hold = done("hold", BOB), block = done("block_account", "acct");

	cr_expect_eq(tell("lists", ""), 0, "all is in force");
	put(HOLD_FILE, "");
	cr_expect_eq(tell("lists", ""), 1);
	cr_expect_eq(read_row(hold).state, ACTION_UNDONE);
	cr_expect_not_null(strstr(read_row(hold).detail, "somebody else"));
	cr_expect_eq(read_row(block).state, ACTION_DONE);
	cr_expect_eq(tell("lists", ""), 0, "once");
	/* a hand-made unsuspension takes the account's block along */
	put(BLOCK_FILE, "");
	cr_expect_eq(tell("unsuspended", ",\"user\":\"acct\""), 1);
	cr_expect_eq(read_row(block).state, ACTION_UNDONE);
}

Test(notice, keeps_what_is_undone_by_half_only)
{
	int64_t id = done("suspend_mailbox", BOB), again;
	json_t *answer;

	put(SHADOW, "bob:h:1\n"); /* somebody lets it log in */
	cr_expect_eq(tell("mailbox", ",\"user\":\"acct\",\"mailbox\":\"" BOB "\""), 0);
	cr_expect_eq(read_row(id).state, ACTION_DONE, "its sending is still blocked");
	again = done("suspend_mailbox", BOB);
	cr_expect_str_eq(read_row(again).before, "free", "both halves are ours");
	answer = undo(again);
	cr_expect(is_ok(answer));
	json_decref(answer);
	cr_expect_eq(count_lines(BLOCK_FILE), 0);
	cr_expect(has_text(SHADOW, "bob:h:1"));
}

Test(notice, leaves_nothing_of_a_removed_account)
{
	int64_t hold = done("hold", BOB), suspended = done("suspend_account", "acct");

	cr_expect_eq(tell("removed", ",\"user\":\"other\""), 0);
	cr_expect_eq(tell("removed", ",\"user\":\"acct\""), 2);
	cr_expect_eq(read_row(hold).state, ACTION_UNDONE);
	cr_expect_str_eq(read_row(hold).detail, "the account was removed");
	cr_expect_eq(read_row(suspended).state, ACTION_UNDONE);
}

Test(notice, follows_a_renamed_account)
{
	int64_t mailbox = done("hold", BOB), whole = done("hold", "acct"), fresh;
	json_t *answer;

	put(PATH_TRUEUSERDOMAINS, "example.com: fresh\nother.example: other\n");
	put(PATH_USERDOMAINS, "example.com: fresh\n");
	/* another uid: by the maps alone it would be somebody else */
	put(PATH_PASSWD, "fresh:x:1005:1005::/home/fresh:/bin/sh\n");
	put(HOLD_FILE, BOB "\nfresh\n"); /* as the panel rewrites it */
	cr_expect_eq(tell("renamed", ",\"user\":\"acct\",\"newuser\":\"fresh\""), 2);
	cr_expect_eq(read_row(mailbox).state, ACTION_UNDONE);
	cr_expect_eq(read_row(whole).state, ACTION_UNDONE);
	fresh = whole + 1;
	cr_expect_str_eq(read_row(fresh).account, "fresh");
	cr_expect_str_eq(read_row(fresh).target, BOB);
	cr_expect_str_eq(read_row(fresh + 1).target, "fresh");
	for (int i = 0; i < 2; i++) {
		answer = undo(fresh + i);
		cr_expect(is_ok(answer), "%s", action_field(answer, 0, "detail"));
		json_decref(answer);
	}
	cr_expect_eq(count_lines(HOLD_FILE), 0);
}

Test(notice, releases_on_a_new_password_when_told_to)
{
	static const char mailbox[] = ",\"user\":\"acct\",\"mailbox\":\"Bob@example.com\"";
	int64_t bob = done("suspend_mailbox", BOB);
	int64_t al = done("hold", "al@example.com"), whole = done("hold", "acct");

	cr_expect_eq(tell("password", mailbox), 0, "it is off");
	config.release_on_password = true;
	restart();
	cr_expect_eq(tell("password", ",\"user\":\"other\",\"mailbox\":\"" BOB "\""), 0,
		     "not theirs");
	cr_expect_eq(tell("password", mailbox), 1);
	cr_expect_eq(read_row(bob).state, ACTION_UNDONE);
	cr_expect_eq(count_lines(BLOCK_FILE), 0);
	cr_expect(has_text(SHADOW, "bob:$6$x$y"));
	cr_expect_eq(read_row(al).state, ACTION_DONE, "another mailbox");
	cr_expect_eq(read_row(whole).state, ACTION_DONE);
	cr_expect_eq(tell("password", ",\"user\":\"acct\""), 1);
	cr_expect_eq(read_row(whole).state, ACTION_UNDONE);
	cr_expect_eq(read_row(al).state, ACTION_DONE, "a mailbox has its own password");
}

Test(notice, never_unsuspends_on_a_new_password)
{
	int64_t id = done("suspend_account", "acct");

	config.release_on_password = true;
	restart();
	cr_expect_eq(tell("password", ",\"user\":\"acct\""), 0);
	cr_expect_eq(read_row(id).state, ACTION_DONE);
}

Test(notice, catches_up_at_the_start)
{
	int64_t id = done("hold", BOB);

	put(HOLD_FILE, "");
	restart();
	cr_expect_eq(read_row(id).state, ACTION_UNDONE);
}

Test(notice, refuses_what_it_does_not_know)
{
	static const char *const rows[] = {"{\"do\":\"notice\"}",
					   "{\"do\":\"notice\",\"event\":\"x\"}",
					   "{\"do\":\"notice\",\"event\":\"renamed\"}"};

	for (size_t i = 0; i < 3; i++) {
		json_t *answer = ask(NOW, rows[i]);

		cr_expect_not(is_ok(answer), "%s", rows[i]);
		json_decref(answer);
	}
}

Test(notice, sees_by_the_maps_that_an_account_has_another_name)
{
	int64_t mailbox = done("hold", BOB), whole = done("block_account", "acct");
	json_t *answer;

	put(PATH_TRUEUSERDOMAINS, "example.com: fresh\nother.example: other\n");
	put(PATH_USERDOMAINS, "example.com: fresh\nother.example: other\n");
	put(PATH_PASSWD, "fresh:x:1001:1001::/home/fresh:/bin/sh\n"
			 "other:x:1002:1002::/home/other:/bin/sh\n");
	put(BLOCK_FILE, "fresh\n");
	cr_expect_eq(tell("lists", ""), 0, "nothing of it is gone");
	cr_expect_eq(read_row(mailbox).state, ACTION_UNDONE);
	cr_expect_eq(read_row(whole).state, ACTION_UNDONE);
	cr_expect_str_eq(read_row(whole + 1).account, "fresh");
	cr_expect_str_eq(read_row(whole + 2).target, "fresh");
	answer = undo(whole + 2);
	cr_expect(is_ok(answer), "%s", action_field(answer, 0, "detail"));
	json_decref(answer);
	cr_expect_eq(count_lines(BLOCK_FILE), 0);
}

Test(notice, takes_nobody_for_another_who_has_the_domain_now)
{
	int64_t hold = done("hold", BOB);

	put(PATH_TRUEUSERDOMAINS, "example.com: fresh\nother.example: other\n");
	put(PATH_USERDOMAINS, "example.com: fresh\nother.example: other\n");
	put(PATH_PASSWD, "fresh:x:1009:1009::/home/fresh:/bin/sh\n"
			 "other:x:1002:1002::/home/other:/bin/sh\n");
	cr_expect_eq(tell("lists", ""), 0);
	cr_expect_eq(read_row(hold).state, ACTION_DONE, "it is still in the panel's list");
	cr_expect_str_eq(read_row(hold).account, "acct");
}

Test(notice, closes_at_the_start_what_went_with_the_account)
{
	int64_t login = done("block_login", BOB);

	put(PATH_TRUEUSERDOMAINS, "other.example: other\n");
	put(PATH_USERDOMAINS, "other.example: other\n");
	cr_expect_eq(tell("lists", ""), 0, "the panel may be at work");
	cr_expect_eq(read_row(login).state, ACTION_DONE);
	restart();
	cr_expect_eq(read_row(login).state, ACTION_UNDONE);
	cr_expect_str_eq(read_row(login).detail, "the account is gone");
}
