/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/clock.h"

#include <string.h>
#include <time.h>

#define QUARTER_S 900 /* no zone in use changes its offset more often */

void clock_init(struct clock *c)
{
	*c = (struct clock){.stamp_s = -1, .quarter = INT64_MIN};
}

/* How far the local time is ahead of UTC when its own clocks show local_s. */
static int64_t local_offset(int64_t local_s)
{
	time_t as_utc = (time_t)local_s, real;
	struct tm tm;

	if (!gmtime_r(&as_utc, &tm))
		return 0;
	tm.tm_isdst = -1;
	real = mktime(&tm);
	return real == (time_t)-1 ? 0 : local_s - (int64_t)real;
}

int64_t clock_seconds(struct clock *c, const struct exim_line *line)
{
	int64_t quarter;

	if (line->time.n != CLOCK_STAMP)
		return -1;
	if (c->stamp_s < 0 || memcmp(c->stamp, line->time.p, CLOCK_STAMP) != 0) {
		int64_t s = eximline_seconds(line->time);

		if (s < 0)
			return -1;
		memcpy(c->stamp, line->time.p, CLOCK_STAMP);
		c->stamp_s = s;
	}
	if (line->has_zone)
		return c->stamp_s - line->utc_offset_s;
	quarter = c->stamp_s / QUARTER_S;
	if (quarter != c->quarter) {
		c->offset_s = local_offset(c->stamp_s);
		c->quarter = quarter;
	}
	return c->stamp_s - c->offset_s;
}
