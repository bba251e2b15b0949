/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/ipset.h"

#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include "tests/unit/firewall/hex.h"

static void same_message(struct nlbuf *b, const char *want, const char *what)
{
	cr_assert(nlbuf_ok(b));
	same_hex(b->p, b->n, want, what);
	nlbuf_clear(b);
}

Test(ipset, its_sets_are_these)
{
	static const char *const names[IPSET_COUNT] = {
		"osm_in4",	 "osm_in6",	  "osm_out4",	    "osm_out6",
		"osm_in4_ports", "osm_in6_ports", "osm_out4_ports", "osm_out6_ports"};
	struct fw_block b = block_of("192.0.2.1");
	char name[IPSET_NAME_MAX], takes[IPSET_COUNT + 1] = "";

	for (unsigned set = 0; set < IPSET_COUNT; set++) {
		cr_expect_str_eq(ipset_name(set, name), names[set]);
		takes[set] = ipset_takes(set, &b) ? 'y' : '-';
	}
	cr_expect_str_eq(takes, "y-y-----", "a host both ways");
	b = block_of("2001:db8::/32");
	b.direction = FW_OUT;
	b.port_count = 1;
	for (unsigned set = 0; set < IPSET_COUNT; set++)
		takes[set] = ipset_takes(set, &b) ? 'y' : '-';
	cr_expect_str_eq(takes, "-------y", "a prefix, out, one port");
}

Test(ipset, messages_are_these_bytes)
{
	struct fw_block one = block_of("192.0.2.0/24");
	struct nlbuf b = {0};

	ipset_create(&b, 0);
	same_message(&b,
		     "6c000000 02060504 01000000 00000000 02000000" /* CREATE, request|ack */
		     " 05000100 06000000"                           /* protocol 6 */
		     " 0c000200 6f736d5f 696e3400"                  /* osm_in4 */
		     " 0d000300 68617368 3a6e6574 00000000"         /* hash:net */
		     " 05000400 04000000 05000500 02000000"         /* revision 4, inet */
		     " 24000780 08001240 00000400 08001340 00100000" /* 1024, 2^20 */
		     " 08000640 00000000 08000840 00000010", /* timeout 0, with comments */
		     "create");
	one.ttl = 60;
	strcpy(one.reason, "why");
	ipset_add(&b, 0, &one, 1);
	same_message(&b,
		     "64000000 09060500 01000000 00000000 02000000"
		     " 05000100 06000000 0c000200 6f736d5f 696e3400 08000940 00000000"
		     " 34000880 30000780" /* a list of one */
		     " 0c000180 08000140 c0000200 05000300 18000000" /* 192.0.2.0/24 */
		     " 08000640 0000003c" /* 60 s */
		     " 08001a00 77687900" /* why */
		     " 08000940 00000001", /* the first of the list */
		     "add");
	ipset_delete(&b, 0, &one, 1);
	same_message(&b,
		     "54000000 0a060500 01000000 00000000 02000000"
		     " 05000100 06000000 0c000200 6f736d5f 696e3400 08000940 00000000"
		     " 24000880 20000780"
		     " 0c000180 08000140 c0000200 05000300 18000000"
		     " 08000940 00000001",
		     "delete");
	ipset_destroy(&b, 0);
	same_message(&b,
		     "28000000 03060500 01000000 00000000 02000000"
		     " 05000100 06000000 0c000200 6f736d5f 696e3400",
		     "destroy: one set, by its name");
	ipset_add(&b, 1, &one, 1);
	cr_expect_eq(b.n, 0, "an IPv4 address is in no set of IPv6");
	nlbuf_clear(&b);
}

Test(ipset, a_longer_time_than_the_kernel_keeps_is_cut_not_wrapped)
{
	struct fw_block one = block_of("192.0.2.1");
	struct nlbuf b = {0};
	char *text;

	one.ttl = 10LL * 365 * 86400;
	ipset_add(&b, 0, &one, 1);
	text = hex(b.p, b.n);
	cr_expect(strstr(text, "08000640 0020c49b"), "%s", text);
	free(text);
	nlbuf_clear(&b);
}

struct told {
	size_t n;
	struct fw_block last;
};

static bool note(const struct fw_block *b, void *ctx)
{
	struct told *t = ctx;

	t->last = *b;
	t->n++;
	return true;
}

/* The kernel gives back what it was given, in messages of LIST. */
static void as_answer(struct nlbuf *b)
{
	for (size_t at = 0; at < b->n;) {
		struct nlmsghdr *h = (struct nlmsghdr *)(b->p + at);

		h->nlmsg_type = NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST;
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
}

Test(ipset, elements_read_back)
{
	static const char *const rows[] = {"192.0.2.1", "192.0.2.0/24", "2001:db8::1",
					   "2001:db8::/33"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned ports = 0; ports < 3; ports++) {
			struct fw_block one = block_of(rows[i]);
			unsigned set = (one.net.family == AF_INET6) | 2 | (ports ? 4 : 0);
			struct told t = {0};
			struct nlbuf b = {0};

			one.ttl = 77;
			one.port_count = ports;
			one.ports[0] = 25;
			one.ports[1] = 587;
			strcpy(one.reason, "because");
			ipset_add(&b, set, &one, 1);
			as_answer(&b);
			ipset_read((const void *)b.p, set, note, &t);
			cr_expect_eq(t.n, ports ? ports : 1, "%s", rows[i]);
			cr_expect(addr_eq(&t.last.net, &one.net), "%s", rows[i]);
			cr_expect_eq(t.last.ttl, 77);
			cr_expect_eq(t.last.direction, FW_OUT);
			cr_expect_eq(t.last.port_count, ports > 0);
			cr_expect_eq(t.last.ports[0], ports == 0   ? 0
						      : ports == 1 ? 25
								   : 587);
			cr_expect_str_eq(t.last.reason, "because");
			nlbuf_clear(&b);
		}
	}
}

Test(ipset, any_number_of_blocks_is_in_the_messages_once)
{
	size_t count = 20000;
	struct fw_block *all = calloc(count, sizeof(*all));
	struct nlbuf b = {0};
	struct told t = {0};

	for (size_t i = 0; i < count; i++) {
		all[i] = block_of("10.0.0.1");
		memcpy(all[i].net.bytes + 1, &(uint16_t){(uint16_t)i}, 2);
		all[i].port_count = 1 + i % 2;
		all[i].ports[0] = 25;
		all[i].ports[1] = 26;
	}
	ipset_add(&b, 4, all, count);
	as_answer(&b);
	for (size_t at = 0; at < b.n;) {
		const struct nlmsghdr *h = (const void *)(b.p + at);

		ipset_read(h, 4, note, &t);
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	cr_expect_eq(t.n, count / 2 * 3);
	nlbuf_clear(&b);
	free(all);
}

Test(ipset, a_cut_answer_is_read_as_far_as_it_is_whole)
{
	struct fw_block one = block_of("192.0.2.1");
	struct nlbuf b = {0};
	size_t full;

	ipset_add(&b, 0, &one, 1);
	as_answer(&b);
	full = b.n;
	for (size_t n = sizeof(struct nlmsghdr); n <= full; n++) {
		struct nlmsghdr *exact = malloc(n);
		struct told t = {0};

		memcpy(exact, b.p, n);
		exact->nlmsg_len = (uint32_t)n;
		ipset_read(exact, 0, note, &t);
		cr_expect_leq(t.n, 1);
		cr_expect(n < full || t.n == 1);
		free(exact);
	}
	nlbuf_clear(&b);
}
