/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/csffile.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Settings as "KEY=value;", problems as "line:text;". */
struct heard {
	struct buf settings, problems;
	unsigned line; /* of the last setting */
};

static void on_setting(const struct csf_setting *s, void *ctx)
{
	struct heard *h = ctx;

	buf_slice(&h->settings, s->key);
	buf_putc(&h->settings, '=');
	buf_slice(&h->settings, s->value);
	buf_putc(&h->settings, ';');
	h->line = s->line;
}

static void on_problem(unsigned line, const char *text, void *ctx)
{
	struct heard *h = ctx;

	buf_printf(&h->problems, "%u:%s;", line, text);
}

static size_t hear(struct slice text, struct heard *h)
{
	char *copy = calloc(text.n ? text.n : 1, 1);
	size_t problems;

	*h = (struct heard){.line = 0};
	buf_init(&h->settings, 1 << 20);
	buf_init(&h->problems, 1 << 20);
	if (text.n)
		memcpy(copy, text.p, text.n);
	problems = csffile_read((struct slice){copy, text.n}, on_setting, on_problem, h);
	free(copy);
	return problems;
}

static void forget(struct heard *h)
{
	buf_clear(&h->settings);
	buf_clear(&h->problems);
}

Test(csffile, reads_settings_as_csf_does)
{
	static const struct {
		const char *why;
		struct slice text;
		const char *want;
	} rows[] = {
		{"an empty file", SLICE(""), ""},
		{"as csf writes it", SLICE("TESTING = \"1\"\n"), "TESTING=1;"},
		{"no blanks", SLICE("A=\"1\"\n"), "A=1;"},
		{"blanks and tabs around", SLICE(" \tA\t =\t \"1\" \t\n"), "A=1;"},
		{"no LF at the end", SLICE("A = \"1\""), "A=1;"},
		{"CR LF", SLICE("A = \"1\"\r\nB = \"2\"\r\n"), "A=1;B=2;"},
		{"an empty value", SLICE("A = \"\"\n"), "A=;"},
		{"blanks in the value stay", SLICE("A = \" x \"\n"), "A= x ;"},
		{"from the first to the last quote", SLICE("A = \"a \"b\" c\"\n"),
		 "A=a \"b\" c;"},
		{"a comment behind", SLICE("A = \"1\" # one\n"), "A=1;"},
		{"a quote in the comment behind counts", SLICE("A = \"1\" # \"one\"\n"),
		 "A=1\" # \"one;"},
		{"text before the first quote", SLICE("A = x \"1\"\n"), "A=1;"},
		{"an = in the value", SLICE("A = \"b=c\"\n"), "A=b=c;"},
		{"comments", SLICE("# A = \"1\"\n  # B = \"2\"\n#C\n"), ""},
		{"no = at all", SLICE("A\n\n \nInclude /etc/x\nB = \"2\"\n"), "B=2;"},
		{"names keep their case", SLICE("a = \"1\"\nA = \"2\"\n"), "a=1;A=2;"},
		{"UTF-8 with a byte 0x85", SLICE("A = \"\xe2\x80\x85\"\n"),
		 "A=\xe2\x80\x85;"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard h;

		cr_expect_eq(hear(rows[i].text, &h), 0, "%s: %s", rows[i].why,
			     buf_str(&h.problems));
		cr_expect_str_eq(buf_str(&h.settings), rows[i].want, "%s", rows[i].why);
		forget(&h);
	}
}

Test(csffile, tells_each_problem_with_its_line)
{
	static const struct {
		const char *why;
		struct slice text;
		const char *settings, *line, *part; /* line: how the problem begins */
	} rows[] = {
		{"no quotes", SLICE("\nA = 1\nB = \"2\"\n"), "B=2;", "2:A: ", "quotes"},
		{"one quote", SLICE("A = \"1\n"), "", "1:A: ", "quotes"},
		{"no value", SLICE("A =\n"), "", "1:A: ", "quotes"},
		{"no name", SLICE("= \"1\"\n"), "", "1:", "no name"},
		{"a blank in the name", SLICE("A B = \"1\"\n"), "", "1:A B: ", "blank"},
		{"twice", SLICE("A = \"1\"\nB = \"2\"\nA = \"3\"\n"), "A=1;B=2;",
		 "3:A: ", "line 1"},
		{"the same value twice", SLICE("A = \"1\"\nA = \"1\"\n"), "A=1;",
		 "2:A: ", "repeated"},
		{"a CR inside", SLICE("A = \"1\"\rB = \"2\"\n"), "", "1:", "CR"},
		{"two CR", SLICE("A = \"1\"\r\r\n"), "", "1:", "CR"},
		{"a CR in a comment", SLICE("# x\rA = \"1\"\n"), "", "1:", "CR"},
		{"a vertical tab", SLICE("A = \"1\vB\"\n"), "", "1:", "VT"},
		{"a form feed", SLICE("A = \"1\fB\"\n"), "", "1:", "FF"},
		{"a bare 0x85", SLICE("A = \"1\x85\"\n"), "", "1:", "NEL"},
		{"a name of control bytes is not shown", SLICE("A\001 = 1\n"), "",
		 "1:the ", "quotes"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard h;

		cr_expect_eq(hear(rows[i].text, &h), 1, "%s", rows[i].why);
		cr_expect_str_eq(buf_str(&h.settings), rows[i].settings, "%s",
				 rows[i].why);
		cr_expect(slice_starts(buf_view(&h.problems), slice_str(rows[i].line)),
			  "%s: %s", rows[i].why, buf_str(&h.problems));
		cr_expect(strstr(buf_str(&h.problems), rows[i].part), "%s: %s",
			  rows[i].why, buf_str(&h.problems));
		forget(&h);
	}
}

Test(csffile, counts_every_line)
{
	struct heard h;

	cr_expect_eq(hear(SLICE("# a\n\nA = 1\nx\nB = 2\n\nC = \"3\""), &h), 2);
	cr_expect(strstr(buf_str(&h.problems), "3:A"));
	cr_expect(strstr(buf_str(&h.problems), "5:B"));
	cr_expect_eq(h.line, 7);
	forget(&h);
}

Test(csffile, reads_without_anybody_listening)
{
	cr_expect_eq(
		csffile_read(SLICE("A = \"1\"\nA = 1\nA = \"2\"\n"), NULL, NULL, NULL),
		2);
}

Test(csffile, sets_one_value_and_leaves_all_other_bytes)
{
	static const struct {
		const char *why;
		struct slice text;
		const char *key, *value, *want;
	} rows[] = {
		{"the only one", SLICE("A = \"1\"\n"), "A", "22", "A = \"22\"\n"},
		{"the same value", SLICE("A = \"1\"\n"), "A", "1", "A = \"1\"\n"},
		{"to empty", SLICE("A = \"1\"\n"), "A", "", "A = \"\"\n"},
		{"from empty", SLICE("A=\"\""), "A", "x", "A=\"x\""},
		{"blanks and the comment stay", SLICE(" A\t=  \"1\"  # one\n"), "A", "2",
		 " A\t=  \"2\"  # one\n"},
		{"the second of three", SLICE("# x\nA = \"1\"\nB = \"2\"\nC = \"3\"\n"),
		 "B", "zwei", "# x\nA = \"1\"\nB = \"zwei\"\nC = \"3\"\n"},
		{"CR LF stays", SLICE("A = \"1\"\r\nB = \"2\"\r\n"), "A", "9",
		 "A = \"9\"\r\nB = \"2\"\r\n"},
		{"quotes inside the old value go", SLICE("A = \"a \"b\" c\"\n"), "A", "x",
		 "A = \"x\"\n"},
		{"a comment of that name is no setting", SLICE("#A = \"1\"\n"), "A", "2",
		 "#A = \"1\"\nA = \"2\"\n"},
		{"a longer name is another", SLICE("AB = \"1\"\n"), "A", "2",
		 "AB = \"1\"\nA = \"2\"\n"},
		{"another case is another name", SLICE("a = \"1\"\n"), "A", "2",
		 "a = \"1\"\nA = \"2\"\n"},
		{"into an empty file", SLICE(""), "A", "1", "A = \"1\"\n"},
		{"behind a line without LF", SLICE("B = \"1\""), "A", "2",
		 "B = \"1\"\nA = \"2\"\n"},
		{"behind CR LF", SLICE("B = \"1\"\r\n"), "A", "2",
		 "B = \"1\"\r\nA = \"2\"\r\n"},
		{"problems of others stay", SLICE("B = 1\nA = \"1\"\nC = \"\n"), "A", "2",
		 "B = 1\nA = \"2\"\nC = \"\n"},
		{"8-bit values", SLICE("A = \"1\"\n"), "A", "gr\xc3\xbc\xc3\x9f",
		 "A = \"gr\xc3\xbc\xc3\x9f\"\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out;

		buf_init(&out, 4096);
		cr_expect(csffile_set(rows[i].text, slice_str(rows[i].key),
				      slice_str(rows[i].value), &out),
			  "%s", rows[i].why);
		cr_expect_str_eq(buf_str(&out), rows[i].want, "%s", rows[i].why);
		buf_clear(&out);
	}
}

Test(csffile, refuses_to_set_what_could_not_be_read_back)
{
	static const struct {
		const char *why;
		struct slice text, key, value;
	} rows[] = {
		{"the name is there twice", SLICE("A = \"1\"\nA = \"2\"\n"), SLICE("A"),
		 SLICE("3")},
		{"once without quotes", SLICE("A = 1\n"), SLICE("A"), SLICE("3")},
		{"once with, once without", SLICE("A = \"1\"\nA = 2\n"), SLICE("A"),
		 SLICE("3")},
		{"a quote in the value", SLICE(""), SLICE("A"), SLICE("a\"b")},
		{"a newline in the value", SLICE(""), SLICE("A"), SLICE("a\nB = \"1\"")},
		{"a CR in the value", SLICE(""), SLICE("A"), SLICE("a\r")},
		{"a tab in the value", SLICE(""), SLICE("A"), SLICE("a\tb")},
		{"a NUL in the value", SLICE(""), SLICE("A"), SLICE("a\0")},
		{"a delete in the value", SLICE(""), SLICE("A"), SLICE("a\177")},
		{"a bare 0x85 in the value", SLICE(""), SLICE("A"), SLICE("a\x85")},
		{"no name", SLICE(""), SLICE(""), SLICE("1")},
		{"a blank in the name", SLICE(""), SLICE("A B"), SLICE("1")},
		{"a blank behind the name", SLICE(""), SLICE("A "), SLICE("1")},
		{"an = in the name", SLICE(""), SLICE("A=B"), SLICE("1")},
		{"a quote in the name", SLICE(""), SLICE("\"A\""), SLICE("1")},
		{"a name that is a comment", SLICE(""), SLICE("#A"), SLICE("1")},
		{"a newline in the name", SLICE(""), SLICE("A\nB"), SLICE("1")},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out;

		buf_init(&out, 4096);
		cr_expect_not(csffile_set(rows[i].text, rows[i].key, rows[i].value, &out),
			      "%s", rows[i].why);
		cr_expect_eq(buf_view(&out).n, 0, "%s", rows[i].why);
		buf_clear(&out);
	}
}

Test(csffile, says_when_the_text_does_not_fit)
{
	static const struct {
		size_t limit;
		bool fits;
	} rows[] = {{8, false}, {9, true}, {10, true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out;

		buf_init(&out, rows[i].limit);
		cr_expect_eq(
			csffile_set(SLICE("A = \"1\"\n"), SLICE("A"), SLICE("22"), &out),
			rows[i].fits, "%zu bytes", rows[i].limit);
		buf_clear(&out);
	}
}
