/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * A report as a Perl literal. What is in single quotes is perlop's q(): only \\ and \' are
 * special. Everything that is not printable ASCII is in double quotes, where a text that is
 * nothing but letters, digits and \x{HEX} can't name a variable or end the quote.
 */
#include "osmd/act/format_parts.h"
#include "osmd/base/utf8.h"

#define INDENT 2
#define REPLACEMENT 0xfffd

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

static bool is_word(uint32_t cp)
{
	return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') ||
	       (cp >= '0' && cp <= '9') || cp == ' ';
}

static void put_text(struct buf *out, struct slice s)
{
	bool plain = is_printable(s);

	buf_putc(out, plain ? '\'' : '"');
	for (size_t i = 0; plain && i < s.n; i++) {
		if (s.p[i] == '\'' || s.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, s.p[i]);
	}
	while (!plain && s.n) {
		uint32_t cp = REPLACEMENT;
		size_t n = utf8_next(s, &cp);

		if (!n) {
			n = 1;
			cp = REPLACEMENT;
		}
		if (is_word(cp))
			buf_putc(out, (char)cp);
		else
			buf_printf(out, "\\x{%x}", (unsigned)cp);
		s = (struct slice){s.p + n, s.n - n};
	}
	buf_putc(out, plain ? '\'' : '"');
}

static void indent(struct buf *out, unsigned depth)
{
	buf_printf(out, "\n%*s", (int)(depth * INDENT), "");
}

static void put_value(struct buf *out, const json_t *value, unsigned depth);

static void put_list(struct buf *out, const json_t *list, unsigned depth)
{
	json_t *one;
	size_t i;

	buf_putc(out, '[');
	json_array_foreach(list, i, one)
	{
		indent(out, depth + 1);
		put_value(out, one, depth + 1);
		buf_putc(out, ',');
	}
	if (json_array_size(list))
		indent(out, depth);
	buf_putc(out, ']');
}

static void put_map(struct buf *out, const json_t *map, unsigned depth)
{
	const char *name;
	json_t *one;

	buf_putc(out, '{');
	json_object_foreach((json_t *)map, name, one)
	{
		indent(out, depth + 1);
		put_text(out, slice_str(name));
		buf_puts(out, " => ");
		put_value(out, one, depth + 1);
		buf_putc(out, ',');
	}
	if (json_object_size(map))
		indent(out, depth);
	buf_putc(out, '}');
}

static void put_value(struct buf *out, const json_t *value, unsigned depth)
{
	char number[FORMAT_NUMBER_SIZE];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		put_map(out, value, depth);
		break;
	case JSON_ARRAY:
		put_list(out, value, depth);
		break;
	case JSON_STRING:
		put_text(out, (struct slice){json_string_value(value),
					     json_string_length(value)});
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		buf_puts(out, format_number(value, number));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_putc(out, json_is_true(value) ? '1' : '0');
		break;
	case JSON_NULL:
		buf_puts(out, "undef");
		break;
	}
}

bool format_perl(const json_t *report, struct buf *out, struct err *e)
{
	(void)e;
	/* the plus keeps eval from taking it for a block */
	buf_putc(out, '+');
	put_map(out, report, 0);
	buf_putc(out, '\n');
	return true;
}
