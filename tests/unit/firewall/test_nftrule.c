/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nftrule.h"

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <sys/socket.h>

#include "tests/unit/firewall/hex.h"

/* As libnftnl prints it: what `nft --debug=netlink` shows for the same rule. */
static void same_rule(struct nftnl_rule *rule, const char *want)
{
	char got[2000], *end;

	cr_assert_not_null(rule);
	nftnl_rule_snprintf(got, sizeof(got), rule, NFTNL_OUTPUT_DEFAULT, 0);
	for (end = got + strlen(got); end > got && (end[-1] == ' ' || end[-1] == '\n');)
		*--end = '\0';
	cr_expect_str_eq(got, want, "\n got %s\nwant %s", got, want);
	nftnl_rule_free(rule);
}

static struct nftnl_rule *lookup(const char *set)
{
	unsigned id;

	cr_assert(nftset_parse(set, &id), "%s", set);
	return nftrule_lookup("osm", id);
}

Test(nftrule, each_is_what_nft_makes_of_the_same_words)
{
	/* reject with tcp reset */
	same_rule(nftrule_refuse("osm", true), "osm refuse\n"
					       "  [ meta load l4proto => reg 1 ]\n"
					       "  [ cmp eq reg 1 0x00000006 ]\n"
					       "  [ reject type 1 code 0 ]");
	same_rule(nftrule_refuse("osm", false), "osm refuse\n"
						"  [ reject type 2 code 3 ]");
	same_rule(nftrule_loopback("osm", false), "osm input\n"
						  "  [ meta load iif => reg 1 ]\n"
						  "  [ cmp eq reg 1 0x00000001 ]\n"
						  "  [ immediate reg 0 accept ]");
	same_rule(nftrule_loopback("osm", true), "osm output\n"
						 "  [ meta load oif => reg 1 ]\n"
						 "  [ cmp eq reg 1 0x00000001 ]\n"
						 "  [ immediate reg 0 accept ]");
	/* ip saddr @in4_32 drop */
	same_rule(lookup("in4_32"),
		  "osm input\n"
		  "  [ meta load nfproto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x00000002 ]\n"
		  "  [ payload load 4b @ network header + 12 => reg 1 ]\n"
		  "  [ lookup reg 1 set in4_32 ]\n"
		  "  [ immediate reg 0 drop ]");
	/* ip daddr & 255.255.255.0 @out4_24 jump refuse */
	same_rule(lookup("out4_24"),
		  "osm output\n"
		  "  [ meta load nfproto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x00000002 ]\n"
		  "  [ payload load 4b @ network header + 16 => reg 1 ]\n"
		  "  [ bitwise reg 1 = ( reg 1 & 0x00ffffff ) ^ 0x00000000 ]\n"
		  "  [ lookup reg 1 set out4_24 ]\n"
		  "  [ immediate reg 0 jump -> refuse ]");
	/* ip6 saddr & ffff:ffff:8000:: . tcp dport @in6_33_ports drop */
	same_rule(lookup("in6_33_ports"),
		  "osm input\n"
		  "  [ meta load nfproto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x0000000a ]\n"
		  "  [ meta load l4proto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x00000006 ]\n"
		  "  [ payload load 16b @ network header + 8 => reg 1 ]\n"
		  "  [ bitwise reg 1 = ( reg 1 & 0xffffffff 0x00000080 0x00000000 "
		  "0x00000000 ) ^ 0x00000000 0x00000000 0x00000000 0x00000000 ]\n"
		  "  [ payload load 2b @ transport header + 2 => reg 2 ]\n"
		  "  [ lookup reg 1 set in6_33_ports ]\n"
		  "  [ immediate reg 0 drop ]");
	/* ip6 daddr @out6_128 jump refuse */
	same_rule(lookup("out6_128"),
		  "osm output\n"
		  "  [ meta load nfproto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x0000000a ]\n"
		  "  [ payload load 16b @ network header + 24 => reg 1 ]\n"
		  "  [ lookup reg 1 set out6_128 ]\n"
		  "  [ immediate reg 0 jump -> refuse ]");
	/* meta skuid . tcp dport @uids jump refuse */
	same_rule(lookup("uids"),
		  "osm output\n"
		  "  [ meta load l4proto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x00000006 ]\n"
		  "  [ meta load skuid => reg 1 ]\n"
		  "  [ payload load 2b @ transport header + 2 => reg 9 ]\n"
		  "  [ lookup reg 1 set uids ]\n"
		  "  [ immediate reg 0 jump -> refuse ]");
}
