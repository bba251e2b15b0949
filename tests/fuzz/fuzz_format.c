/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * Documents from any bytes in all four formats: read back, each gives the same data, and the
 * Perl one holds nothing that perl would run: it is read here by a grammar that knows only
 * literals.
 */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "osmd/act/format.h"
#include "osmd/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void must_be_plain(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		must((text.p[i] >= 0x20 && text.p[i] < 0x7f) || text.p[i] == '\n' ||
		     text.p[i] == '\t');
}

static json_t *number_of(const char *s)
{
	char *end;

	if (strpbrk(s, ".e"))
		return json_real(strtod(s, &end));
	return json_integer(strtoll(s, &end, 10));
}

/* ---- XML: libxml2's reader ---- */

static json_t *xml_value(xmlNodePtr node)
{
	xmlChar *type = xmlGetProp(node, BAD_CAST "type");
	xmlChar *text = xmlNodeGetContent(node);
	const char *t = type ? (const char *)type : "";
	json_t *value = NULL;

	if (strcmp(t, "map") == 0 || strcmp(t, "list") == 0) {
		value = t[0] == 'm' ? json_object() : json_array();
		for (xmlNodePtr c = node->children; c; c = c->next) {
			xmlChar *name = xmlGetProp(c, BAD_CAST "name");

			if (c->type == XML_ELEMENT_NODE && t[0] == 'm')
				json_object_set_new(value,
						    (const char *)(name ? name : c->name),
						    xml_value(c));
			else if (c->type == XML_ELEMENT_NODE)
				json_array_append_new(value, xml_value(c));
			xmlFree(name);
		}
	} else if (strcmp(t, "integer") == 0 || strcmp(t, "real") == 0) {
		value = number_of((const char *)text);
	} else if (strcmp(t, "boolean") == 0) {
		value = json_boolean(strcmp((const char *)text, "true") == 0);
	} else {
		value = t[0] ? json_null() : json_string((const char *)text);
	}
	xmlFree(type);
	xmlFree(text);
	return value;
}

static json_t *read_xml(struct slice text)
{
	xmlDocPtr doc = xmlReadMemory(text.p, (int)text.n, NULL, NULL,
				      XML_PARSE_HUGE | XML_PARSE_NONET);
	json_t *value;

	must(doc && strcmp((const char *)xmlDocGetRootElement(doc)->name, "report") == 0);
	value = xml_value(xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	return value;
}

/* What XML can't carry, as format.h says. */
static json_t *xml_text(const char *p, size_t n)
{
	struct slice s = {p, n};
	struct buf out;
	json_t *text;

	buf_init(&out, FORMAT_BYTES_MAX);
	while (s.n) {
		uint32_t cp = 0;
		size_t step = utf8_next(s, &cp);
		bool lost = (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') ||
			    cp == 0x7f || cp == 0xfffe || cp == 0xffff;

		must(step > 0);
		if (lost)
			buf_puts(&out, "\xef\xbf\xbd");
		else
			buf_add(&out, s.p, step);
		s = (struct slice){s.p + step, s.n - step};
	}
	text = json_string(buf_str(&out));
	buf_clear(&out);
	return text;
}

/* With its texts as XML carries them. NULL: two of its names become one. */
static json_t *xml_carried(const json_t *value)
{
	const char *name;
	json_t *one, *copy, *member;
	size_t i;

	if (json_is_string(value))
		return xml_text(json_string_value(value), json_string_length(value));
	if (!json_is_object(value) && !json_is_array(value))
		return json_deep_copy(value);
	copy = json_is_object(value) ? json_object() : json_array();
	json_array_foreach(value, i, one)
	{
		member = xml_carried(one);
		if (!member) {
			json_decref(copy);
			return NULL;
		}
		json_array_append_new(copy, member);
	}
	json_object_foreach((json_t *)value, name, one)
	{
		json_t *key = xml_text(name, strlen(name));

		member = xml_carried(one);
		if (!member || json_object_get(copy, json_string_value(key))) {
			json_decref(key);
			json_decref(member);
			json_decref(copy);
			return NULL;
		}
		json_object_set_new(copy, json_string_value(key), member);
		json_decref(key);
	}
	return copy;
}

/* ---- YAML: libyaml's parser ---- */

static json_t *yaml_value(yaml_document_t *doc, int at)
{
	yaml_node_t *node = yaml_document_get_node(doc, at);
	const char *s;
	json_t *value;

	must(node != NULL);
	if (node->type == YAML_MAPPING_NODE) {
		value = json_object();
		for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
		     p < node->data.mapping.pairs.top; p++) {
			json_t *key = yaml_value(doc, p->key);

			json_object_set_new(value, json_string_value(key),
					    yaml_value(doc, p->value));
			json_decref(key);
		}
		return value;
	}
	if (node->type == YAML_SEQUENCE_NODE) {
		value = json_array();
		for (yaml_node_item_t *p = node->data.sequence.items.start;
		     p < node->data.sequence.items.top; p++)
			json_array_append_new(value, yaml_value(doc, *p));
		return value;
	}
	s = (const char *)node->data.scalar.value;
	if (node->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		return json_stringn(s, node->data.scalar.length);
	must(node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
	if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0)
		return json_boolean(s[0] == 't');
	return strcmp(s, "null") == 0 ? json_null() : number_of(s);
}

static json_t *read_yaml(struct slice text)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	json_t *value;

	must(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	must(yaml_parser_load(&parser, &doc));
	value = yaml_value(&doc, 1);
	yaml_document_delete(&doc);
	must(yaml_parser_load(&parser, &doc)); /* nothing follows */
	must(!yaml_document_get_root_node(&doc));
	yaml_document_delete(&doc);
	yaml_parser_delete(&parser);
	return value;
}

/* ---- Perl: literals, and nothing else ---- */

static char take(struct slice *s)
{
	must(s->n > 0);
	s->n--;
	return *s->p++;
}

static bool next_is(const struct slice *s, char c)
{
	return s->n && *s->p == c;
}

static void skip(struct slice *s)
{
	while (s->n && (*s->p == ' ' || *s->p == '\n'))
		take(s);
}

static void put_utf8(struct buf *out, uint32_t cp)
{
	if (cp < 0x80) {
		buf_putc(out, (char)cp);
	} else if (cp < 0x800) {
		buf_putc(out, (char)(0xc0 | cp >> 6));
		buf_putc(out, (char)(0x80 | (cp & 0x3f)));
	} else if (cp < 0x10000) {
		buf_putc(out, (char)(0xe0 | cp >> 12));
		buf_putc(out, (char)(0x80 | (cp >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (cp & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | cp >> 18));
		buf_putc(out, (char)(0x80 | (cp >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (cp >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (cp & 0x3f)));
	}
}

static uint32_t perl_escape(struct slice *s)
{
	uint32_t cp = 0;

	must(take(s) == 'x' && take(s) == '{' && !next_is(s, '}'));
	for (char c; (c = take(s)) != '}';) {
		must((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
		cp = cp * 16 + (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		must(cp <= 0x10ffff);
	}
	return cp;
}

static json_t *perl_text(struct slice *s)
{
	char quote = take(s), c;
	struct buf out;
	json_t *text;

	buf_init(&out, FORMAT_BYTES_MAX);
	while ((c = take(s)) != quote) {
		if (quote == '"' && c == '\\')
			put_utf8(&out, perl_escape(s));
		else if (quote == '"')
			must((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == ' ');
		else if (c == '\\')
			must((c = take(s)) == '\\' || c == '\'');
		if (quote == '\'' || c != '\\')
			buf_putc(&out, c);
	}
	text = json_stringn(out.p ? out.p : "", out.n);
	must(text != NULL);
	buf_clear(&out);
	return text;
}

static json_t *perl_value(struct slice *s);

static json_t *perl_members(struct slice *s, char end)
{
	json_t *all = end == '}' ? json_object() : json_array();

	take(s);
	for (skip(s); !next_is(s, end); skip(s)) {
		json_t *key = end == '}' ? perl_text(s) : NULL;

		if (key) {
			must(take(s) == ' ' && take(s) == '=' && take(s) == '>' &&
			     take(s) == ' ');
			must(json_object_set_new(all, json_string_value(key),
						 perl_value(s)) == 0);
		} else {
			json_array_append_new(all, perl_value(s));
		}
		json_decref(key);
		must(take(s) == ',');
	}
	take(s);
	return all;
}

static json_t *perl_value(struct slice *s)
{
	char word[64];
	size_t n = 0;

	must(s->n > 0);
	if (*s->p == '{')
		return perl_members(s, '}');
	if (*s->p == '[')
		return perl_members(s, ']');
	if (*s->p == '\'' || *s->p == '"')
		return perl_text(s);
	while (s->n && *s->p != ',' && n + 1 < sizeof(word))
		word[n++] = take(s);
	word[n] = '\0';
	if (strcmp(word, "undef") == 0)
		return json_null();
	must(n && strspn(word, "0123456789.e+-") == n);
	return number_of(word);
}

static json_t *read_perl(struct slice text)
{
	json_t *value;

	must(take(&text) == '+' && next_is(&text, '{'));
	value = perl_value(&text);
	must(text.n == 1 && *text.p == '\n');
	return value;
}

/* With true as 1 and false as 0. */
static json_t *perl_carried(const json_t *value)
{
	const char *name;
	json_t *one, *copy;
	size_t i;

	if (json_is_boolean(value))
		return json_integer(json_is_true(value));
	if (!json_is_object(value) && !json_is_array(value))
		return json_deep_copy(value);
	copy = json_is_object(value) ? json_object() : json_array();
	json_array_foreach(value, i, one)
		json_array_append_new(copy, perl_carried(one));
	json_object_foreach((json_t *)value, name, one)
		json_object_set_new(copy, name, perl_carried(one));
	return copy;
}

/* Takes both references. */
static void must_equal(json_t *want, json_t *got)
{
	must(json_equal(want, got));
	json_decref(want);
	json_decref(got);
}

static void check(enum format_id f, const json_t *report)
{
	struct err e = {0};
	struct buf out;
	json_t *want;

	buf_init(&out, FORMAT_BYTES_MAX);
	if (!format_report(f, report, &out, &e)) {
		must(e.code && e.msg[0]);
		buf_clear(&out);
		return;
	}
	must_be_plain(buf_view(&out));
	if (f == FORMAT_JSON) {
		must_equal(json_deep_copy(report), json_loadb(out.p, out.n, 0, NULL));
	} else if (f == FORMAT_XML) {
		want = xml_carried(report);
		if (want)
			must_equal(want, read_xml(buf_view(&out)));
	} else if (f == FORMAT_YAML) {
		must_equal(json_deep_copy(report), read_yaml(buf_view(&out)));
	} else {
		must_equal(perl_carried(report), read_perl(buf_view(&out)));
	}
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *report = json_loadb(size ? (const char *)data : "", size,
				    JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(report))
		for (int f = 0; f < FORMAT_COUNT; f++)
			check((enum format_id)f, report);
	json_decref(report);
	return 0;
}
