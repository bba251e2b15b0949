/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/sockkill.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <netinet/tcp.h>

#include "tests/unit/firewall/hex.h"

static const struct fw_settings settings = {.smtp_ports = {25, 465, 587},
					    .smtp_port_count = 3};

struct answer {
	struct nlmsghdr h;
	struct inet_diag_msg m;
};

/* A connection of uid 1001 as the kernel tells of it. */
static struct answer connection(const char *own, uint16_t own_port, const char *peer,
				uint16_t peer_port)
{
	struct answer a = {.h = {.nlmsg_len = sizeof(a), .nlmsg_type = TCPDIAG_GETSOCK},
			   .m = {.idiag_state = TCP_ESTABLISHED, .idiag_uid = 1001}};
	int family = strchr(own, ':') ? AF_INET6 : AF_INET;

	a.m.idiag_family = (uint8_t)family;
	cr_assert_eq(inet_pton(family, own, a.m.id.idiag_src), 1);
	cr_assert_eq(inet_pton(family, peer, a.m.id.idiag_dst), 1);
	a.m.id.idiag_sport = htons(own_port);
	a.m.id.idiag_dport = htons(peer_port);
	return a;
}

static struct fw_block blocked(const char *what, enum fw_direction way, uint16_t port)
{
	struct fw_block b = strcmp(what, "uid") == 0 ? (struct fw_block){.uid = 1001}
						     : block_of(what);

	b.direction = way;
	b.ports[0] = port;
	b.port_count = port > 0;
	return b;
}

Test(sockkill, only_what_a_block_forbids_ends)
{
	static const struct {
		const char *block;
		enum fw_direction way;
		uint16_t port;
		const char *own;
		uint16_t own_port;
		const char *peer;
		uint16_t peer_port;
		bool ends;
		const char *why;
	} rows[] = {
		{"192.0.2.1", FW_INOUT, 0, "192.0.2.9", 25, "192.0.2.1", 999, true, "host"},
		{"192.0.2.1", FW_INOUT, 0, "192.0.2.9", 25, "192.0.2.2", 999, false,
		 "another host"},
		{"192.0.2.0/24", FW_IN, 0, "198.51.100.1", 25, "192.0.2.200", 999, true,
		 "prefix"},
		{"192.0.2.0/24", FW_IN, 0, "198.51.100.1", 25, "192.0.3.0", 999, false,
		 "beside the prefix"},
		{"192.0.2.1", FW_IN, 0, "::ffff:192.0.2.9", 25, "::ffff:192.0.2.1", 999, true,
		 "an IPv6 socket that speaks IPv4"},
		{"2001:db8::/33", FW_IN, 0, "2001:db8:ffff::1", 25, "2001:db8:7fff::1", 999,
		 true, "IPv6"},
		{"2001:db8::/33", FW_IN, 0, "2001:db8:1::1", 25, "2001:db8:8000::1", 999, false,
		 "beside it"},
		{"192.0.2.1", FW_IN, 25, "192.0.2.9", 25, "192.0.2.1", 999, true, "in, its port"},
		{"192.0.2.1", FW_IN, 25, "192.0.2.9", 22, "192.0.2.1", 999, false,
		 "in, another port"},
		{"192.0.2.1", FW_IN, 25, "192.0.2.9", 999, "192.0.2.1", 25, false,
		 "we connected to it"},
		{"192.0.2.1", FW_OUT, 25, "192.0.2.9", 999, "192.0.2.1", 25, true, "out"},
		{"192.0.2.1", FW_OUT, 25, "192.0.2.9", 25, "192.0.2.1", 999, false,
		 "it connected to us"},
		{"127.0.0.0/8", FW_INOUT, 0, "127.0.0.1", 25, "127.0.0.1", 999, false,
		 "loopback"},
		{"192.0.2.0/24", FW_INOUT, 0, "192.0.2.9", 25, "192.0.2.9", 999, false,
		 "the server with itself"},
		{"uid", FW_OUT, 0, "192.0.2.9", 999, "192.0.2.1", 587, true, "uid"},
		{"uid", FW_OUT, 0, "192.0.2.9", 999, "192.0.2.1", 443, false, "uid, https"},
		{"uid", FW_OUT, 0, "192.0.2.9", 25, "192.0.2.1", 999, false, "uid, serving"},
		{"uid", FW_OUT, 0, "127.0.0.1", 999, "127.0.0.1", 25, false,
		 "uid, to the local Exim"},
		{"uid", FW_OUT, 26, "192.0.2.9", 999, "192.0.2.1", 26, true, "uid, own port"},
		{"uid", FW_OUT, 26, "192.0.2.9", 999, "192.0.2.1", 25, false,
		 "uid, not that port"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_block b[3] = {
			blocked("203.0.113.7", FW_INOUT, 0),
			blocked(rows[i].block, rows[i].way, rows[i].port),
			blocked("10.0.0.0/8", FW_INOUT, 0),
		};
		struct sockkill *k = sockkill_new(b, 3, &settings);
		struct answer a = connection(rows[i].own, rows[i].own_port, rows[i].peer,
					     rows[i].peer_port);

		cr_expect_eq(sockkill_wants(k, &a.h), rows[i].ends, "%s", rows[i].why);
		a.m.idiag_state = TCP_LISTEN;
		cr_expect_not(sockkill_wants(k, &a.h), "a listening socket: %s",
			      rows[i].why);
		sockkill_free(k);
	}
}

Test(sockkill, another_uid_goes_on)
{
	struct fw_block b = blocked("uid", FW_OUT, 0);
	struct sockkill *k = sockkill_new(&b, 1, &settings);
	struct answer a = connection("192.0.2.9", 999, "192.0.2.1", 25);

	cr_expect(sockkill_wants(k, &a.h));
	a.m.idiag_uid = 1000;
	cr_expect_not(sockkill_wants(k, &a.h));
	a.m.idiag_uid = 0;
	cr_expect_not(sockkill_wants(k, &a.h));
	sockkill_free(k);
}

Test(sockkill, any_of_several_blocks_of_one_address_is_enough)
{
	struct fw_block b[3] = {blocked("192.0.2.1", FW_IN, 22),
				blocked("192.0.2.1", FW_IN, 25),
				blocked("192.0.2.1", FW_IN, 80)};
	struct sockkill *k = sockkill_new(b, 3, &settings);
	struct answer a = connection("192.0.2.9", 80, "192.0.2.1", 999);

	cr_expect(sockkill_wants(k, &a.h));
	a = connection("192.0.2.9", 81, "192.0.2.1", 999);
	cr_expect_not(sockkill_wants(k, &a.h));
	a.h.nlmsg_len = sizeof(a) - 1;
	cr_expect_not(sockkill_wants(k, &a.h), "cut short");
	sockkill_free(k);
	sockkill_free(NULL);
}
