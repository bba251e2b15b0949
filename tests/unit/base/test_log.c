/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/log.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/base/paths.h"

Test(log, a_strangers_text_stays_on_its_line_and_steers_no_terminal)
{
	char dir[] = "/tmp/osm-log-XXXXXX", path[64], *text;
	size_t n;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/log", dir);
	log_open("osmd", path, 0, LOG_LEVEL_INFO);
	log_msg(LOG_LEVEL_INFO, "subject: %s", "a\nNov 23 forged\x1b[31m");
	log_msg(LOG_LEVEL_INFO, "subject: %s", "\xc2\x9b" "31m \xe2\x80\xae \x9b" "0m");
	log_msg(LOG_LEVEL_DEBUG, "not wanted");
	cr_assert(file_read(path, 4096, &text, &n, NULL));
	cr_assert_not_null(strstr(text, "subject: a\\x0aNov 23 forged\\x1b[31m\n"));
	cr_assert_not_null(strstr(text, " osmd["));
	cr_assert_not_null(
		strstr(text, "subject: \\xc2\\x9b31m \\xe2\\x80\\xae \\x9b0m\n"));
	cr_assert_eq(strchr(strchr(text, '\n') + 1, '\n'), text + n - 1, "two lines");
	free(text);
	unlink(path);
	log_msg(LOG_LEVEL_INFO, "%0*d", 5000, 1);
	cr_assert_eq(log_failures(), 0, "made again after a rotation");
	unlink(path);
	rmdir(dir);
	log_msg(LOG_LEVEL_INFO, "nowhere to go");
	cr_assert_eq(log_failures(), 1);
}

Test(paths, puts_the_root_before_and_refuses_what_does_not_fit)
{
	struct paths p;
	char out[32];

	cr_assert(paths_init(&p, "/lab/root//"));
	cr_assert_str_eq(paths_at(&p, "/etc/x", out, sizeof(out)), "/lab/root/etc/x");
	cr_assert_null(paths_at(&p, "/a/path/that/is/too/long/for/it", out, sizeof(out)));
	cr_assert(paths_init(&p, "/"));
	cr_assert_str_eq(paths_at(&p, "/etc/x", out, sizeof(out)), "/etc/x");
	cr_assert(paths_init(&p, NULL));
	cr_assert_not(paths_init(&p, "relative"));
}
