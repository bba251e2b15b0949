/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/mailtext.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/file.h"
#include "osmd/model/report.h"

#define NOON 1790000000
#define HEAD "From: root\nTo: root\nSubject: x\n\n"

static json_t *report_of(const char *key, const char *subject, const char *line)
{
	struct report_head head = {.kind = "limit",
				   .trigger = TRIGGER_LOGLINE,
				   .account = SLICE("acct"),
				   .mailbox = SLICE("bob@example.com"),
				   .key = slice_str(key),
				   .host = SLICE("host.example"),
				   .limit = 0,
				   .interval_s = 60,
				   .made_at_s = NOON};
	struct report_builder *b = report_begin(&head, 10);
	struct event ev = {.type = EVENT_LOGLINE,
			   .certainty = CERTAINTY_CONFIRMED,
			   .at_s = NOON,
			   .account = head.account,
			   .subject = slice_str(subject),
			   .line = slice_str(line)};
	struct err e = {0};
	json_t *report;

	report_event(b, &ev);
	report = report_end(b);
	cr_assert(report_valid(report, &e), "%s", e.msg);
	return report;
}

/* The mail (to be freed), or NULL. */
static char *mail_of(const char *template, const json_t *report, const char *to,
		     const char *from)
{
	struct mailtext_input in = {.template = template ? slice_str(template)
							 : mailtext_template(),
				    .report = report,
				    .to = to,
				    .from = from};
	struct err e = {0};
	struct buf out;
	char *text = NULL;

	buf_init(&out, MAILTEXT_BYTES_MAX);
	if (mailtext_make(&in, &out, &e))
		text = strdup(buf_str(&out));
	else
		cr_expect_neq(e.code, 0);
	buf_clear(&out);
	return text;
}

/* The mail of a template and an otherwise plain report; does it have needle? */
static void expect(const char *template, const char *needle)
{
	json_t *report = report_of("bob@example.com", "pills", "a line");
	char *mail = mail_of(template, report, "", "");

	cr_assert_not_null(mail, "%s", template);
	cr_expect_not_null(strstr(mail, needle), "%s:\n%s", template, mail);
	free(mail);
	json_decref(report);
}

Test(mailtext, ships_the_template_that_is_built_in)
{
	char *text = NULL;
	struct err e = {0};
	size_t n;

	cr_assert(file_read("osmd/act/report.txt", 65536, &text, &n, &e), "%s", e.msg);
	cr_expect(slice_eq(mailtext_template(), (struct slice){text, n}));
	free(text);
}

Test(mailtext, knows_every_tag_of_its_own_template)
{
	json_t *report = report_of("bob@example.com", "pills", "a line");
	char *mail = mail_of(NULL, report, "", "");

	cr_assert_not_null(mail);
	cr_expect_null(strchr(strstr(mail, "\n\n"), '['), "%s", mail);
	cr_expect_not_null(strstr(mail, "Subject: osm on host.example: logline limit "
					"exceeded by bob@example.com\n"),
			   "%s", mail);
	cr_expect_not_null(strstr(mail, "1 confirmed"));
	cr_expect_not_null(strstr(mail, "\nCount:       1 messages, 1 recipients\n"),
			   "%s", mail);
	cr_expect_not_null(strstr(mail, "     1  100%  pills"));
	free(mail);
	json_decref(report);
}

Test(mailtext, replaces_tags_in_any_case_and_leaves_others)
{
	expect(HEAD "[ACCOUNT] [AcCoUnT]", "\n\nacct acct\n");
	expect(HEAD "[account", "\n\n[account\n");
	expect(HEAD "[accountant] [] [ account]", "\n\n[accountant] [] [ account]\n");
	expect(HEAD "[[account]]", "\n\n[acct]\n");
	expect(HEAD "[count]/[limit]/[interval]/[unit]", "\n\n1/0/60/messages\n");
	expect(HEAD "[first]", "\n\nMon Sep 21 14:13:20 2026 +0000\n");
	expect(HEAD "[ips]", "\n\n  none\n");
	expect(HEAD "a\r\nb\r\n", "\n\na\nb\n");
}

Test(mailtext, reads_no_tag_in_what_it_puts_in)
{
	json_t *report = report_of("[account]", "[hostname]", "[key]");
	char *mail = mail_of(HEAD "[key]|[subjects]|[text]", report, "", "");

	cr_expect_not_null(strstr(mail, "[account]|       1  100%  [hostname]|  [key]"),
			   "%s", mail);
	free(mail);
	json_decref(report);
}

Test(mailtext, lets_no_value_make_a_header)
{
	json_t *report =
		report_of("x\r\nBcc: evil@example.net\n\nbody", "x\nBcc: e@x", "");
	char *mail = mail_of("From: a[key]\nTo: b[key]\nSubject: [key] [subjects]\n"
			     "X-Key: [key]\n\n[key]\n[subjects]\n",
			     report, "", "");
	char *body = strstr(mail, "\n\n");

	cr_assert_not_null(body);
	for (const char *p = mail; p && p < body;
	     p = strchr(p, '\n'), p = p ? p + 1 : p) {
		static const char *const known[] = {
			"From: ",	    "To: ",	      "Subject: ",
			"X-Key: ",	    "Date: ",	      "Message-ID: ",
			"Auto-Submitted: ", "MIME-Version: ", "Content-"};
		bool ok = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			ok = ok || strncmp(p, known[i], strlen(known[i])) == 0;
		cr_expect(ok, "%s", mail);
	}
	cr_expect_not_null(strstr(mail, "\nTo: bxx0dx0aBccevil@example.netx0ax0abody\n"),
			   "%s", mail);
	cr_expect_not_null(strstr(body, "x\\x0d\\x0aBcc: evil@example.net"), "%s", body);
	free(mail);
	json_decref(report);
}

Test(mailtext, shows_what_hides)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"a\x1b[2Jb", "a\\x1b[2Jb"},
		{"a\x7f", "a\\x7f"},
		{"a\tb", "a\\x09b"},
		{"a\xc2\x9b!", "a\\u009b!"},
		{"a\xc2\xa0!", "a\\u00a0!"},
		{"a\xc2\xad!", "a\\u00ad!"},
		{"a\xd8\x9c!", "a\\u061c!"},
		{"a\xe3\x85\xa4!", "a\\u3164!"},
		{"a\xf3\xa0\x81\x81!", "a\\ue0041!"},
		{"a\xe2\x80\x8b!", "a\\u200b!"},
		{"a\xe2\x80\xa8!", "a\\u2028!"},
		{"a\xe2\x80\xae!", "a\\u202e!"},
		{"a\xe2\x81\xa6!", "a\\u2066!"},
		{"a\xef\xbb\xbf!", "a\\ufeff!"},
		{"a\xe2\x80\x90!", "a\xe2\x80\x90!"},
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		 "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *report = report_of(rows[i].text, "", "");
		char *mail = mail_of(HEAD "<[key]>", report, "", ""), want[64];

		snprintf(want, sizeof(want), "<%s>\n", rows[i].shown);
		cr_expect_not_null(strstr(mail, want), "%s", mail);
		free(mail);
		json_decref(report);
	}
}

Test(mailtext, shows_only_certainties_that_it_knows)
{
	json_t *report = report_of("k", "", "");
	char *mail;
	struct err e = {0};

	json_object_set_new(json_object_get(report, "certainty"), "x\n.\nBcc: y",
			    json_integer(1));
	cr_assert(report_valid(report, &e), "%s", e.msg);
	mail = mail_of(HEAD "[certainty]", report, "", "");
	cr_expect_null(strstr(mail, "Bcc"), "%s", mail);
	free(mail);
	json_decref(report);
}

Test(mailtext, takes_the_settings_addresses_before_the_templates)
{
	static const struct {
		const char *template, *to, *from, *want_to, *want_from;
	} rows[] = {
		{"From: t\nTo: t\n\nx", "", "", "To: t\n", "From: t\n"},
		{"Subject: x\n\nx", "", "", "To: root\n", "From: root\n"},
		{"From: t\nTo: t\n\nx", "a@b.c, d@e.f", "o@b.c", "To: a@b.c, d@e.f\n",
		 "From: o@b.c\n"},
		{"To: t\n\nx", "a@b.c\nBcc: z", "o\r\nX: y", "To: a@b.cBcc z\n",
		 "From: oX y\n"},
		{"To: t\n\nx", "\n<>", "<>", "To: t\n", "From: root\n"},
	};
	json_t *report = report_of("k", "", "");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *mail = mail_of(rows[i].template, report, rows[i].to, rows[i].from);

		cr_assert_not_null(mail);
		cr_expect_not_null(strstr(mail, rows[i].want_to), "%s", mail);
		cr_expect_not_null(strstr(mail, rows[i].want_from), "%s", mail);
		free(mail);
	}
	json_decref(report);
}

Test(mailtext, keeps_its_own_headers_its_own)
{
	json_t *report = report_of("k", "", "");
	char *mail = mail_of("message-id: <x@y>\nDATE: never\nSubject: s\n\nx", report,
			     "", ""),
	     id[MAILTEXT_ID_SIZE], want[MAILTEXT_ID_SIZE + 20];

	snprintf(want, sizeof(want), "Message-ID: <%s>\n", mailtext_id(report, id));
	cr_expect_not_null(strstr(mail, want), "%s", mail);
	cr_expect_null(strstr(mail, "x@y"));
	cr_expect_null(strstr(mail, "never"));
	free(mail);
	json_decref(report);
}

Test(mailtext, refuses_templates_that_are_no_mail)
{
	static const char *const rows[] = {"",
					   "just text",
					   "Subject: x\n",
					   "no header\n\nbody",
					   "Subject: x\n folded\n\nbody",
					   ": x\n\nbody",
					   "Sub ject: x\n\nbody",
					   "S\xc3\xbc: x\n\nbody"};
	json_t *report = report_of("k", "", "");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_null(mail_of(rows[i], report, "", ""), "%s", rows[i]);
	json_decref(report);
}

/* A template of n bytes made of one piece over and over. */
static char *many(const char *piece, size_t n)
{
	char *text = malloc(n + 1);
	size_t at = (size_t)sprintf(text, "%s", HEAD);

	while (at + strlen(piece) <= n)
		at += (size_t)sprintf(text + at, "%s", piece);
	while (at < n)
		text[at++] = ' ';
	text[n] = '\0';
	return text;
}

Test(mailtext, bounds_the_template_and_the_mail)
{
	char *line = many("x", 2000), *template;
	json_t *report = report_of("k", "", line);
	char *mail;

	template = many("x", MAILTEXT_TEMPLATE_MAX);
	mail = mail_of(template, report, "", "");
	cr_expect_not_null(mail, "just as large as allowed");
	free(mail);
	free(template);
	template = many("x", MAILTEXT_TEMPLATE_MAX + 1);
	cr_expect_null(mail_of(template, report, "", ""));
	free(template);
	template = many("[text]", 30000);
	cr_expect_null(mail_of(template, report, "", ""), "ten megabytes");
	free(template);
	template = many("[", MAILTEXT_TEMPLATE_MAX);
	mail = mail_of(template, report, "", "");
	cr_expect_not_null(mail);
	free(mail);
	free(template);
	free(line);
	json_decref(report);
}

Test(mailtext, wraps_long_lines_between_characters)
{
	for (size_t n = 980; n < 1000; n++) {
		char line[1100];
		json_t *report;
		char *mail, *from, *to;

		memset(line, 'x', n);
		snprintf(line + n, sizeof(line) - n, "%s", "\xe2\x82\xac\xe2\x82\xac");
		report = report_of("k", "", line);
		mail = mail_of(HEAD "[text]\n", report, "", "");
		for (from = mail; (to = strchr(from, '\n')); from = to + 1) {
			cr_expect_leq((size_t)(to - from), MAILTEXT_LINE_MAX);
			cr_expect_neq((unsigned char)*from & 0xc0, 0x80,
				      "%zu: cut inside", n);
		}
		free(mail);
		json_decref(report);
	}
}

Test(mailtext, makes_an_id_that_is_one_word)
{
	json_t *report = json_pack("{s:s, s:s}", "id", "0123", "host", "a b\r\n<c>.d@e");
	char id[MAILTEXT_ID_SIZE];

	cr_expect_str_eq(mailtext_id(report, id), "osm-0123@abc.de");
	json_object_set_new(report, "host", json_string("<>"));
	cr_expect_str_eq(mailtext_id(report, id), "osm-0123@localhost");
	json_decref(report);
}
