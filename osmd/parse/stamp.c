/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/stamp.h"

#include "osmd/parse/scan.h"

#define TIME_LEN 19
#define DAY_S 86400

/* 16 characters up to Exim 4.96, 23 since 4.97; a file can hold both. */
#define ID_OLD 16
#define ID_NEW 23
#define ID_GROUP 6 /* characters of the first group: epoch seconds in base 62 */

/* The value of a character in Exim's base 62 plus one; 0 for any other byte. */
static const uint8_t base62[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
	['I'] = 19, ['J'] = 20, ['K'] = 21, ['L'] = 22, ['M'] = 23, ['N'] = 24,
	['O'] = 25, ['P'] = 26, ['Q'] = 27, ['R'] = 28, ['S'] = 29, ['T'] = 30,
	['U'] = 31, ['V'] = 32, ['W'] = 33, ['X'] = 34, ['Y'] = 35, ['Z'] = 36,
	['a'] = 37, ['b'] = 38, ['c'] = 39, ['d'] = 40, ['e'] = 41, ['f'] = 42,
	['g'] = 43, ['h'] = 44, ['i'] = 45, ['j'] = 46, ['k'] = 47, ['l'] = 48,
	['m'] = 49, ['n'] = 50, ['o'] = 51, ['p'] = 52, ['q'] = 53, ['r'] = 54,
	['s'] = 55, ['t'] = 56, ['u'] = 57, ['v'] = 58, ['w'] = 59, ['x'] = 60,
	['y'] = 61, ['z'] = 62,
};

/* Eight bytes against a shape in which '0' stands for any digit. `room` is what a byte of
 * the difference may grow by before its top bit is set: 0x76 for a digit, 0x7f else. */
static uint64_t misfit8(const char *p, const char *shape, const char *room)
{
	uint64_t got, want, slack;

	memcpy(&got, p, sizeof(got));
	memcpy(&want, shape, sizeof(want));
	memcpy(&slack, room, sizeof(slack));
	got ^= want;
	return (got | (got + slack)) & UINT64_C(0x8080808080808080);
}

static bool is_time(const char *p)
{
	return !(misfit8(p, "0000-00-", "\x76\x76\x76\x76\x7f\x76\x76\x7f") |
		 misfit8(p + 8, "00 00:00", "\x76\x76\x7f\x76\x76\x7f\x76\x76") |
		 misfit8(p + 11, "00:00:00", "\x76\x76\x7f\x76\x76\x7f\x76\x76"));
}

static unsigned two_digits(const char *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

static bool all_base62(const char *p, size_t n)
{
	unsigned char good = 1;

	for (size_t i = 0; i < n; i++)
		good &= base62[(unsigned char)p[i]] != 0;
	return good;
}

/* The length of the message id at p that a blank or the end follows; 0 if none does. */
static size_t id_length(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);

	if (n < ID_OLD || p[6] != '-' || !all_base62(p, 6))
		return 0;
	if (p[13] == '-' && (n == ID_OLD || p[16] == ' ') && all_base62(p + 7, 6) &&
	    all_base62(p + 14, 2))
		return ID_OLD;
	if (n >= ID_NEW && p[18] == '-' && (n == ID_NEW || p[23] == ' ') &&
	    all_base62(p + 7, 11) && all_base62(p + 19, 4))
		return ID_NEW;
	return 0;
}

/* " +0100" at p: the place after it, or p. */
static const char *read_zone(const char *p, const char *end, struct exim_line *out)
{
	unsigned hours, minutes;

	if (end - p < 6 || (p[1] != '+' && p[1] != '-') ||
	    !scan_all_digits(p + 2, p + 6) || (p + 6 < end && p[6] != ' '))
		return p;
	hours = two_digits(p + 2);
	minutes = two_digits(p + 4);
	if (hours > 23 || minutes > 59)
		return p;
	out->has_zone = true;
	out->utc_offset_s = (int)(hours * 3600 + minutes * 60);
	if (p[1] == '-')
		out->utc_offset_s = -out->utc_offset_s;
	return p + 6;
}

/* " [18795]" at p: the place after it, or p. */
static const char *read_pid(const char *p, const char *end, struct exim_line *out)
{
	const char *close = scan_word(p + 1, end);

	if (close - p < 4 || p[1] != '[' || close[-1] != ']' ||
	    !scan_all_digits(p + 2, close - 1))
		return p;
	out->pid = scan_between(p + 2, close - 1);
	return close;
}

const char *stamp_read(struct slice line, struct exim_line *out)
{
	const char *p = line.p;
	const char *end = p + line.n;
	size_t n;

	if (line.n < TIME_LEN || !is_time(p))
		return NULL;
	out->time = scan_between(p, p + TIME_LEN);
	p += TIME_LEN;
	if (end - p >= 4 && *p == '.' && scan_all_digits(p + 1, p + 4))
		p += 4;
	if (p == end)
		return end;
	if (*p != ' ')
		return NULL;
	if (end - p > 1 && (p[1] == '+' || p[1] == '-'))
		p = read_zone(p, end, out);
	if (end - p > 1 && p[1] == '[')
		p = read_pid(p, end, out);
	if (p == end || ++p == end)
		return end;
	n = id_length(p, end);
	if (!n)
		return p;
	out->id = scan_between(p, p + n);
	p += n;
	return p == end ? end : p + 1;
}

bool eximline_is_id(struct slice s)
{
	return s.n && id_length(s.p, s.p + s.n) == s.n;
}

int64_t eximline_id_time(struct slice id)
{
	int64_t at_s = 0;

	if (!eximline_is_id(id))
		return -1;
	for (size_t i = 0; i < ID_GROUP; i++)
		at_s = at_s * 62 + base62[(unsigned char)id.p[i]] - 1;
	return at_s;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar, counted in years that begin in
 * March, so that the leap day is a year's last. */
static int64_t days_since_epoch(unsigned year, unsigned month, unsigned day)
{
	unsigned y = year - (month <= 2);
	unsigned era = y / 400;
	unsigned of_era = y - era * 400;
	unsigned of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;

	return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

int64_t eximline_seconds(struct slice time)
{
	const char *p = time.p;
	unsigned year, month, day, hour, minute, second;

	if (time.n != TIME_LEN || !is_time(p))
		return -1;
	year = two_digits(p) * 100 + two_digits(p + 2);
	month = two_digits(p + 5);
	day = two_digits(p + 8);
	hour = two_digits(p + 11);
	minute = two_digits(p + 14);
	second = two_digits(p + 17);
	/* 60 is a leap second, which the kernel's clock shows as the next one. */
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 60)
		return -1;
	return days_since_epoch(year, month, day) * DAY_S + hour * 3600 + minute * 60 +
	       second;
}
