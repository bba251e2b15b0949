/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/sip.h"

#include <string.h>

static uint64_t rotl(uint64_t x, int b)
{
	return (x << b) | (x >> (64 - b));
}

struct state {
	uint64_t a, b, c, d;
};

/* By value, so that it stays in registers. */
static inline struct state sip_round(struct state v)
{
	v.a += v.b;
	v.b = rotl(v.b, 13) ^ v.a;
	v.a = rotl(v.a, 32);
	v.c += v.d;
	v.d = rotl(v.d, 16) ^ v.c;
	v.a += v.d;
	v.d = rotl(v.d, 21) ^ v.a;
	v.c += v.b;
	v.b = rotl(v.b, 17) ^ v.c;
	v.c = rotl(v.c, 32);
	return v;
}

static inline struct state take_word(struct state v, uint64_t w)
{
	v.d ^= w;
	v = sip_round(v);
	v.a ^= w;
	return v;
}

/* The bytes behind the last whole word, and the length. */
static uint64_t last_word(struct slice key)
{
	const size_t whole = key.n & ~(size_t)7;
	uint64_t last = (uint64_t)key.n << 56;

	for (size_t i = whole; i < key.n; i++)
		last |= (uint64_t)(unsigned char)key.p[i] << 8 * (i - whole);
	return last;
}

uint64_t sip_hash(struct slice key, uint64_t k0, uint64_t k1)
{
	struct state v = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du,
			  k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};

	for (size_t i = 0; i + 8 <= key.n; i += 8) {
		uint64_t w;

		memcpy(&w, key.p + i, 8);
		v = take_word(v, w);
	}
	v = take_word(v, last_word(key));
	v.c ^= 0xff;
	v = sip_round(sip_round(sip_round(v)));
	return v.a ^ v.b ^ v.c ^ v.d;
}
