/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/modstatus.h"

#include <libxml/HTMLparser.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 32
#define REQUEST_KEPT 63 /* SCOREBOARD_SIZE of request: 64 with its NUL */
#define VHOST_KEPT 31

enum column {
	COLUMN_MODE,
	COLUMN_AGE,
	COLUMN_CLIENT,
	COLUMN_VHOST,
	COLUMN_REQUEST,
	COLUMNS
};

static const char *const heads[COLUMNS] = {"m", "ss", "client", "vhost", "request"};

struct text {
	char s[MODSTATUS_TEXT_MAX];
	size_t n;
};

/* ---- the tree ---- */

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       xmlStrcasecmp(node->name, BAD_CAST name) == 0;
}

/* The next node of the page in its order, within top. */
static xmlNode *next_node(xmlNode *node, const xmlNode *top)
{
	if (node->children)
		return node->children;
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

/* What a cell says, without blanks at its ends; more than fits is cut. */
static void cell_text(xmlNode *cell, struct text *out)
{
	size_t n = 0;

	for (xmlNode *node = cell; node; node = next_node(node, cell)) {
		const char *s = (const char *)node->content;

		if (node->type != XML_TEXT_NODE || !s)
			continue;
		while (*s && n < sizeof(out->s))
			out->s[n++] = *s++;
	}
	while (n && strchr(" \t\r\n", out->s[n - 1]))
		n--;
	out->n = n;
	n = 0;
	while (n < out->n && strchr(" \t\r\n", out->s[n]))
		n++;
	out->n -= n;
	memmove(out->s, out->s + n, out->n);
}

/* The next cell of a row at or after node. */
static xmlNode *find_cell(xmlNode *node, const char *kind)
{
	while (node && !is_element(node, kind))
		node = node->next;
	return node;
}

static void lower(struct text *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->s[i] >= 'A' && t->s[i] <= 'Z')
			t->s[i] |= 0x20;
}

/* Where the columns are, by a row of heads; -1: there is no such column. */
static bool read_heads(xmlNode *row, int at[COLUMNS])
{
	struct text t;
	int i = 0;

	for (int c = 0; c < COLUMNS; c++)
		at[c] = -1;
	for (xmlNode *cell = find_cell(row->children, "th"); cell && i < COLUMNS_MAX;
	     cell = find_cell(cell->next, "th"), i++) {
		cell_text(cell, &t);
		lower(&t);
		for (int c = 0; c < COLUMNS; c++)
			if (slice_eq((struct slice){t.s, t.n}, slice_str(heads[c])))
				at[c] = i;
	}
	for (int c = 0; c < COLUMNS; c++)
		if (at[c] < 0)
			return false;
	return true;
}

/* ---- texts ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ap_escape_logitem: \xhh, and a backslash before some; under the HTML. */
static void unescape(struct text *t)
{
	static const char from[] = "bnrtv", to[] = "\b\n\r\t\v";
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const char *at;

		if (t->s[i] != '\\' || i + 1 == t->n) {
			t->s[n++] = t->s[i];
		} else if (t->s[i + 1] == 'x' && i + 3 < t->n && hex(t->s[i + 2]) >= 0 &&
			   hex(t->s[i + 3]) >= 0) {
			t->s[n++] = (char)(hex(t->s[i + 2]) * 16 + hex(t->s[i + 3]));
			i += 3;
		} else {
			i++;
			at = t->s[i] ? strchr(from, t->s[i]) : NULL;
			t->s[n++] = at ? to[at - from] : t->s[i];
		}
	}
	t->n = n;
}

static struct slice view(const struct text *t)
{
	return (struct slice){t->s, t->n};
}

static bool is_method(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'A' || s.p[i] > 'Z')
			return false;
	return s.n > 0 && s.n <= 16;
}

/* "GET /x HTTP/1.1", either end of which may be cut off. */
static void read_request(const struct text *t, struct modstatus_row *row)
{
	struct slice rest = view(t), word;
	size_t blank;

	row->target_cut = t->n >= REQUEST_KEPT;
	row->method = (struct slice){NULL, 0};
	if (slice_cut(&rest, ' ', &word) && is_method(word))
		row->method = word;
	else
		rest = view(t);
	blank = rest.n;
	while (blank && rest.p[blank - 1] != ' ')
		blank--;
	/* a whole request ends with its protocol */
	if (blank && slice_starts((struct slice){rest.p + blank, rest.n - blank},
				  SLICE("HTTP/"))) {
		row->target_cut = row->target_cut && !row->method.n;
		rest.n = blank - 1;
	}
	row->target = rest;
}

/* "www.example.com:443"; cut, the port or a part of it is missing. */
static void read_vhost(const struct text *t, struct modstatus_row *row)
{
	size_t colon = t->n;

	row->vhost = view(t);
	row->vhost_cut = t->n >= VHOST_KEPT;
	while (colon && t->s[colon - 1] != ':')
		colon--;
	if (!colon)
		return;
	/* with a colon the name is whole, however much of the port is left */
	row->vhost.n = colon - 1;
	row->vhost_cut = false;
}

/* ---- rows ---- */

static void read_row(xmlNode *tr, const int at[COLUMNS],
		     void (*tell)(const struct modstatus_row *, void *), void *ctx)
{
	struct text cells[COLUMNS] = {0};
	struct modstatus_row row = {.age_s = 0};
	int i = 0, found = 0;

	for (xmlNode *cell = find_cell(tr->children, "td"); cell && i < COLUMNS_MAX;
	     cell = find_cell(cell->next, "td"), i++)
		for (int c = 0; c < COLUMNS; c++)
			if (at[c] == i) {
				cell_text(cell, &cells[c]);
				found++;
			}
	/* an idle slot keeps its last request: that is history */
	if (found < COLUMNS || cells[COLUMN_MODE].n != 1 ||
	    !strchr("RWLCG", cells[COLUMN_MODE].s[0]))
		return;
	for (int c = COLUMN_CLIENT; c < COLUMNS; c++)
		unescape(&cells[c]);
	slice_u64(view(&cells[COLUMN_AGE]), 0, UINT32_MAX, &row.age_s);
	row.client = view(&cells[COLUMN_CLIENT]);
	read_vhost(&cells[COLUMN_VHOST], &row);
	read_request(&cells[COLUMN_REQUEST], &row);
	if (row.vhost.n && row.target.n)
		tell(&row, ctx);
}

/* Its own rows, whether they stand in a tbody or not. */
static bool read_table(xmlNode *table, void (*tell)(const struct modstatus_row *, void *),
		       void *ctx)
{
	int at[COLUMNS], rows = 0;
	bool known = false;

	for (xmlNode *node = table; node && rows < MODSTATUS_ROWS_MAX;
	     node = next_node(node, table)) {
		if (!is_element(node, "tr"))
			continue;
		rows++;
		if (!known && !(known = read_heads(node, at)))
			return false;
		read_row(node, at, tell, ctx);
	}
	return known;
}

static bool says_status(xmlNode *top)
{
	struct text t;

	for (xmlNode *node = top; node; node = next_node(node, top)) {
		if (!is_element(node, "title") && !is_element(node, "h1"))
			continue;
		cell_text(node, &t);
		if (slice_starts(view(&t), SLICE("Apache")) &&
		    slice_find(view(&t), SLICE("Status")) != SIZE_MAX)
			return true;
	}
	return false;
}

enum modstatus_page
modstatus_read(struct slice html, void (*row)(const struct modstatus_row *row, void *ctx),
	       void *ctx)
{
	enum modstatus_page page = MODSTATUS_OTHER;
	htmlDocPtr doc = NULL;
	xmlNode *top;

	if (html.n && html.n <= MODSTATUS_BYTES_MAX)
		doc = htmlReadMemory(html.p, (int)html.n, NULL, "UTF-8",
				     HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
					     HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
	top = doc ? xmlDocGetRootElement(doc) : NULL;
	if (top && says_status(top)) {
		page = MODSTATUS_NO_TABLE;
		for (xmlNode *node = top; node && page == MODSTATUS_NO_TABLE;
		     node = next_node(node, top))
			if (is_element(node, "table") && read_table(node, row, ctx))
				page = MODSTATUS_TABLE;
	}
	if (doc)
		xmlFreeDoc(doc);
	return page;
}
