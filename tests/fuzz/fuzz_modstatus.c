/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* A status page of any bytes: each row is within its bounds, and never more than they allow. */
#include <stdlib.h>
#include <string.h>

#include "osmd/parse/modstatus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void check(const struct modstatus_row *r, void *ctx)
{
	size_t *rows = ctx;

	must(++*rows <= MODSTATUS_ROWS_MAX);
	must(r->client.n <= MODSTATUS_TEXT_MAX && r->vhost.n && r->target.n);
	must(r->vhost.n <= MODSTATUS_TEXT_MAX && r->target.n <= MODSTATUS_TEXT_MAX);
	must(r->method.n <= 16);
	for (size_t i = 0; i < r->method.n; i++)
		must(r->method.p[i] >= 'A' && r->method.p[i] <= 'Z');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t rows = 0;
	enum modstatus_page page =
		modstatus_read((struct slice){(const char *)data, size}, check, &rows);

	must(page == MODSTATUS_TABLE || rows == 0);
	return 0;
}
