/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/route.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct addr addr_of(const char *text)
{
	struct addr a;

	cr_assert(addr_parse(slice_str(text), &a), "%s", text);
	return a;
}

static int ask(const struct addr *to)
{
	struct err e = {0};
	struct route *r = route_open(&e);
	int rc;

	cr_assert(r, "%s", e.msg);
	rc = route_is_local(r, to);
	cr_expect_eq(route_is_local(r, to), rc, "asked again");
	route_close(r);
	return rc;
}

Test(route, loopback_is_local)
{
	const struct addr v4 = addr_of("127.0.0.1"), far = addr_of("127.200.3.4"),
			  v6 = addr_of("::1"), mapped = addr_of("::ffff:127.0.0.1");

	cr_expect_eq(ask(&v4), 1);
	cr_expect_eq(ask(&far), 1);
	cr_expect_eq(ask(&v6), 1);
	cr_expect_eq(ask(&mapped), 1);
}

Test(route, an_address_of_an_interface_is_local)
{
	struct ifaddrs *all, *i;

	cr_assert_eq(getifaddrs(&all), 0);
	for (i = all; i; i = i->ifa_next) {
		const struct sockaddr_in *v4 = (const void *)i->ifa_addr;
		struct addr a;

		if (!v4 || v4->sin_family != AF_INET)
			continue;
		a = addr_of_bytes(AF_INET, &v4->sin_addr);
		cr_expect_eq(ask(&a), 1, "%s", i->ifa_name);
	}
	freeifaddrs(all);
}

Test(route, other_addresses_are_not)
{
	const struct addr v4 = addr_of("192.0.2.77"), v6 = addr_of("2001:db8::77");
	const struct addr none = {.family = 0};

	cr_expect_leq(ask(&v4), 0); /* or no way there */
	cr_expect_leq(ask(&v6), 0);
	cr_expect_lt(ask(&none), 0);
}
