/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <criterion/criterion.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "whm/chart.h"
#include "whm/field.h"
#include "whm/page.h"

static const char hostile[] = "</td><script>alert(1)</script>\"' onload=x &lt;\x01\xff\xe2\x80\xae";

static struct page *p;

static void begin(void)
{
	p = page_new();
	cr_assert_not_null(p);
}

static void end(void)
{
	page_free(p);
}

TestSuite(page, .init = begin, .fini = end);

/* The page as a tree: what it was made of, if escaping holds. */
static xmlDoc *tree(void)
{
	const char *html = page_html(p);
	xmlDoc *doc = xmlReadMemory(html, (int)strlen(html), NULL, NULL, XML_PARSE_NONET);

	cr_assert_not_null(doc, "not well-formed: %s", html);
	return doc;
}

static size_t elements(const xmlNode *n, const char *name)
{
	size_t found = 0;

	for (; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE)
			found += (!name || strcmp((const char *)n->name, name) == 0) +
				 elements(n->children, name);
	return found;
}

Test(page, text_never_becomes_markup)
{
	xmlDoc *doc;

	page_open(p, "div", "title", hostile, "class", hostile, NULL);
	page_text(p, hostile);
	page_foreign(p, hostile, 0);
	page_put(p, "td", hostile, "value", hostile, NULL);
	page_lines(p, hostile, hostile);
	page_hidden(p, hostile, hostile);
	page_close(p);
	doc = tree();
	cr_assert_eq(elements(xmlDocGetRootElement(doc), NULL), 5);
	cr_assert_eq(elements(xmlDocGetRootElement(doc), "script"), 0);
	xmlFreeDoc(doc);
}

Test(page, text_comes_back_as_it_was)
{
	xmlChar *content;
	xmlDoc *doc;

	page_put(p, "p", "a < b & \"c\" 'd' \xc3\xa9", "title", "a < b & \"c\"\n\xc3\xa9", NULL);
	doc = tree();
	content = xmlNodeGetContent(xmlDocGetRootElement(doc));
	cr_assert_str_eq((const char *)content, "a < b & \"c\" 'd' \xc3\xa9");
	xmlFree(content);
	content = xmlGetProp(xmlDocGetRootElement(doc), BAD_CAST "title");
	cr_assert_str_eq((const char *)content, "a < b & \"c\"\n\xc3\xa9");
	xmlFree(content);
	xmlFreeDoc(doc);
}

Test(page, empty_elements_are_closed_as_html_wants)
{
	page_open(p, "div", NULL);
	page_open(p, "textarea", NULL);
	page_close(p);
	page_put(p, "script", "", "src", "x", "defer", PAGE_SET, NULL);
	page_void(p, "br", NULL);
	page_close(p);
	cr_assert_str_eq(page_html(p), "<div><textarea></textarea>"
				       "<script src=\"x\" defer=\"defer\"></script><br/></div>");
}

Test(page, attributes_without_a_value_are_left_out)
{
	page_put(p, "a", "x", "class", NULL, "href", "y", NULL);
	cr_assert_str_eq(page_html(p), "<a href=\"y\">x</a>");
}

Test(page, addresses_hold_any_value)
{
	char *address = page_address("report", "q", "a&b=c d%\xc3\xa9#'\"<", "none", "", "x", NULL,
				     "id", "12", NULL);

	cr_assert_str_eq(address, "?page=report&q=a%26b%3Dc%20d%25%C3%A9%23%27%22%3C&id=12");
	free(address);
}

Test(page, textarea_keeps_a_leading_line_feed)
{
	page_open(p, "div", NULL);
	field_area(p, "L", "n", "\nfirst");
	page_close(p);
	cr_assert_not_null(strstr(page_html(p), ">\n\nfirst</textarea>"));
}

Test(page, form_carries_the_token_and_posts)
{
	page_act(p, "undo", "TOKEN", "id", "7", "Undo", "Undo it", "go");
	cr_assert_not_null(strstr(page_html(p), "method=\"post\""));
	cr_assert_not_null(strstr(page_html(p), "action=\"?page=undo\""));
	cr_assert_not_null(strstr(page_html(p), "name=\"token\" value=\"TOKEN\""));
	cr_assert_not_null(strstr(page_html(p), "name=\"id\" value=\"7\""));
}

Test(page, chart_of_any_numbers_is_well_formed)
{
	static const uint32_t bars[] = {0, 1, UINT32_MAX, 5};
	static const uint32_t none[] = {0, 0, 0, 0};
	struct chart c = {.id = "x", .title = hostile, .caption = hostile, .start_s = 1790000000,
			  .step_s = 60, .series = {{hostile, bars}, {hostile, none}}, .n = 4};
	xmlDoc *doc;

	page_open(p, "div", NULL);
	chart_draw(p, &c);
	c.series[1].bars = bars;
	chart_draw(p, &c);
	c.series[1].unit = NULL;
	c.n = 0;
	chart_draw(p, &c);
	chart_share(p, 5, 0);
	chart_share(p, -5, 10);
	chart_share(p, INT64_MAX, 1);
	page_close(p);
	doc = tree();
	cr_assert_eq(elements(xmlDocGetRootElement(doc), "rect"), 3 + 2 * 3 + 2 * 3);
	cr_assert_not_null(strstr(page_html(p), "role=\"img\" aria-labelledby=\"x-title x-desc\""));
	cr_assert_eq(elements(xmlDocGetRootElement(doc), "desc"), 3);
	cr_assert_null(strstr(page_html(p), "nan"));
	cr_assert_null(strstr(page_html(p), "=\"-"));
	xmlFreeDoc(doc);
}
