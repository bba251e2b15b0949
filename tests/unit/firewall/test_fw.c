/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/fw.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fw_block good(void)
{
	struct fw_block b = {.net = {.family = AF_INET, .bytes = {192, 0, 2, 1}, .prefix = 32},
			     .direction = FW_IN,
			     .ttl = 60,
			     .reason = "osm: why"};

	return b;
}

static void no_address(struct fw_block *b)
{
	b->net.family = 0;
}
static void unknown_family(struct fw_block *b)
{
	b->net.family = AF_UNIX;
}
static void prefix_0(struct fw_block *b)
{
	b->net = (struct addr){.family = AF_INET};
}
static void prefix_0_v6(struct fw_block *b)
{
	b->net = (struct addr){.family = AF_INET6};
}
static void prefix_33(struct fw_block *b)
{
	b->net.prefix = 33;
}
static void host_bits(struct fw_block *b)
{
	b->net.prefix = 31;
}
static void mapped(struct fw_block *b)
{
	uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1};

	b->net.family = AF_INET6;
	b->net.prefix = 128;
	memcpy(b->net.bytes, bytes, sizeof(bytes));
}
static void before_now(struct fw_block *b)
{
	b->ttl = -1;
}
static void for_ever(struct fw_block *b)
{
	b->ttl = FW_TTL_MAX + 1;
}
static void nowhere(struct fw_block *b)
{
	b->direction = (enum fw_direction)0;
}
static void direction_4(struct fw_block *b)
{
	b->direction = (enum fw_direction)4;
}
static void port_0(struct fw_block *b)
{
	b->port_count = 1;
}
static void ports_16(struct fw_block *b)
{
	b->port_count = FW_PORTS_MAX + 1;
}
static void two_lines(struct fw_block *b)
{
	strcpy(b->reason, "a\nb");
}
static void endless(struct fw_block *b)
{
	memset(b->reason, 'x', sizeof(b->reason));
}

Test(fw, a_bad_block_is_refused_with_a_sentence)
{
	static const struct {
		void (*spoil)(struct fw_block *b);
		const char *says;
		bool also_release;
	} rows[] = {
		{no_address, "neither an address nor an account's uid", true},
		{unknown_family, "an address of no known family", true},
		{prefix_0, "a prefix of length 0 is everybody", true},
		{prefix_0_v6, "a prefix of length 0 is everybody", true},
		{prefix_33, "a prefix of length 33", true},
		{host_bits, "192.0.2.1/31: bits are set behind the prefix", true},
		{mapped, "::ffff:192.0.2.1 is an IPv4 address in IPv6's form", true},
		{before_now, "a time of -1 seconds", false},
		{for_ever, "316224001 seconds are more than ten years", false},
		{nowhere, "neither in nor out", false},
		{direction_4, "neither in nor out", false},
		{port_0, "port 0", false},
		{ports_16, "16 ports, at most 15", false},
		{two_lines, "a reason that is not one printable line", false},
		{endless, "a reason without an end", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_block b[2] = {good(), good()};
		struct err e = {0};

		cr_expect(fw_check(b, 2, false, &e), "%s", e.msg);
		rows[i].spoil(&b[1]);
		cr_expect_not(fw_check(b, 2, false, &e), "%s", rows[i].says);
		cr_expect_str_eq(e.msg, rows[i].says);
		cr_expect_eq(fw_check(b, 2, true, &e), !rows[i].also_release, "%s",
			     rows[i].says);
	}
}

Test(fw, one_call_takes_so_many_blocks_and_not_one_more)
{
	struct fw_block *all = calloc(FW_BATCH_MAX + 1, sizeof(*all));
	struct err e = {0};

	for (size_t i = 0; i <= FW_BATCH_MAX; i++)
		all[i] = good();
	cr_expect(fw_check(all, FW_BATCH_MAX, false, &e), "%s", e.msg);
	cr_expect_not(fw_check(all, FW_BATCH_MAX + 1, false, &e));
	cr_expect_str_eq(e.msg, "250001 blocks in one call, at most 250000");
	free(all);
}

Test(fw, none_does_not_say_that_it_blocked)
{
	struct fw_block b = good();
	struct err e = {0};
	struct fw *fw = fw_none.init(NULL, &e);

	cr_expect_not(fw_none.block(fw, &b, 1, &e));
	cr_expect_str_eq(e.msg, "nothing is blocked: osm uses no firewall here");
	cr_expect(fw_none.block(fw, &b, 0, &e));
	cr_expect(fw_none.release(fw, &b, 1, &e));
	cr_expect(fw_none.list(fw, NULL, NULL, &e));
	cr_expect(fw_none.flush(fw, &e));
	fw_none.close(fw);
}

Test(fw, another_word_is_no_firewall)
{
	struct paths paths = {0};
	struct fw_settings settings = {.paths = &paths};
	struct err e = {0};
	char why[200];

	cr_expect_null(fw_choose("pf", &settings, why, sizeof(why), &e));
	cr_expect_str_eq(e.msg,
			 "FIREWALL = \"pf\": it is auto, csf, nft, iptables or none");
	cr_expect_eq(fw_choose("none", &settings, why, sizeof(why), &e), &fw_none);
	cr_expect_str_eq(why, "osm.conf asks for none");
}

Test(fw, without_permission_every_backend_says_so)
{
	struct paths paths = {0};
	struct fw_settings settings = {.paths = &paths};
	struct err e = {0};
	char why[1600];

	if (geteuid() == 0)
		cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	cr_expect_str_eq(paths_at(&paths, "/x", why, sizeof(why)), "/x");
	cr_expect_null(fw_nft.init(&settings, &e));
	cr_expect(strstr(e.msg, "not permitted") || strstr(e.msg, "no nf_tables"), "%s",
		  e.msg);
	cr_expect_null(fw_ipt.init(&settings, &e));
	cr_expect_str_neq(e.msg, "");
	strcpy(paths.root, "/nonexistent"); /* no csf there */
	cr_expect_eq(fw_choose("auto", &settings, why, sizeof(why), &e), &fw_none);
	cr_expect(strstr(why, "csf") && strstr(why, "tables"), "%s", why);
}
