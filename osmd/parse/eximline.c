/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/eximline.h"

#include "osmd/parse/address.h"
#include "osmd/parse/arrival.h"
#include "osmd/parse/cwdline.h"
#include "osmd/parse/scan.h"
#include "osmd/parse/stamp.h"

static const struct slice overflow_text = SLICE("**** log string overflowed log buffer");

const char *exim_bad_name(enum exim_bad b)
{
	switch (b) {
	case EXIM_BAD_NONE:
		return "none";
	case EXIM_BAD_EMPTY:
		return "empty";
	case EXIM_BAD_NO_TIME:
		return "no-time";
	case EXIM_BAD_ARRIVAL:
		return "arrival";
	case EXIM_BAD_OPEN_SENDER:
		return "open-sender";
	case EXIM_BAD_CWD:
		return "cwd";
	case EXIM_BAD_LONG:
		return "long";
	case EXIM_BAD_COUNT:
		break;
	}
	return "unknown";
}

static void set_bad(struct exim_line *out, enum exim_bad why)
{
	out->kind = EXIM_BAD;
	out->why = why;
}

static bool contains(const char *p, const char *end, struct slice needle)
{
	return memmem(p, (size_t)(end - p), needle.p, needle.n) != NULL;
}

/* ---- cPanel's identification lines: KEY=value with a blank between ---- */

static void take_ident(struct exim_line *out, struct slice key, struct slice value)
{
	const struct {
		struct slice key;
		struct slice *field;
	} known[] = {
		{SLICE("A"), &out->address}, {SLICE("P"), &out->port},
		{SLICE("U"), &out->user},    {SLICE("ID"), &out->uid},
		{SLICE("D"), &out->domain},  {SLICE("S"), &out->sender},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_eq(key, known[i].key) && !known[i].field->n)
			*known[i].field = value;
}

/* All of it must be KEY=value; a value with a quote or a backslash may be an address that
 * holds blanks, and whatever follows one would be its writer's text. */
static bool read_idents(const char *p, const char *end, struct exim_line *out)
{
	while (p < end) {
		const char *after = scan_word(p, end);
		const char *eq = memchr(p, '=', (size_t)(after - p));

		if (!eq || eq == p)
			return false;
		for (const char *c = p; c < after; c++)
			if (*c == '"' || *c == '\\')
				return false;
		take_ident(out, scan_between(p, eq), scan_between(eq + 1, after));
		p = after < end ? after + 1 : end;
	}
	return out->user.n > 0;
}

static void forget_idents(struct exim_line *out)
{
	static const struct slice none;

	out->address = out->port = out->user = none;
	out->uid = out->domain = out->sender = none;
}

/* "... H=localhost A=127.0.0.1 P=45331 U=mailman ID=995 S=mailman B=..." A line without
 * A= and P= is about a forwarder, which sends nothing of its own. */
static void read_local_ident(const char *p, const char *end, struct exim_line *out)
{
	if (read_idents(p, end, out) && out->address.n && out->port.n)
		out->kind = EXIM_LOCAL_IDENT;
	else
		forget_idents(out);
}

static void read_nobody_ident(const char *p, const char *end, struct exim_line *out)
{
	if (read_idents(p, end, out))
		out->kind = EXIM_NOBODY_IDENT;
	else
		forget_idents(out);
}

/* "U=osmbob D=bobs-garage.example S=info@bobs-garage.example"; the sender is free text. */
static void read_sender_ident(const char *p, const char *end, struct exim_line *out)
{
	const char *user = p + 2, *user_end, *domain, *domain_end;

	if (!scan_starts(p, end, SLICE("U=")))
		return;
	user_end = scan_word(user, end);
	if (user_end == user || !scan_starts(user_end, end, SLICE(" D=")))
		return;
	domain = user_end + 3;
	domain_end = scan_word(domain, end);
	if (!scan_starts(domain_end, end, SLICE(" S=")))
		return;
	out->user = scan_between(user, user_end);
	out->domain = scan_between(domain, domain_end);
	out->sender = scan_between(domain_end + 3, end);
	out->kind = EXIM_SENDER_IDENT;
}

/* ---- what a line is, by the first bytes of its text ---- */

/* A refused message. A warning about an accepted one looks alike and may quote a HELO that
 * says "rejected": better to miss a refusal, after which the id does not come again. */
static bool is_rejected(const char *p, const char *end)
{
	if (!scan_starts(p, end, SLICE("H=")) && !scan_starts(p, end, SLICE("F=<")) &&
	    !scan_starts(p, end, SLICE("U=")))
		return false;
	return (contains(p, end, SLICE(" rejected after DATA")) ||
		contains(p, end, SLICE(" rejected by non-SMTP ACL")) ||
		contains(p, end, SLICE(" rejected by local_scan()")) ||
		contains(p, end, SLICE(" rejected during MIME ACL checks"))) &&
	       !contains(p, end, SLICE(" Warning: "));
}

static bool is_arrow(const char *p)
{
	static const char arrows[][2] = {{'=', '>'}, {'-', '>'}, {'*', '*'},
					 {'=', '='}, {'>', '>'}, {'*', '>'}};

	for (size_t i = 0; i < sizeof(arrows) / sizeof(arrows[0]); i++)
		if (!memcmp(p, arrows[i], 2))
			return true;
	return false;
}

/* "<= ", "(= " and the arrows of deliveries; false when the text begins with none. */
static bool read_arrow(const char *p, const char *end, struct exim_line *out)
{
	enum exim_bad why;

	if (end - p < 3 || p[2] != ' ')
		return false;
	if (p[1] == '=' && (p[0] == '<' || p[0] == '(')) {
		out->fake_reject = p[0] == '(';
		out->kind = EXIM_ARRIVAL;
		why = arrival_read(p + 3, end, out);
		if (why)
			set_bad(out, why);
		return true;
	}
	if (!is_arrow(p))
		return false;
	out->kind = EXIM_DELIVERY;
	out->arrow[0] = p[0];
	out->arrow[1] = p[1];
	out->field = scan_between(p + 3, end);
	return true;
}

static void read_text_of_id(const char *p, const char *end, struct exim_line *out)
{
	static const struct slice ident = SLICE("Sender identification ");
	static const struct slice outbound = SLICE("SMTP connection outbound ");
	static const struct slice completed = SLICE("Completed");

	out->kind = EXIM_ID_OTHER;
	if (read_arrow(p, end, out))
		return;
	if (scan_starts(p, end, ident)) {
		read_sender_ident(p + ident.n, end, out);
	} else if (scan_starts(p, end, outbound)) {
		out->kind = EXIM_OUTBOUND;
		out->field = scan_between(p + outbound.n, end);
	} else if (scan_starts(p, end, completed)) {
		if (p + completed.n == end || p[completed.n] == ' ')
			out->kind = EXIM_COMPLETED;
	} else if (scan_starts(p, end, overflow_text)) {
		out->kind = EXIM_OVERFLOW;
	} else if (is_rejected(p, end)) {
		out->kind = EXIM_REJECTED;
	} else if (slice_eq(scan_between(p, end), SLICE("<=")) ||
		   slice_eq(scan_between(p, end), SLICE("(="))) {
		set_bad(out, EXIM_BAD_ARRIVAL);
	}
}

static void read_text(const char *p, const char *end, struct exim_line *out)
{
	static const struct slice local = SLICE("SMTP connection identification ");
	static const struct slice nobody = SLICE("nobody send identification ");
	static const struct slice cwd = SLICE("cwd=");

	out->kind = EXIM_OTHER;
	if (scan_starts(p, end, cwd)) {
		if (cwdline_read(p + cwd.n, end, out))
			out->kind = EXIM_CWD;
		else
			set_bad(out, EXIM_BAD_CWD);
	} else if (scan_starts(p, end, local)) {
		read_local_ident(p + local.n, end, out);
	} else if (scan_starts(p, end, nobody)) {
		read_nobody_ident(p + nobody.n, end, out);
	} else if (scan_starts(p, end, overflow_text)) {
		out->kind = EXIM_OVERFLOW;
	}
}

void eximline_parse(struct slice line, struct exim_line *out)
{
	const char *text;

	memset(out, 0, sizeof(*out));
	if (!line.n) {
		set_bad(out, EXIM_BAD_EMPTY);
		return;
	}
	if (line.n > EXIM_LINE_MAX) {
		set_bad(out, EXIM_BAD_LONG);
		return;
	}
	text = stamp_read(line, out);
	if (!text)
		set_bad(out, EXIM_BAD_NO_TIME);
	else if (out->id.n)
		read_text_of_id(text, line.p + line.n, out);
	else
		read_text(text, line.p + line.n, out);
}

void eximline_parse_cut(struct slice first, struct exim_line *out)
{
	eximline_parse(first, out);
	set_bad(out, EXIM_BAD_LONG);
}

/* ---- going through what a line lists ---- */

bool eximline_recipient(struct slice *rest, struct slice *address)
{
	const char *p = rest->p;
	const char *end, *after;

	if (!rest->n)
		return false;
	end = p + rest->n;
	after = address_skip(p, end);
	if (!after || (after < end && *after != ' '))
		after = end; /* the piece that a cut has left */
	*address = scan_between(p, after);
	*rest = scan_between(after < end ? after + 1 : end, end);
	return true;
}

bool eximline_argument(struct exim_args *args, struct slice *arg)
{
	struct slice *rest = &args->rest;
	const char *end, *after;

	if (!rest->n)
		return false;
	end = rest->p + rest->n;
	after = cwdline_skip_arg(rest->p, end, &args->unclosed);
	*arg = scan_between(rest->p, after);
	if (arg->n >= 2 && arg->p[0] == '"' && after[-1] == '"')
		*arg = scan_between(arg->p + 1, after - 1);
	*rest = scan_between(after < end ? after + 1 : end, end);
	return true;
}

/* "\ooo" at p, of which Exim writes the values of a byte only. */
static bool read_octal(const char *p, const char *end, char *byte)
{
	unsigned value = 0;

	if (end - p < 4 || p[1] > '3')
		return false;
	for (int i = 1; i < 4; i++) {
		if (p[i] < '0' || p[i] > '7')
			return false;
		value = value * 8 + (unsigned)(p[i] - '0');
	}
	*byte = (char)value;
	return true;
}

size_t eximline_unescape(struct slice escaped, char *out)
{
	static const char letters[] = "nrtbfv\\\"";
	static const char bytes[] = "\n\r\t\b\f\v\\\"";
	const char *p = escaped.p;
	const char *end;
	size_t n = 0;

	if (!escaped.n)
		return 0;
	for (end = p + escaped.n; p < end; n++) {
		const char *known = NULL;

		if (*p == '\\' && end - p > 1)
			known = memchr(letters, p[1], sizeof(letters) - 1);
		if (known) {
			out[n] = bytes[known - letters];
			p += 2;
		} else if (*p == '\\' && read_octal(p, end, &out[n])) {
			p += 4;
		} else {
			out[n] = *p++;
		}
	}
	return n;
}
