/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "whm/cgi.h"

#define FORM "application/x-www-form-urlencoded"

static int parse(const char *method, const char *query, const char *body, struct cgi *c)
{
	const struct cgi_env env = {method, query, FORM, NULL};
	struct err e = {0};
	int status = cgi_parse(&env, slice_str(body), c, &e);

	cr_assert_eq(status != 0, e.code != 0, "a refusal says why, and only that");
	return status;
}

Test(cgi, decodes_what_a_browser_encodes)
{
	struct cgi c;

	cr_assert_eq(parse("GET", "page=report&q=a%20b+c%2Bd&empty=&bare&u=%C3%A9", NULL, &c), 0);
	cr_assert(!c.is_post);
	cr_assert_eq(c.query.n, 5);
	cr_assert_str_eq(cgi_text(&c.query, "page"), "report");
	cr_assert_str_eq(cgi_text(&c.query, "q"), "a b c+d");
	cr_assert_str_eq(cgi_text(&c.query, "empty"), "");
	cr_assert(cgi_has(&c.query, "bare"));
	cr_assert(!cgi_has(&c.query, "absent"));
	cr_assert_str_eq(cgi_text(&c.query, "absent"), "");
	cr_assert_str_eq(cgi_text(&c.query, "u"), "\xc3\xa9");
	cgi_clear(&c);
}

Test(cgi, keeps_address_and_body_apart)
{
	struct cgi c;

	cr_assert_eq(parse("POST", "page=undo&id=1", "id=2&token=x", &c), 0);
	cr_assert(c.is_post);
	cr_assert_str_eq(cgi_text(&c.query, "id"), "1");
	cr_assert_str_eq(cgi_text(&c.form, "id"), "2");
	cr_assert(!cgi_has(&c.query, "token"));
	cgi_clear(&c);
}

Test(cgi, ignores_the_body_of_a_get)
{
	struct cgi c;

	cr_assert_eq(parse("GET", "", "id=2", &c), 0);
	cr_assert_eq(c.form.n, 0);
	cgi_clear(&c);
}

Test(cgi, takes_any_byte_but_nul)
{
	struct cgi c;

	cr_assert_eq(parse("GET", "q=%ff%0d%0a%3Cb%3E", NULL, &c), 0);
	cr_assert_str_eq(cgi_text(&c.query, "q"), "\xff\r\n<b>");
	cgi_clear(&c);
	cr_assert_eq(parse("GET", "q=a%00b", NULL, &c), 400);
	cr_assert_eq(parse("POST", "", "q%00=a", &c), 400);
}

Test(cgi, refuses_broken_escapes)
{
	static const char *const broken[] = {"q=%", "q=%4", "q=%zz", "q=%4z", "%", "a=b&%g0=1",
					     "q=a%2"};
	struct cgi c;

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		cr_assert_eq(parse("GET", broken[i], NULL, &c), 400, "%s", broken[i]);
	cr_assert_eq(parse("GET", "q=%41", NULL, &c), 0);
	cr_assert_str_eq(cgi_text(&c.query, "q"), "A");
	cgi_clear(&c);
}

Test(cgi, refuses_other_methods_and_bodies)
{
	const struct cgi_env json = {"POST", "", "application/json", NULL};
	const struct cgi_env none = {"POST", "", NULL, NULL};
	const struct cgi_env longer = {"POST", "", FORM "x", NULL};
	const struct cgi_env charset = {"POST", "", FORM "; charset=utf-8", NULL};
	struct cgi c;

	cr_assert_eq(parse("PUT", "", "", &c), 405);
	cr_assert_eq(parse("", "", "", &c), 405);
	cr_assert_eq(parse(NULL, "", "", &c), 405);
	cr_assert_eq(parse("get", "", "", &c), 405);
	cr_assert_eq(cgi_parse(&json, SLICE("{}"), &c, NULL), 415);
	cr_assert_eq(cgi_parse(&none, SLICE("a=b"), &c, NULL), 415);
	cr_assert_eq(cgi_parse(&longer, SLICE("a=b"), &c, NULL), 415);
	cr_assert_eq(cgi_parse(&charset, SLICE("a=b"), &c, NULL), 0);
	cgi_clear(&c);
}

/* text of n bytes "a=b&a=b&..." */
static char *many(size_t n)
{
	char *text = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = "a=b&"[i % 4];
	text[n] = '\0';
	return text;
}

Test(cgi, bounds_the_number_of_fields)
{
	char *fits = many(CGI_PARAMS_MAX * 4 - 1), *over = many(CGI_PARAMS_MAX * 4);
	struct cgi c;

	cr_assert_eq(parse("POST", "", fits, &c), 0);
	cr_assert_eq(c.form.n, CGI_PARAMS_MAX);
	cgi_clear(&c);
	cr_assert_eq(parse("POST", "", over, &c), 413);
	free(fits);
	free(over);
}

Test(cgi, bounds_the_address)
{
	char *query = malloc(CGI_QUERY_MAX + 2);
	struct cgi c;

	memset(query, 'a', CGI_QUERY_MAX + 1);
	query[CGI_QUERY_MAX + 1] = '\0';
	cr_assert_eq(parse("GET", query, NULL, &c), 414);
	query[CGI_QUERY_MAX] = '\0';
	cr_assert_eq(parse("GET", query, NULL, &c), 0);
	cgi_clear(&c);
	free(query);
}

/* What cgi_body makes of text on a pipe and an announced length. */
static int body(const char *length, const char *text, char **out, size_t *n)
{
	const struct cgi_env env = {"POST", "", FORM, length};
	struct err e = {0};
	int ends[2], status;

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	status = cgi_body(&env, ends[0], out, n, &e);
	close(ends[0]);
	cr_assert_eq(status != 0, e.code != 0);
	return status;
}

Test(cgi, reads_the_announced_body_and_no_more)
{
	char *text;
	size_t n;

	cr_assert_eq(body("3", "a=bcd", &text, &n), 0);
	cr_assert_eq(n, 3);
	cr_assert_str_eq(text, "a=b");
	free(text);
	cr_assert_eq(body("0", "", &text, &n), 0);
	cr_assert_eq(n, 0);
	free(text);
}

Test(cgi, refuses_a_body_of_another_length)
{
	static const struct {
		const char *length;
		int status;
		const char *why;
	} rows[] = {
		{"6", 400, "it ends early"},
		{NULL, 411, "no length"},
		{"", 411, "an empty one"},
		{"-1", 400, "negative"},
		{"5x", 400, "not a number"},
		{"99999999999999999999", 400, "more than 64 bits"},
		{"4194305", 413, "one more than CGI_BODY_MAX"},
	};
	char *text;
	size_t n;

	cr_assert_eq(CGI_BODY_MAX, 4194304);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(body(rows[i].length, "a=bcd", &text, &n), rows[i].status, "%s",
			     rows[i].why);
		cr_assert_eq(n, 0);
		free(text);
	}
}

Test(cgi, every_cut_of_a_request_stays_inside_it)
{
	static const char whole[] = "page=a%20b&q=%C3%A9+x&&=&id=12";
	struct cgi c;

	for (size_t n = 0; n < sizeof(whole); n++) {
		char *exact = malloc(n ? n : 1); /* ASan sees byte n + 1 */
		const struct cgi_env env = {"POST", "", FORM, NULL};

		memcpy(exact, whole, n);
		if (cgi_parse(&env, (struct slice){exact, n}, &c, NULL) == 0)
			cgi_clear(&c);
		free(exact);
	}
}
