/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct merged {
	struct buf text, names;
};

static void on_added(const char *name, void *ctx)
{
	struct merged *m = ctx;

	buf_printf(&m->names, "%s ", name);
}

static void merge(struct merged *m, const char *text)
{
	buf_init(&m->text, 1 << 20);
	buf_init(&m->names, 1 << 16);
	cr_assert(options_merge(slice_str(text), &m->text, on_added, m));
}

static void clear(struct merged *m)
{
	buf_clear(&m->text);
	buf_clear(&m->names);
}

static char *template(void)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	options_template(&text);
	return text.p;
}

/* The text without the lines from the one that holds `from` to before the one that holds `to`. */
static char *without(const char *text, const char *from, const char *to)
{
	char *copy = strdup(text), *a = strstr(copy, from), *b = strstr(a, to);

	while (a > copy && a[-1] != '\n')
		a--;
	while (b > copy && b[-1] != '\n')
		b--;
	memmove(a, b, strlen(b) + 1);
	return copy;
}

static void ignore(unsigned line, const char *text, void *ctx)
{
	(void)line;
	(void)text;
	(void)ctx;
}

static void loads(struct merged *m)
{
	struct config c;

	cr_assert_eq(options_load(buf_view(&m->text), &c, ignore, NULL), 0);
}

Test(options_merge, leaves_a_whole_file_as_it_is)
{
	char *text = template();
	struct merged m;

	merge(&m, text);
	cr_assert_str_eq(buf_str(&m.text), text);
	cr_assert_str_eq(buf_str(&m.names), "");
	clear(&m);
	free(text);
}

Test(options_merge, puts_a_missing_group_back_where_the_template_has_it)
{
	char *text = template();
	char *cut = without(text, "REPORT_DAYS = ", "REPORT_LINES = ");
	struct merged m;

	/* without its line, but with its comment: as somebody may have left it */
	merge(&m, cut);
	cr_assert_str_eq(buf_str(&m.names), "REPORT_DAYS ");
	cr_assert(strstr(buf_str(&m.text), "\nREPORT_DAYS = \"30\"\n"));
	cr_assert(strstr(buf_str(&m.text), "REPORT_STORE = ") <
		  strstr(buf_str(&m.text), "\nREPORT_DAYS = "));
	loads(&m);
	clear(&m);
	free(cut);
	free(text);
}

Test(options_merge, adds_one_setting_of_a_group_by_itself)
{
	struct merged m;

	merge(&m, "LOGLINE_LIMIT = \"7\"\nLOGLINE_ACTIONS = \"store\"\n");
	cr_assert(strstr(buf_str(&m.names), "LOGLINE_INTERVAL "));
	cr_assert(!strstr(buf_str(&m.names), "LOGLINE_LIMIT "));
	cr_assert(strstr(buf_str(&m.text), "LOGLINE_LIMIT = \"7\"\n"));
	cr_assert(strstr(buf_str(&m.text), "LOGLINE_ACTIONS = \"store\"\n"));
	loads(&m);
	clear(&m);
}

Test(options_merge, makes_of_an_empty_file_one_with_every_setting_and_title)
{
	char *text = template();
	struct merged m;

	merge(&m, "");
	for (size_t i = 0; i < options_count(); i++) {
		char line[300];

		snprintf(line, sizeof(line), "\n%s = \"%s\"\n", options_row(i)->name,
			 options_row(i)->fallback);
		cr_assert(strstr(buf_str(&m.text), line), "%s", line);
		snprintf(line, sizeof(line), "# SECTION:%s\n", options_row(i)->section);
		cr_assert(strstr(buf_str(&m.text), line), "%s", line);
	}
	loads(&m);
	clear(&m);
	free(text);
}

Test(options_merge, keeps_every_other_byte_and_a_second_time_changes_nothing)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"# mine\nDEBUG = \"1\" # why\n\n# end", "no newline at the end"},
		{"DEBUG = \"1\"\r\nTESTING = \"0\"\r\n", "CR LF"},
		{"NOT_OURS = \"x\"\nTESTING = \"0\"\n", "an unknown setting stays, and is an error"},
		{"# SECTION:Actions", "a title at the very end"},
		{"\n\n\nTESTING=\"0\"", "blank lines before"},
		{"TESTING = \"0\"\nTESTING = \"1\"\n", "twice: not ours to choose"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice rest = slice_str(rows[i].text), line;
		struct merged once, twice;
		const char *at;

		merge(&once, rows[i].text);
		at = buf_str(&once.text);
		while (slice_cut(&rest, '\n', &line) || (line = rest, rest.n)) {
			char *copy = slice_dup(line);

			at = strstr(at, copy);
			cr_assert(at, "%s: '%s' is lost", rows[i].why, copy);
			at += line.n;
			if (line.p == rest.p)
				rest.n = 0;
			free(copy);
		}
		merge(&twice, buf_str(&once.text));
		cr_assert_str_eq(buf_str(&twice.text), buf_str(&once.text), "%s", rows[i].why);
		cr_assert_str_eq(buf_str(&twice.names), "", "%s", rows[i].why);
		clear(&once);
		clear(&twice);
	}
}
