/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/cwdline.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME "2026-11-23 09:09:18 cwd="
#define TI "/usr/sbin/sendmail -t -i"

static void parse(const char *after_cwd, struct exim_line *out)
{
	static char line[EXIM_LINE_MAX];

	snprintf(line, sizeof(line), TIME "%s", after_cwd);
	eximline_parse(slice_str(line), out);
}

Test(cwdline, splits_path_and_arguments)
{
	static const struct {
		const char *why, *text, *path, *args;
		unsigned count;
	} rows[] = {
		{"plain", "/home/osmdave/public_html 3 args: " TI,
		 "/home/osmdave/public_html", TI, 3},
		{"blanks and brackets in the path",
		 "/home/osmfrank/public_html/my shop (new) 3 args: " TI,
		 "/home/osmfrank/public_html/my shop (new)", TI, 3},
		{"a false count in the path",
		 "/home/osmdave/public_html/a 3 args: /usr/sbin/sendmail -t 3 args: " TI,
		 "/home/osmdave/public_html/a 3 args: /usr/sbin/sendmail -t", TI, 3},
		{"two false counts in the path", "/h/a 1 args: 2 args: x 3 args: " TI,
		 "/h/a 1 args: 2 args: x", TI, 3},
		{"a false count in an argument",
		 "/home/osmcarol/public_html 5 args: " TI " -F \"x 9 args: y\"",
		 "/home/osmcarol/public_html", TI " -F \"x 9 args: y\"", 5},
		{"quotes in an argument",
		 "/home/osmcarol/public_html 5 args: " TI " -F \"say \"hi\" for x@y\"",
		 "/home/osmcarol/public_html", TI " -F \"say \"hi\" for x@y\"", 5},
		{"an escaped newline and a cwd in an argument",
		 "/home/osmcarol/public_html 5 args: " TI
		 " -F \"a\\n2026-01-01 00:00:00 cwd=/root 1 args: x\"",
		 "/home/osmcarol/public_html",
		 TI " -F \"a\\n2026-01-01 00:00:00 cwd=/root 1 args: x\"", 5},
		{"a sender with an arrow",
		 "/home/osmerin/public_html 5 args: " TI
		 " -f \"\"a <= b\"@evil.example\"",
		 "/home/osmerin/public_html", TI " -f \"\"a <= b\"@evil.example\"", 5},
		{"8-bit bytes",
		 "/home/osmbob/public_html/gr\303\274\303\237e/\346\227\245 3 args: " TI,
		 "/home/osmbob/public_html/gr\303\274\303\237e/\346\227\245", TI, 3},
		{"tab and control bytes", "/home/a/\t\033[31m 3 args: " TI,
		 "/home/a/\t\033[31m", TI, 3},
		{"a quote in the path", "/home/a/\"x 3 args: " TI, "/home/a/\"x", TI, 3},
		{"a blank at the end of the path", "/home/a/x  3 args: " TI, "/home/a/x ",
		 TI, 3},
		{"another account's home", "/home/osmalice/public_html 3 args: " TI,
		 "/home/osmalice/public_html", TI, 3},
		{"the root folder",
		 "/ 7 args: /usr/sbin/exim4 -t -oem -oi -f <> -E1xVPzk-0006l2-2q", "/",
		 "/usr/sbin/exim4 -t -oem -oi -f <> -E1xVPzk-0006l2-2q", 7},
		{"one argument", "/ 1 args: x", "/", "x", 1},
		{"an empty argument", "/ 3 args: a \"\" b", "/", "a \"\" b", 3},
		{"an empty argument at the end", "/ 2 args: a \"\"", "/", "a \"\"", 2},
		{"cut by 4.98", "/home/b 900 args: x -oi -o<trunc>", "/home/b",
		 "x -oi -o<trunc>", 900},
		{"cut by 4.96",
		 "/home/b 900 args: x -oi **** log string overflowed log buffer ****",
		 "/home/b", "x -oi **** log string overflowed log buffer ****", 900},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_line got;

		parse(rows[i].text, &got);
		cr_expect_eq(got.kind, EXIM_CWD, "%s", rows[i].why);
		cr_expect(slice_eq(got.path, slice_str(rows[i].path)), "%s: \"%.*s\"",
			  rows[i].why, (int)got.path.n, got.path.p);
		cr_expect(slice_eq(got.args, slice_str(rows[i].args)), "%s: \"%.*s\"",
			  rows[i].why, (int)got.args.n, got.args.p);
		cr_expect_eq(got.arg_count, rows[i].count, "%s", rows[i].why);
	}
}

Test(cwdline, refuses_what_does_not_fit)
{
	static const struct {
		const char *why, *text;
	} rows[] = {
		{"no path", ""},
		{"a folder that was deleted", "(failed) 3 args: x y z"},
		{"a relative path", "home 1 args: x"},
		{"a path only: a newline was in it", "/home/acct1/x"},
		{"no count", "/home args: x"},
		{"a count glued to the path", "/home1 args: x"},
		{"one argument too few", "/home/b 3 args: x y"},
		{"one argument too many", "/home/b 3 args: x y z a"},
		{"no arguments at all", "/home/b 1 args:"},
		{"zero", "/home/b 0 args: "},
		{"a count of six digits", "/home/b 100000 args: x<trunc>"},
		{"a cut list that is longer than its count",
		 "/home/b 1 args: x y<trunc>"},
		{"two blanks between arguments", "/home/b 2 args: x  y"},
		{"args: glued to the first one", "/home/b 1 args:x"},
		{"the same, with a longer one", "/home/b 1 args:xy"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_line got;

		parse(rows[i].text, &got);
		cr_expect_eq(got.kind, EXIM_BAD, "%s", rows[i].why);
		cr_expect_eq(got.why, EXIM_BAD_CWD, "%s", rows[i].why);
		cr_expect_eq(got.path.n + got.args.n, 0, "%s", rows[i].why);
	}
}

/* Whatever a sender puts behind -F, it stays one path. */
Test(cwdline, keeps_one_path_for_any_name)
{
	static const char *const names[] = {
		"x 9 args: y",		 "x 5 args: y", "x",	       "\" 1 args: \"y",
		"x\" 4 args: a b \"c d", "1 args:",	" 2 args: x y"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct exim_line got;
		char text[200];

		snprintf(text, sizeof(text), "/home/osmcarol 5 args: " TI " -F \"%s\"",
			 names[i]);
		parse(text, &got);
		cr_expect_eq(got.kind, EXIM_CWD, "%s", names[i]);
		cr_expect(slice_eq(got.path, SLICE("/home/osmcarol")), "%s: \"%.*s\"",
			  names[i], (int)got.path.n, got.path.p);
	}
}

Test(cwdline, gives_up_on_a_path_made_of_counts)
{
	static const struct {
		unsigned false_counts;
		bool read;
	} rows[] = {{0, true},	{1, true},   {62, true},
		    {63, true}, {64, false}, {400, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_line got;
		char text[EXIM_LINE_MAX / 2];
		size_t n = (size_t)sprintf(text, "/h");

		for (unsigned c = 0; c < rows[i].false_counts; c++)
			n += (size_t)sprintf(text + n, " 99999 args:");
		sprintf(text + n, " 3 args: " TI);
		parse(text, &got);
		cr_expect_eq(got.kind == EXIM_CWD, rows[i].read, "%u",
			     rows[i].false_counts);
	}
}

Test(cwdline, lists_arguments_one_by_one)
{
	static const struct {
		const char *why, *args, *want;
	} rows[] = {
		{"none", "", ""},
		{"plain", TI, "/usr/sbin/sendmail|-t|-i|"},
		{"quotes are taken off", "-F \"Web Shop\" -t", "-F|Web Shop|-t|"},
		{"an empty one", "a \"\" b", "a||b|"},
		{"an empty one at the end", "a \"\"", "a||"},
		{"quotes inside", "-F \"say \"hi\" x\"", "-F|say \"hi|x\"|"},
		{"a quote inside a word stays", "-fa\"b c", "-fa\"b|c|"},
		{"a quote that does not end", "-F \"a b", "-F|\"a|b|"},
		{"a quote alone", "\"", "\"|"},
		{"quotes that don't end after one that does", "\"a b\" \"c \"d",
		 "a b|\"c|\"d|"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exim_args rest = {.rest = slice_str(rows[i].args)};
		struct slice one;
		char got[200] = "";
		size_t n = 0;

		while (eximline_argument(&rest, &one) && n < 150)
			n += (size_t)sprintf(got + n, "%.*s|", (int)one.n, one.p);
		cr_expect_str_eq(got, rows[i].want, "%s", rows[i].why);
	}
}

/* A customer chooses path and arguments: to read them costs no more for it. */
Test(cwdline, opening_quotes_and_false_counts_cost_no_time, .timeout = 5)
{
	static char text[8100];
	struct exim_line line;
	size_t n = 0;

	n += (size_t)sprintf(text, "/home/a/");
	for (int i = 0; i < 64; i++)
		n += (size_t)sprintf(text + n, " 1 args: ");
	n += (size_t)sprintf(text + n, "x 3 args: ");
	while (n < sizeof(text) - 4)
		n += (size_t)sprintf(text + n, "\"a ");
	for (int i = 0; i < 500; i++)
		parse(text, &line);
	cr_expect_eq(line.kind, EXIM_BAD);
}
