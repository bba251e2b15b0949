/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/localport.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define PORT SLICE("45331")

static struct localport ports;

static bool is(struct slice port, int64_t at_s, const char *user)
{
	return slice_eq(localport_get(&ports, port, at_s, NULL), slice_str(user));
}

Test(localport, a_port_is_the_users_who_connected_from_it)
{
	bool trusted = true;

	localport_set(&ports, PORT, SLICE("alice"), 100, false);
	cr_expect(is(PORT, 100, "alice"));
	localport_get(&ports, PORT, 100, &trusted);
	cr_expect_not(trusted);
	cr_expect(is(PORT, 100 + LOCALPORT_TTL_S, "alice"));
	cr_expect(is(PORT, 101 + LOCALPORT_TTL_S, ""), "too long ago");
	cr_expect(is(SLICE("45332"), 100, ""));
	cr_expect(is(SLICE("0"), 100, ""));
	cr_expect(is(SLICE("70000"), 100, ""));
}

Test(localport, a_port_pushes_no_other_out)
{
	localport_set(&ports, PORT, SLICE("alice"), 100, false);
	for (unsigned port = 1; port <= 65535; port++) {
		char text[8];

		snprintf(text, sizeof(text), "%u", port);
		if (port != 45331)
			localport_set(&ports, slice_str(text), SLICE("bob"), 100, true);
	}
	cr_expect(is(PORT, 100, "alice"));
	cr_expect(is(SLICE("65535"), 100, "bob"));
}

Test(localport, a_line_beyond_doubt_ends_a_dispute)
{
	localport_set(&ports, PORT, SLICE("bob"), 100, false);
	localport_set(&ports, PORT, SLICE("alice"), 101, true);
	cr_expect(is(PORT, 101, "alice"));
	localport_set(&ports, PORT, SLICE("bob"), 102, false);
	cr_expect(is(PORT, 102, ""), "the port may have been given out again");
	localport_set(&ports, PORT, SLICE("bob"), 103, true);
	cr_expect(is(PORT, 103, "bob"));
}

Test(localport, two_users_at_once_are_nobody)
{
	localport_set(&ports, PORT, SLICE("alice"), 100, false);
	localport_set(&ports, PORT, SLICE("bob"), 101, false);
	cr_expect(is(PORT, 101, ""));
	localport_set(&ports, PORT, SLICE("alice"), 102, false);
	cr_expect(is(PORT, 102, ""), "a dispute isn't won by the last word");
	localport_set(&ports, PORT, SLICE("bob"), 103 + LOCALPORT_DISPUTE_S, true);
	cr_expect(is(PORT, 103 + LOCALPORT_DISPUTE_S, "bob"));
}
