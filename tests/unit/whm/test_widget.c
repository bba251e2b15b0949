/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/widget.h"

#include "tests/unit/whm/site.h"

static struct form f;

static void end(void)
{
	form_clear(&f);
	site_end();
}

TestSuite(widget, .init = site_begin, .fini = end);

static void load(const char *text)
{
	struct err e = {0};

	put_file(PATH_CONF, text);
	cr_assert(form_load(&site, &f, &e), "%s", e.msg);
}

Test(widget, wrong_value_stays_in_its_field)
{
	struct buf text;

	load("");
	post("LOGLINE_LIMIT=many%3Cb%3E");
	form_take(&site, &f);
	buf_init(&text, EDIT_MAX);
	form_build(&f, &text);
	buf_clear(&text);
	widget_field(site.page, &f, form_index("LOGLINE_LIMIT"), NULL);
	cr_assert_not_null(strstr(html(), "value=\"many&lt;b&gt;\""));
	cr_assert_not_null(strstr(page_html(site.page), "aria-describedby=\"LOGLINE_LIMIT-problem\""));
	cr_assert_not_null(strstr(page_html(site.page), "id=\"LOGLINE_LIMIT-problem\""));
}

Test(widget, words_that_are_not_known_stay)
{
	load("LOGLINE_ACTIONS = \"email,teleport\"\n");
	cr_assert_not_null(f.fields[form_index("LOGLINE_ACTIONS")].problem);
	widget_field(site.page, &f, form_index("LOGLINE_ACTIONS"), NULL);
	cr_assert_not_null(strstr(html(), "value=\"email,teleport\""));
}

Test(widget, choice_that_is_none_stays)
{
	load("COUNT_UNIT = \"bytes\"\nTESTING = \"5\"\n");
	widget_field(site.page, &f, form_index("COUNT_UNIT"), NULL);
	widget_field(site.page, &f, form_index("TESTING"), NULL);
	cr_assert_not_null(strstr(html(), "value=\"bytes\" selected"));
	cr_assert_not_null(strstr(page_html(site.page), "value=\"5\" selected"));
}

Test(widget, unknown_line_is_told_and_left_alone)
{
	load("OTHER = \"1\"\n");
	cr_assert_not_null(strstr(buf_str(&f.problems), "line 1"));
	widget_complaints(site.page, &f);
	cr_assert_not_null(strstr(html(), "OTHER"));
}

Test(widget, every_setting_has_its_comment_and_default)
{
	load("");
	page_open(site.page, "div", NULL);
	for (size_t i = 0; i < options_count(); i++)
		widget_setting(site.page, &f, i);
	page_close(site.page);
	html();
	for (size_t i = 0; i < options_count(); i++) {
		char name[96];

		snprintf(name, sizeof(name), "name=\"%s\"", options_row(i)->name);
		cr_expect_not_null(strstr(page_html(site.page), name), "%s", name);
	}
}
