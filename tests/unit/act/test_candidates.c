/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/candidates.h"

#include <sys/time.h>

#include "tests/unit/act/lab.h"

#define WEB "/home/acct/public_html"
#define WP WEB "/wp/uploads"
#define DAY_S 86400

static struct account account;
static uid_t owner;

static void own(const char *name)
{
	cr_assert_eq(lchown(at(name), owner, owner), 0);
}

static void script(const char *name, const char *text, int64_t at_s)
{
	const struct timeval times[2] = {{.tv_sec = at_s}, {.tv_sec = at_s}};

	put(name, text);
	own(name);
	cr_assert_eq(utimes(at(name), times), 0);
}

static void make(void)
{
	make_lab();
	owner = geteuid() ? geteuid() : 1001;
	chmod(lab.root, 0755);
	cr_assert(file_mkdirs(at(WP), 0755, NULL));
	own("/home/acct");
	own(WEB);
	own(WEB "/wp");
	own(WP);
	account = (struct account){.name = SLICE("acct"),
				   .home = SLICE("/home/acct"),
				   .uid = owner,
				   .gid = owner};
}

TestSuite(candidates, .init = make, .fini = remove_lab, .timeout = 60);

static json_t *look_at(const char *folder, const char *asked, bool run, bool *cut)
{
	json_t *folders = json_pack("[{s:s, s:i}]", "value", folder, "count", 3);
	json_t *scripts = asked ? json_pack("[{s:s, s:i}]", "value", asked, "count", 1)
				: json_array();
	const struct candidates_want want = {&lab, &account, folders, scripts, run, NOW};
	json_t *list = candidates_of(&want, cut);

	cr_assert_not_null(list);
	json_decref(folders);
	json_decref(scripts);
	return list;
}

static json_t *look(const char *folder, const char *asked, bool *cut)
{
	return look_at(folder, asked, false, cut);
}

static const char *text(const json_t *list, size_t i, const char *name)
{
	const char *s = json_string_value(json_object_get(json_array_get(list, i), name));

	return s ? s : "(none)";
}

Test(candidates, names_what_may_have_sent_mail_the_worst_first)
{
	bool cut;
	json_t *list;

	script(WEB "/index.php", "<?php echo 1;", NOW - 90 * DAY_S);
	script(WEB "/contact.php", "<?php mail($to, 'x', $y);", NOW - 90 * DAY_S);
	script(WP "/.x.php", "<?php eval(base64_decode($_POST['a'])); mail(1);",
	       NOW - 3 * 3600);
	script(WEB "/notes.txt", "please mail(me)", NOW);
	list = look(WEB, NULL, &cut);
	cr_expect_not(cut);
	cr_expect_eq(json_array_size(list), 2);
	cr_expect_str_eq(text(list, 0, "path"), WP "/.x.php");
	cr_expect_str_eq(
		text(list, 0, "why"),
		"it hides its code; it sends mail; it was changed 3 h before; it lies "
		"among uploads; its name is hidden");
	cr_expect_str_eq(text(list, 0, "owner"), "acct");
	cr_expect_eq(
		json_integer_value(json_object_get(json_array_get(list, 0), "mtime")),
		NOW - 3 * 3600);
	cr_expect_eq(json_integer_value(json_object_get(json_array_get(list, 1), "size")),
		     25);
	cr_expect_str_eq(text(list, 1, "path"), WEB "/contact.php");
	cr_expect_str_eq(text(list, 1, "why"), "it sends mail");
	json_decref(list);
	list = look(WEB, WEB "/index.php", &cut);
	cr_expect_str_eq(text(list, 1, "path"), WEB "/index.php");
	cr_expect_str_eq(text(list, 1, "why"), "it was being asked for");
	json_decref(list);
	list = look_at(WEB, WEB "/index.php", true, &cut);
	cr_expect_str_eq(text(list, 1, "why"), "it was being run");
	json_decref(list);
}

Test(candidates, follows_no_link_and_leaves_no_home)
{
	static const char *const folders[] = {"/outside",
					      "/home/acct/../other",
					      "/home/acct",
					      "/home/acctx",
					      WEB "/link",
					      "/",
					      ""};
	bool cut;

	cr_assert(file_mkdirs(at("/outside"), 0755, NULL));
	cr_assert(file_mkdirs(at("/home/other"), 0755, NULL));
	script("/outside/x.php", "<?php mail(1);", NOW);
	script("/home/other/x.php", "<?php mail(1);", NOW);
	cr_assert_eq(symlink(at("/outside"), at(WEB "/link")), 0);
	cr_assert_eq(symlink(at("/outside/x.php"), at(WEB "/x.php")), 0);
	cr_assert_eq(mkfifo(at(WEB "/fifo.php"), 0666), 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		json_t *list = look(folders[i], NULL, &cut);

		cr_expect_eq(json_array_size(list), 0, "%s", folders[i]);
		json_decref(list);
	}
	json_decref(look(WEB, NULL, &cut));
}

Test(candidates, takes_of_the_home_itself_only_what_is_in_it)
{
	bool cut;
	json_t *list;

	script("/home/acct/cron.sh", "#!/bin/sh\n/usr/sbin/sendmail -t",
	       NOW - 90 * DAY_S);
	script(WEB "/contact.php", "<?php mail(1);", NOW - 90 * DAY_S);
	list = look("/home/acct", NULL, &cut);
	cr_expect_eq(json_array_size(list), 1);
	cr_expect_str_eq(text(list, 0, "path"), "/home/acct/cron.sh");
	json_decref(list);
}

Test(candidates, is_bounded)
{
	char name[64];
	bool cut;
	json_t *list;

	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), WEB "/s%d.php", i);
		script(name, "<?php mail(1);", NOW - DAY_S);
	}
	list = look(WEB, NULL, &cut);
	cr_expect(cut);
	cr_expect_eq(json_array_size(list), CANDIDATES_MAX);
	json_decref(list);
}

Test(candidates, reads_with_the_customers_rights_only)
{
	bool cut;
	json_t *list;

	if (geteuid() != 0)
		cr_skip_test("needs root");
	put(WEB "/roots.php", "<?php mail(1);");
	cr_assert_eq(chmod(at(WEB "/roots.php"), 0600), 0);
	list = look(WEB, NULL, &cut);
	cr_expect_eq(json_array_size(list), 0);
	json_decref(list);
}

Test(candidates, are_in_the_report)
{
	struct report_head head = {.kind = "limit",
				   .trigger = TRIGGER_CWDCHECK_CWD,
				   .account = SLICE("acct"),
				   .key = SLICE(WEB),
				   .limit = 1,
				   .interval_s = 60,
				   .made_at_s = NOW};
	struct report_builder *b = report_begin(&head, 10);
	json_t *report, *answer, *stored;
	char passwd[128];
	struct store *s;

	snprintf(passwd, sizeof(passwd), "acct:x:%u:%u::/home/acct:/bin/sh\n",
		 (unsigned)owner, (unsigned)owner);
	put(PATH_PASSWD, passwd);
	restart();
	script(WEB "/contact.php", "<?php mail($to, 'x', $y);", NOW - 90 * DAY_S);
	for (int i = 0; i < 2; i++)
		report_event(b, &(struct event){.type = EVENT_CWDCHECK,
						.certainty = CERTAINTY_CONFIRMED,
						.at_s = NOW,
						.path = SLICE(WEB),
						.line = SLICE("x")});
	report = report_end(b);
	cr_expect_eq(
		json_integer_value(json_object_get(
			json_array_get(json_object_get(report, "paths"), 0), "share")),
		100);
	answer = send_report(report, "store,rename_script", true, NOW);
	cr_expect_str_eq(action_field(answer, 1, "state"), "skipped", "no proof");
	s = store_open(at(PATH_DB), false, NULL);
	stored = store_report_read(s, json_string_value(json_object_get(report, "id")),
				   NULL);
	cr_expect_eq(json_array_size(json_object_get(stored, "candidates")), 1);
	cr_expect(report_valid(stored, NULL));
	store_close(s);
	json_decref(stored);
	json_decref(answer);
	json_decref(report);
}
