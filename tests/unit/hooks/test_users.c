/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "cpanel-hooks/users.h"

#include <criterion/criterion.h>

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
			     "mailnull:x:47:47::/var/spool/mqueue:/sbin/nologin\n"
			     "alice:x:1001:1001::/home/alice:/bin/bash\n"
			     "twin:x:1001:1001::/home/alice:/bin/bash\n"
			     "alice:x:9:9::/:/bin/sh\n"
			     "bad:x:uid:0::/:/bin/sh\n:x:5:5::/:/bin/sh\nnot a line\n"
			     "huge:x:4294967296:0::/:/bin/sh\n"
			     "last:x:4294967295:1::/:/bin/sh";
static const char group[] = "root:x:0:\nmail:x:12:exim,dovecot\nmailman:x:60048:\n";

Test(users, knows_names_and_numbers)
{
	struct users *u = users_new(slice_str(passwd), slice_str(group));

	cr_assert(u);
	cr_expect(slice_eq(users_name(u, 0), SLICE("root")));
	cr_expect(slice_eq(users_name(u, 47), SLICE("mailnull")));
	cr_expect(slice_eq(users_name(u, 4294967295), SLICE("last")));
	cr_expect(slice_eq(users_name(u, 1001), SLICE("alice")), "the first line counts");
	cr_expect_eq(users_name(u, 5).n, 0);
	cr_expect_eq(users_name(u, -1).n, 0);
	cr_expect_eq(users_uid(u, SLICE("alice")), 1001, "the first line counts");
	cr_expect_eq(users_uid(u, SLICE("huge")), -1);
	cr_expect_eq(users_uid(u, SLICE("")), -1);
	cr_expect_eq(users_gid(u, SLICE("mail")), 12);
	cr_expect_eq(users_gid(u, SLICE("exim")), -1, "a member is no group");
	users_free(u);
}

Test(users, of_nothing_there_is_nobody)
{
	struct users *u = users_new((struct slice){NULL, 0}, (struct slice){NULL, 0});

	cr_assert(u);
	cr_expect_eq(users_name(u, 0).n, 0);
	cr_expect_eq(users_gid(u, SLICE("mail")), -1);
	users_free(u);
	users_free(NULL);
}
