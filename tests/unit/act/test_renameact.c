/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/renameact.h"

#include "tests/unit/act/lab.h"

#define BAD "/home/acct/public_html/bad"
#define SUFFIX ".osm-disabled"

static uid_t owner;

static void make(void)
{
	char passwd[128];

	make_lab();
	owner = geteuid() ? geteuid() : 1001;
	/* a tester's own uid may be any */
	snprintf(passwd, sizeof(passwd), "acct:x:%u:%u::/home/acct:/bin/sh\n",
		 (unsigned)owner, (unsigned)owner);
	put(PATH_PASSWD, passwd);
	chmod(lab.root, 0755);
	cr_assert(file_mkdirs(at(BAD), 0755, NULL));
	cr_assert_eq(lchown(at(BAD), owner, owner), 0);
	cr_assert_eq(lchown(at("/home/acct/public_html"), owner, owner), 0);
	restart();
}

TestSuite(renameact, .init = make, .fini = remove_lab, .timeout = 60);

/* A report of events in these folders (NULL ends them). */
static json_t *report_from(enum trigger_id t, const char *key, const char *const *paths)
{
	int64_t now_s = (int64_t)time(NULL);
	struct report_head head = {.kind = "limit",
				   .trigger = t,
				   .account = SLICE("acct"),
				   .key = slice_str(key),
				   .limit = 1,
				   .interval_s = 60,
				   .made_at_s = now_s};
	struct report_builder *b = report_begin(&head, 10);

	for (size_t i = 0; paths[i]; i++)
		report_event(b, &(struct event){.type = EVENT_CWDCHECK,
						.certainty = CERTAINTY_CONFIRMED,
						.at_s = now_s + 5,
						.path = slice_str(paths[i]),
						.line = slice_str(paths[i])});
	return report_end(b);
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(at(name), &st) == 0;
}

/* Takes the reference. */
static int64_t expect(json_t *report, const char *wanted, const char *state,
		      const char *detail)
{
	json_t *answer = send_report(report, wanted, true, NOW);
	int64_t id = action_id_of(answer, 0);

	cr_expect_str_eq(action_field(answer, 0, "state"), state, "%s",
			 action_field(answer, 0, "detail"));
	cr_expect_not_null(strstr(action_field(answer, 0, "detail"), detail), "%s",
			   action_field(answer, 0, "detail"));
	json_decref(answer);
	json_decref(report);
	return id;
}

Test(renameact, renames_the_counted_folder_and_puts_it_back)
{
	const char *const paths[] = {BAD, BAD, NULL};
	json_t *answer;
	int64_t id;

	chmod(at(BAD), 0750);
	id = expect(report_from(TRIGGER_CWDCHECK_CWD, BAD, paths), "rename_path", "done",
		    "its name is bad" SUFFIX " now, with mode 0, was 0750");
	cr_expect_not(is_there(BAD));
	cr_expect(is_there(BAD SUFFIX));
	cr_expect_str_eq(read_row(id).target, BAD);
	answer = undo(id);
	cr_expect(is_ok(answer), "%s", action_field(answer, 0, "detail"));
	cr_expect_not(is_there(BAD SUFFIX));
	json_decref(answer);
	answer = undo(id);
	cr_expect_not(is_ok(answer), "a second time");
	json_decref(answer);
}

Test(renameact, leaves_alone_what_has_the_new_name_already)
{
	static const char *const before[] = {BAD, NULL};
	static const char *const after[] = {BAD SUFFIX, NULL};
	static const char *const further[] = {BAD SUFFIX "/further", NULL};
	static const char *const alike[] = {BAD SUFFIX "ly", NULL};
	int64_t id;

	cr_assert(file_mkdirs(at(BAD SUFFIX "ly"), 0755, NULL));
	cr_assert_eq(lchown(at(BAD SUFFIX "ly"), owner, owner), 0);
	id = expect(report_from(TRIGGER_CWDCHECK_CWD, BAD, before), "rename_path", "done",
		    "");
	expect(report_from(TRIGGER_CWDCHECK_CWD, BAD SUFFIX, after), "rename_path",
	       "skipped", "action 1 has renamed it already");
	expect(report_from(TRIGGER_CWDCHECK_CWD, BAD SUFFIX "/further", further),
	       "rename_path", "skipped", "action 1 has renamed it already");
	expect(report_from(TRIGGER_CWDCHECK_CWD, BAD SUFFIX "ly", alike), "rename_path",
	       "done", "");
	json_decref(undo(id));
	cr_expect(is_there(BAD));
	cr_expect_not(is_there(BAD SUFFIX));
}

Test(renameact, keeps_the_inner_one_when_the_folder_around_it_is_renamed)
{
	static const char *const inner[] = {BAD "/inner", NULL};
	static const char *const outer[] = {BAD, NULL};
	int64_t first, second;
	json_t *answer;

	cr_assert(file_mkdirs(at(BAD "/inner"), 0755, NULL));
	cr_assert_eq(lchown(at(BAD "/inner"), owner, owner), 0);
	first = expect(report_from(TRIGGER_CWDCHECK_CWD, BAD "/inner", inner),
		       "rename_path", "done", "");
	second = expect(report_from(TRIGGER_CWDCHECK_CWD, BAD, outer), "rename_path",
			"done", "");
	restart();
	cr_expect_eq(read_row(first).state, ACTION_DONE, "%s", read_row(first).detail);
	answer = undo(first);
	cr_expect_not(is_ok(answer));
	cr_expect_not_null(strstr(action_field(answer, 0, "detail"), "undo that first"),
			   "%s", action_field(answer, 0, "detail"));
	json_decref(answer);
	answer = undo(second);
	cr_expect(is_ok(answer));
	json_decref(answer);
	answer = undo(first);
	cr_expect(is_ok(answer), "%s", action_field(answer, 0, "detail"));
	json_decref(answer);
	cr_expect(is_there(BAD "/inner"));
}

Test(renameact, takes_the_only_folder_of_other_triggers)
{
	const char *const one[] = {BAD, BAD, NULL};
	const char *const two[] = {BAD, "/home/acct/public_html", NULL};

	expect(report_from(TRIGGER_CWDCHECK, "acct", two), "rename_path", "skipped",
	       "not about one folder");
	expect(report_from(TRIGGER_LOGLINE, "acct", one), "rename_script", "skipped",
	       "not certain that one script");
	cr_expect(is_there(BAD));
	expect(report_from(TRIGGER_CWDCHECK, "acct", one), "rename_path", "done", SUFFIX);
}

Test(renameact, takes_the_folder_of_connections)
{
	const char *const paths[] = {BAD, BAD, NULL};
	const char *const unknown[] = {BAD, "", NULL};

	expect(report_from(TRIGGER_PACKET, "acct", unknown), "rename_path", "skipped",
	       "not about one folder");
	expect(report_from(TRIGGER_PACKET_CWD, "acct " BAD, paths), "rename_path", "done",
	       SUFFIX);
	cr_expect(is_there(BAD SUFFIX));
}

Test(renameact, refuses_what_it_must)
{
	static const struct {
		const char *path, *why;
	} rows[] = {
		{"/home/acct/public_html", "keeps or serves"},
		{"/home/acct", "not below"},
		{"/home/other/x", "not in the account's home"},
		{"/home/acct/none", "no longer there"},
		{"/home/acct/a\nb", "control bytes"},
		{"x", "no path"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const paths[] = {rows[i].path, rows[i].path, NULL};

		expect(report_from(TRIGGER_CWDCHECK_CWD, rows[i].path, paths),
		       "rename_path", "skipped", rows[i].why);
	}
}

Test(renameact, does_nothing_in_testing_or_on_a_guess)
{
	const char *const paths[] = {BAD, BAD, NULL};
	json_t *report = report_from(TRIGGER_CWDCHECK_CWD, BAD, paths);
	json_t *answer = send_report(report, "rename_path", false, NOW);

	cr_expect_str_eq(action_field(answer, 0, "detail"),
			 "not enough confirmed events");
	json_decref(answer);
	json_decref(report);
	config.testing = true;
	restart();
	expect(report_from(TRIGGER_CWDCHECK, "acct", paths), "rename_path", "skipped",
	       "TESTING: would have renamed " BAD);
	cr_expect(is_there(BAD));
}

Test(renameact, is_done_by_hand_with_the_same_checks)
{
	json_t *answer = ask(NOW, "{\"do\":\"rename_path\",\"target\":\"" BAD
				  "\",\"account\":\"acct\",\"who\":\"root\"}");

	cr_expect(is_ok(answer), "%s",
		  json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
	answer = ask(NOW, "{\"do\":\"rename_path\",\"target\":\"" BAD
			  "\",\"account\":\"acct\",\"who\":\"root\"}");
	cr_expect_not(is_ok(answer), "a second time");
	json_decref(answer);
	answer = ask(NOW, "{\"do\":\"rename_path\",\"target\":\"/etc/osm\",\"account\":"
			  "\"acct\",\"who\":\"root\"}");
	cr_expect_not(is_ok(answer));
	json_decref(answer);
}

Test(renameact, tells_after_a_crash_whether_it_was_done)
{
	struct stat st;
	char before[128];
	int64_t id;

	cr_assert_eq(lstat(at(BAD), &st), 0);
	snprintf(before, sizeof(before), "free 0755 %llu:%llu " SUFFIX,
		 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	executor_free(x);
	x = NULL;
	cr_assert_eq(rename(at(BAD), at(BAD SUFFIX)), 0);
	id = leave_pending("rename_path", BAD, before, NULL, 5);
	start();
	cr_expect_eq(read_row(id).state, ACTION_DONE, "%s", read_row(id).detail);
	json_decref(undo(id));
	cr_expect(is_there(BAD));
	executor_free(x);
	x = NULL;
	id = leave_pending("rename_path", BAD, before, NULL, 5);
	start();
	cr_expect_eq(read_row(id).state, ACTION_DONE, "%s", read_row(id).detail);
	cr_expect(is_there(BAD SUFFIX), "done now");
}

#define SCRIPT BAD "/mailer.php"
#define INNOCENT BAD "/contact.php"

/* So many connections of each certainty that name a script. */
struct named {
	const char *script;
	enum certainty certainty;
	int times;
};

static json_t *report_of_scripts(const struct named *v, size_t n, enum event_type type)
{
	int64_t now_s = (int64_t)time(NULL);
	struct report_head head = {.kind = "limit",
				   .trigger = type == EVENT_PACKET ? TRIGGER_PACKET
								   : TRIGGER_CWDCHECK,
				   .account = SLICE("acct"),
				   .key = SLICE("acct"),
				   .limit = 1,
				   .interval_s = 60,
				   .made_at_s = now_s};
	struct report_builder *b = report_begin(&head, 10);
	static unsigned made;
	char line[32];

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < v[i].times; k++) {
			snprintf(line, sizeof(line), "line %u", made++);
			report_event(b, &(struct event){.type = type,
							.certainty = v[i].certainty,
							.at_s = now_s + 5,
							.path = SLICE(BAD),
							.script = slice_str(v[i].script),
							.line = slice_str(line)});
		}
	return report_end(b);
}

static void put_script(const char *name)
{
	put(name, "<?php mail($a, $b, $c);");
	cr_assert_eq(lchown(at(name), owner, owner), 0);
}

Test(renameact, takes_a_script_that_surely_made_most_of_the_connections)
{
	static const struct {
		struct named v[3];
		bool done;
		const char *why;
	} rows[] = {
		{{{SCRIPT, CERTAINTY_KERNEL, 10}}, true, "the kernel told all"},
		{{{SCRIPT, CERTAINTY_SOCKET, 10}}, true, "all were looked up"},
		{{{SCRIPT, CERTAINTY_KERNEL, 6}, {"", CERTAINTY_KERNEL, 4}}, true, "most"},
		{{{SCRIPT, CERTAINTY_KERNEL, 5}, {"", CERTAINTY_KERNEL, 5}}, false, "half"},
		{{{SCRIPT, CERTAINTY_KERNEL, 9}, {INNOCENT, CERTAINTY_KERNEL, 1}}, false,
		 "two scripts"},
		{{{SCRIPT, CERTAINTY_CLAIMED, 10}}, false, "their processes were gone"},
		{{{SCRIPT, CERTAINTY_KERNEL, 4}, {SCRIPT, CERTAINTY_CLAIMED, 6}}, false,
		 "less than half is sure"},
		{{{SCRIPT, CERTAINTY_CLAIMED, 6}, {"", CERTAINTY_KERNEL, 5}}, false,
		 "what is sure names none"},
		{{{SCRIPT, CERTAINTY_KERNEL, 8}, {SCRIPT, CERTAINTY_CLAIMED, 2}}, true,
		 "enough is sure"},
	};

	put_script(SCRIPT);
	put_script(INNOCENT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t id = expect(report_of_scripts(rows[i].v, 3, EVENT_PACKET),
				    "rename_script", rows[i].done ? "done" : "skipped",
				    rows[i].done ? SUFFIX : "not certain that one script");

		cr_expect_neq(is_there(SCRIPT), rows[i].done, "%s", rows[i].why);
		cr_expect(is_there(INNOCENT), "%s", rows[i].why);
		if (rows[i].done)
			json_decref(undo(id));
	}
}

/* An outsider keeps asking for an innocent script in a folder that mail is sent from. */
Test(renameact, never_takes_what_only_the_status_page_names)
{
	static const struct named none[] = {{"", CERTAINTY_CONFIRMED, 10}};
	json_t *report, *answer;

	put_script(INNOCENT);
	for (int packet = 0; packet < 2; packet++) {
		report = report_of_scripts(none, 1, packet ? EVENT_PACKET : EVENT_CWDCHECK);
		if (!packet)
			json_object_set_new(report, "scripts",
					    json_pack("[{s:s, s:i}]", "value", INNOCENT,
						      "count", 1000));
		expect(report, "rename_script", "skipped", "osm act rename_script PATH");
	}
	cr_expect(is_there(INNOCENT));
	answer = ask(NOW, "{\"do\":\"rename_script\",\"target\":\"" INNOCENT
			  "\",\"account\":\"acct\",\"who\":\"root\"}");
	cr_expect(is_ok(answer), "a person has looked at it");
	cr_expect_not(is_there(INNOCENT));
	json_decref(answer);
}
