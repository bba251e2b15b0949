/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/sip.h"

#include <criterion/criterion.h>

/* The reference's vectors for SipHash-1-3: key 00..0f, input 00, 01, ... of n bytes. */
Test(sip, agrees_with_the_reference)
{
	static const struct {
		size_t n;
		uint64_t hash;
	} vectors[] = {{0, 0xabac0158050fc4dcu},  {1, 0xc9f49bf37d57ca93u},
		       {7, 0xd3927d989bb11140u},  {8, 0x369095118d299a8eu},
		       {9, 0x25a48eb36c063de4u},  {15, 0xd320d86d2a519956u},
		       {16, 0xcc4fdd1a7d908b66u}, {63, 0x9d199062b7bbb3a8u}};
	char input[63];

	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (char)i;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
		cr_expect_eq(sip_hash((struct slice){input, vectors[i].n},
				      0x0706050403020100u, 0x0f0e0d0c0b0a0908u),
			     vectors[i].hash, "%zu bytes", vectors[i].n);
}
