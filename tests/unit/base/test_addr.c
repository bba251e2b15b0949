/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/addr.h"

#include <criterion/criterion.h>
#include <sys/socket.h>

Test(addr, reads_one_form_for_one_host)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{"192.0.2.1", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"2001:DB8:0:0::1", "2001:db8::1"},
		{"::1", "::1"},
		{"192.0.2.256", NULL},
		{"192.0.2", NULL},
		{"192.0.2.1 ", NULL},
		{"", NULL},
		{"[::1]", NULL},
		{"fe80::1%eth0", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[ADDR_TEXT_MAX];
		struct addr a;
		bool ok = addr_parse(slice_str(rows[i].text), &a);

		cr_expect_eq(ok, rows[i].printed != NULL, "%s", rows[i].text);
		if (ok && rows[i].printed)
			cr_expect_str_eq(addr_print(&a, out), rows[i].printed);
	}
}

Test(addr, prefixes_clear_host_bits_and_contain_their_hosts)
{
	static const struct {
		const char *net, *host;
		bool inside;
	} rows[] = {
		{"192.0.2.77/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "::1", false},
		{"192.0.2.4/30", "192.0.2.7", true},
		{"192.0.2.4/30", "192.0.2.8", false},
		{"192.0.2.4", "192.0.2.4", true},
		{"192.0.2.4", "192.0.2.5", false},
		{"2001:db8::/33", "2001:db8:7fff::", true},
		{"2001:db8::/33", "2001:db8:8000::", false},
		{"::ffff:192.0.2.0/120", "192.0.2.200", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr net, host;

		cr_assert(addr_parse_cidr(slice_str(rows[i].net), &net), "%s",
			  rows[i].net);
		cr_assert(addr_parse(slice_str(rows[i].host), &host), "%s", rows[i].host);
		cr_expect_eq(addr_contains(&net, &host), rows[i].inside, "%s %s",
			     rows[i].net, rows[i].host);
	}
}

Test(addr, refuses_prefixes_that_are_too_long)
{
	struct addr a;

	cr_assert(addr_parse_cidr(SLICE("192.0.2.0/32"), &a));
	cr_assert_not(addr_parse_cidr(SLICE("192.0.2.0/33"), &a));
	cr_assert(addr_parse_cidr(SLICE("2001:db8::/128"), &a));
	cr_assert_not(addr_parse_cidr(SLICE("2001:db8::/129"), &a));
	cr_assert_not(addr_parse_cidr(SLICE("192.0.2.0/"), &a));
	cr_assert_not(addr_parse_cidr(SLICE("::ffff:192.0.2.0/95"), &a));
}

Test(addr, knows_loopback)
{
	struct addr a;

	cr_assert(addr_parse(SLICE("127.3.2.1"), &a) && addr_is_loopback(&a));
	cr_assert(addr_parse(SLICE("::1"), &a) && addr_is_loopback(&a));
	cr_assert(addr_parse(SLICE("::ffff:127.0.0.1"), &a) && addr_is_loopback(&a));
	cr_assert(addr_parse(SLICE("::2"), &a) && !addr_is_loopback(&a));
}
