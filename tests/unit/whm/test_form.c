/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/form.h"

#include "tests/unit/whm/site.h"

static struct form f;

static void end(void)
{
	form_clear(&f);
	site_end();
}

TestSuite(form, .init = site_begin, .fini = end);

static void load(const char *text)
{
	struct err e = {0};

	if (text)
		put_file(PATH_CONF, text);
	cr_assert(form_load(&site, &f, &e), "%s", e.msg);
}

static const struct form_field *field(const char *name)
{
	size_t i = form_index(name);

	cr_assert_neq(i, SIZE_MAX, "%s", name);
	return &f.fields[i];
}

static size_t build(char **out)
{
	struct buf text;
	size_t problems;

	buf_init(&text, EDIT_MAX);
	problems = form_build(&f, &text);
	*out = slice_dup(buf_view(&text));
	buf_clear(&text);
	return problems;
}

Test(form, shows_the_file_and_the_defaults)
{
	load("# mine\nLOGLINE_LIMIT = \"7\"\n");
	cr_assert_str_eq(field("LOGLINE_LIMIT")->value, "7");
	cr_assert(field("LOGLINE_LIMIT")->is_set);
	cr_assert_str_eq(field("REPORT_DAYS")->value, "30");
	cr_assert(!field("REPORT_DAYS")->is_set);
	cr_assert_eq(form_index("NOT_THERE"), SIZE_MAX);
}

Test(form, keeps_every_other_byte)
{
	char *text;

	load("# mine\r\n\r\nLOGLINE_LIMIT = \"7\" # why\nDEBUG=\"0\"");
	post("LOGLINE_LIMIT=+8+&REPORT_DAYS=30");
	form_take(&site, &f);
	cr_assert_eq(build(&text), 0);
	cr_assert_str_eq(text, "# mine\r\n\r\nLOGLINE_LIMIT = \"8\" # why\nDEBUG=\"0\"");
	free(text);
}

Test(form, new_file_is_the_shipped_one)
{
	char *text;

	load(NULL);
	post("LOGLINE_LIMIT=8");
	form_take(&site, &f);
	cr_assert_eq(build(&text), 0);
	cr_assert_not_null(strstr(text, "LOGLINE_LIMIT = \"8\""));
	cr_assert_not_null(strstr(text, "REPORT_DAYS = \"30\""));
	cr_assert_not_null(strstr(text, "\n# "));
	free(text);
}

Test(form, problem_stands_at_its_field)
{
	static const struct {
		const char *sent, *name;
	} rows[] = {
		{"LOGLINE_LIMIT=many", "LOGLINE_LIMIT"},
		{"LOGLINE_LIMIT=", "LOGLINE_LIMIT"},
		{"LOGLINE_LIMIT=100001", "LOGLINE_LIMIT"},
		{"LOGLINE_INTERVAL=0", "LOGLINE_INTERVAL"},
		{"TESTING=2", "TESTING"},
		{"COUNT_UNIT=bytes", "COUNT_UNIT"},
		{"LOGLINE_ACTIONS=email&LOGLINE_ACTIONS=explode", "LOGLINE_ACTIONS"},
		{"EXIM_LOG=relative", "EXIM_LOG"},
		{"REPORT_TO=a%22%0aTESTING+%3d+%220", "REPORT_TO"},
		{"REPORT_TO=a%0aTESTING", "REPORT_TO"},
		{"REPORT_FROM=", "REPORT_FROM"},
	};
	char *text;

	load("TESTING = \"1\"\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		form_clear(&f);
		load(NULL);
		post(rows[i].sent);
		form_take(&site, &f);
		cr_assert_gt(build(&text), 0, "%s", rows[i].sent);
		free(text);
		cr_assert_not_null(field(rows[i].name)->problem, "%s", rows[i].sent);
		for (size_t k = 0; k < f.n; k++)
			if (k != form_index(rows[i].name))
				cr_assert_null(f.fields[k].problem, "%s: %s", rows[i].sent,
					       options_row(k)->name);
	}
}

Test(form, boxes_without_a_tick_are_an_empty_list)
{
	char *text;

	load("LOGLINE_ACTIONS = \"email,store\"\n");
	post("LOGLINE_ACTIONS=");
	form_take(&site, &f);
	cr_assert_str_eq(field("LOGLINE_ACTIONS")->value, "");
	post("LOGLINE_ACTIONS=&LOGLINE_ACTIONS=store&LOGLINE_ACTIONS=hold");
	form_take(&site, &f);
	cr_assert_eq(build(&text), 0);
	cr_assert_str_eq(text, "LOGLINE_ACTIONS = \"store,hold\"\n");
	free(text);
}

Test(form, name_that_stands_twice_is_not_guessed)
{
	char *text;

	load("LOGLINE_LIMIT = \"1\"\nLOGLINE_LIMIT = \"2\"\n");
	post("LOGLINE_LIMIT=3");
	form_take(&site, &f);
	cr_assert_gt(build(&text), 0);
	free(text);
	cr_assert_not_null(field("LOGLINE_LIMIT")->problem);
}

Test(form, save_writes_only_what_is_right)
{
	char body[256], *text;

	load("LOGLINE_LIMIT = \"7\"\n");
	snprintf(body, sizeof(body), "mark=%s&LOGLINE_LIMIT=x", f.file.mark);
	post(body);
	cr_assert(!form_save(&site, &f));
	text = get_file(PATH_CONF);
	cr_assert_str_eq(text, "LOGLINE_LIMIT = \"7\"\n");
	free(text);
	snprintf(body, sizeof(body), "mark=%s&LOGLINE_LIMIT=9", f.file.mark);
	post(body);
	cr_assert(form_save(&site, &f));
	text = get_file(PATH_CONF);
	cr_assert_str_eq(text, "LOGLINE_LIMIT = \"9\"\n");
	free(text);
}

Test(form, what_somebody_else_wrote_is_not_written_over)
{
	char body[256], *text;

	load("LOGLINE_LIMIT = \"7\"\n");
	snprintf(body, sizeof(body), "mark=%s&LOGLINE_LIMIT=9", f.file.mark);
	form_clear(&f);
	load("LOGLINE_LIMIT = \"7\"\n# theirs\n");
	post(body);
	cr_assert(!form_save(&site, &f));
	text = get_file(PATH_CONF);
	cr_assert_str_eq(text, "LOGLINE_LIMIT = \"7\"\n# theirs\n");
	free(text);
	cr_assert_str_eq(field("LOGLINE_LIMIT")->value, "9", "what was entered is kept");
}
