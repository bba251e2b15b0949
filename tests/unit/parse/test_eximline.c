/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/eximline.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "tests/data/"
#define TIME "2026-11-23 09:05:48 "
#define ID "1xVPzg-0006b4-2C "

static const char *const kind_names[] = {
	[EXIM_ARRIVAL] = "ARRIVAL",
	[EXIM_CWD] = "CWD",
	[EXIM_DELIVERY] = "DELIVERY",
	[EXIM_COMPLETED] = "COMPLETED",
	[EXIM_SENDER_IDENT] = "SENDER_IDENT",
	[EXIM_OUTBOUND] = "OUTBOUND",
	[EXIM_LOCAL_IDENT] = "LOCAL_IDENT",
	[EXIM_NOBODY_IDENT] = "NOBODY_IDENT",
	[EXIM_REJECTED] = "REJECTED",
	[EXIM_OVERFLOW] = "OVERFLOW",
	[EXIM_ID_OTHER] = "ID_OTHER",
	[EXIM_OTHER] = "OTHER",
	[EXIM_BAD] = "BAD",
};
static const char *const bad_names[] = {"NONE",	       "EMPTY", "NO_TIME", "ARRIVAL",
					"OPEN_SENDER", "CWD",	"LONG"};
static const char *const protocol_names[] = {"LOCAL", "SMTP", "SMTP_AUTH"};

static bool is_text(struct slice got, const char *want)
{
	return slice_eq(got, slice_str(want));
}

/* ---- the kinds ---- */

Test(eximline, tells_the_kinds_apart)
{
	static const struct {
		const char *why, *text;
		enum exim_kind kind;
	} rows[] = {
		{"delivered", ID "=> a@b R=lookuphost T=remote_smtp", EXIM_DELIVERY},
		{"in the same transaction", ID "-> a@b R=r T=t", EXIM_DELIVERY},
		{"cut-through", ID ">> a@b R=r T=t", EXIM_DELIVERY},
		{"suppressed with -N", ID "*> a@b R=r T=t", EXIM_DELIVERY},
		{"failed", ID "** x@fail1.example: Unrouteable address", EXIM_DELIVERY},
		{"deferred", ID "== a@b R=enforce_hold defer (-1): \"hold\"",
		 EXIM_DELIVERY},
		{"an arrow without a blank", ID "=>a@b", EXIM_ID_OTHER},
		{"an arrow that is none", ID "<> a@b", EXIM_ID_OTHER},
		{"done", ID "Completed", EXIM_COMPLETED},
		{"done, +queue_time_overall", ID "Completed QT=3s", EXIM_COMPLETED},
		{"a longer word", ID "Completedly", EXIM_ID_OTHER},
		{"charged to an account",
		 ID
		 "Sender identification U=osmbob D=bobs-garage.example S=i@bobs.example",
		 EXIM_SENDER_IDENT},
		{"no account in it", ID "Sender identification U= D=d S=s",
		 EXIM_ID_OTHER},
		{"no domain in it", ID "Sender identification U=a S=s", EXIM_ID_OTHER},
		{"no sender in it", ID "Sender identification U=a D=d", EXIM_ID_OTHER},
		{"other order", ID "Sender identification D=d U=a S=s", EXIM_ID_OTHER},
		{"the same without an id", "Sender identification U=a D=d S=s",
		 EXIM_OTHER},
		{"leaves the server",
		 ID "SMTP connection outbound 1795424748 " ID "d a@b", EXIM_OUTBOUND},
		{"refused after DATA",
		 ID
		 "H=([192.168.1.20]) [203.0.113.38]:32815 F=<i@a> A=d:i@a rejected after "
		 "DATA: spam",
		 EXIM_REJECTED},
		{"refused on the command line",
		 ID "F=<o@s> rejected by non-SMTP ACL: spam", EXIM_REJECTED},
		{"refused by local_scan", ID "F=<o@s> rejected by local_scan(): no",
		 EXIM_REJECTED},
		{"a recipient only: no id",
		 "H=(x) [203.0.113.14]:5 F=<i@a> rejected RCPT <d>: no", EXIM_OTHER},
		{"a warning, with a HELO that says rejected",
		 ID "H=(x rejected after DATA: ) [203.0.113.7]:5 Warning: \"ok\"",
		 EXIM_ID_OTHER},
		{"a delivery that speaks of a refusal",
		 ID "** a@b: 550 rejected after DATA: spam", EXIM_DELIVERY},
		{"free text that speaks of a refusal",
		 ID "x rejected after DATA: ", EXIM_ID_OTHER},
		{"overflow with an id", ID "**** log string overflowed log buffer ****",
		 EXIM_OVERFLOW},
		{"overflow without", "**** log string overflowed log buffer ****",
		 EXIM_OVERFLOW},
		{"an id and no text", "1xVPzg-0006b4-2C", EXIM_ID_OTHER},
		{"frozen", ID "Message is frozen", EXIM_ID_OTHER},
		{"spool trouble", ID "Format error in spool file", EXIM_ID_OTHER},
		{"connection", "SMTP connection from [203.0.113.11]:42965", EXIM_OTHER},
		{"its end",
		 "SMTP connection from (User-PC) [203.0.113.56]:43077 closed by QUIT",
		 EXIM_OTHER},
		{"a HELO that says identification",
		 "SMTP connection from (SMTP connection identification A=127.0.0.1 P=1 "
		 "U=x) "
		 "[203.0.113.5]:4 closed by QUIT",
		 EXIM_OTHER},
		{"no reverse DNS", "no host name found for IP address 203.0.113.56",
		 EXIM_OTHER},
		{"wrong password",
		 "dovecot_plain authenticator failed for (D) [203.0.113.40]:49123: 535 "
		 "Incorrect authentication data (set_id=info@alice-shop.example)",
		 EXIM_OTHER},
		{"queue run", "Start queue run: pid=23702", EXIM_OTHER},
		{"an arrival without an id", "<= a@b U=u P=local S=1", EXIM_OTHER},
		{"time and blank only", "", EXIM_OTHER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_line got;
		char line[400];

		snprintf(line, sizeof(line), TIME "%s", rows[i].text);
		eximline_parse(slice_str(line), &got);
		cr_expect_eq(got.kind, rows[i].kind, "%s: %s", rows[i].why,
			     kind_names[got.kind]);
	}
}

Test(eximline, reads_identifications)
{
	static const struct {
		const char *why, *text, *user, *uid, *address, *port, *domain, *sender;
		enum exim_kind kind;
	} rows[] = {
		{"mailing list",
		 "SMTP connection identification H=localhost A=127.0.0.1 "
		 "P=45331 U=mailman ID=995 S=mailman B=identify_local_connection",
		 "mailman", "995", "127.0.0.1", "45331", "", "mailman", EXIM_LOCAL_IDENT},
		{"over IPv6",
		 "SMTP connection identification H=localhost A=::1 P=5 U=u ID=1", "u",
		 "1", "::1", "5", "", "", EXIM_LOCAL_IDENT},
		{"no port to join it by",
		 "SMTP connection identification H=localhost A=127.0.0.1 U=u ID=1", "",
		 "", "", "", "", "", EXIM_OTHER},
		{"a forwarder has no connection",
		 "SMTP connection identification D=d O=a@d E=b@e M=x U=u ID=1 B=redirect",
		 "", "", "", "", "", "", EXIM_OTHER},
		{"no user", "SMTP connection identification H=l A=127.0.0.1 P=5 ID=1", "",
		 "", "", "", "", "", EXIM_OTHER},
		{"an address with blanks, in quotes",
		 "SMTP connection identification H=h A=127.0.0.1 P=1 E=\"x U=v\"@e U=u "
		 "ID=1",
		 "", "", "", "", "", "", EXIM_OTHER},
		{"an address with a blank, behind a backslash",
		 "SMTP connection identification H=h A=127.0.0.1 P=1 E=x\\ U=v@e U=u "
		 "ID=1",
		 "", "", "", "", "", "", EXIM_OTHER},
		{"a word that is no KEY=value",
		 "SMTP connection identification H=h A=127.0.0.1 P=1 x U=u ID=1", "", "",
		 "", "", "", "", EXIM_OTHER},
		{"the first of two counts",
		 "SMTP connection identification A=127.0.0.1 P=1 U=u ID=1 U=v ID=2", "u",
		 "1", "127.0.0.1", "1", "", "", EXIM_LOCAL_IDENT},
		{"the web server for an account",
		 "nobody send identification H=localhost A=127.0.0.1 U=acct1 ID=1001 B=b "
		 "M=q",
		 "acct1", "1001", "127.0.0.1", "", "", "", EXIM_NOBODY_IDENT},
		{"for nobody at all", "nobody send identification H=localhost ID=1001",
		 "", "", "", "", "", "", EXIM_OTHER},
		{"charge",
		 ID "Sender identification U=osmbob D=bobs.example S=i@bobs.example",
		 "osmbob", "", "", "", "bobs.example", "i@bobs.example",
		 EXIM_SENDER_IDENT},
		{"charge, with a sender that imitates one",
		 ID "Sender identification U=osmbob D=d S=\"x U=root D=e S=y\"@z",
		 "osmbob", "", "", "", "d", "\"x U=root D=e S=y\"@z", EXIM_SENDER_IDENT},
		{"charge without a domain or sender",
		 ID "Sender identification U=osmbob D= S=", "osmbob", "", "", "", "", "",
		 EXIM_SENDER_IDENT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_line got;
		char line[400];

		snprintf(line, sizeof(line), TIME "%s", rows[i].text);
		eximline_parse(slice_str(line), &got);
		cr_expect_eq(got.kind, rows[i].kind, "%s", rows[i].why);
		cr_expect(is_text(got.user, rows[i].user), "%s: U=", rows[i].why);
		cr_expect(is_text(got.uid, rows[i].uid), "%s: ID=", rows[i].why);
		cr_expect(is_text(got.address, rows[i].address), "%s: A=", rows[i].why);
		cr_expect(is_text(got.port, rows[i].port), "%s: P=", rows[i].why);
		cr_expect(is_text(got.domain, rows[i].domain), "%s: D=", rows[i].why);
		cr_expect(is_text(got.sender, rows[i].sender), "%s: S=", rows[i].why);
	}
}

/* ---- lines of odd length and odd bytes ---- */

Test(eximline, takes_lines_up_to_the_bound)
{
	static const struct {
		size_t n;
		enum exim_bad bad;
		const char *why;
	} rows[] = {
		{0, EXIM_BAD_EMPTY, "empty: a swallowed arrival of 4.96"},
		{1, EXIM_BAD_NO_TIME, "shorter than a time"},
		{18, EXIM_BAD_NO_TIME, "one short of a time"},
		{19, EXIM_BAD_NONE, "a time and nothing else"},
		{20, EXIM_BAD_NONE, "a time and a blank"},
		{8192, EXIM_BAD_NONE, "the longest of Exim's"},
		{EXIM_LINE_MAX - 1, EXIM_BAD_NONE, "one below the bound"},
		{EXIM_LINE_MAX, EXIM_BAD_NONE, "at the bound"},
		{EXIM_LINE_MAX + 1, EXIM_BAD_LONG, "one above"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *line = malloc(rows[i].n + 20);
		struct exim_line got;

		memcpy(line, TIME, 20);
		memset(line + 20, 'x', rows[i].n);
		eximline_parse((struct slice){line, rows[i].n}, &got);
		cr_expect_eq(got.why, rows[i].bad, "%s: %s", rows[i].why,
			     exim_bad_name(got.why));
		cr_expect_eq(got.kind, rows[i].bad ? EXIM_BAD : EXIM_OTHER, "%s",
			     rows[i].why);
		free(line);
	}
}

Test(eximline, reads_past_nul_bytes)
{
	static const struct {
		const char *why;
		struct slice line;
		enum exim_kind kind;
	} rows[] = {
		{"in a path", SLICE(TIME "cwd=/home/a\0b 1 args: x"), EXIM_CWD},
		{"in a HELO",
		 SLICE(TIME ID "<= f@x H=(a\0b) [192.0.2.1]:2 P=esmtp S=3 for a@b"),
		 EXIM_ARRIVAL},
		{"in a subject",
		 SLICE(TIME ID "<= f@x U=u P=local S=3 T=\"a\0b\" for a@b"),
		 EXIM_ARRIVAL},
		{"in a plain sender", SLICE(TIME ID "<= f\0@x U=u P=local S=3 for a@b"),
		 EXIM_BAD},
		{"in a recipient", SLICE(TIME ID "<= f@x U=u P=local S=3 for a\0@b"),
		 EXIM_BAD},
		{"in the time", SLICE("2026-11-23 09:05:4\0 x"), EXIM_BAD},
		{"in an id", SLICE(TIME "1xVPzg-0006b4-2\0 <= f@x U=u P=local S=3"),
		 EXIM_OTHER},
		{"behind Completed", SLICE(TIME ID "Completed\0"), EXIM_ID_OTHER},
		{"alone", SLICE("\0"), EXIM_BAD},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_line got;

		eximline_parse(rows[i].line, &got);
		cr_expect_eq(got.kind, rows[i].kind, "%s: %s", rows[i].why,
			     kind_names[got.kind]);
	}
}

Test(eximline, fills_the_struct_anew)
{
	struct exim_line got, fresh;

	memset(&fresh, 0, sizeof(fresh));
	eximline_parse(slice_str(TIME ID "Completed"), &fresh);
	eximline_parse(slice_str(TIME "cwd=/ 1 args: x"), &got);
	eximline_parse(slice_str(TIME ID "Completed"), &got);
	cr_expect(!got.path.n && !got.args.n && !got.arg_count);
	cr_expect_eq(got.kind, fresh.kind);
	cr_expect_eq(got.utc_offset_s, fresh.utc_offset_s);
}

Test(eximline, names_every_reason)
{
	for (int b = 0; b < EXIM_BAD_COUNT; b++)
		for (int c = 0; c < b; c++)
			cr_expect_str_neq(exim_bad_name((enum exim_bad)b),
					  exim_bad_name((enum exim_bad)c));
	cr_expect_str_eq(exim_bad_name(EXIM_BAD_OPEN_SENDER), "open-sender");
	cr_expect_str_eq(exim_bad_name(EXIM_BAD_COUNT), "unknown");
}

/* ---- lists and escapes ---- */

Test(eximline, lists_recipients_one_by_one)
{
	static const struct {
		const char *why, *list, *want;
	} rows[] = {
		{"none", "", ""},
		{"one", "a@b.example", "a@b.example|"},
		{"a bare user", "root a@b", "root|a@b|"},
		{"twice the same", "a@b a@b", "a@b|a@b|"},
		{"blanks in quotes", "\"a b\"@c \"x T=\\\"y\\\" for z\"@d e@f",
		 "\"a b\"@c|\"x T=\\\"y\\\" for z\"@d|e@f|"},
		{"a blank behind a backslash", "a\\ b@c d@e", "a\\ b@c|d@e|"},
		{"a piece that a cut has left", "a@b \"c d", "a@b|\"c d|"},
		{"a piece without a domain", "a@b c@", "a@b|c@|"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice rest = slice_str(rows[i].list), one;
		char got[200] = "";
		size_t n = 0;

		while (eximline_recipient(&rest, &one) && n < 150)
			n += (size_t)sprintf(got + n, "%.*s|", (int)one.n, one.p);
		cr_expect_str_eq(got, rows[i].want, "%s", rows[i].why);
	}
}

Test(eximline, undoes_the_escapes_of_a_subject)
{
	/* what Exim logged for a subject, and the subject */
	static const struct {
		const char *why;
		struct slice escaped, want;
	} rows[] = {
		{"nothing", SLICE(""), SLICE("")},
		{"plain", SLICE("Your invoice"), SLICE("Your invoice")},
		{"quotes", SLICE("He said \\\"yes\\\""), SLICE("He said \"yes\"")},
		{"a backslash at the end", SLICE("ends \\\\"), SLICE("ends \\")},
		{"backslash and quote", SLICE("\\\\\\\" U=root"), SLICE("\\\" U=root")},
		{"a backslash before a letter is none",
		 SLICE("a\\\\nb\\\\t\\\\303\\\\274"), SLICE("a\\nb\\t\\303\\274")},
		{"UTF-8", SLICE("Caf\\303\\251 Angebot"), SLICE("Caf\303\251 Angebot")},
		{"four bytes", SLICE("\\360\\237\\216\\201"), SLICE("\360\237\216\201")},
		{"newline", SLICE("hello\\n 2026"), SLICE("hello\n 2026")},
		{"short forms", SLICE("\\b\\f\\r\\v\\t"), SLICE("\b\f\r\v\t")},
		{"bell, escape, delete", SLICE("\\007\\033\\177"), SLICE("\007\033\177")},
		{"a raw tab", SLICE("a\tb"), SLICE("a\tb")},
		{"NUL", SLICE("a\\000b"), SLICE("a\0b")},
		{"the largest byte", SLICE("\\377"), SLICE("\377")},
		{"no byte", SLICE("\\400"), SLICE("\\400")},
		{"no octal digit", SLICE("\\08x\\1"), SLICE("\\08x\\1")},
		{"a cut escape", SLICE("\\30"), SLICE("\\30")},
		{"a backslash and nothing", SLICE("a\\"), SLICE("a\\")},
		{"an unknown letter", SLICE("\\q"), SLICE("\\q")},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice in = {malloc(rows[i].escaped.n + 1), rows[i].escaped.n};
		char *out = malloc(in.n ? in.n : 1);
		struct slice got = {out, 0};

		memcpy((char *)in.p, rows[i].escaped.p, in.n);
		got.n = eximline_unescape(in, out);
		cr_expect(slice_eq(got, rows[i].want), "%s: \"%.*s\"", rows[i].why,
			  (int)got.n, got.p);
		free((char *)in.p);
		free(out);
	}
}

/* ---- kept samples ---- */

struct field {
	const char *name;
	struct slice got;
};

static void expect_flag(const json_t *row, const char *name, bool got, const char *why)
{
	cr_expect_eq(json_is_true(json_object_get(row, name)), got, "%s: %s", why, name);
}

static void expect_number(const json_t *row, const char *name, int64_t got,
			  const char *why)
{
	cr_expect_eq(json_integer_value(json_object_get(row, name)), got, "%s: %s is %ld",
		     why, name, (long)got);
}

static const char *text_of(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

/* What a row doesn't name must be empty, zero or false; of a bad line only the id counts. */
static void expect_sample(const json_t *row)
{
	const char *why = text_of(row, "why"), *bad = text_of(row, "bad");
	const char *protocol = text_of(row, "protocol"), *arrow = text_of(row, "arrow");
	struct exim_line l;

	eximline_parse(slice_str(text_of(row, "line")), &l);
	cr_expect_str_eq(kind_names[l.kind], text_of(row, "kind"), "%s", why);
	cr_expect_str_eq(bad_names[l.why], bad ? bad : "NONE", "%s", why);
	cr_expect_str_eq(protocol_names[l.protocol], protocol ? protocol : "LOCAL", "%s",
			 why);
	cr_expect(!arrow || !memcmp(arrow, l.arrow, 2), "%s", why);
	cr_expect(is_text(l.id, text_of(row, "id")), "%s: the id", why);
	if (l.kind == EXIM_BAD)
		return;
	const struct field fields[] = {
		{"id", l.id},		{"sender", l.sender},
		{"cause", l.cause},	{"helo", l.helo},
		{"address", l.address}, {"port", l.port},
		{"user", l.user},	{"auth", l.auth},
		{"subject", l.subject}, {"path", l.path},
		{"args", l.args},	{"recipients", l.recipients},
		{"domain", l.domain},	{"uid", l.uid},
		{"field", l.field},	{"pid", l.pid},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		cr_expect(is_text(fields[i].got, text_of(row, fields[i].name)),
			  "%s: %s is \"%.*s\"", why, fields[i].name, (int)fields[i].got.n,
			  fields[i].got.n ? fields[i].got.p : "");
	expect_flag(row, "has_subject", l.has_subject, why);
	expect_flag(row, "fake_reject", l.fake_reject, why);
	expect_flag(row, "truncated", l.truncated, why);
	expect_flag(row, "has_zone", l.has_zone, why);
	expect_number(row, "recipient_count", l.recipient_count, why);
	expect_number(row, "arg_count", l.arg_count, why);
	expect_number(row, "utc_offset_s", l.utc_offset_s, why);
}

Test(eximline, reads_every_kept_sample)
{
	json_t *rows = json_load_file(DATA "exim/samples.json", JSON_ALLOW_NUL, NULL);
	json_t *row;
	size_t i;

	cr_assert_gt(json_array_size(rows), 100);
	json_array_foreach(rows, i, row) expect_sample(row);
	json_decref(rows);
}

/* ---- real logs ---- */

/* Every line of Exim's that is an arrival by its first bytes must be read, but for those that
 * Exim itself has damaged. */
static void expect_log(const char *path, unsigned arrivals,
		       const unsigned bad[EXIM_BAD_COUNT])
{
	unsigned got[EXIM_BAD_COUNT] = {0}, read = 0;
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	cr_assert(f, "%s", path);
	while ((n = getline(&line, &room, f)) > 0) {
		struct exim_line l;

		eximline_parse((struct slice){line, (size_t)n - 1}, &l);
		got[l.why]++;
		read += l.kind == EXIM_ARRIVAL;
	}
	cr_expect_eq(read, arrivals, "%s: %u arrivals", path, read);
	for (int b = EXIM_BAD_EMPTY; b < EXIM_BAD_COUNT; b++)
		cr_expect_eq(got[b], bad[b], "%s: %s %u", path,
			     exim_bad_name((enum exim_bad)b), got[b]);
	free(line);
	fclose(f);
}

/* The arrivals are the lines with " <= " behind the id, less the bad ones; a forged line that
 * fits the grammar counts as read here, since its text alone can't tell. */
Test(eximline, reads_real_logs_whole)
{
	static const unsigned of_496[EXIM_BAD_COUNT] = {
		[EXIM_BAD_EMPTY] = 5,
		[EXIM_BAD_NO_TIME] = 4,
		[EXIM_BAD_ARRIVAL] = 1 /* the forged T=x */,
		[EXIM_BAD_OPEN_SENDER] = 2,
	};
	static const unsigned of_498[EXIM_BAD_COUNT] = {
		[EXIM_BAD_EMPTY] = 4,
		[EXIM_BAD_NO_TIME] = 1,
		[EXIM_BAD_ARRIVAL] = 4 /* that, and three cut inside the HELO */,
		[EXIM_BAD_OPEN_SENDER] = 2,
	};
	static const unsigned of_pid[EXIM_BAD_COUNT] = {
		[EXIM_BAD_EMPTY] = 4,
		[EXIM_BAD_NO_TIME] = 4,
		[EXIM_BAD_ARRIVAL] = 1,
		[EXIM_BAD_OPEN_SENDER] = 2,
	};

	expect_log(DATA "exim-small/mainlog", 699, of_496);
	expect_log(DATA "exim-small/variants/exim-4.98.2/mainlog", 397, of_498);
	expect_log(DATA "exim-small/variants/pid-msec-tz/mainlog", 397, of_pid);
}
