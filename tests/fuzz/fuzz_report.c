/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Report documents from any bytes, and made of events of any bytes: one that is taken for
 * valid can be mailed, and nothing in it becomes a header, a control byte or a line that is
 * too long.
 */
#include <stdlib.h>
#include <string.h>

#include "osmd/act/mailtext.h"
#include "osmd/model/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every tag in a header, in addresses and in the body. */
#define TAGS                                                                             \
	"[hostname] [time] [id] [kind] [type] [account] [owner] [domain] [mailbox] "     \
	"[key] [limit] [interval] [unit] [count] [recipients] [first] [last] "           \
	"[confidence] [certainty] [headline] [testing] [ips] [paths] [subjects] "        \
	"[senders] [ids] [text] [notes] [actions]"

static const char all_tags[] = "From: a[key]\nTo: [mailbox] [key] [text]\n"
			       "Cc: [hostname] [subjects]\nSubject: " TAGS "\n"
			       "X-Osm: " TAGS "\n\n" TAGS "\n";

static void must(bool claim)
{
	if (!claim)
		abort();
}

static bool header_known(struct slice line)
{
	static const char *const known[] = {"From: ",
					    "To: ",
					    "Cc: ",
					    "Subject: ",
					    "X-Osm: ",
					    "Date: ",
					    "Message-ID: <osm-",
					    "Auto-Submitted: auto-generated",
					    "MIME-Version: 1.0",
					    "Content-Type: text/plain; charset=UTF-8",
					    "Content-Transfer-Encoding: 8bit"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_starts(line, slice_str(known[i])))
			return true;
	return false;
}

static void check_mail(struct slice mail)
{
	struct slice line;
	bool in_headers = true;

	must(mail.n && mail.p[mail.n - 1] == '\n');
	for (size_t i = 0; i < mail.n; i++) {
		unsigned char c = (unsigned char)mail.p[i];

		must(c == '\n' || (c >= 0x20 && c != 0x7f));
	}
	while (slice_cut(&mail, '\n', &line)) {
		must(line.n <= MAILTEXT_LINE_MAX);
		if (in_headers && line.n == 0)
			in_headers = false;
		else if (in_headers)
			must(header_known(line));
	}
	must(!in_headers);
}

static void mail_with(struct slice template, const json_t *report)
{
	struct mailtext_input in = {.template = template,
				    .report = report,
				    .actions = json_object_get(report, "actions"),
				    .to = "",
				    .from = ""};
	struct buf out;
	struct err e = {0};

	buf_init(&out, MAILTEXT_BYTES_MAX);
	/* The one built in must always make a mail: it is what is left when another fails. */
	if (mailtext_make(&in, &out, &e))
		check_mail(buf_view(&out));
	else
		must(template.p != mailtext_template().p && e.code);
	buf_clear(&out);
}

static void check_document(const json_t *report)
{
	struct err e = {0};

	if (!report_valid(report, &e)) {
		must(e.code && e.msg[0]);
		return;
	}
	mail_with(mailtext_template(), report);
	mail_with((struct slice){all_tags, sizeof(all_tags) - 1}, report);
}

static struct slice take(struct slice *bytes)
{
	struct slice piece = {bytes->p, 0};

	if (!slice_cut(bytes, '\n', &piece)) {
		piece = *bytes;
		bytes->n = 0;
	}
	return piece;
}

/* What our own builder makes of any bytes is valid: no stranger can keep a report from
 * being stored. */
static void build(struct slice bytes)
{
	struct report_head head = {.kind = "limit",
				   .trigger = TRIGGER_LOGLINE_SUBJECT,
				   .limit = 1,
				   .interval_s = 60,
				   .made_at_s = 1790000000};
	struct report_builder *b;
	struct err e = {0};
	json_t *report;

	head.account = take(&bytes);
	head.mailbox = take(&bytes);
	head.key = take(&bytes);
	head.host = take(&bytes);
	b = report_begin(&head, 50);
	must(b != NULL);
	while (bytes.n) {
		struct event ev = {.type = EVENT_LOGLINE,
				   .certainty = (enum certainty)(bytes.n % 5),
				   .at_s = (int64_t)bytes.n * 1000};

		ev.line = bytes;
		ev.subject = take(&bytes);
		ev.sender = take(&bytes);
		ev.path = take(&bytes);
		ev.message_id = take(&bytes);
		report_event(b, &ev);
	}
	report = report_end(b);
	must(report && report_valid(report, &e));
	check_document(report);
	json_decref(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size};
	json_t *report =
		json_loadb(bytes.p ? bytes.p : "", size, JSON_REJECT_DUPLICATES, NULL);

	if (report)
		check_document(report);
	json_decref(report);
	build(bytes);
	return 0;
}
