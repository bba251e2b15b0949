/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/iptrule.h"

#include <sys/socket.h>

#include "tests/unit/firewall/hex.h"

Test(iptrule, the_shorter_ones_are_these_bytes)
{
	struct iptrule r;

	iptrule_refuse(&r, AF_INET, true);
	same_hex(r.bytes, r.n,
		 /* struct ipt_ip: addresses, masks, interfaces, proto tcp */
		 "00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"
		 " 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"
		 " 00000000 00000000 00000000 00000000 06000000"
		 " 00000000 70009800" /* nfcache, target at 112, end at 152 */
		 " 00000000 00000000 00000000 00000000 00000000" /* comefrom, counters */
		 /* the target: 40 bytes, REJECT, tcp-reset */
		 " 28005245 4a454354 00000000 00000000 00000000 00000000 00000000 00000000"
		 " 07000000 00000000",
		 "-p tcp -j REJECT --reject-with tcp-reset");
	iptrule_set(&r, AF_INET, 0x0102, false, true);
	cr_expect_eq(r.n, 112 + 32 + 48 + 40);
	same_hex(r.bytes + 112, r.n - 112,
		 "50007365 74000000 00000000 00000000 00000000 00000000 00000000 00000004"
		 " 02010202 00000000 00000000 00000000 00000000 00000000 00000000 00000000"
		 " 00000000 00000000 00000000 00000000"
		 " 28004452 4f500000 00000000 00000000 00000000 00000000 00000000 00000000"
		 " 00000000 00000000",
		 "-m set --match-set X src,dst -j DROP");
}

Test(iptrule, into_our_chains_goes_all_but_loopback)
{
	struct iptrule r;

	iptrule_enter(&r, AF_INET, false);
	same_hex(r.bytes + 16, 68,
		 "6c6f0000 00000000 00000000 00000000" /* lo */
		 " 00000000 00000000 00000000 00000000"
		 " ffffff00 00000000 00000000 00000000" /* all of it, with its end */
		 " 00000000 00000000 00000000 00000000 00000001", /* not */
		 "! -i lo");
	iptrule_enter(&r, AF_INET6, true);
	same_hex(r.bytes + 64, 72,
		 "00000000 00000000 00000000 00000000"
		 " 6c6f0000 00000000 00000000 00000000"
		 " 00000000 00000000 00000000 00000000"
		 " ffffff00 00000000 00000000 00000000 00000000 02000000",
		 "! -o lo, IPv6");
}

static void reads_back(const struct fw_block *want, int family, bool with_time)
{
	struct iptrule r;
	struct fw_block got;
	char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX];

	iptrule_block(&r, family, want, with_time);
	cr_assert_not(r.failed);
	cr_assert(iptrule_read(r.bytes, r.n, family, &got));
	cr_expect(addr_eq(&got.net, &want->net), "%s, not %s", addr_print(&got.net, a),
		  addr_print(&want->net, b));
	cr_expect_eq(got.uid, want->uid);
	cr_expect_eq(got.direction, want->direction);
	cr_expect_eq(got.ttl, want->ttl);
	cr_expect_eq(got.port_count, want->port_count);
	cr_expect_eq(memcmp(got.ports, want->ports, sizeof(got.ports)), 0);
	cr_expect_str_eq(got.reason, want->reason);
}

Test(iptrule, every_block_reads_back)
{
	static const char *const nets[] = {NULL, "192.0.2.1", "192.0.2.0/31", "128.0.0.0/1",
					   "2001:db8::1", "2001:db8::/33"};

	for (unsigned i = 0; i < 6 * 2 * 2 * 3 * 2; i++) {
		const char *net = nets[i % 6];
		struct fw_block b = net ? block_of(net) : (struct fw_block){.uid = 1001};
		unsigned left = i / 6;

		b.direction = left % 2 && net ? FW_IN : FW_OUT;
		b.ttl = left / 2 % 2 ? 1795598296 : 0;
		b.port_count = left / 4 % 3 == 2 ? FW_PORTS_MAX : left / 4 % 3;
		for (size_t p = 0; p < b.port_count; p++)
			b.ports[p] = (uint16_t)(25 + 256 * p);
		if (left / 12)
			memset(b.reason, 'r', FW_REASON_MAX - 1);
		reads_back(&b, net && b.net.family == AF_INET6 ? AF_INET6 : AF_INET,
			   left % 2);
	}
}

Test(iptrule, the_second_of_its_end_is_no_more_blocked)
{
	struct fw_block b = block_of("192.0.2.1");
	struct iptrule r;
	uint32_t stop;

	b.direction = FW_IN;
	b.ttl = 1000;
	iptrule_block(&r, AF_INET, &b, true);
	/* entry 112, comment 32 + 256, time's head 32, date_start 4 */
	memcpy(&stop, r.bytes + 112 + 288 + 32 + 4, 4);
	cr_expect_eq(stop, 999);
}

Test(iptrule, rules_of_others_and_of_no_block_are_not_read)
{
	struct fw_block b = block_of("192.0.2.1"), got;
	struct iptrule r;

	iptrule_enter(&r, AF_INET, false);
	cr_expect_not(iptrule_read(r.bytes, r.n, AF_INET, &got));
	iptrule_refuse(&r, AF_INET, true);
	cr_expect_not(iptrule_read(r.bytes, r.n, AF_INET, &got));
	iptrule_set(&r, AF_INET, 1, true, false);
	cr_expect_not(iptrule_read(r.bytes, r.n, AF_INET, &got));
	b.direction = FW_IN;
	iptrule_block(&r, AF_INET, &b, false);
	cr_expect(iptrule_read(r.bytes, r.n, AF_INET, &got));
	memcpy(r.bytes + 112 + 32, "csf 0", 5);
	cr_expect_not(iptrule_read(r.bytes, r.n, AF_INET, &got), "another's comment");
	memcpy(r.bytes + 112 + 32, "osm x", 5);
	cr_expect_not(iptrule_read(r.bytes, r.n, AF_INET, &got), "no time");
	memcpy(r.bytes + 112 + 32, "osm 0", 5);
	r.bytes[8] = 0x7f;
	cr_expect_not(iptrule_read(r.bytes, r.n, AF_INET, &got), "a mask with a gap");
}

Test(iptrule, cut_bytes_are_no_rule)
{
	struct fw_block b = {.uid = 1001, .direction = FW_OUT, .ttl = 5, .port_count = 1};
	struct fw_block got;
	struct iptrule r;

	b.ports[0] = 25;
	iptrule_block(&r, AF_INET6, &b, true);
	for (size_t n = 0; n < r.n; n++) {
		unsigned char *exact = malloc(n ? n : 1);

		memcpy(exact, r.bytes, n);
		cr_expect_not(iptrule_read(exact, n, AF_INET6, &got), "%zu", n);
		free(exact);
	}
}
