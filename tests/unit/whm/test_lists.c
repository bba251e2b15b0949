/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/lists.h"

#include "tests/unit/whm/site.h"

TestSuite(lists, .init = site_begin, .fini = site_end);

static char *mark_of(const char *absolute)
{
	struct edit x;
	char *mark;

	cr_assert(edit_load(&site, absolute, &x, NULL));
	mark = strdup(x.mark);
	edit_clear(&x);
	return mark;
}

/* Add a line by the form's fields; the file then, owned by the caller. */
static char *add(const char *file, const char *absolute, const char *fields)
{
	char *mark = mark_of(absolute), body[1024];

	snprintf(body, sizeof(body), "file=%s&mark=%s&%s", file, mark, fields);
	free(mark);
	post(body);
	lists_add(&site);
	return get_file(absolute);
}

Test(lists, add_appends_one_line_and_keeps_the_rest)
{
	char *text;

	put_file(PATH_ACCOUNTS, "# mine\nbob * 10");
	text = add("accounts", PATH_ACCOUNTS,
		   "key=eve&event=logline&limit=5&interval=600&actions=email,store");
	cr_assert_str_eq(text, "# mine\nbob * 10\neve logline 5 600 email,store\n");
	free(text);
	text = add("ignore", PATH_IGNORE, "kind=user&value=bob&until=2027-01-31");
	cr_assert_str_eq(text, "user:bob until=2027-01-31\n");
	free(text);
}

Test(lists, add_quotes_what_has_blanks)
{
	char *text = add("accounts", PATH_ACCOUNTS,
			 "key=%2Fhome%2Fbob%2Fmy+forms&event=cwdcheck:cwd&limit=5");

	cr_assert_str_eq(text, "\"/home/bob/my forms\" cwdcheck:cwd 5\n");
	free(text);
}

Test(lists, wrong_line_is_not_written)
{
	static const char *const wrong[] = {
		"key=eve&event=logline&limit=many",	  "key=eve&event=nothing&limit=5",
		"key=&event=logline&limit=5",		  "key=eve&event=logline&limit=",
		"key=eve%0abob+*+0&event=*&limit=5",	  "key=e%22ve&event=*&limit=5",
		"key=eve&event=*&limit=5&actions=5",	  "key=eve&event=*&limit=5&interval=0",
		"key=eve&event=*&limit=5&interval=9&actions=explode",
	};

	put_file(PATH_ACCOUNTS, "bob * 10\n");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *text = add("accounts", PATH_ACCOUNTS, wrong[i]);

		cr_assert_str_eq(text, "bob * 10\n", "%s", wrong[i]);
		free(text);
	}
	cr_assert_not_null(strstr(html(), "Nothing was saved"));
}

Test(lists, what_is_wrong_stands_beside_its_field)
{
	static const struct {
		const char *file, *absolute, *sent, *field, *text;
	} rows[] = {
		{"accounts", PATH_ACCOUNTS, "key=&event=*&limit=5", "key", "missing"},
		{"accounts", PATH_ACCOUNTS, "key=*&event=*&limit=5", "key", "osm.conf"},
		{"accounts", PATH_ACCOUNTS, "key=e%22&event=*&limit=5", "key", "quotes"},
		{"accounts", PATH_ACCOUNTS, "key=eve&event=*&limit=a+lot", "limit", "whole number"},
		{"accounts", PATH_ACCOUNTS, "key=eve&event=*&limit=5&interval=0", "interval",
		 "from 1"},
		{"accounts", PATH_ACCOUNTS, "key=eve&event=*&limit=5&actions=explode", "actions",
		 "explode"},
		{"ignore", PATH_IGNORE, "kind=ip&value=300.1.1.1", "value", ""},
		{"ignore", PATH_IGNORE, "kind=user&value=eve&until=yesterday", "until", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[64], *text = add(rows[i].file, rows[i].absolute, rows[i].sent);
		const char *at;

		snprintf(want, sizeof(want), "id=\"%s-problem\">", rows[i].field);
		at = strstr(html(), want);
		cr_assert_not_null(at, "%s: %s", rows[i].sent, page_html(site.page));
		cr_assert_not_null(strstr(at, rows[i].text), "%s", rows[i].sent);
		cr_assert_null(text, "%s", rows[i].sent);
		page_free(site.page);
		site.page = page_new();
		page_open(site.page, "div", NULL);
	}
}

Test(lists, actions_need_no_interval)
{
	char *text = add("accounts", PATH_ACCOUNTS, "key=eve&event=*&limit=5&actions=email");

	cr_assert_str_eq(text, "eve * 5 email\n");
	free(text);
}

Test(lists, an_old_form_is_shown_again_and_nothing_is_written)
{
	char *text;

	site.is_stale = true;
	text = add("accounts", PATH_ACCOUNTS, "key=eve&event=*&limit=5");
	cr_assert_null(text);
	cr_assert_not_null(strstr(html(), "value=\"eve\""));
}

Test(lists, wrong_ignore_is_not_written)
{
	static const char *const wrong[] = {
		"kind=ip&value=300.1.1.1", "kind=subject&value=%28", "kind=planet&value=x",
		"kind=user&value=",	   "kind=user&value=bob&until=yesterday",
	};

	put_file(PATH_IGNORE, "user:bob\n");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *text = add("ignore", PATH_IGNORE, wrong[i]);

		cr_assert_str_eq(text, "user:bob\n", "%s", wrong[i]);
		free(text);
	}
}

Test(lists, editor_writes_what_was_sent)
{
	char *mark, body[512], *text;

	put_file(PATH_IGNORE, "user:bob\n");
	mark = mark_of(PATH_IGNORE);
	snprintf(body, sizeof(body), "file=ignore&mark=%s&text-ignore=%%23+mine%%0d%%0auser:eve", mark);
	post(body);
	lists_save(&site);
	text = get_file(PATH_IGNORE);
	cr_assert_str_eq(text, "# mine\nuser:eve\n");
	free(text);
	free(mark);
}

Test(lists, editor_keeps_a_wrong_text_in_the_form)
{
	char *mark, body[512], *text;

	put_file(PATH_IGNORE, "user:bob\n");
	mark = mark_of(PATH_IGNORE);
	snprintf(body, sizeof(body), "file=ignore&mark=%s&text-ignore=user:eve%%0aplanet:x", mark);
	post(body);
	lists_save(&site);
	text = get_file(PATH_IGNORE);
	cr_assert_str_eq(text, "user:bob\n");
	cr_assert_not_null(strstr(html(), "line 2"));
	cr_assert_not_null(strstr(page_html(site.page), "user:eve\nplanet:x"));
	free(text);
	free(mark);
}

Test(lists, other_files_are_no_lists)
{
	post("file=../passwd&mark=x&text-ignore=x");
	lists_save(&site);
	cr_assert_eq(site.code, 400);
}

Test(lists, half_a_form_does_not_empty_a_list)
{
	char *text, *mark, body[64];

	put_file(PATH_IGNORE, "user:bob\n");
	mark = mark_of(PATH_IGNORE);
	snprintf(body, sizeof(body), "file=ignore&mark=%s", mark);
	post(body);
	lists_save(&site);
	text = get_file(PATH_IGNORE);
	cr_assert_str_eq(text, "user:bob\n");
	cr_assert_eq(site.code, 400);
	free(text);
	snprintf(body, sizeof(body), "file=ignore&mark=%s&text-ignore=", mark);
	post(body);
	lists_save(&site);
	text = get_file(PATH_IGNORE);
	cr_assert_str_eq(text, "", "an empty one does");
	free(text);
	free(mark);
}
