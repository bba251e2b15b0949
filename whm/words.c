/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPLACEMENT "\xef\xbf\xbd"
/* Unicode's pictures of the control characters begin here. */
#define CONTROL_PICTURES 0x2400u
#define DEL_PICTURE 0x2421u

/* One character off the front of s into *c; false: the byte there begins none (RFC 3629). */
static bool take_char(struct slice s, uint32_t *c, size_t *n)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.p[0];

	*n = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (*n == 0 || first > 0xf4 || s.n < *n)
		return false;
	*c = *n == 1 ? first : first & (0x7fu >> *n);
	for (size_t i = 1; i < *n; i++) {
		unsigned char next = (unsigned char)s.p[i];

		if ((next & 0xc0) != 0x80)
			return false;
		*c = *c << 6 | (next & 0x3f);
	}
	return *c >= least[*n] && *c <= 0x10ffff && !(*c >= 0xd800 && *c <= 0xdfff);
}

static void put_char(struct buf *out, uint32_t c)
{
	const char three[] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
			      (char)(0x80 | (c & 0x3f))};

	buf_add(out, three, sizeof(three));
}

/* Characters without a shape of their own that move, turn, join or hide others. */
static bool is_invisible(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{0x80, 0x9f},	  {0xad, 0xad},	    {0x61c, 0x61c},   {0x115f, 0x1160},
		{0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
		{0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return (c & 0xfffe) == 0xfffe;
}

static void show_char(struct slice bytes, uint32_t c, bool keeps_lines, struct buf *out)
{
	if (keeps_lines && (c == '\n' || c == '\t'))
		buf_putc(out, (char)c);
	else if (c < 0x20)
		put_char(out, CONTROL_PICTURES + c);
	else if (c == 0x7f)
		put_char(out, DEL_PICTURE);
	else if (is_invisible(c))
		buf_printf(out, "\xe2\x9f\xa8U+%04" PRIX32 "\xe2\x9f\xa9", c);
	else
		buf_slice(out, bytes);
}

void words_clean(struct slice text, bool keeps_lines, size_t max, struct buf *out)
{
	size_t shown = 0;

	while (text.n) {
		uint32_t c = 0;
		size_t n = 1;

		if (max && shown++ == max) {
			buf_puts(out, "\xe2\x80\xa6");
			return;
		}
		if (take_char(text, &c, &n)) {
			show_char((struct slice){text.p, n}, c, keeps_lines, out);
		} else {
			buf_puts(out, REPLACEMENT);
			n = 1;
		}
		text.p += n;
		text.n -= n;
	}
}

const char *words_time(int64_t at_s, char out[WORDS_MAX])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (at_s == 0 || !localtime_r(&at, &tm) ||
	    strftime(out, WORDS_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, WORDS_MAX, "-");
	return out;
}

const char *words_stamp(int64_t at_s, char out[WORDS_MAX])
{
	time_t at = (time_t)at_s;
	struct tm tm;
	size_t n;

	if (!localtime_r(&at, &tm) ||
	    strftime(out, WORDS_MAX - 1, "%Y-%m-%dT%H:%M:%S%z", &tm) == 0) {
		snprintf(out, WORDS_MAX, "-");
		return out;
	}
	/* HTML wants a colon in the zone */
	n = strlen(out);
	memmove(out + n - 1, out + n - 2, 3);
	out[n - 2] = ':';
	return out;
}

const char *words_zone(int64_t now_s, char out[WORDS_MAX])
{
	time_t at = (time_t)now_s;
	struct tm tm;
	long minutes;

	if (!localtime_r(&at, &tm)) {
		snprintf(out, WORDS_MAX, "-");
		return out;
	}
	minutes = labs(tm.tm_gmtoff) / 60;
	snprintf(out, WORDS_MAX, "%.20s, UTC%c%02ld:%02ld", tm.tm_zone,
		 tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
	return out;
}

const char *words_span(int64_t seconds, char out[WORDS_MAX])
{
	static const struct {
		int64_t s;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;
	int64_t rest;

	if (seconds < 0)
		seconds = 0;
	while (i < 3 && seconds < units[i].s)
		i++;
	rest = i < 3 ? seconds % units[i].s / units[i + 1].s : 0;
	if (rest)
		snprintf(out, WORDS_MAX, "%" PRId64 " %s %" PRId64 " %s",
			 seconds / units[i].s, units[i].name, rest, units[i + 1].name);
	else
		snprintf(out, WORDS_MAX, "%" PRId64 " %s", seconds / units[i].s,
			 units[i].name);
	return out;
}

/* One unit is enough to tell how fresh something is. */
const char *words_age(int64_t at_s, int64_t now_s, char out[WORDS_MAX])
{
	int64_t age = now_s > at_s ? now_s - at_s : at_s - now_s;
	char span[WORDS_MAX], *second;

	if (age == 0)
		return snprintf(out, WORDS_MAX, "now"), out;
	words_span(age, span);
	second = strchr(span, ' ');
	second = second ? strchr(second + 1, ' ') : NULL;
	if (second)
		*second = '\0';
	snprintf(out, WORDS_MAX, now_s >= at_s ? "%.40s ago" : "in %.40s", span);
	return out;
}
