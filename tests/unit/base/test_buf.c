/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/buf.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(buf, refuses_past_its_limit_and_remembers)
{
	struct buf b;

	buf_init(&b, 5);
	buf_puts(&b, "12345");
	cr_assert(buf_ok(&b));
	buf_putc(&b, '6');
	cr_assert_not(buf_ok(&b));
	cr_assert_str_eq(buf_str(&b), "12345");
	buf_reset(&b);
	buf_printf(&b, "%d", 12345);
	cr_assert(buf_ok(&b));
	buf_printf(&b, "%s", "");
	cr_assert(buf_ok(&b));
	buf_printf(&b, "%d", 1);
	cr_assert_not(buf_ok(&b));
	buf_clear(&b);
	cr_assert_str_eq(buf_str(&b), "");
}

Test(buf, grows_over_every_size_and_stays_terminated)
{
	struct buf b;

	buf_init(&b, 100000);
	for (size_t i = 0; i < 3000; i++) {
		buf_putc(&b, 'x');
		cr_assert_eq(strlen(buf_str(&b)), i + 1);
	}
	buf_clear(&b);
}
