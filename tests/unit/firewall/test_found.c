/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/found.h"

#include <sys/socket.h>

#include "tests/unit/firewall/hex.h"

static const struct fw_settings settings = {.smtp_ports = {25, 465, 587},
					    .smtp_port_count = 3};
static char told[4000];

static bool tell(const struct fw_block *b, void *ctx)
{
	static const char *const way[] = {"-", "in", "out", "inout"};
	char text[ADDR_TEXT_MAX];
	size_t n = strlen(told);

	(void)ctx;
	if (b->net.family)
		n += (size_t)snprintf(told + n, sizeof(told) - n, "%s",
				      addr_print(&b->net, text));
	else
		n += (size_t)snprintf(told + n, sizeof(told) - n, "uid:%u", b->uid);
	n += (size_t)snprintf(told + n, sizeof(told) - n, " %lld %s", (long long)b->ttl,
			      way[b->direction]);
	for (size_t i = 0; i < b->port_count; i++)
		n += (size_t)snprintf(told + n, sizeof(told) - n, "%c%u", i ? ',' : ' ',
				      b->ports[i]);
	snprintf(told + n, sizeof(told) - n, " '%s'\n", b->reason);
	return true;
}

static void add(struct found *f, const char *what, enum fw_direction way, uint16_t port,
		int64_t left_ms, const char *reason)
{
	struct fw_block b = {0};

	if (strncmp(what, "uid:", 4) == 0)
		b.uid = (uid_t)atoi(what + 4);
	else
		b = block_of(what);
	b.direction = way;
	found_add(f, &b, port, left_ms, slice_str(reason));
}

static void expect(struct found *f, const char *want)
{
	struct err e = {0};

	told[0] = '\0';
	cr_expect(found_each(f, &settings, tell, NULL, &e), "%s", e.msg);
	cr_expect_str_eq(told, want, "\ngot:\n%swant:\n%s", told, want);
	found_free(f);
}

Test(found, both_ways_and_all_ports_are_one_block_again)
{
	struct found *f = found_new();

	add(f, "192.0.2.1", FW_OUT, 587, 5000, "a");
	add(f, "192.0.2.1", FW_IN, 25, 5003, "a");
	add(f, "192.0.2.9", FW_IN, 0, -1, "");
	add(f, "192.0.2.1", FW_OUT, 25, 5001, "a");
	add(f, "192.0.2.9", FW_OUT, 0, -1, "");
	add(f, "192.0.2.1", FW_IN, 587, 5004, "a");
	expect(f, "192.0.2.1 6 inout 25,587 'a'\n"
		  "192.0.2.9 0 inout ''\n");
}

Test(found, what_differs_stays_apart)
{
	struct found *f = found_new();

	add(f, "192.0.2.1", FW_IN, 0, 5000, "one");
	add(f, "192.0.2.1", FW_OUT, 0, 5000, "two");
	add(f, "192.0.2.2", FW_IN, 0, 5000, "");
	add(f, "192.0.2.2", FW_OUT, 0, 5000 + FOUND_TOGETHER_MS + 1, "");
	add(f, "192.0.2.3", FW_IN, 25, 5000, "");
	add(f, "192.0.2.3", FW_OUT, 26, 5000, "");
	add(f, "192.0.2.4", FW_IN, 0, 5000, "");
	add(f, "192.0.2.4/31", FW_OUT, 0, 5000, "");
	add(f, "192.0.2.5", FW_IN, 0, 1, "");
	add(f, "192.0.2.5", FW_OUT, 0, -1, "");
	expect(f, "192.0.2.1 5 in 'one'\n"
		  "192.0.2.1 5 out 'two'\n"
		  "192.0.2.2 5 in ''\n"
		  "192.0.2.2 11 out ''\n"
		  "192.0.2.3 5 in 25 ''\n"
		  "192.0.2.3 5 out 26 ''\n"
		  "192.0.2.4/31 5 out ''\n"
		  "192.0.2.4 5 in ''\n"
		  "192.0.2.5 1 in ''\n"
		  "192.0.2.5 0 out ''\n");
}

Test(found, a_uid_with_the_smtp_ports_has_no_ports_of_its_own)
{
	struct found *f = found_new();

	add(f, "uid:1001", FW_OUT, 465, 5000, "");
	add(f, "uid:1001", FW_OUT, 587, 5000, "");
	add(f, "uid:1001", FW_OUT, 25, 5000, "");
	add(f, "uid:1002", FW_OUT, 25, 5000, "");
	add(f, "uid:1003", FW_OUT, 26, 5000, "");
	add(f, "uid:1003", FW_OUT, 465, 5000, "");
	add(f, "uid:1003", FW_OUT, 587, 5000, "");
	expect(f, "uid:1001 5 out ''\n"
		  "uid:1002 5 out 25 ''\n"
		  "uid:1003 5 out 26,465,587 ''\n");
}

Test(found, a_block_with_hardly_time_left_is_not_one_for_good)
{
	struct found *f = found_new();

	add(f, "192.0.2.1", FW_IN, 0, 0, "");
	add(f, "192.0.2.2", FW_IN, 0, 1001, "");
	expect(f, "192.0.2.1 1 in ''\n192.0.2.2 2 in ''\n");
}

Test(found, what_was_told_twice_is_one_and_that_is_said)
{
	struct found *f = found_new();

	add(f, "192.0.2.1", FW_IN, 25, 5000, "a");
	add(f, "192.0.2.1", FW_IN, 587, 5001, "a");
	add(f, "192.0.2.1", FW_OUT, 25, 5000, "a");
	add(f, "192.0.2.2", FW_IN, 0, 5000, "a");
	add(f, "192.0.2.2/31", FW_IN, 0, 5000, "a");
	cr_expect(found_settle(f));
	add(f, "192.0.2.1", FW_IN, 25, 5002, "a");
	add(f, "192.0.2.2", FW_IN, 0, 4999, "a");
	cr_expect_not(found_settle(f));
	cr_expect(found_settle(f));
	expect(f, "192.0.2.1 5 in 25,587 'a'\n"
		  "192.0.2.1 5 out 25 'a'\n"
		  "192.0.2.2/31 5 in 'a'\n"
		  "192.0.2.2 5 in 'a'\n");
	f = found_new();
	cr_expect(found_settle(f), "nothing at all");
	found_free(f);
}

Test(found, a_time_that_no_block_can_have_is_the_longest)
{
	struct found *f = found_new();

	add(f, "192.0.2.1", FW_IN, 0, INT64_MAX, "");
	add(f, "192.0.2.2", FW_IN, 0, FW_TTL_MAX * 1000, "");
	expect(f, "192.0.2.1 316224000 in ''\n192.0.2.2 316224000 in ''\n");
}

Test(found, a_strange_reason_is_cut_and_harmless)
{
	struct found *f = found_new();
	char longer[FW_REASON_MAX + 50], want[400];

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	longer[0] = '\n';
	longer[1] = '\x1b';
	add(f, "192.0.2.1", FW_IN, 0, -1, longer);
	snprintf(want, sizeof(want),
		 "192.0.2.1 0 in '?"
		 "?%.*s'\n",
		 FW_REASON_MAX - 3, longer + 2);
	expect(f, want);
}
