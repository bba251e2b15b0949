/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nftset.h"

#include <sys/socket.h>

#include "tests/unit/firewall/hex.h"

static const struct fw_settings settings = {.smtp_ports = {25, 465, 587},
					    .smtp_port_count = 3};

Test(nftset, every_number_has_a_name_that_reads_back)
{
	size_t named = 0;

	for (unsigned id = 0; id < NFTSET_IDS; id++) {
		struct nftset set = nftset_of(id);
		char name[NFTSET_NAME_MAX];
		unsigned again;
		bool exists = set.is_uids ||
			      (set.prefix >= 1 &&
			       set.prefix <= (set.family == AF_INET6 ? 128u : 32u));

		cr_expect_eq(nftset_id(&set), id);
		nftset_name(id, name);
		cr_expect_eq(nftset_parse(name, &again), exists, "%s", name);
		if (!exists)
			continue;
		cr_expect_eq(again, id, "%s", name);
		named++;
	}
	cr_expect_eq(named, 1 + 4 * (32 + 128));
}

Test(nftset, another_name_is_not_ours)
{
	static const char *const rows[] = {
		"",          "uid",      "uids_25",   "in4",     "in4_",	"in4_0",
		"in4_33",    "in6_129",  "in4_032",   "out_24",  "in4_24_port", "in4_24_ports_",
		"xin4_24",   "in5_24",   "in4_+24",   "in4_24 ", "IN4_24",	"inout4_24",
		"in4_24_ports_ports"};
	unsigned id;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_not(nftset_parse(rows[i], &id), "'%s'", rows[i]);
}

static void expect_elements(const struct fw_block *b, size_t count, const char *want)
{
	struct nftelems e = {0};
	char text[2000] = "", name[NFTSET_NAME_MAX];

	nftelems_add(&e, b, count, &settings);
	cr_assert_not(e.failed);
	for (size_t i = 0; i < e.n; i++) {
		char *key = hex(e.v[i].key, nftset_key_size(e.v[i].set));
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s %s\n",
			 nftset_name(e.v[i].set, name), key);
		free(key);
	}
	cr_expect_str_eq(text, want, "got:\n%swant:\n%s", text, want);
	nftelems_clear(&e);
}

Test(nftset, a_block_is_an_element_for_each_way_and_port)
{
	struct fw_block b = block_of("192.0.2.1");

	expect_elements(&b, 1, "in4_32 c0000201\nout4_32 c0000201\n");
	b.direction = FW_OUT;
	b.ports[0] = 25;
	b.ports[1] = 587;
	b.port_count = 2;
	expect_elements(&b, 1,
			"out4_32_ports c0000201 00190000\n"
			"out4_32_ports c0000201 024b0000\n");
	b = block_of("2001:db8::/33");
	b.direction = FW_IN;
	expect_elements(&b, 1, "in6_33 20010db8 00000000 00000000 00000000\n");
	b.ports[0] = 465;
	b.port_count = 1;
	expect_elements(&b, 1,
			"in6_33_ports 20010db8 00000000 00000000 00000000 01d10000\n");
}

Test(nftset, a_uid_has_the_smtp_ports_unless_it_names_its_own)
{
	struct fw_block b = {.uid = 0x04030201};

	expect_elements(&b, 1,
			"uids 01020304 00190000\n"
			"uids 01020304 01d10000\n"
			"uids 01020304 024b0000\n");
	b.ports[0] = 2525;
	b.port_count = 1;
	expect_elements(&b, 1, "uids 01020304 09dd0000\n");
}

Test(nftset, of_equal_elements_the_last_stays)
{
	struct fw_block b[4] = {block_of("192.0.2.2"), block_of("192.0.2.1"),
				block_of("192.0.2.2"), block_of("192.0.2.0/31")};
	struct nftelems e = {0};

	for (size_t i = 0; i < 4; i++)
		b[i].direction = FW_IN;
	nftelems_add(&e, b, 4, &settings);
	nftelems_unify(&e);
	cr_assert_eq(e.n, 3);
	cr_expect_eq(e.v[0].block, 3, "sets are in their order");
	cr_expect_eq(e.v[1].block, 1);
	cr_expect_eq(e.v[2].block, 2, "the later of both");
	nftelems_clear(&e);
	nftelems_unify(&e);
	cr_expect_eq(e.n, 0);
}

Test(nftset, a_key_reads_back_as_its_block)
{
	static const char *const rows[] = {"192.0.2.1", "10.0.0.0/8", "2001:db8::1",
					   "2001:db8::/7"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_block b = block_of(rows[i]), got = {0};
		struct nftelems e = {0};
		uint16_t port;

		b.direction = FW_OUT;
		b.ports[0] = 465;
		b.port_count = 1;
		nftelems_add(&e, &b, 1, &settings);
		cr_assert_eq(e.n, 1);
		nftelem_read(e.v[0].set, e.v[0].key, &got, &port);
		cr_expect(addr_eq(&got.net, &b.net), "%s", rows[i]);
		cr_expect_eq(got.direction, FW_OUT);
		cr_expect_eq(port, 465);
		nftelems_clear(&e);
	}
}

Test(nftset, more_elements_than_a_batch_may_have_are_refused)
{
	size_t n = NFTELEMS_MAX / 30 + 1;
	struct fw_block *b = calloc(n, sizeof(*b));
	struct nftelems e = {0};

	for (size_t i = 0; i < n; i++) {
		b[i] = block_of("192.0.2.1");
		b[i].port_count = FW_PORTS_MAX;
	}
	nftelems_add(&e, b, n - 1, &settings);
	cr_expect_not(e.failed);
	nftelems_clear(&e);
	nftelems_add(&e, b, n, &settings);
	cr_expect(e.failed);
	nftelems_clear(&e);
	free(b);
}
