/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/executor.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/model/report.h"
#include "osmd/store/store.h"

#define NOW 1790000000
#define HOLD_FILE PATH_HOLD_USERS
#define BLOCK_FILE PATH_SUSPENDED_USERS

/* A lab folder with a double of the panel and of sendmail. The panel's double does what the
 * file "mode" says and writes each call's arguments to "calls". */
static struct paths lab;
static struct config config;
static struct executor *x;

static const char panel_double[] =
	"#!/bin/sh\n"
	"R='%s'\n"
	"echo \"$*\" >>$R/calls\n"
	"mode=$(cat $R/mode)\n"
	"for a; do case $a in email=*|user=*) t=${a#*=};; esac; done\n"
	"t=$(printf %%s \"$t\" | sed 's/%%40/@/g')\n"
	"f=$R/etc/outgoing_mail_hold_users\n"
	"case \" $* \" in *suspend_outgoing_email*) "
	"f=$R/etc/outgoing_mail_suspended_users;; esac\n"
	"act() { case \" $* \" in\n"
	"  *' unsuspend_'*|*' release_'*) grep -vx \"$t\" $f >$f.new; mv $f.new $f;;\n"
	"  *) echo \"$t\" >>$f;; esac; }\n"
	"ok() { echo "
	"'{\"metadata\":{\"result\":1,\"reason\":\"OK\"},\"result\":{\"status\":1}}'; }\n"
	"case $mode in\n"
	"  hang) sleep 60;;\n"
	"  late) act \"$@\"; sleep 60;;\n"
	"  garbage) echo 'Segmentation fault';;\n"
	"  refuse) echo '{\"metadata\":{\"result\":0,\"reason\":\"No such user\"},"
	"\"result\":{\"status\":0,\"errors\":[\"No such user\"]}}';;\n"
	"  lie) ok;;\n"
	"  exit) act \"$@\"; ok; exit 3;;\n"
	"  *) act \"$@\"; ok;;\n"
	"esac\n";

static const char sendmail_double[] =
	"#!/bin/sh\n"
	"R='%s'\n"
	"echo \"$*\" >>$R/sent\n"
	"cat >>$R/mail\n"
	"if [ -f $R/sendmail-fails ]; then echo 'queue full'; exit 75; fi\n";

static char *at(const char *name)
{
	static char space[4][PATH_MAX];
	static unsigned turn;
	char *out = space[turn++ % 4];

	cr_assert_not_null(paths_at(&lab, name, out, PATH_MAX));
	return out;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");

	cr_assert_not_null(f, "%s", name);
	fputs(text, f);
	fclose(f);
}

static char *get(const char *name)
{
	char *text = NULL;
	size_t n;

	if (!file_read(at(name), 1 << 20, &text, &n, NULL))
		return strdup("");
	return text;
}

static void put_program(const char *name, const char *format)
{
	char text[4096];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), format, lab.root);
#pragma GCC diagnostic pop
	put(name, text);
	cr_assert_eq(chmod(at(name), 0755), 0);
}

static size_t count_lines(const char *name)
{
	char *text = get(name);
	size_t n = 0;

	for (char *p = text; *p; p++)
		n += *p == '\n';
	free(text);
	return n;
}

static bool has_text(const char *name, const char *needle)
{
	char *text = get(name);
	bool has = strstr(text, needle) != NULL;

	free(text);
	return has;
}

static void start(void)
{
	struct err e = {0};

	x = executor_new(&lab, &config, &e);
	cr_assert_not_null(x, "%s", e.msg);
}

static void restart(void)
{
	executor_free(x);
	start();
}

static void make_lab(void)
{
	static const char *const folders[] = {"/etc", "/etc/osm", "/usr/local/cpanel/bin",
					      "/usr/sbin", "/var/log"};
	char dir[] = "/tmp/osm-executor-XXXXXX";
	struct err e = {0};

	cr_assert_not_null(mkdtemp(dir));
	cr_assert(paths_init(&lab, dir));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		cr_assert(file_mkdirs(at(folders[i]), 0755, &e), "%s", e.msg);
	put(PATH_PASSWD,
	    "root:x:0:0::/root:/bin/sh\nacct:x:1001:1001::/home/acct:/bin/sh\n"
	    "other:x:1002:1002::/home/other:/bin/sh\n"
	    "third:x:1003:1003::/home/third:/bin/sh\n"
	    "low:x:999:999::/home/low:/bin/sh\n");
	put(PATH_TRUEUSERDOMAINS, "example.com: acct\nother.example: other\n"
				  "third.example: third\nlow.example: low\n"
				  "root.example: root\nghost.example: ghost\n");
	put(PATH_USERDOMAINS, "*: nobody\nexample.com: acct\nshop.example.com: acct\n"
			      "other.example: other\nthird.example: third\n");
	put("/mode", "ok");
	put_program(PATH_WHMAPI, panel_double);
	put_program(PATH_UAPI, panel_double);
	put_program(PATH_SENDMAIL, sendmail_double);
	options_defaults(&config);
	config.testing = false;
	config.action_timeout_s = 1;
	start();
}

static void remove_lab(void)
{
	char command[PATH_MAX + 16];

	executor_free(x);
	snprintf(command, sizeof(command), "rm -rf '%s'", lab.root);
	cr_assert_eq(system(command), 0);
}

TestSuite(executor, .init = make_lab, .fini = remove_lab);

static json_t *report_of(const char *account, const char *mailbox, int64_t at_s)
{
	struct report_head head = {.kind = "limit",
				   .trigger = TRIGGER_LOGLINE,
				   .account = slice_str(account),
				   .mailbox = slice_str(mailbox),
				   .key = slice_str(*mailbox ? mailbox : account),
				   .host = SLICE("host.example"),
				   .limit = 1,
				   .interval_s = 60,
				   .made_at_s = at_s};
	struct report_builder *b = report_begin(&head, 10);
	json_t *report;

	cr_assert_not_null(b);
	for (int i = 0; i < 2; i++) {
		struct event ev = {.type = EVENT_LOGLINE,
				   .certainty = CERTAINTY_CONFIRMED,
				   .at_s = at_s + i,
				   .account = head.account,
				   .mailbox = head.mailbox,
				   .line = SLICE("a line"),
				   .message_id = SLICE("1abcde-000000-00")};

		report_event(b, &ev);
	}
	report = report_end(b);
	cr_assert_not_null(report);
	return report;
}

static json_t *send_report(json_t *report, const char *wanted, bool confirmed,
			   int64_t now_s)
{
	json_t *list = json_array(), *request, *answer;
	struct slice words = slice_str(wanted), word;

	while (words.n) {
		if (!slice_cut(&words, ',', &word)) {
			word = words;
			words.n = 0;
		}
		json_array_append_new(list, json_stringn(word.p, word.n));
	}
	request = json_pack("{s:s, s:O, s:o, s:b}", "do", "report", "report", report,
			    "wanted", list, "confirmed", confirmed);
	answer = executor_handle(x, request, now_s);
	cr_assert_not_null(answer);
	json_decref(request);
	return answer;
}

static json_t *ask(int64_t now_s, const char *text)
{
	json_t *request = json_loads(text, 0, NULL), *answer;

	cr_assert_not_null(request, "%s", text);
	answer = executor_handle(x, request, now_s);
	cr_assert_not_null(answer);
	json_decref(request);
	return answer;
}

static const char *action_field(const json_t *answer, size_t i, const char *name)
{
	const char *s = json_string_value(json_object_get(
		json_array_get(json_object_get(answer, "actions"), i), name));

	return s ? s : "(none)";
}

static int64_t action_id_of(const json_t *answer, size_t i)
{
	return json_integer_value(json_object_get(
		json_array_get(json_object_get(answer, "actions"), i), "id"));
}

static bool is_ok(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "ok"));
}

/* One report with one wanted action; its state and a part of its detail. */
static void expect_one(const char *account, const char *mailbox, const char *wanted,
		       bool confirmed, const char *state, const char *detail)
{
	json_t *report = report_of(account, mailbox, NOW);
	json_t *answer = send_report(report, wanted, confirmed, NOW);

	cr_expect(is_ok(answer), "%s/%s", account, mailbox);
	cr_expect_str_eq(action_field(answer, 0, "state"), state, "%s/%s: %s", account,
			 mailbox, action_field(answer, 0, "detail"));
	cr_expect_not_null(strstr(action_field(answer, 0, "detail"), detail), "%s/%s: %s",
			   account, mailbox, action_field(answer, 0, "detail"));
	json_decref(report);
	json_decref(answer);
}

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
	json_t *report = report_of("acct", "", NOW), *answer;

	json_object_set_new(report, "key", json_string("bob+example.com"));
	answer = send_report(report, "hold", true, NOW);
	cr_assert_str_eq(action_field(answer, 0, "state"), "skipped");
	cr_assert_eq(count_lines("/calls"), 0);
	json_decref(answer);
	json_decref(report);
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

Test(executor, leaves_alone_what_others_hold)
{
	put(HOLD_FILE, "acct\n");
	expect_one("acct", "", "hold", true, "skipped", "was already held");
	cr_assert_eq(count_lines("/calls"), 0);
	cr_assert(has_text(HOLD_FILE, "acct\n"));
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
	expect_one("third", "", "hold", true, "skipped", "ACTION_MAX: 2");
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

Test(executor, believes_the_file_and_not_the_panel)
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

Test(executor, tells_of_a_panel_that_is_not_there)
{
	unlink(at(PATH_WHMAPI));
	expect_one("acct", "", "hold", true, "failed", "No such file");
}

static json_t *hold_by_hand(const char *target, int64_t now_s, int expire_s)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"do\":\"hold\",\"target\":\"%s\",\"account\":\"acct\",\"who\":"
		 "\"root\","
		 "\"expire\":%d}",
		 target, expire_s);
	return ask(now_s, text);
}

static json_t *undo(int64_t id)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"do\":\"undo\",\"id\":%lld,\"who\":\"root\"}",
		 (long long)id);
	return ask(NOW + 50, text);
}

Test(executor, holds_by_hand_and_undoes_it_as_often_as_asked)
{
	for (int i = 0; i < 2; i++) {
		json_t *a = hold_by_hand("Bob@Example.com", NOW, 0), *b;

		cr_assert(is_ok(a), "%s", json_string_value(json_object_get(a, "error")));
		cr_assert_str_eq(action_field(a, 0, "target"), "bob@example.com");
		cr_assert(has_text(HOLD_FILE, "bob@example.com"));
		b = undo(action_id_of(a, 0));
		cr_assert(is_ok(b));
		cr_assert_str_eq(action_field(b, 0, "state"), "undone");
		cr_assert_not(has_text(HOLD_FILE, "bob@example.com"));
		json_decref(b);
		b = undo(action_id_of(a, 0));
		cr_assert_not(is_ok(b), "undone already");
		json_decref(a);
		json_decref(b);
	}
	cr_assert_eq(count_lines("/calls"), 4);
}

Test(executor, refuses_by_hand_what_is_in_force)
{
	json_t *answer;

	put(HOLD_FILE, "acct\n");
	answer = hold_by_hand("acct", NOW, 0);
	cr_assert_not(is_ok(answer));
	json_decref(answer);
}

Test(executor, undoes_a_whole_report_also_while_testing)
{
	json_t *report = report_of("acct", "", NOW), *answer;
	char text[160];

	json_decref(send_report(report, "email,store,hold,block_account", true, NOW));
	config.testing = true;
	restart();
	snprintf(text, sizeof(text),
		 "{\"do\":\"undo\",\"report\":\"%s\",\"who\":\"root\"}",
		 json_string_value(json_object_get(report, "id")));
	answer = ask(NOW + 9, text);
	cr_assert(is_ok(answer));
	cr_assert_eq(json_array_size(json_object_get(answer, "actions")), 2);
	cr_assert_not(has_text(HOLD_FILE, "acct"));
	cr_assert_not(has_text(BLOCK_FILE, "acct"));
	cr_assert(has_text("/calls", "unsuspend_outgoing_email user=acct"));
	json_decref(answer);
	answer = ask(NOW + 10, text);
	cr_assert_not(is_ok(answer), "nothing is left to undo");
	json_decref(answer);
	json_decref(report);
}

Test(executor, keeps_an_action_whose_undo_fails)
{
	json_t *a = hold_by_hand("acct", NOW, 0), *b;

	put("/mode", "refuse");
	b = undo(action_id_of(a, 0));
	cr_assert_not(is_ok(b));
	cr_assert_str_eq(action_field(b, 0, "state"), "done");
	cr_assert_not_null(strstr(action_field(b, 0, "detail"), "No such user"));
	json_decref(b);
	put("/mode", "ok");
	b = undo(action_id_of(a, 0));
	cr_assert(is_ok(b));
	json_decref(a);
	json_decref(b);
}

Test(executor, accepts_that_somebody_else_undid_it)
{
	json_t *a = hold_by_hand("acct", NOW, 0), *b;

	put(HOLD_FILE, "");
	b = undo(action_id_of(a, 0));
	cr_assert(is_ok(b));
	cr_assert_str_eq(action_field(b, 0, "state"), "undone");
	cr_assert_not_null(strstr(action_field(b, 0, "detail"), "somebody else"));
	cr_assert_eq(count_lines("/calls"), 1);
	json_decref(a);
	json_decref(b);
}

Test(executor, expires_at_its_second_and_not_before)
{
	json_t *answer;

	json_decref(hold_by_hand("acct", NOW, 100));
	answer = ask(NOW + 99, "{\"do\":\"expire\"}");
	cr_assert_eq(json_array_size(json_object_get(answer, "actions")), 0);
	json_decref(answer);
	answer = ask(NOW + 100, "{\"do\":\"expire\"}");
	cr_assert_str_eq(action_field(answer, 0, "state"), "expired");
	cr_assert_not(has_text(HOLD_FILE, "acct"));
	json_decref(answer);
}

Test(executor, gives_reports_the_expiry_of_the_settings)
{
	json_t *answer;

	config.action_expire_s = 60;
	restart();
	expect_one("acct", "", "hold", true, "done", "");
	answer = ask(NOW + 60, "{\"do\":\"expire\"}");
	cr_assert_str_eq(action_field(answer, 0, "state"), "expired");
	json_decref(answer);
}

Test(executor, tries_an_expiry_again_later)
{
	json_t *answer;

	json_decref(hold_by_hand("acct", NOW, 1));
	put("/mode", "refuse");
	answer = ask(NOW + 1, "{\"do\":\"expire\"}");
	cr_assert_str_eq(action_field(answer, 0, "state"), "done");
	json_decref(answer);
	put("/mode", "ok");
	answer = ask(NOW + 400, "{\"do\":\"expire\"}");
	cr_assert_str_eq(action_field(answer, 0, "state"), "expired");
	json_decref(answer);
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

/* A row as a crash leaves it. */
static int64_t leave_pending(const char *action, const char *target, const char *before,
			     const json_t *report, int64_t age_s)
{
	struct action_row row = {.created_s = (int64_t)time(NULL) - age_s};
	struct err e = {0};
	struct store *s = store_open(at(PATH_DB), true, &e);
	bool fresh;

	cr_assert_not_null(s, "%s", e.msg);
	if (report) {
		cr_assert(store_report_add(s, report, &fresh, &e), "%s", e.msg);
		snprintf(row.report_id, sizeof(row.report_id), "%s",
			 json_string_value(json_object_get(report, "id")));
	}
	snprintf(row.action, sizeof(row.action), "%s", action);
	snprintf(row.account, sizeof(row.account), "acct");
	snprintf(row.target, sizeof(row.target), "%s", target);
	snprintf(row.before, sizeof(row.before), "%s", before);
	cr_assert(store_action_begin(s, &row, &fresh, &e), "%s", e.msg);
	store_close(s);
	return row.id;
}

static struct action_row read_row(int64_t id)
{
	struct action_row row = {0};
	struct err e = {0};
	struct store *s = store_open(at(PATH_DB), false, &e);

	cr_assert_not_null(s, "%s", e.msg);
	cr_assert(store_action_get(s, id, &row, &e), "%s", e.msg);
	store_close(s);
	return row;
}

Test(executor, finishes_what_a_crash_left)
{
	static const struct {
		const char *action, *target, *before, *in_file;
		int age_s;
		enum action_state state;
		size_t calls;
		const char *why;
	} rows[] = {
		{"hold", "acct", "free", "acct\n", 5, ACTION_DONE, 0, "it was reached"},
		{"hold", "acct", "free", "acct\n", 9000, ACTION_DONE, 0, "also long ago"},
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

Test(executor, sends_no_mail_twice_after_a_crash)
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

/* Killed at any moment: in the end all is done, and once. */
Test(executor, survives_being_killed, .timeout = 60)
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
		usleep(60000); /* what the dead one had started comes to its end */
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
