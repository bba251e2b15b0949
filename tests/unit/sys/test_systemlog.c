/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/systemlog.h"

#include <criterion/criterion.h>
#include <string.h>

Test(systemlog, a_value_can_not_break_out_of_its_quotes)
{
	const struct systemlog_field fields[] = {
		{"OSM_KEY", SLICE("a \"b\" \\ \n osm_state=\"done\"")},
		{"OSM_EMPTY", SLICE("")},
		{"OSM_STATE", SLICE("failed")},
	};
	struct buf out;

	buf_init(&out, 4096);
	systemlog_line(&out, "action: hold acct: failed", fields, 3);
	cr_expect_str_eq(buf_str(&out),
			 "action: hold acct: failed"
			 " osm_key=\"a \\x22b\\x22 \\x5C \\x0A osm_state=\\x22done\\x22\""
			 " osm_state=\"failed\"");
	buf_clear(&out);
}

Test(systemlog, fields_have_an_end)
{
	struct systemlog_field fields[SYSTEMLOG_FIELDS_MAX + 1];
	struct buf out;

	for (size_t i = 0; i <= SYSTEMLOG_FIELDS_MAX; i++)
		fields[i] = (struct systemlog_field){"A", SLICE("b")};
	buf_init(&out, 4096);
	systemlog_line(&out, "", fields, SYSTEMLOG_FIELDS_MAX + 1);
	cr_expect_eq(out.n, SYSTEMLOG_FIELDS_MAX * strlen(" a=\"b\""));
	buf_clear(&out);
}
