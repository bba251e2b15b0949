/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "osmd/base/jsonread.h"
#include "osmd/base/utf8.h"
#include "osmd/cmd.h"

/* Most characters of a cell that is not the last of its row: all of a report's actions. */
#define CELL_MAX 64

/* The printable form of the first character of s into out; returns the bytes of s used. */
static size_t escape_one(struct slice s, char out[16])
{
	uint32_t cp = 0;
	size_t n = utf8_next(s, &cp);

	if (n == 0 || cp < 0x20 || cp == 0x7f) {
		snprintf(out, 16, "\\x%02x", (unsigned char)s.p[0]);
		return 1;
	}
	if (utf8_is_treacherous(cp)) {
		snprintf(out, 16, "\\u{%04x}", cp);
		return n;
	}
	memcpy(out, s.p, n);
	out[n] = '\0';
	return n;
}

void text_put(FILE *stream, struct slice s)
{
	char one[16];

	while (s.n) {
		size_t used = escape_one(s, one);

		fputs(one, stream);
		s.p += used;
		s.n -= used;
	}
}

void text_puts(FILE *stream, const char *s)
{
	text_put(stream, slice_str(s));
}

/* A time stamp of a document is a number whose name says so. */
static bool is_time(const char *name, const json_t *value)
{
	static const char *const names[] = {"time",    "started", "first",
					    "last",    "newest",  "made_at",
					    "created", "changed", "expires"};

	for (size_t i = 0; json_is_integer(value) && i < sizeof(names) / sizeof(names[0]);
	     i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void text_value(FILE *stream, const json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		text_put(stream, json_string_slice(value));
		break;
	case JSON_INTEGER:
		fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		fprintf(stream, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("yes", stream);
		break;
	case JSON_FALSE:
		fputs("no", stream);
		break;
	case JSON_NULL:
		fputs("-", stream);
		break;
	case JSON_ARRAY:
		fputs(json_array_size(value) ? "" : "none", stream);
		json_array_foreach(value, i, member)
		{
			fputs(i ? ", " : "", stream);
			text_value(stream, member);
		}
		break;
	case JSON_OBJECT:
		i = 0;
		fputs(json_object_size(value) ? "" : "none", stream);
		json_object_foreach((json_t *)value, name, member)
		{
			fputs(i++ ? ", " : "", stream);
			text_puts(stream, name);
			fputc(' ', stream);
			text_value(stream, member);
		}
		break;
	}
}

void text_tree(FILE *stream, const json_t *object, int indent)
{
	char when[TEXT_TIME_MAX];
	const char *name;
	json_t *value, *row;
	size_t i;

	json_object_foreach((json_t *)object, name, value)
	{
		fprintf(stream, "%*s", indent, "");
		text_puts(stream, name);
		if (json_is_object(value) && json_object_size(value)) {
			fputs(":\n", stream);
			text_tree(stream, value, indent + 2);
			continue;
		}
		if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
			fputs(":\n", stream);
			json_array_foreach(value, i, row)
			{
				fprintf(stream, "%*s", indent + 2, "");
				text_value(stream, row);
				fputc('\n', stream);
			}
			continue;
		}
		fputs(": ", stream);
		if (is_time(name, value))
			fputs(text_time(json_integer_value(value), when), stream);
		else
			text_value(stream, value);
		fputc('\n', stream);
	}
}

/* A cell's text, escaped and (unless it is the last) cut; returns its width. */
static size_t cell(const json_t *value, bool last, struct buf *out)
{
	char one[16], number[32];
	struct slice s = json_string_slice(value);
	size_t width = 0;

	buf_reset(out);
	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		s = slice_str(number);
	}
	while (s.n) {
		size_t used = escape_one(s, one), shown = strlen(one);

		if (used == shown && used > 1)
			shown = 1; /* one character of several bytes */
		if (!last && width + shown > CELL_MAX - 3 && s.n > used) {
			buf_puts(out, "...");
			return width + 3;
		}
		buf_puts(out, one);
		width += shown;
		s.p += used;
		s.n -= used;
	}
	return width;
}

void text_table(FILE *stream, const char *const *heads, size_t columns,
		const json_t *rows)
{
	size_t width[16] = {0}, i, k;
	struct buf text;
	json_t *row;

	buf_init(&text, 65536);
	if (columns > sizeof(width) / sizeof(width[0]))
		columns = sizeof(width) / sizeof(width[0]);
	for (k = 0; k < columns; k++)
		width[k] = strlen(heads[k]);
	json_array_foreach(rows, i, row) for (k = 0; k + 1 < columns; k++)
	{
		size_t w = cell(json_array_get(row, k), false, &text);

		width[k] = w > width[k] ? w : width[k];
	}
	for (k = 0; k < columns; k++)
		fprintf(stream, k + 1 < columns ? "%-*s  " : "%*s",
			k + 1 < columns ? (int)width[k] : 0, heads[k]);
	fputc('\n', stream);
	json_array_foreach(rows, i, row)
	{
		for (k = 0; k < columns; k++) {
			bool last = k + 1 == columns;
			size_t w = cell(json_array_get(row, k), last, &text);

			fputs(buf_str(&text), stream);
			if (!last)
				fprintf(stream, "%*s", (int)(width[k] - w) + 2, "");
		}
		fputc('\n', stream);
	}
	buf_clear(&text);
}

const char *text_time(int64_t at_s, char out[TEXT_TIME_MAX])
{
	time_t t = (time_t)at_s;
	struct tm tm;

	if (at_s == 0 || !localtime_r(&t, &tm) ||
	    strftime(out, TEXT_TIME_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, TEXT_TIME_MAX, "-");
	return out;
}

const char *text_age(int64_t seconds, char out[TEXT_TIME_MAX])
{
	static const struct {
		int64_t s;
		const char *name;
	} unit[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};

	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		int64_t whole = seconds / unit[i].s, rest = seconds % unit[i].s;

		if (whole == 0)
			continue;
		if (unit[i].s > 1 && rest >= unit[i + 1].s)
			snprintf(out, TEXT_TIME_MAX, "%" PRId64 " %s %" PRId64 " %s",
				 whole, unit[i].name, rest / unit[i + 1].s,
				 unit[i + 1].name);
		else
			snprintf(out, TEXT_TIME_MAX, "%" PRId64 " %s", whole,
				 unit[i].name);
		return out;
	}
	snprintf(out, TEXT_TIME_MAX, "0 s");
	return out;
}

bool text_duration(const char *s, int64_t *out)
{
	static const struct {
		char suffix;
		unsigned seconds;
	} unit[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	struct slice number = slice_str(s);
	unsigned factor = 1;
	uint64_t n;

	for (size_t i = 0; number.n && i < sizeof(unit) / sizeof(unit[0]); i++)
		if (s[strlen(s) - 1] == unit[i].suffix) {
			factor = unit[i].seconds;
			number.n--;
			break;
		}
	if (!slice_u64(number, 0, 100u * 366 * 86400 / factor, &n))
		return false;
	*out = (int64_t)(n * factor);
	return true;
}

bool text_since(const char *s, int64_t now_s, int64_t *out)
{
	static const char *const format[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M",
					     "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"};
	uint64_t epoch;

	if (text_duration(s, out)) {
		*out = now_s - *out;
		return true;
	}
	if (s[0] == '@' && slice_u64(slice_str(s + 1), 1, INT32_MAX * 2ull, &epoch)) {
		*out = (int64_t)epoch;
		return true;
	}
	for (size_t i = 0; i < sizeof(format) / sizeof(format[0]); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(s, format[i], &tm);
		time_t t;

		if (!end || *end)
			continue;
		tm.tm_isdst = -1;
		t = mktime(&tm);
		*out = (int64_t)t;
		return t > 0;
	}
	return false;
}
