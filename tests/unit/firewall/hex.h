/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * hex: bytes as text to compare, and blocks to compare them for. Numbers of a netlink
 * message are in the byte order of the machine: the expected texts are a little-endian one's.
 */
#ifndef OSM_TESTS_FIREWALL_HEX_H
#define OSM_TESTS_FIREWALL_HEX_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firewall/fw.h"

/* Lower-case, a blank after each fourth byte; owned by the caller. */
__attribute__((unused)) static char *hex(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	char *text = calloc(n * 3 + 1, 1), *at = text;

	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%s%02x", i && i % 4 == 0 ? " " : "", p[i]);
	return text;
}

__attribute__((unused)) static void same_hex(const void *bytes, size_t n,
					     const char *want, const char *what)
{
	char *got = hex(bytes, n);

	cr_expect_str_eq(got, want, "%s:\n got %s\nwant %s", what, got, want);
	free(got);
}

__attribute__((unused)) static struct fw_block block_of(const char *text)
{
	struct fw_block b = {.direction = FW_INOUT};

	cr_assert(addr_parse_cidr(slice_str(text), &b.net), "%s", text);
	return b;
}

#endif
