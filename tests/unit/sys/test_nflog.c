/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/nflog.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <string.h>

struct got {
	unsigned count;
	struct nflog_packet last;
	char bytes[64];
};

static void on_packet(const struct nflog_packet *p, void *ctx)
{
	struct got *g = ctx;

	g->count++;
	g->last = *p;
	cr_assert_leq(p->bytes.n, sizeof(g->bytes));
	memcpy(g->bytes, p->bytes.p, p->bytes.n);
}

static char space[1024] __attribute__((aligned(8)));

/* A message as the kernel writes it; number < 0: without one. */
static size_t make(const char *payload, int64_t uid, int64_t number, uint32_t out)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(space);
	struct nfgenmsg *nf;

	h->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET;
	nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	nf->nfgen_family = AF_INET;
	mnl_attr_put_strz(h, NFULA_PREFIX, "");
	mnl_attr_put_u32(h, NFULA_IFINDEX_OUTDEV, htonl(out));
	if (uid >= 0) {
		mnl_attr_put_u32(h, NFULA_UID, htonl((uint32_t)uid));
		mnl_attr_put_u32(h, NFULA_GID, htonl((uint32_t)uid + 1));
	}
	if (number >= 0)
		mnl_attr_put_u32(h, NFULA_SEQ, htonl((uint32_t)number));
	mnl_attr_put(h, NFULA_PAYLOAD, strlen(payload), payload);
	return h->nlmsg_len;
}

Test(nflog, reads_a_packet_and_its_user)
{
	struct nflog_reading r = {.numbered = false};
	struct got g = {.count = 0};

	nflog_read(&r, space, make("the packet", 61001, 0, 3), on_packet, &g);
	cr_assert_eq(g.count, 1);
	cr_expect_eq(g.last.uid, 61001);
	cr_expect_eq(g.last.gid, 61002);
	cr_expect_not(g.last.loopback);
	cr_expect_eq(g.last.interface, 3);
	cr_expect_arr_eq(g.bytes, "the packet", 10);
	nflog_read(&r, space, make("x", -1, 1, 1), on_packet, &g);
	cr_expect_eq(g.last.uid, -1, "not told is not root");
	cr_expect_eq(g.last.gid, -1);
	cr_expect(g.last.loopback);
	cr_expect_eq(r.stats.received, 2);
	cr_expect_eq(r.stats.dropped, 0);
	cr_expect_eq(r.stats.malformed, 0);
}

static const uint8_t here[] = {192, 0, 2, 10}, there[] = {198, 51, 100, 25};

/* The tracked connection as the kernel tells it; family AF_UNSPEC: without addresses. */
static size_t add_tracked(int family, uint16_t to_port)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)space;
	struct nlattr *ct = mnl_attr_nest_start(h, NFULA_CT);
	struct nlattr *tuple = mnl_attr_nest_start(h, CTA_TUPLE_ORIG), *part;
	const uint8_t six[2][16] = {{0xfd, 7, [15] = 1}, {0xfd, 7, [15] = 2}};

	part = mnl_attr_nest_start(h, CTA_TUPLE_IP);
	if (family == AF_INET) {
		mnl_attr_put(h, CTA_IP_V4_SRC, 4, here);
		mnl_attr_put(h, CTA_IP_V4_DST, 4, there);
	} else if (family == AF_INET6) {
		mnl_attr_put(h, CTA_IP_V6_SRC, 16, six[0]);
		mnl_attr_put(h, CTA_IP_V6_DST, 16, six[1]);
	}
	mnl_attr_nest_end(h, part);
	part = mnl_attr_nest_start(h, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(h, CTA_PROTO_NUM, 6);
	mnl_attr_put_u16(h, CTA_PROTO_SRC_PORT, htons(40000));
	mnl_attr_put_u16(h, CTA_PROTO_DST_PORT, htons(to_port));
	mnl_attr_nest_end(h, part);
	mnl_attr_nest_end(h, tuple);
	mnl_attr_nest_end(h, ct);
	return h->nlmsg_len;
}

Test(nflog, reads_the_connection_before_it_was_turned)
{
	struct nflog_reading r = {.numbered = false};
	struct got g = {.count = 0};
	char text[ADDR_TEXT_MAX];

	make("x", 1, 0, 2);
	nflog_read(&r, space, add_tracked(AF_INET, 25), on_packet, &g);
	cr_expect_str_eq(addr_print(&g.last.original.from, text), "192.0.2.10");
	cr_expect_str_eq(addr_print(&g.last.original.to, text), "198.51.100.25");
	cr_expect_eq(g.last.original.from_port, 40000);
	cr_expect_eq(g.last.original.to_port, 25);
	make("x", 1, 1, 2);
	nflog_read(&r, space, add_tracked(AF_INET6, 587), on_packet, &g);
	cr_expect_str_eq(addr_print(&g.last.original.to, text), "fd07::2");
	nflog_read(&r, space, make("x", 1, 2, 2), on_packet, &g);
	cr_expect_eq(g.last.original.to.family, 0, "not tracked");
	make("x", 1, 3, 2);
	nflog_read(&r, space, add_tracked(AF_UNSPEC, 25), on_packet, &g);
	cr_expect_eq(g.last.original.to.family, 0, "not all is told");
	cr_expect_eq(g.count, 4);
}

Test(nflog, counts_the_gaps_in_the_kernels_numbering)
{
	static const struct {
		uint32_t number;
		uint64_t dropped;
	} rows[] = {{7, 0}, {8, 0}, {12, 3}, {13, 3}, {UINT32_MAX, UINT32_MAX - 14 + 3}};
	struct nflog_reading r = {.numbered = false};
	struct got g = {.count = 0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		nflog_read(&r, space, make("x", 1, rows[i].number, 2), on_packet, &g);
		cr_expect_eq(r.stats.dropped, rows[i].dropped, "row %zu", i);
	}
	nflog_read(&r, space, make("x", 1, 0, 2), on_packet, &g);
	cr_expect_eq(r.stats.dropped, rows[4].dropped, "it starts over after the last");
}

Test(nflog, every_cut_is_refused_or_read_within_its_bytes)
{
	const size_t plain = make("the packet", 61001, 5, 3);
	const size_t whole = add_tracked(AF_INET, 25);

	cr_assert_lt(plain, whole);
	for (size_t n = 0; n <= whole; n++) {
		struct nflog_reading r = {.numbered = false};
		struct got g = {.count = 0};
		char *exact = malloc(n ? n : 1);

		memcpy(exact, space, n);
		nflog_read(&r, exact, n, on_packet, &g);
		cr_expect_eq(g.count, n == whole, "%zu", n);
		free(exact);
	}
}

Test(nflog, another_message_is_no_packet)
{
	struct nflog_reading r = {.numbered = false};
	struct got g = {.count = 0};
	size_t n = make("x", 1, 1, 1);

	((struct nlmsghdr *)(void *)space)->nlmsg_type =
		NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	nflog_read(&r, space, n, on_packet, &g);
	cr_expect_eq(r.stats.malformed, 1);
	((struct nlmsghdr *)(void *)space)->nlmsg_type = NLMSG_DONE;
	nflog_read(&r, space, n, on_packet, &g);
	cr_expect_eq(r.stats.malformed, 1);
	cr_expect_eq(g.count, 0);
}
