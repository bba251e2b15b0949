/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * lab: a folder with a few accounts, doubles of the panel and of sendmail, and an executor
 * that works in it. For the tests of this room.
 */
#ifndef OSM_TESTS_ACT_LAB_H
#define OSM_TESTS_ACT_LAB_H

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

#include "osmd/act/executor.h"
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
	"S=$R/etc/outgoing_mail_suspended_users\n"
	"f=$R/etc/outgoing_mail_hold_users\n"
	"case \" $* \" in *suspend_outgoing*) f=$S;; esac\n"
	"h=$R/home/acct/etc/example.com/shadow b=${t%%@*}\n"
	"drop() { grep -vx \"$t\" $1 >$1.new; mv $1.new $1; }\n"
	"act() { case \" $* \" in\n"
	"  *\" $(cat $R/mode-not) \"*);;\n"
	"  *' unsuspendacct '*) rm $R/var/cpanel/suspended/$t; drop $S;;\n"
	"  *' suspendacct '*) echo >$R/var/cpanel/suspended/$t; echo $t >>$S;;\n"
	"  *' unsuspend_login '*) sed -i \"s/^$b:!/$b:/\" $h;;\n"
	"  *' suspend_login '*) sed -i \"s/^$b:/$b:!/\" $h;;\n"
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

static inline char *at(const char *name)
{
	static char space[4][PATH_MAX];
	static unsigned turn;
	char *out = space[turn++ % 4];

	cr_assert_not_null(paths_at(&lab, name, out, PATH_MAX));
	return out;
}

static inline void put(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");

	cr_assert_not_null(f, "%s", name);
	fputs(text, f);
	fclose(f);
}

static inline char *get(const char *name)
{
	char *text = NULL;
	size_t n;

	if (!file_read(at(name), 1 << 20, &text, &n, NULL))
		return strdup("");
	return text;
}

static inline void put_program(const char *name, const char *format)
{
	char text[2 * PATH_MAX];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), format, lab.root);
#pragma GCC diagnostic pop
	put(name, text);
	cr_assert_eq(chmod(at(name), 0755), 0);
}

static inline size_t count_lines(const char *name)
{
	char *text = get(name);
	size_t n = 0;

	for (char *p = text; *p; p++)
		n += *p == '\n';
	free(text);
	return n;
}

static inline bool has_text(const char *name, const char *needle)
{
	char *text = get(name);
	bool has = strstr(text, needle) != NULL;

	free(text);
	return has;
}

static inline void start(void)
{
	struct err e = {0};

	/* a killed one's child has the lock until it runs its program */
	for (int i = 0; i < 500; i++) {
		e = (struct err){0};
		x = executor_new(&lab, &config, &e);
		if (x || e.code != EWOULDBLOCK)
			break;
		usleep(10000);
	}
	cr_assert_not_null(x, "%s", e.msg);
}

static inline void restart(void)
{
	executor_free(x);
	start();
}

static inline void make_lab(void)
{
	static const char *const folders[] = {
		"/etc",	     "/etc/osm", "/usr/local/cpanel/bin",
		"/usr/sbin", "/var/log", "/var/cpanel/suspended",
		"/home/acct/etc/example.com"};
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
	put("/mode-not", "-"); /* a function that does nothing and says OK */
	put("/home/acct/etc/example.com/shadow", "bob:$6$x$y:1::::::\nal:$6$z:1::::::\n");
	put_program(PATH_WHMAPI, panel_double);
	put_program(PATH_UAPI, panel_double);
	put_program(PATH_SENDMAIL, sendmail_double);
	options_defaults(&config);
	config.testing = false;
	config.apachestatus = false; /* there may be one on this machine */
	config.action_timeout_s = 1;
	start();
}

static inline void remove_lab(void)
{
	char command[PATH_MAX + 16];

	executor_free(x);
	snprintf(command, sizeof(command), "rm -rf '%s'", lab.root);
	cr_assert_eq(system(command), 0);
}

static inline json_t *report_of(const char *account, const char *mailbox, int64_t at_s)
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

static inline json_t *send_report(json_t *report, const char *wanted, bool confirmed,
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

static inline json_t *ask(int64_t now_s, const char *text)
{
	json_t *request = json_loads(text, 0, NULL), *answer;

	cr_assert_not_null(request, "%s", text);
	answer = executor_handle(x, request, now_s);
	cr_assert_not_null(answer);
	json_decref(request);
	return answer;
}

static inline const char *action_field(const json_t *answer, size_t i, const char *name)
{
	const char *s = json_string_value(json_object_get(
		json_array_get(json_object_get(answer, "actions"), i), name));

	return s ? s : "(none)";
}

static inline int64_t action_id_of(const json_t *answer, size_t i)
{
	return json_integer_value(json_object_get(
		json_array_get(json_object_get(answer, "actions"), i), "id"));
}

static inline bool is_ok(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "ok"));
}

/* One report with one wanted action; its state and a part of its detail. */
static inline void expect_one(const char *account, const char *mailbox,
			      const char *wanted, bool confirmed, const char *state,
			      const char *detail)
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

static inline json_t *hold_by_hand(const char *target, int64_t now_s, int expire_s)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"do\":\"hold\",\"target\":\"%s\",\"account\":\"acct\",\"who\":"
		 "\"root\","
		 "\"expire\":%d}",
		 target, expire_s);
	return ask(now_s, text);
}

static inline json_t *undo(int64_t id)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"do\":\"undo\",\"id\":%lld,\"who\":\"root\"}",
		 (long long)id);
	return ask(NOW + 50, text);
}

/* A row as a crash leaves it. */
static inline int64_t leave_pending(const char *action, const char *target,
				    const char *before, const json_t *report,
				    int64_t age_s)
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

static inline struct action_row read_row(int64_t id)
{
	struct action_row row = {0};
	struct err e = {0};
	struct store *s = store_open(at(PATH_DB), false, &e);

	cr_assert_not_null(s, "%s", e.msg);
	cr_assert(store_action_get(s, id, &row, &e), "%s", e.msg);
	store_close(s);
	return row;
}

#endif
