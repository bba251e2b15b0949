/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/sockdiag.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <sys/stat.h>

#include "tests/unit/sys/connection.h"

static uint64_t inode_of(int fd)
{
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

static int find(struct sockdiag *s, const struct connection *c,
		struct sockdiag_answer *out)
{
	return sockdiag_find(s, &c->from, c->from_port, &c->to, c->to_port, 0, out);
}

Test(sockdiag, finds_the_socket_of_a_connection)
{
	static const struct {
		int family;
		bool mapped;
	} rows[] = {{AF_INET, false}, {AF_INET6, false}, {AF_INET6, true}};
	struct err e = {0};
	struct sockdiag *s = sockdiag_open(&e);

	cr_assert(s, "%s", e.msg);
	for (size_t i = 0; i < 3; i++) {
		struct sockdiag_answer a;
		struct connection c;

		connection_make(&c, rows[i].family, rows[i].mapped);
		cr_assert_eq(find(s, &c, &a), 0, "row %zu", i);
		cr_expect_eq(a.inode, inode_of(c.client));
		cr_expect_eq(a.uid, geteuid());
		connection_end(&c);
	}
	sockdiag_close(s);
}

/* Any user may bind a socket to an interface, also one that is connected. */
Test(sockdiag, a_socket_bound_to_an_interface_is_found_by_its_number)
{
	const uint32_t lo = if_nametoindex("lo");
	struct sockdiag *s = sockdiag_open(NULL);
	struct sockdiag_answer a = {0};
	struct connection c;

	connection_make(&c, AF_INET, false);
	cr_expect_eq(sockdiag_find(s, &c.from, c.from_port, &c.to, c.to_port, lo, &a), 0);
	cr_expect_eq(a.inode, inode_of(c.client), "not bound");
	cr_assert_eq(setsockopt(c.client, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
	cr_expect_eq(find(s, &c, &a), -ENOENT);
	a.inode = 0;
	cr_expect_eq(sockdiag_find(s, &c.from, c.from_port, &c.to, c.to_port, lo, &a), 0);
	cr_expect_eq(a.inode, inode_of(c.client), "bound");
	connection_end(&c);
	sockdiag_close(s);
}

Test(sockdiag, a_listener_is_no_answer)
{
	struct sockdiag *s = sockdiag_open(NULL);
	struct sockdiag_answer a;
	struct connection c;

	connection_make(&c, AF_INET, false);
	cr_expect_eq(sockdiag_find(s, &c.to, c.to_port, &c.from, 1, 0, &a), -ENOENT);
	connection_end(&c);
	sockdiag_close(s);
}

Test(sockdiag, a_closed_connection_has_no_owner)
{
	struct sockdiag *s = sockdiag_open(NULL);
	struct sockdiag_answer a = {.inode = 7};
	struct connection c;
	int rc;

	connection_make(&c, AF_INET, false);
	connection_end(&c);
	rc = find(s, &c, &a);
	cr_expect(rc == -ENOENT || (rc == 0 && a.inode == 0), "%d", rc);
	sockdiag_close(s);
}

Test(sockdiag, two_families_are_no_question)
{
	struct sockdiag *s = sockdiag_open(NULL);
	struct addr v4, v6;
	struct sockdiag_answer a;

	cr_assert(addr_parse(SLICE("127.0.0.1"), &v4) && addr_parse(SLICE("::1"), &v6));
	cr_expect_eq(sockdiag_find(s, &v4, 1, &v6, 2, 0, &a), -EINVAL);
	sockdiag_close(s);
}
