/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/localport.h"

#include <string.h>

static bool port_number(struct slice text, uint16_t *port)
{
	uint64_t n;

	if (!slice_u64(text, 1, UINT16_MAX, &n))
		return false;
	*port = (uint16_t)n;
	return true;
}

static struct slice slot_user(const struct localport_slot *s)
{
	return (struct slice){s->user, s->user_n};
}

void localport_set(struct localport *l, struct slice port, struct slice user,
		   int64_t at_s, bool trusted)
{
	struct localport_slot *s;
	uint16_t number;

	if (!port_number(port, &number) || !user.n || user.n > LOCALPORT_USER_MAX)
		return;
	s = &l->slot[number];
	if (!trusted && s->port && at_s - s->at_s <= LOCALPORT_DISPUTE_S &&
	    (s->disputed || !slice_eq(slot_user(s), user))) {
		s->disputed = true;
		s->at_s = at_s;
		return;
	}
	*s = (struct localport_slot){.at_s = at_s,
				     .port = number,
				     .trusted = trusted,
				     .user_n = (uint8_t)user.n};
	memcpy(s->user, user.p, user.n);
}

struct slice localport_get(const struct localport *l, struct slice port, int64_t at_s,
			   bool *trusted)
{
	const struct localport_slot *s;
	uint16_t number;

	if (trusted)
		*trusted = false;
	if (!port_number(port, &number))
		return (struct slice){NULL, 0};
	s = &l->slot[number];
	if (!s->port || s->disputed || at_s - s->at_s > LOCALPORT_TTL_S)
		return (struct slice){NULL, 0};
	if (trusted)
		*trusted = s->trusted;
	return slot_user(s);
}
