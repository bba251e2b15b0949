/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/sightings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/sys/connection.h"

#define MS INT64_C(1000000)

static struct {
	struct sockdiag *diag;
	struct owner *owner;
	struct sightings *all;
	int64_t now_ns;
} lab;

static void setup(void)
{
	struct err e = {0};

	lab.diag = sockdiag_open(&e);
	cr_assert(lab.diag, "%s", e.msg);
	lab.owner = owner_new(lab.diag);
	lab.all = sightings_new(lab.owner);
	cr_assert(lab.owner && lab.all);
	lab.now_ns = 1000 * MS;
}

static void cleanup(void)
{
	sightings_free(lab.all);
	owner_free(lab.owner);
	sockdiag_close(lab.diag);
}

TestSuite(sightings, .init = setup, .fini = cleanup);

/* Of a connection that never was: nobody can be found. */
static struct sighting one(uint16_t port, uint32_t seq, int64_t uid)
{
	static const unsigned char from[4] = {192, 0, 2, 10}, to[4] = {198, 51, 100, 25};

	return (struct sighting){.flow = {.from = addr_of_bytes(AF_INET, from),
					  .to = addr_of_bytes(AF_INET, to),
					  .from_port = port,
					  .to_port = 25,
					  .seq = seq},
				 .at_s = 1795424400,
				 .uid = uid,
				 .gid = uid};
}

static void see(uint16_t port, uint32_t seq, int64_t uid)
{
	const struct sighting s = one(port, seq, uid);

	sightings_add(lab.all, &s, lab.now_ns);
}

static void answer(void)
{
	while (sightings_answer(lab.all, lab.now_ns))
		;
}

/* The next line, or "" while there is none. */
static const char *line(void)
{
	static char text[PACKET_LINE_MAX + 1];
	const struct buf *b;
	int64_t wait_ns;

	b = sightings_line(lab.all, lab.now_ns, &wait_ns);
	if (!b)
		return "";
	snprintf(text, sizeof(text), "%.*s", (int)b->n, b->p);
	sightings_done(lab.all);
	return text;
}

static bool says(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static struct sightings_stats stats(void)
{
	struct sightings_stats s;

	sightings_stats(lab.all, &s);
	return s;
}

Test(sightings, come_out_in_their_order_after_a_moment)
{
	see(40000, 1, 1001);
	see(40001, 2, -1);
	answer();
	cr_expect_str_eq(line(), "", "another one of the same ends may come");
	lab.now_ns += SIGHTINGS_SETTLE_NS;
	cr_expect(says(line(), ":40000 > 198.51.100.25:25 remote uid-only uid=1001"));
	cr_expect(says(line(), ":40001 > 198.51.100.25:25 remote unknown uid=-"));
	cr_expect_str_eq(line(), "");
	cr_expect_eq(sightings_room(lab.all), (size_t)SIGHTINGS_MAX);
}

Test(sightings, the_same_packet_again_is_none)
{
	see(40000, 1, 1001);
	see(40000, 1, 1001);
	answer();
	see(40000, 1, 1001);
	lab.now_ns += SIGHTINGS_SETTLE_NS;
	cr_expect_str_neq(line(), "");
	see(40000, 1, 1001); /* sent again a second later */
	lab.now_ns += 1000 * MS;
	answer();
	cr_expect_str_eq(line(), "");
	cr_expect_eq(stats().seen, 1);
	cr_expect_eq(stats().repeated, 3);
}

Test(sightings, of_the_same_ends_name_no_process)
{
	struct connection c;
	struct sighting s = one(0, 1, -1);

	connection_make(&c, AF_INET, false);
	s.flow.from = c.from;
	s.flow.to = c.to;
	s.flow.from_port = c.from_port;
	s.flow.to_port = c.to_port;
	sightings_add(lab.all, &s, lab.now_ns);
	answer();
	s.flow.seq = 2; /* another connection, whose the answer may have been */
	sightings_add(lab.all, &s, lab.now_ns);
	answer();
	lab.now_ns += SIGHTINGS_SETTLE_NS;
	cr_expect(says(line(), " unknown uid=- "));
	cr_expect(says(line(), " unknown uid=- "));
	cr_expect_eq(stats().ambiguous, 2);
	s.flow.seq = 3; /* long after the others */
	sightings_add(lab.all, &s, lab.now_ns);
	answer();
	lab.now_ns += SIGHTINGS_SETTLE_NS;
	cr_expect(says(line(), " socket uid="));
	connection_end(&c);
}

Test(sightings, keep_the_user_that_netfilter_told_when_ends_repeat)
{
	see(40000, 1, 1001);
	see(40000, 2, 1002);
	answer();
	lab.now_ns += SIGHTINGS_SETTLE_NS;
	cr_expect(says(line(), " uid-only uid=1001 gid=1001 pid=- "));
	cr_expect(says(line(), " uid-only uid=1002 gid=1002 pid=- "));
}

Test(sightings, that_are_whole_wait_for_nothing_and_repeat_freely)
{
	const struct packet p = {.at_s = 1795424400,
				 .to = addr_of_bytes(AF_INET, "\x7f\0\0\1"),
				 .to_port = 25,
				 .where = PACKET_LOCALHOST,
				 .sure = PACKET_KERNEL,
				 .uid = 1001,
				 .gid = 1001,
				 .pid = 4711};
	const struct sighting s = {.at_s = p.at_s, .whole = &p};

	sightings_add(lab.all, &s, lab.now_ns);
	sightings_add(lab.all, &s, lab.now_ns);
	answer();
	cr_expect(says(line(),
		       "- > 127.0.0.1:25 localhost kernel uid=1001 gid=1001 pid=4711"));
	cr_expect(says(line(), " kernel uid=1001"));
	cr_expect_eq(stats().seen, 2);
}

Test(sightings, beyond_their_bound_are_counted_and_not_kept)
{
	for (uint32_t i = 0; i < SIGHTINGS_MAX + 3; i++)
		see((uint16_t)(1 + i), i, 1001);
	cr_expect_eq(sightings_room(lab.all), 0);
	cr_expect_eq(stats().seen, SIGHTINGS_MAX);
	cr_expect_eq(stats().overrun, 3);
	answer();
	lab.now_ns += SIGHTINGS_SETTLE_NS;
	for (uint32_t i = 0; i < SIGHTINGS_MAX; i++)
		cr_assert_str_neq(line(), "");
	cr_expect_str_eq(line(), "");
}

Test(sightings, without_room_to_wait_name_no_process)
{
	struct connection c;
	struct sighting s = one(0, 1, -1);
	int64_t wait_ns;

	connection_make(&c, AF_INET, false);
	s.flow.from = c.from;
	s.flow.to = c.to;
	s.flow.from_port = c.from_port;
	s.flow.to_port = c.to_port;
	sightings_add(lab.all, &s, lab.now_ns);
	answer();
	cr_expect_null(sightings_line(lab.all, lab.now_ns, &wait_ns));
	for (uint32_t i = 1; i < SIGHTINGS_MAX; i++)
		see((uint16_t)i, i, 1001);
	cr_expect(sightings_line(lab.all, lab.now_ns, &wait_ns));
	cr_expect(says(line(), " unknown uid=- "), "what comes next may have its ends");
	cr_expect_eq(stats().ambiguous, 1);
	cr_expect_str_eq(line(), "", "there is room now");
	connection_end(&c);
}

Test(sightings, name_nobody_when_packets_were_lost_meanwhile)
{
	const struct packet p = {.to = addr_of_bytes(AF_INET, "\x7f\0\0\1"),
				 .to_port = 25,
				 .sure = PACKET_KERNEL,
				 .uid = 1003};
	const struct sighting whole = {.whole = &p};
	struct connection c;
	struct sighting s = one(0, 1, -1);

	connection_make(&c, AF_INET, false);
	s.flow.from = c.from;
	s.flow.to = c.to;
	s.flow.from_port = c.from_port;
	s.flow.to_port = c.to_port;
	sightings_add(lab.all, &s, lab.now_ns);
	see(40000, 1, 1001);
	sightings_add(lab.all, &whole, lab.now_ns);
	answer();
	sightings_doubt(lab.all);
	lab.now_ns += SIGHTINGS_SETTLE_NS;
	cr_expect(says(line(), " unknown uid=- "));
	cr_expect(says(line(), " uid-only uid=1001 "));
	cr_expect(says(line(), " kernel uid=1003 "));
	cr_expect_eq(stats().ambiguous, 1);
	s.flow.seq = 2;
	sightings_add(lab.all, &s, lab.now_ns);
	answer();
	lab.now_ns += SIGHTINGS_SETTLE_NS;
	cr_expect(says(line(), " socket uid="), "what comes later is beyond doubt");
	connection_end(&c);
}
