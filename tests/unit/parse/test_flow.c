/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/flow.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SYN "\x02"
#define TCP(flags)                                                                       \
	"\x9c\x40\x00\x19"                                                               \
	"\x01\x02\x03\x04\x00\x00\x00\x00\x50" flags "\xff\xff\x00\x00\x00\x00"
#define IPV4_HEAD(length, fragment, protocol)                                            \
	"\x45\x00\x00" length "\x00\x00" fragment "\x40" protocol "\x00\x00"             \
	"\xc0\x00\x02\x0a"                                                               \
	"\xc6\x33\x64\x19"
#define IPV4 IPV4_HEAD("\x28", "\x40\x00", "\x06") TCP(SYN)
#define FROM6 "\x20\x01\x0d\xb8\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10"
#define TO6 "\x20\x01\x0d\xb8\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x25"
#define IPV6_HEAD(next, from, to) "\x60\x00\x00\x00\x00\x14" next "\x40" from to
#define IPV6 IPV6_HEAD("\x06", FROM6, TO6) TCP(SYN)
#define MACS "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
#define SLL(type, hardware, ethertype)                                                   \
	"\x00" type hardware "\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00" ethertype
#define SLL2(type, hardware, ethertype)                                                  \
	ethertype "\x00\x00\x00\x01\x00\x02" hardware type                               \
		  "\x06\x02\x00\x00\x00\x00\x01\x00\x00"
#define MAPPED(d) "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x7f\x00\x00" d

#define OUT4 "192.0.2.10", "198.51.100.25"
#define OUT6 "2001:db8:1::10", "2001:db8:2::25"
#define ROW(link, bytes, ...)                                                            \
	{                                                                                \
		link, bytes, sizeof(bytes) - 1, __VA_ARGS__                              \
	}

struct row {
	unsigned link;
	const char *bytes;
	size_t n;
	const char *from, *to;
	enum flow_way way;
	const char *why;
};

static const struct row syns[] = {
	ROW(FLOW_LINK_ETHERNET, MACS "\x08\x00" IPV4, OUT4, FLOW_WAY_UNKNOWN, "ethernet"),
	ROW(FLOW_LINK_ETHERNET, MACS "\x08\x00" IPV4 "\0\0\0\0\0\0", OUT4,
	    FLOW_WAY_UNKNOWN, "padded to 60 bytes"),
	ROW(FLOW_LINK_ETHERNET, MACS "\x81\x00\x00\x05\x08\x00" IPV4, OUT4,
	    FLOW_WAY_UNKNOWN, "a VLAN tag"),
	ROW(FLOW_LINK_ETHERNET, MACS "\x88\xa8\x00\x05\x81\x00\x00\x06\x86\xdd" IPV6,
	    OUT6, FLOW_WAY_UNKNOWN, "two VLAN tags"),
	ROW(FLOW_LINK_SLL, SLL("\x04", "\x00\x01", "\x08\x00") IPV4, OUT4, FLOW_WAY_OUT,
	    "cooked, out"),
	ROW(FLOW_LINK_SLL, SLL("\x00", "\x00\x01", "\x08\x00") IPV4, OUT4, FLOW_WAY_IN,
	    "cooked, in"),
	ROW(FLOW_LINK_SLL, SLL("\x00", "\x03\x04", "\x86\xdd") IPV6, OUT6,
	    FLOW_WAY_LOOPBACK, "cooked, loopback"),
	ROW(FLOW_LINK_SLL2, SLL2("\x04", "\x00\x01", "\x08\x00") IPV4, OUT4, FLOW_WAY_OUT,
	    "cooked 2, out"),
	ROW(FLOW_LINK_SLL2, SLL2("\x00", "\x03\x04", "\x86\xdd") IPV6, OUT6,
	    FLOW_WAY_LOOPBACK, "cooked 2, loopback"),
	ROW(FLOW_LINK_RAW, IPV4, OUT4, FLOW_WAY_UNKNOWN, "raw"),
	ROW(FLOW_LINK_DLT_RAW, IPV6, OUT6, FLOW_WAY_UNKNOWN, "raw, the other number"),
	ROW(FLOW_LINK_IPV4, IPV4, OUT4, FLOW_WAY_UNKNOWN, "IPv4"),
	ROW(FLOW_LINK_IPV6, IPV6, OUT6, FLOW_WAY_UNKNOWN, "IPv6"),
	ROW(FLOW_LINK_NULL, "\x02\x00\x00\x00" IPV4, OUT4, FLOW_WAY_LOOPBACK, "null"),
	ROW(FLOW_LINK_RAW, IPV6_HEAD("\x06", MAPPED("\x01"), MAPPED("\x02")) TCP(SYN),
	    "127.0.0.1", "127.0.0.2", FLOW_WAY_UNKNOWN, "v4-mapped is IPv4"),
	ROW(FLOW_LINK_RAW,
	    IPV6_HEAD("\x00", FROM6, TO6) "\x2b\x00\0\0\0\0\0\0"
					  "\x3c\x00\0\0\0\0\0\0"
					  "\x06\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0" TCP(SYN),
	    OUT6, FLOW_WAY_UNKNOWN, "hop by hop, routing, destination options"),
	ROW(FLOW_LINK_RAW,
	    IPV6_HEAD("\x2c", FROM6, TO6) "\x06\x00\x00\x01\0\0\0\0" TCP(SYN), OUT6,
	    FLOW_WAY_UNKNOWN, "a first fragment"),
	ROW(FLOW_LINK_RAW,
	    IPV6_HEAD("\x33", FROM6, TO6) "\x06\x01\0\0\0\0\0\0\0\0\0\0" TCP(SYN), OUT6,
	    FLOW_WAY_UNKNOWN, "authentication"),
	ROW(FLOW_LINK_RAW,
	    "\x46\x00\x00\x2c\x00\x00\x40\x00\x40\x06\x00\x00"
	    "\xc0\x00\x02\x0a\xc6\x33\x64\x19\x01\x01\x01\x00" TCP(SYN),
	    OUT4, FLOW_WAY_UNKNOWN, "IPv4 options"),
	ROW(FLOW_LINK_RAW, IPV4_HEAD("\x28", "\x40\x00", "\x06") TCP("\xc2"), OUT4,
	    FLOW_WAY_UNKNOWN, "a SYN that offers ECN"),
};

/* Bytes in memory of their own, so that the sanitizer sees one that is read past the end. */
static enum flow_result parse(const struct row *r, size_t n, struct flow *out)
{
	char *exact = malloc(n ? n : 1);
	enum flow_result got;

	cr_assert(exact);
	memcpy(exact, r->bytes, n);
	got = flow_parse(r->link, (struct slice){exact, n}, out);
	free(exact);
	return got;
}

Test(flow, reads_a_syn_through_every_link_header)
{
	for (size_t i = 0; i < sizeof(syns) / sizeof(syns[0]); i++) {
		const struct row *r = &syns[i];
		char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
		struct flow f;

		cr_assert_eq(parse(r, r->n, &f), FLOW_SYN, "%s", r->why);
		cr_expect_str_eq(addr_print(&f.from, from), r->from, "%s", r->why);
		cr_expect_str_eq(addr_print(&f.to, to), r->to, "%s", r->why);
		cr_expect_eq(f.from_port, 40000, "%s", r->why);
		cr_expect_eq(f.to_port, 25, "%s", r->why);
		cr_expect_eq(f.seq, 0x01020304u, "%s", r->why);
		cr_expect_eq(f.way, r->way, "%s", r->why);
		cr_expect_eq(f.interface, r->link == FLOW_LINK_SLL2 ? 0x10002u : 0, "%s",
			     r->why);
	}
}

Test(flow, a_packet_that_is_cut_is_no_syn)
{
	for (size_t i = 0; i < sizeof(syns) / sizeof(syns[0]); i++) {
		const size_t whole =
			syns[i].n - (strcmp(syns[i].why, "padded to 60 bytes") ? 0 : 6);

		for (size_t n = 0; n < whole; n++) {
			struct flow f;

			cr_expect_eq(parse(&syns[i], n, &f), FLOW_CUT, "%s at %zu",
				     syns[i].why, n);
		}
	}
}

Test(flow, says_why_something_is_no_syn)
{
	static const struct {
		struct row row;
		enum flow_result want;
	} rows[] = {
		{ROW(FLOW_LINK_RAW, IPV4_HEAD("\x28", "\x40\x00", "\x06") TCP("\x12"),
		     OUT4, 0, "a SYN that answers"),
		 FLOW_OTHER},
		{ROW(FLOW_LINK_RAW, IPV4_HEAD("\x28", "\x40\x00", "\x06") TCP("\x10"),
		     OUT4, 0, "an ACK"),
		 FLOW_OTHER},
		{ROW(FLOW_LINK_RAW, IPV4_HEAD("\x28", "\x40\x00", "\x06") TCP("\x06"),
		     OUT4, 0, "SYN and RST"),
		 FLOW_OTHER},
		{ROW(FLOW_LINK_RAW, IPV4_HEAD("\x28", "\x40\x00", "\x11") TCP(SYN), OUT4,
		     0, "UDP"),
		 FLOW_OTHER},
		{ROW(FLOW_LINK_RAW, IPV4_HEAD("\x28", "\x20\x01", "\x06") TCP(SYN), OUT4,
		     0, "a later fragment"),
		 FLOW_FRAGMENT},
		{ROW(FLOW_LINK_RAW,
		     IPV6_HEAD("\x2c", FROM6, TO6) "\x06\x00\x00\x09\0\0\0\0" TCP(SYN),
		     OUT6, 0, "a later fragment, IPv6"),
		 FLOW_FRAGMENT},
		{ROW(FLOW_LINK_RAW, IPV4_HEAD("\x12", "\x40\x00", "\x06") TCP(SYN), OUT4,
		     0, "shorter than its own header"),
		 FLOW_BAD},
		{ROW(FLOW_LINK_IPV6, IPV4 "                    ", OUT4, 0,
		     "not the promised version"),
		 FLOW_BAD},
		{ROW(FLOW_LINK_ETHERNET, MACS "\x08\x06" IPV4, OUT4, 0, "ARP"),
		 FLOW_OTHER},
		{ROW(FLOW_LINK_ETHERNET,
		     MACS "\x81\x00\0\0\x81\x00\0\0\x81\x00\0\0\x81\x00\0\0\x81\x00\0\0"
			  "\x08\x00" IPV4,
		     OUT4, 0, "tags without end"),
		 FLOW_BAD},
		{ROW(FLOW_LINK_RAW,
		     IPV6_HEAD("\x00", FROM6, TO6) "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
						   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
						   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
						   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
						   "\0\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0",
		     OUT6, 0, "headers without end"),
		 FLOW_BAD},
		{ROW(9999, IPV4, OUT4, 0, "an unknown link"), FLOW_LINK},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow f;
		enum flow_result got = parse(&rows[i].row, rows[i].row.n, &f);

		cr_expect_eq(got, rows[i].want, "%s: %s", rows[i].row.why,
			     flow_result_name(got));
	}
}
