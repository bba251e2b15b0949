/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/act/format_parts.h"

static bool format_json(const json_t *report, struct buf *out, struct err *e);

static const struct {
	const char *name;
	bool (*write)(const json_t *report, struct buf *out, struct err *e);
} formats[FORMAT_COUNT] = {
	[FORMAT_JSON] = {"JSON", format_json},
	[FORMAT_XML] = {"XML", format_xml},
	[FORMAT_YAML] = {"YAML", format_yaml},
	[FORMAT_PERL] = {"PERL", format_perl},
};

const char *format_name(enum format_id f)
{
	return formats[f].name;
}

int format_find(struct slice name)
{
	for (int f = 0; f < FORMAT_COUNT; f++)
		if (slice_eq_nocase(name, slice_str(formats[f].name)))
			return f;
	return -1;
}

const char *format_number(const json_t *number, char out[FORMAT_NUMBER_SIZE])
{
	char *e;

	if (json_is_integer(number)) {
		snprintf(out, FORMAT_NUMBER_SIZE, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(number));
		return out;
	}
	snprintf(out, FORMAT_NUMBER_SIZE - 2, "%.17g", json_real_value(number));
	if (!strchr(out, '.')) {
		e = out + strcspn(out, "e");
		memmove(e + 2, e, strlen(e) + 1);
		memcpy(e, ".0", 2);
	}
	return out;
}

static bool format_json(const json_t *report, struct buf *out, struct err *e)
{
	char *text = json_dumps(report, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	if (!text)
		return err_set(e, EILSEQ, "it can't be written as JSON");
	for (const char *p = text; *p; p++) /* jansson leaves DEL as it is */
		if (*p == 0x7f)
			buf_puts(out, "\\u007F");
		else
			buf_putc(out, *p);
	buf_putc(out, '\n');
	free(text);
	return true;
}

static bool is_nested_within(const json_t *value, unsigned depth)
{
	const char *name;
	json_t *one;
	size_t i;

	if (depth == 0)
		return false;
	json_array_foreach(value, i, one)
		if (!is_nested_within(one, depth - 1))
			return false;
	json_object_foreach((json_t *)value, name, one)
		if (!is_nested_within(one, depth - 1))
			return false;
	return true;
}

bool format_report(enum format_id f, const json_t *report, struct buf *out, struct err *e)
{
	if (!json_is_object(report))
		return err_set(e, EINVAL, "a report is an object");
	if (!is_nested_within(report, FORMAT_DEPTH_MAX))
		return err_set(e, E2BIG, "a report nests no deeper than %d",
			       FORMAT_DEPTH_MAX);
	if (!formats[f].write(report, out, e))
		return err_prefix(e, "%s: ", formats[f].name);
	if (!buf_ok(out))
		return err_set(e, EMSGSIZE, "%s: more than %zu bytes", formats[f].name,
			       out->limit);
	return true;
}
