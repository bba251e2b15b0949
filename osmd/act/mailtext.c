/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/mailtext.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "osmd/base/jsonread.h"
#include "osmd/base/utf8.h"
#include "osmd/model/event.h"

#define HEADER_VALUE_MAX 900 /* with its name below RFC 5322's 998 */
#define VALUE_BYTES_MAX (512 * 1024)
#define TAG_MAX 24

/* The same text as osmd/act/report.txt; a test compares them. */
static const char default_template[] =
	"From: root\n"
	"To: root\n"
	"Subject: [testing]osm on [hostname]: [headline]\n"
	"\n"
	"[testing][headline]\n"
	"\n"
	"Time:        [time]\n"
	"Report:      [id]\n"
	"Trigger:     [type], more than [limit] [unit] in [interval] seconds\n"
	"Account:     [account]\n"
	"Owner:       [owner]\n"
	"Domain:      [domain]\n"
	"Mailbox:     [mailbox]\n"
	"Key:         [key]\n"
	"Count:       [counted]\n"
	"First:       [first]\n"
	"Last:        [last]\n"
	"Certainty:   [confidence] ([certainty])\n"
	"\n"
	"Actions:\n"
	"\n"
	"[actions]\n"
	"\n"
	"Notes:\n"
	"\n"
	"[notes]\n"
	"\n"
	"Addresses:\n"
	"\n"
	"[ips]\n"
	"\n"
	"Paths:\n"
	"\n"
	"[paths]\n"
	"\n"
	"Possible scripts:\n"
	"\n"
	"[scripts]\n"
	"\n"
	"Files that may have sent it (a guess, nothing acts on it):\n"
	"\n"
	"[candidates]\n"
	"\n"
	"Web requests:\n"
	"\n"
	"[requests]\n"
	"\n"
	"Subjects:\n"
	"\n"
	"[subjects]\n"
	"\n"
	"Senders:\n"
	"\n"
	"[senders]\n"
	"\n"
	"Destinations:\n"
	"\n"
	"[destinations]\n"
	"\n"
	"Processes:\n"
	"\n"
	"[processes]\n"
	"\n"
	"Log entries (a sample; strangers can choose most of this text):\n"
	"\n"
	"[text]\n"
	"\n"
	"All of the report:  osm show [id]\n"
	"Undo all of it:     osm undo [id]\n";

struct slice mailtext_template(void)
{
	return (struct slice){default_template, sizeof(default_template) - 1};
}

/* How a tag's value is found in the report. */
enum value_kind {
	VALUE_TEXT,   /* a string or a number */
	VALUE_TIME,   /* seconds since the epoch */
	VALUE_COUNTS, /* [{value, count}] */
	VALUE_LINES,  /* ["..."] */
	VALUE_COUNTED,
	VALUE_CERTAINTY,
	VALUE_HEADLINE,
	VALUE_TESTING,
	VALUE_FILES, /* [{path, size, owner, mtime_iso, why}] */
	VALUE_ACTIONS
};

struct tag {
	const char *name, *field;
	enum value_kind kind;
};

static const struct tag tags[] = {
	{"hostname", "host", VALUE_TEXT},
	{"time", "time", VALUE_TIME},
	{"id", "id", VALUE_TEXT},
	{"kind", "kind", VALUE_TEXT},
	{"type", "type", VALUE_TEXT},
	{"account", "account", VALUE_TEXT},
	{"owner", "owner", VALUE_TEXT},
	{"domain", "domain", VALUE_TEXT},
	{"mailbox", "mailbox", VALUE_TEXT},
	{"key", "key", VALUE_TEXT},
	{"limit", "limit", VALUE_TEXT},
	{"interval", "interval", VALUE_TEXT},
	{"unit", "unit", VALUE_TEXT},
	{"count", "count", VALUE_TEXT},
	{"recipients", "recipients", VALUE_TEXT},
	{"counted", "", VALUE_COUNTED},
	{"first", "first", VALUE_TIME},
	{"last", "last", VALUE_TIME},
	{"confidence", "confidence", VALUE_TEXT},
	{"certainty", "certainty", VALUE_CERTAINTY},
	{"headline", "", VALUE_HEADLINE},
	{"testing", "testing", VALUE_TESTING},
	{"ips", "source_ips", VALUE_COUNTS},
	{"paths", "paths", VALUE_COUNTS},
	{"subjects", "subjects", VALUE_COUNTS},
	{"senders", "senders", VALUE_COUNTS},
	{"destinations", "destinations", VALUE_COUNTS},
	{"processes", "processes", VALUE_COUNTS},
	{"scripts", "scripts", VALUE_COUNTS},
	{"requests", "requests", VALUE_COUNTS},
	{"candidates", "candidates", VALUE_FILES},
	{"ids", "message_ids", VALUE_LINES},
	{"text", "lines", VALUE_LINES},
	{"notes", "notes", VALUE_LINES},
	{"actions", "", VALUE_ACTIONS},
};

static void put_safe(struct buf *out, struct slice s)
{
	while (s.n) {
		unsigned char first = (unsigned char)s.p[0];
		uint32_t cp = first;
		size_t used = utf8_next(s, &cp);

		if (used == 0 || first < 0x20 || first == 0x7f)
			buf_printf(out, "\\x%02x", first);
		else if (utf8_is_treacherous(cp))
			buf_printf(out, "\\u%04x", (unsigned)cp);
		else
			buf_add(out, s.p, used);
		s.p += used ? used : 1;
		s.n -= used ? used : 1;
	}
}

static void put_value(struct buf *out, const json_t *v)
{
	if (json_is_string(v))
		put_safe(out, json_string_slice(v));
	else if (json_is_integer(v))
		buf_printf(out, "%lld", (long long)json_integer_value(v));
}

/* As lfd writes it: ctime and the zone. */
static void put_time(struct buf *out, const json_t *v)
{
	time_t at = (time_t)json_integer_value(v);
	char text[64];
	struct tm tm;

	if (gmtime_r(&at, &tm) &&
	    strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y +0000", &tm))
		buf_puts(out, text);
}

static void put_list(struct buf *out, const json_t *list)
{
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		buf_puts(out, i ? "\n  " : "  ");
		if (json_is_object(row)) {
			const json_t *share = json_object_get(row, "share");

			buf_printf(out, "%6lld  ",
				   (long long)json_integer_value(
					   json_object_get(row, "count")));
			if (share)
				buf_printf(out, "%3lld%%  ",
					   (long long)json_integer_value(share));
			row = json_object_get(row, "value");
		}
		put_value(out, row);
	}
	if (!json_array_size(list))
		buf_puts(out, "  none");
}

static void put_files(struct buf *out, const json_t *list)
{
	static const char *const rest[][2] = {{"\n          ", "size"},
					      {" bytes, of ", "owner"},
					      {", changed ", "mtime_iso"},
					      {": ", "why"}};
	const json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		buf_puts(out, i ? "\n  " : "  ");
		put_value(out, json_object_get(row, "path"));
		for (size_t k = 0; k < sizeof(rest) / sizeof(rest[0]); k++) {
			buf_puts(out, rest[k][0]);
			put_value(out, json_object_get(row, rest[k][1]));
		}
	}
	if (!json_array_size(list))
		buf_puts(out, "  none");
}

/* Connections have no recipients, nor have lines that were forged. */
static void put_counted(struct buf *out, const json_t *report)
{
	const bool is_limit = strcmp(json_text(report, "kind"), "limit") == 0;
	const bool is_mail = strcmp(json_text(report, "event"), "packet") != 0;

	put_value(out, json_object_get(report, "count"));
	buf_puts(out, !is_limit ? " events" : is_mail ? " messages, " : " connections");
	if (!is_limit || !is_mail)
		return;
	put_value(out, json_object_get(report, "recipients"));
	buf_puts(out, " recipients");
}

static void put_certainty(struct buf *out, const json_t *counts)
{
	const char *between = "";

	/* Only the names that we know: a document may have others. */
	for (int c = CERTAINTY_UNKNOWN; c <= CERTAINTY_KERNEL; c++) {
		const char *name = certainty_name((enum certainty)c);
		long long n = json_integer_value(json_object_get(counts, name));

		if (n <= 0)
			continue;
		buf_printf(out, "%s%lld %s", between, n, name);
		between = ", ";
	}
}

static void put_headline(struct buf *out, const json_t *report)
{
	const char *kind = json_string_value(json_object_get(report, "kind"));
	const json_t *who = json_object_get(report, "mailbox");

	if (!json_string_length(who))
		who = json_object_get(report, "account");
	if (kind && strcmp(kind, "forgery") == 0) {
		buf_puts(out, "forged log lines by ");
	} else if (kind && strcmp(kind, "hidden") == 0) {
		buf_puts(out, "mail hidden from the log by ");
	} else {
		put_value(out, json_object_get(report, "type"));
		buf_puts(out, " limit exceeded by ");
	}
	if (json_string_length(who))
		put_value(out, who);
	else
		buf_puts(out, "somebody who can't be named");
}

static void put_actions(struct buf *out, const json_t *actions)
{
	const json_t *a;
	size_t i;

	json_array_foreach(actions, i, a)
	{
		const json_t *detail = json_object_get(a, "detail");
		const json_t *undo = json_object_get(a, "undo");

		buf_puts(out, i ? "\n  " : "  ");
		put_value(out, json_object_get(a, "action"));
		buf_putc(out, ' ');
		put_value(out, json_object_get(a, "target"));
		buf_puts(out, ": ");
		put_value(out, json_object_get(a, "state"));
		if (json_string_length(detail)) {
			buf_puts(out, ", ");
			put_value(out, detail);
		}
		if (json_string_length(undo)) {
			buf_puts(out, "\n      undo it:  ");
			put_value(out, undo);
		}
	}
	if (!json_array_size(actions))
		buf_puts(out, "  none");
}

static void put_tag(struct buf *out, const struct tag *t, const struct mailtext_input *in)
{
	const json_t *v = json_object_get(in->report, t->field);

	switch (t->kind) {
	case VALUE_TEXT:
		put_value(out, v);
		break;
	case VALUE_TIME:
		put_time(out, v);
		break;
	case VALUE_COUNTS:
	case VALUE_LINES:
		put_list(out, v);
		break;
	case VALUE_COUNTED:
		put_counted(out, in->report);
		break;
	case VALUE_CERTAINTY:
		put_certainty(out, v);
		break;
	case VALUE_HEADLINE:
		put_headline(out, in->report);
		break;
	case VALUE_TESTING:
		buf_puts(out, json_is_true(v) ? "TESTING: " : "");
		break;
	case VALUE_FILES:
		put_files(out, v);
		break;
	case VALUE_ACTIONS:
		put_actions(out, in->actions);
		break;
	}
}

static const struct tag *find_tag(struct slice name)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (slice_eq_nocase(name, slice_str(tags[i].name)))
			return &tags[i];
	return NULL;
}

/* Is this the start of a known tag? Its length in the template. */
static const struct tag *tag_at(struct slice s, size_t *length)
{
	struct slice name;

	if (!s.n || s.p[0] != '[')
		return NULL;
	s.p++;
	s.n--;
	if (!slice_cut(&s, ']', &name) || name.n > TAG_MAX)
		return NULL;
	*length = name.n + 2;
	return find_tag(name);
}

static bool is_address_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr(".@_=+-", c));
}

/* A value inside a header: one line of printable ASCII, or of an address's bytes. */
static void put_header_value(struct buf *out, struct slice value, bool is_address)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (is_address && !is_address_byte(c))
			continue;
		buf_putc(out, c == '\n' ? ' ' : c >= 0x20 && c < 0x7f ? c : '?');
	}
}

/* Replace the tags of one template line. */
static void expand(struct slice line, const struct mailtext_input *in, bool is_header,
		   bool is_address, struct buf *out)
{
	struct buf value;

	buf_init(&value, VALUE_BYTES_MAX);
	while (line.n) {
		size_t length = 1;
		const struct tag *t = tag_at(line, &length);

		if (!t) {
			if (*line.p != '\r' && *line.p != '\0')
				buf_putc(out, *line.p);
			length = 1;
		} else if (is_header) {
			buf_reset(&value);
			put_tag(&value, t, in);
			put_header_value(out, buf_view(&value), is_address);
		} else {
			put_tag(out, t, in);
		}
		line.p += length;
		line.n -= length;
	}
	buf_clear(&value);
}

static bool name_is_one_of(struct slice name, const char *const *names)
{
	for (; *names; names++)
		if (slice_eq_nocase(name, slice_str(*names)))
			return true;
	return false;
}

static bool is_header_name(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= 0x20 || name.p[i] >= 0x7f)
			return false;
	return name.n > 0 && name.n < 64;
}

/* osm.conf's address, or the template's, or root. */
static void put_address(struct buf *out, const char *name, const char *configured,
			struct slice from_template)
{
	size_t before;

	buf_printf(out, "%s: ", name);
	before = out->n;
	for (const char *p = configured; *p; p++)
		if (is_address_byte(*p) || *p == ',' || *p == ' ')
			buf_putc(out, *p);
	if (out->n == before)
		buf_slice(out, from_template);
	if (out->n == before)
		buf_puts(out, "root");
	buf_putc(out, '\n');
}

struct headers {
	struct buf to, from, rest;
};

static bool read_header(struct slice line, const struct mailtext_input *in,
			struct headers *h)
{
	static const char *const ours[] = {"Message-ID",
					   "Date",
					   "MIME-Version",
					   "Content-Type",
					   "Auto-Submitted",
					   "Content-Transfer-Encoding",
					   NULL};
	static const char *const addresses[] = {"To",	  "From",     "Cc", "Bcc",
						"Sender", "Reply-To", NULL};
	struct slice name;
	struct buf *to = &h->rest;
	size_t start;

	if (!slice_cut(&line, ':', &name) || !is_header_name(name))
		return false;
	if (name_is_one_of(name, ours))
		return true;
	if (slice_eq_nocase(name, SLICE("To")))
		to = &h->to;
	else if (slice_eq_nocase(name, SLICE("From")))
		to = &h->from;
	else
		buf_printf(to, "%.*s: ", (int)name.n, name.p);
	start = to->n;
	expand(slice_trim(line), in, true, name_is_one_of(name, addresses), to);
	if (to->n > start + HEADER_VALUE_MAX)
		to->n = start + HEADER_VALUE_MAX;
	if (to == &h->rest)
		buf_putc(to, '\n');
	return true;
}

static bool read_headers(struct slice *text, const struct mailtext_input *in,
			 struct headers *h, struct err *e)
{
	struct slice line;

	while (slice_cut(text, '\n', &line)) {
		if (!slice_trim(line).n)
			return true;
		if (!read_header(line, in, h))
			return err_set(e, EINVAL, "template: '%.*s' is no header line",
				       (int)(line.n < 60 ? line.n : 60), line.p);
	}
	return err_set(e, EINVAL, "template: no empty line after the headers");
}

static void put_headers(const struct mailtext_input *in, const struct headers *h,
			struct buf *out)
{
	time_t at = (time_t)json_integer_value(json_object_get(in->report, "time"));
	char date[64] = "", id[MAILTEXT_ID_SIZE];
	struct tm tm;

	put_address(out, "From", in->from, buf_view(&h->from));
	put_address(out, "To", in->to, buf_view(&h->to));
	buf_slice(out, buf_view(&h->rest));
	if (gmtime_r(&at, &tm) &&
	    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm))
		buf_printf(out, "Date: %s\n", date);
	buf_printf(out, "Message-ID: <%s>\n", mailtext_id(in->report, id));
	buf_puts(out, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
		      "Content-Type: text/plain; charset=UTF-8\n"
		      "Content-Transfer-Encoding: 8bit\n\n");
}

/* Lines of at most MAILTEXT_LINE_MAX bytes, never cut inside a character. */
static void put_wrapped(struct buf *out, struct slice text)
{
	struct slice line;

	while (text.n) {
		if (!slice_cut(&text, '\n', &line)) {
			line = text;
			text.n = 0;
		}
		while (line.n > MAILTEXT_LINE_MAX) {
			size_t cut = MAILTEXT_LINE_MAX;

			while (cut > MAILTEXT_LINE_MAX - 4 &&
			       ((unsigned char)line.p[cut] & 0xc0) == 0x80)
				cut--;
			buf_add(out, line.p, cut);
			buf_putc(out, '\n');
			line.p += cut;
			line.n -= cut;
		}
		buf_slice(out, line);
		buf_putc(out, '\n');
	}
}

bool mailtext_make(const struct mailtext_input *in, struct buf *out, struct err *e)
{
	struct slice text = in->template;
	struct headers h;
	struct buf body;
	bool ok;

	buf_init(&h.to, MAILTEXT_BYTES_MAX);
	buf_init(&h.from, MAILTEXT_BYTES_MAX);
	buf_init(&h.rest, MAILTEXT_BYTES_MAX);
	buf_init(&body, MAILTEXT_BYTES_MAX);
	ok = text.n <= MAILTEXT_TEMPLATE_MAX || err_set(e, EFBIG, "template: too large");
	ok = ok && read_headers(&text, in, &h, e);
	if (ok) {
		put_headers(in, &h, out);
		expand(text, in, false, false, &body);
		put_wrapped(out, buf_view(&body));
		ok = (buf_ok(out) && buf_ok(&body) && buf_ok(&h.rest) && buf_ok(&h.to) &&
		      buf_ok(&h.from)) ||
		     err_set(e, EFBIG, "the mail is too large");
	}
	buf_clear(&h.to);
	buf_clear(&h.from);
	buf_clear(&h.rest);
	buf_clear(&body);
	return ok;
}

const char *mailtext_id(const json_t *report, char out[MAILTEXT_ID_SIZE])
{
	const char *id = json_string_value(json_object_get(report, "id"));
	const char *host = json_string_value(json_object_get(report, "host"));
	size_t n = (size_t)snprintf(out, MAILTEXT_ID_SIZE, "osm-%.64s@", id ? id : "");
	size_t start = n;

	for (; host && *host && n + 1 < MAILTEXT_ID_SIZE; host++)
		if (is_address_byte(*host) && !strchr("@_=+", *host))
			out[n++] = *host;
	out[n] = '\0';
	if (n == start)
		snprintf(out + n, MAILTEXT_ID_SIZE - n, "localhost");
	return out;
}
