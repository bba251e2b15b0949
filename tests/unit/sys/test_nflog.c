/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/nflog.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
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
	cr_expect_arr_eq(g.bytes, "the packet", 10);
	nflog_read(&r, space, make("x", -1, 1, 1), on_packet, &g);
	cr_expect_eq(g.last.uid, -1, "not told is not root");
	cr_expect_eq(g.last.gid, -1);
	cr_expect(g.last.loopback);
	cr_expect_eq(r.stats.received, 2);
	cr_expect_eq(r.stats.dropped, 0);
	cr_expect_eq(r.stats.malformed, 0);
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
	const size_t whole = make("the packet", 61001, 5, 3);

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
