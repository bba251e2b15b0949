/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static unsigned full_length(const struct addr *a)
{
	return a->family == AF_INET ? 32 : 128;
}

static void settle(struct addr *a)
{
	if (a->family == AF_INET6 && memcmp(a->bytes, mapped, sizeof(mapped)) == 0) {
		a->family = AF_INET;
		memmove(a->bytes, a->bytes + 12, 4);
		memset(a->bytes + 4, 0, 12);
	}
	a->prefix = full_length(a);
}

struct addr addr_of_bytes(int family, const void *bytes)
{
	struct addr a = {.family = family};

	memcpy(a.bytes, bytes, family == AF_INET ? 4 : 16);
	settle(&a);
	return a;
}

bool addr_parse(struct slice text, struct addr *out)
{
	char s[INET6_ADDRSTRLEN];
	struct addr a = {0};

	if (text.n == 0 || text.n >= sizeof(s) || memchr(text.p, '\0', text.n))
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	if (inet_pton(AF_INET, s, a.bytes) == 1) {
		a.family = AF_INET;
	} else if (inet_pton(AF_INET6, s, a.bytes) == 1) {
		a.family = AF_INET6;
	} else {
		return false;
	}
	settle(&a);
	*out = a;
	return true;
}

static void clear_host_bits(struct addr *a)
{
	for (unsigned i = 0; i < sizeof(a->bytes); i++) {
		unsigned keep = a->prefix > i * 8 ? a->prefix - i * 8 : 0;

		if (keep < 8)
			a->bytes[i] &= (uint8_t)(0xff00u >> keep);
	}
}

bool addr_parse_cidr(struct slice text, struct addr *out)
{
	struct slice host = text, rest = text;
	struct addr a;
	uint64_t prefix;

	if (!slice_cut(&rest, '/', &host))
		return addr_parse(text, out);
	if (!addr_parse(host, &a) || !slice_u64(rest, 0, 128, &prefix))
		return false;
	/* ::ffff:192.0.2.0/120 is 192.0.2.0/24 */
	if (a.family == AF_INET && memchr(host.p, ':', host.n)) {
		if (prefix < 96)
			return false;
		prefix -= 96;
	}
	if (prefix > full_length(&a))
		return false;
	a.prefix = (unsigned)prefix;
	clear_host_bits(&a);
	*out = a;
	return true;
}

bool addr_contains(const struct addr *net, const struct addr *host)
{
	struct addr h = *host;

	if (net->family != h.family || h.prefix < net->prefix)
		return false;
	h.prefix = net->prefix;
	clear_host_bits(&h);
	return memcmp(net->bytes, h.bytes, sizeof(h.bytes)) == 0;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = {[15] = 1};

	if (a->family == AF_INET)
		return a->bytes[0] == 127;
	return a->family == AF_INET6 && memcmp(a->bytes, one, sizeof(one)) == 0;
}

const char *addr_print(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	size_t n;

	if (a->family == 0 || !inet_ntop(a->family, a->bytes, out, ADDR_TEXT_MAX)) {
		out[0] = '\0';
		return out;
	}
	n = strlen(out);
	if (a->prefix != full_length(a))
		snprintf(out + n, ADDR_TEXT_MAX - n, "/%u", a->prefix);
	return out;
}

bool addr_parse_place(struct slice text, struct addr *out, uint16_t *port)
{
	struct slice host = SLICE("127.0.0.1"), number = text;
	size_t at = text.n;
	bool in_brackets;
	uint64_t n;

	while (at && text.p[at - 1] != ':')
		at--;
	if (at) {
		host = (struct slice){text.p, at - 1};
		number = (struct slice){text.p + at, text.n - at};
		in_brackets = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
		if (in_brackets)
			host = (struct slice){host.p + 1, host.n - 2};
		if (in_brackets != (slice_find(host, SLICE(":")) != SIZE_MAX))
			return false;
	}
	if (!slice_u64(number, 0, UINT16_MAX, &n) || !addr_parse(host, out))
		return false;
	*port = (uint16_t)n;
	return true;
}
