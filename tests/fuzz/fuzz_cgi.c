/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Requests from any bytes: the first byte chooses the method, up to the first line feed is the
 * address's query, the rest the body. What is taken encodes and parses to the same again; and
 * every value can be written into a page that stays well-formed.
 */
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/buf.h"
#include "whm/cgi.h"
#include "whm/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void encode(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_printf(out, "%%%02x", (unsigned)(unsigned char)s.p[i]);
}

static void round_trip(const struct cgi_params *p, size_t given)
{
	const struct cgi_env env = {"POST", NULL, "application/x-www-form-urlencoded", NULL};
	struct buf text;
	struct cgi again;
	size_t bytes = 0;

	buf_init(&text, CGI_BODY_MAX);
	for (size_t i = 0; i < p->n; i++) {
		struct slice name = p->list[i].name, value = p->list[i].value;

		must(!memchr(name.p, '\0', name.n) && name.p[name.n] == '\0');
		must(!memchr(value.p, '\0', value.n) && value.p[value.n] == '\0');
		bytes += name.n + value.n;
		encode(&text, name);
		buf_putc(&text, '=');
		encode(&text, value);
		buf_putc(&text, '&');
	}
	must(bytes <= given);
	if (p->n < CGI_PARAMS_MAX) {
		must(cgi_parse(&env, buf_view(&text), &again, NULL) == 0);
		must(again.form.n == p->n);
		for (size_t i = 0; i < p->n; i++) {
			must(slice_eq(again.form.list[i].name, p->list[i].name));
			must(slice_eq(again.form.list[i].value, p->list[i].value));
		}
		cgi_clear(&again);
	}
	buf_clear(&text);
}

static void show(const struct cgi_params *p)
{
	struct page *page = page_new();
	const char *html;
	xmlDoc *doc;

	page_open(page, "div", NULL);
	for (size_t i = 0; i < p->n; i++) {
		page_foreign(page, p->list[i].value.p, 0);
		page_lines(page, p->list[i].value.p, p->list[i].name.p);
		page_hidden(page, "x", p->list[i].value.p);
		page_link(page, p->list[i].name.p, NULL,
			  page_address("x", "q", p->list[i].value.p, NULL));
	}
	page_close(page);
	html = page_html(page);
	if (html) {
		doc = xmlReadMemory(html, (int)strlen(html), NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOERROR);
		must(doc != NULL);
		xmlFreeDoc(doc);
	}
	page_free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size}, query = {0};
	struct cgi_env env = {.content_type = "application/x-www-form-urlencoded"};
	struct cgi c;
	char *text;

	env.method = size && data[0] == 'G' ? "GET" : "POST";
	if (!slice_cut(&body, '\n', &query)) {
		query = body;
		body.n = 0;
	}
	env.query = text = slice_dup(query);
	if (cgi_parse(&env, body, &c, NULL) == 0) {
		round_trip(&c.query, query.n);
		round_trip(&c.form, body.n);
		show(c.is_post ? &c.form : &c.query);
		cgi_clear(&c);
	}
	free(text);
	return 0;
}
