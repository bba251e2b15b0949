/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* A report as XML 1.0, by libxml2's writer, which escapes for us. */
#include <errno.h>
#include <libxml/xmlwriter.h>
#include <string.h>

#include "osmd/act/format_parts.h"
#include "osmd/base/utf8.h"

/* A non-ASCII character becomes a reference, so that the text is good in any encoding and on
 * any terminal. Every reader knows this name (it is in XML's own list of encodings). */
#define ENCODING "US-ASCII"
#define NAME_MAX_BYTES 64

/* XML 1.0, Char; U+FFFE and U+FFFF are none. DEL and C1 are, but are discouraged: the writer
 * makes references of C1 and leaves DEL, so that goes too. */
static bool is_char(uint32_t cp)
{
	return cp == '\t' || cp == '\n' || cp == '\r' ||
	       (cp >= 0x20 && cp != 0x7f && cp < 0xfffe) || cp >= 0x10000;
}

/* The text with what XML can't carry replaced, with a NUL. */
static void clean(struct buf *out, struct slice s)
{
	buf_reset(out);
	while (s.n) {
		uint32_t cp = 0;
		size_t n = utf8_next(s, &cp);

		if (n && is_char(cp))
			buf_add(out, s.p, n);
		else
			buf_puts(out, "\xef\xbf\xbd");
		n = n ? n : 1;
		s = (struct slice){s.p + n, s.n - n};
	}
}

/* The names of a report's fields; others go into an attribute. */
static bool is_element(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");

	return n && !name[n] && n <= NAME_MAX_BYTES && name[0] >= 'a' &&
	       strncmp(name, "xml", 3) != 0 && strcmp(name, "field") != 0;
}

struct writer {
	xmlTextWriterPtr to;
	struct buf text; /* the last text, cleaned */
};

static bool start(struct writer *w, const char *name, const char *type)
{
	bool plain = is_element(name);
	bool ok = xmlTextWriterStartElement(w->to,
					    BAD_CAST(plain ? name : "field")) >= 0;

	if (!plain) {
		clean(&w->text, slice_str(name));
		ok = ok && xmlTextWriterWriteAttribute(w->to, BAD_CAST "name",
						       BAD_CAST buf_str(&w->text)) >= 0;
	}
	if (type)
		ok = ok && xmlTextWriterWriteAttribute(w->to, BAD_CAST "type",
						       BAD_CAST type) >= 0;
	return ok;
}

static bool put_string(struct writer *w, const char *s)
{
	return xmlTextWriterWriteString(w->to, BAD_CAST s) >= 0;
}

static bool put_text(struct writer *w, const json_t *value)
{
	clean(&w->text,
	      (struct slice){json_string_value(value), json_string_length(value)});
	return buf_ok(&w->text) && put_string(w, buf_str(&w->text));
}

static const char *type_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "map";
	case JSON_ARRAY:
		return "list";
	case JSON_INTEGER:
		return "integer";
	case JSON_REAL:
		return "real";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	case JSON_NULL:
		return "null";
	case JSON_STRING:
		break;
	}
	return NULL;
}

static bool put_value(struct writer *w, const char *name, const json_t *value)
{
	char number[FORMAT_NUMBER_SIZE];
	bool ok = start(w, name, type_of(value));
	const char *member;
	json_t *one;
	size_t i;

	if (json_is_string(value))
		ok = ok && put_text(w, value);
	else if (json_is_number(value))
		ok = ok && put_string(w, format_number(value, number));
	else if (json_is_boolean(value))
		ok = ok && put_string(w, json_is_true(value) ? "true" : "false");
	json_array_foreach(value, i, one)
		ok = ok && put_value(w, "item", one);
	json_object_foreach((json_t *)value, member, one)
		ok = ok && put_value(w, member, one);
	return ok && xmlTextWriterEndElement(w->to) >= 0;
}

bool format_xml(const json_t *report, struct buf *out, struct err *e)
{
	xmlBufferPtr space = xmlBufferCreate();
	struct writer w = {.to = space ? xmlNewTextWriterMemory(space, 0) : NULL};
	bool ok = w.to != NULL;

	buf_init(&w.text, FORMAT_BYTES_MAX);
	ok = ok && xmlTextWriterSetIndent(w.to, 1) >= 0 &&
	     xmlTextWriterStartDocument(w.to, NULL, ENCODING, NULL) >= 0 &&
	     put_value(&w, "report", report) && xmlTextWriterEndDocument(w.to) >= 0 &&
	     xmlTextWriterFlush(w.to) >= 0;
	if (w.to)
		xmlFreeTextWriter(w.to);
	if (ok)
		buf_add(out, xmlBufferContent(space), (size_t)xmlBufferLength(space));
	if (space)
		xmlBufferFree(space);
	buf_clear(&w.text);
	return ok || err_set(e, ENOMEM, "it can't be written");
}
