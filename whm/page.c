/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/page.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/buf.h"
#include "whm/words.h"

/* The longest page is a list file of CGI_BODY_MAX in its editor, every byte escaped. */
#define TEXT_MAX (32 * 1024 * 1024)

struct page {
	xmlBuffer *html;	/* owned */
	xmlTextWriter *writer;	/* owned; writes into html */
	struct buf clean;	/* for one text at a time */
	bool failed;
};

const char PAGE_SET[] = "";

struct page *page_new(void)
{
	struct page *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	buf_init(&p->clean, TEXT_MAX);
	p->html = xmlBufferCreate();
	p->writer = p->html ? xmlNewTextWriterMemory(p->html, 0) : NULL;
	if (p->writer)
		return p;
	page_free(p);
	return NULL;
}

void page_free(struct page *p)
{
	if (!p)
		return;
	if (p->writer)
		xmlFreeTextWriter(p->writer);
	if (p->html)
		xmlBufferFree(p->html);
	buf_clear(&p->clean);
	free(p);
}

const char *page_html(struct page *p)
{
	if (xmlTextWriterFlush(p->writer) < 0)
		p->failed = true;
	return p->failed ? NULL : (const char *)xmlBufferContent(p->html);
}

static void note(struct page *p, int rc)
{
	p->failed = p->failed || rc < 0;
}

/* The text as words_clean makes it; borrowed until the next one. */
static const char *clean(struct page *p, const char *text, bool keeps_lines, size_t max)
{
	buf_reset(&p->clean);
	words_clean(slice_str(text), keeps_lines, max, &p->clean);
	p->failed = p->failed || !buf_ok(&p->clean);
	return buf_str(&p->clean);
}

static void attributes(struct page *p, va_list pairs)
{
	const char *name, *value;

	while ((name = va_arg(pairs, const char *))) {
		value = va_arg(pairs, const char *);
		if (!value)
			continue;
		if (value == PAGE_SET)
			value = name;
		note(p, xmlTextWriterWriteAttribute(p->writer, BAD_CAST name,
						    BAD_CAST clean(p, value, true, 0)));
	}
}

void page_open(struct page *p, const char *element, ...)
{
	va_list pairs;

	note(p, xmlTextWriterStartElement(p->writer, BAD_CAST element));
	va_start(pairs, element);
	attributes(p, pairs);
	va_end(pairs);
}

void page_close(struct page *p)
{
	note(p, xmlTextWriterFullEndElement(p->writer));
}

void page_void(struct page *p, const char *element, ...)
{
	va_list pairs;

	note(p, xmlTextWriterStartElement(p->writer, BAD_CAST element));
	va_start(pairs, element);
	attributes(p, pairs);
	va_end(pairs);
	note(p, xmlTextWriterEndElement(p->writer));
}

void page_put(struct page *p, const char *element, const char *text, ...)
{
	va_list pairs;

	note(p, xmlTextWriterStartElement(p->writer, BAD_CAST element));
	va_start(pairs, text);
	attributes(p, pairs);
	va_end(pairs);
	page_text(p, text);
	page_close(p);
}

void page_doctype(struct page *p)
{
	note(p, xmlTextWriterWriteRaw(p->writer, BAD_CAST "<!DOCTYPE html>\n"));
}

static void write_text(struct page *p, const char *text, bool keeps_lines, size_t max)
{
	note(p, xmlTextWriterWriteString(p->writer,
					 BAD_CAST clean(p, text, keeps_lines, max)));
}

void page_text(struct page *p, const char *text)
{
	write_text(p, text, true, 0);
}

void page_textf(struct page *p, const char *fmt, ...)
{
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	page_text(p, text);
}

void page_foreign(struct page *p, const char *text, size_t max)
{
	page_open(p, "bdi", NULL);
	write_text(p, text, false, max);
	page_close(p);
}

void page_lines(struct page *p, const char *text, const char *label)
{
	page_open(p, "pre", "class", "lines", "tabindex", "0", "role", "region", "aria-label",
		  label, NULL);
	/* HTML drops a line feed that directly follows <pre> */
	if (text && text[0] == '\n')
		page_text(p, "\n");
	write_text(p, text, true, 0);
	page_close(p);
}

void page_time(struct page *p, int64_t at_s, int64_t now_s)
{
	char text[WORDS_MAX], stamp[WORDS_MAX];

	if (at_s == 0) {
		page_text(p, "never");
		return;
	}
	page_put(p, "time", words_time(at_s, text), "datetime", words_stamp(at_s, stamp), NULL);
	page_text(p, " ");
	page_put(p, "span", words_age(at_s, now_s, text), "class", "age", NULL);
}

/* ---- links and tables ---- */

static void encode(struct buf *out, const char *value)
{
	for (; *value; value++) {
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~",
			   *value))
			buf_putc(out, *value);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*value);
	}
}

char *page_address(const char *name, ...)
{
	const char *field, *value;
	struct buf out;
	va_list pairs;
	char *address;

	buf_init(&out, 65536);
	buf_puts(&out, "?page=");
	encode(&out, name);
	va_start(pairs, name);
	while ((field = va_arg(pairs, const char *))) {
		value = va_arg(pairs, const char *);
		if (!value || !value[0])
			continue;
		buf_putc(&out, '&');
		encode(&out, field);
		buf_putc(&out, '=');
		encode(&out, value);
	}
	va_end(pairs);
	address = buf_ok(&out) ? slice_dup(buf_view(&out)) : NULL;
	buf_clear(&out);
	return address;
}

void page_link(struct page *p, const char *text, const char *class, char *address)
{
	p->failed = p->failed || !address;
	page_open(p, "a", "href", address ? address : "", "class", class, NULL);
	write_text(p, text, false, 0);
	page_close(p);
	free(address);
}

void page_table(struct page *p, const char *caption, const char *const *heads, size_t n)
{
	page_open(p, "div", "class", "wide", "tabindex", "0", "role", "region", "aria-label",
		  caption ? caption : "Table", NULL);
	page_open(p, "table", NULL);
	if (caption)
		page_put(p, "caption", caption, NULL);
	if (n == 0)
		return;
	page_open(p, "thead", NULL);
	page_open(p, "tr", NULL);
	for (size_t i = 0; i < n; i++)
		if (heads[i][0])
			page_put(p, "th", heads[i], "scope", "col", NULL);
		else
			page_put(p, "td", "", NULL);
	page_close(p);
	page_close(p);
}

void page_table_end(struct page *p)
{
	page_close(p);
	page_close(p);
}

void page_row(struct page *p, const char *label)
{
	page_open(p, "tr", NULL);
	page_put(p, "th", label, "scope", "row", NULL);
	page_open(p, "td", NULL);
}

void page_row_end(struct page *p)
{
	page_close(p);
	page_close(p);
}

void page_section(struct page *p, const char *title)
{
	page_open(p, "section", NULL);
	page_put(p, "h2", title, NULL);
}

void page_callout(struct page *p, const char *kind)
{
	char class[32];
	bool is_loud = strcmp(kind, "bad") == 0;

	snprintf(class, sizeof(class), "callout %s", kind);
	page_open(p, "div", "class", class, "role", is_loud ? "alert" : "status", NULL);
}

void page_callout_text(struct page *p, const char *kind, const char *text)
{
	page_callout(p, kind);
	page_put(p, "p", text, NULL);
	page_close(p);
}

/* ---- forms ---- */

void page_form(struct page *p, const char *name, const char *token, const char *class)
{
	char *address = page_address(name, NULL);

	p->failed = p->failed || !address;
	page_open(p, "form", "method", "post", "action", address ? address : "", "class", class,
		  "accept-charset", "utf-8", NULL);
	page_hidden(p, "token", token);
	free(address);
}

void page_hidden(struct page *p, const char *name, const char *value)
{
	page_void(p, "input", "type", "hidden", "name", name, "value", value, NULL);
}

void page_button(struct page *p, const char *text, const char *class)
{
	page_put(p, "button", text, "type", "submit", "class", class, NULL);
}

void page_act(struct page *p, const char *name, const char *token, const char *field,
	      const char *value, const char *text, const char *label, const char *class)
{
	page_form(p, name, token, "act");
	page_hidden(p, field, value);
	page_put(p, "button", text, "type", "submit", "class", class, "aria-label", label,
		 "title", label, NULL);
	page_close(p);
}
