/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/deliver.h"

#include "osmd/act/mailtext.h"
#include "tests/unit/act/lab.h"

#define EXIM_LOG "/var/log/exim_mainlog"
#define CHUNK (256 * 1024) /* what is read at once */

TestSuite(deliver, .init = make_lab, .fini = remove_lab);

static bool deliver(char note[256], struct err *e)
{
	json_t *report = report_of("acct", "bob@example.com", NOW);
	json_t *actions = json_array();
	bool ok;

	*e = (struct err){0};
	ok = deliver_report(&lab, &config, report, actions, note, e);
	json_decref(report);
	json_decref(actions);
	return ok;
}

Test(deliver, gives_the_whole_mail_to_sendmail)
{
	char note[256];
	struct err e;

	snprintf(config.report_to, sizeof(config.report_to), "admin@example.net");
	snprintf(config.report_from, sizeof(config.report_from), "osm@example.net");
	cr_assert(deliver(note, &e), "%s", e.msg);
	cr_expect_str_eq(note, "");
	cr_expect(has_text("/sent", "-t -i -f osm@example.net\n"));
	cr_expect(has_text("/mail", "To: admin@example.net\n"));
	cr_expect(has_text("/mail", "osm show "));
}

Test(deliver, gives_no_option_for_a_sender)
{
	static const char *const rows[] = {"-oQ/tmp", "a b", "a@b\n", "", "a@b;x"};
	char note[256];
	struct err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("/sent", "");
		snprintf(config.report_from, sizeof(config.report_from), "%s", rows[i]);
		cr_assert(deliver(note, &e), "%s", e.msg);
		cr_expect(has_text("/sent", "-t -i -f root\n"), "%s", rows[i]);
	}
}

Test(deliver, uses_the_administrators_template_when_it_is_one)
{
	char note[256];
	struct err e;

	put(PATH_TEMPLATE, "Subject: mine [account]\n\nhello\n");
	cr_assert(deliver(note, &e), "%s", e.msg);
	cr_expect_str_eq(note, "");
	cr_expect(has_text("/mail", "Subject: mine acct\n"));
	put("/mail", "");
	put(PATH_TEMPLATE, "no\x1b mail\n");
	cr_assert(deliver(note, &e), "%s", e.msg);
	cr_expect_not_null(strstr(note, "the built-in one was used"), "%s", note);
	cr_expect_null(strchr(note, 0x1b));
	cr_expect(has_text("/mail", "Subject: osm on "));
	unlink(at(PATH_TEMPLATE));
	cr_assert_eq(mkdir(at(PATH_TEMPLATE), 0700), 0);
	cr_assert(deliver(note, &e), "%s", e.msg);
	cr_expect_not_null(strstr(note, "the built-in one was used"), "%s", note);
}

Test(deliver, tells_how_sendmail_failed)
{
	static const struct {
		const char *program, *want;
	} rows[] = {
		{"#!/bin/sh\n: '%s'\necho 'no \033route'; exit 75\n",
		 "(exit 75): no ?route"},
		{"#!/bin/sh\n: '%s'\nkill -9 $$\n", "(signal 9)"},
		{"#!/no/such/shell\n'%s'\n", "No such file"},
	};
	char note[256];
	struct err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_program(PATH_SENDMAIL, rows[i].program);
		cr_expect_not(deliver(note, &e));
		cr_expect_not_null(strstr(e.msg, rows[i].want), "%s", e.msg);
	}
	unlink(at(PATH_SENDMAIL));
	cr_expect_not(deliver(note, &e));
	cr_expect_not_null(strstr(e.msg, "No such file"), "%s", e.msg);
}

/* A log with before bytes, then text. */
static enum deliver_trace look(const json_t *report, size_t before, const char *text)
{
	FILE *f = fopen(at(EXIM_LOG), "w");

	cr_assert_not_null(f);
	for (size_t i = 0; i < before; i++)
		fputc('x', f);
	fputs(text, f);
	fclose(f);
	return deliver_look(&lab, &config, report);
}

Test(deliver, finds_a_mail_in_the_log)
{
	json_t *report = report_of("acct", "", NOW);
	char id[MAILTEXT_ID_SIZE], field[MAILTEXT_ID_SIZE + 8], other[64];

	cr_expect_eq(deliver_look(&lab, &config, report), DELIVER_UNKNOWN, "no log");
	snprintf(field, sizeof(field), " id=%s", mailtext_id(report, id));
	snprintf(other, sizeof(other), " id=osm-%032d@host.example", 0);
	cr_expect_eq(look(report, 0, ""), DELIVER_NOT_TAKEN);
	cr_expect_eq(look(report, 100, other), DELIVER_NOT_TAKEN);
	cr_expect_eq(look(report, 100, id), DELIVER_NOT_TAKEN, "not as a field");
	cr_expect_eq(look(report, 0, field), DELIVER_TAKEN);
	for (size_t back = 0; back <= strlen(field) + 1; back++)
		cr_expect_eq(look(report, CHUNK - back, field), DELIVER_TAKEN,
			     "%zu bytes before the border", back);
	cr_expect_eq(look(report, 3 * CHUNK, field), DELIVER_TAKEN);
	unlink(at(EXIM_LOG));
	cr_assert_eq(mkdir(at(EXIM_LOG), 0700), 0);
	cr_expect_eq(deliver_look(&lab, &config, report), DELIVER_UNKNOWN, "a folder");
	rmdir(at(EXIM_LOG));
	cr_assert_eq(mkfifo(at(EXIM_LOG), 0600), 0);
	cr_expect_eq(deliver_look(&lab, &config, report), DELIVER_UNKNOWN, "a pipe");
	json_decref(report);
}
