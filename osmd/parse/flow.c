/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/flow.h"

#include <string.h>
#include <sys/socket.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERNET_BYTES 14
#define VLAN_BYTES 4
#define VLAN_TAGS_MAX 4
#define SLL_BYTES 16
#define SLL2_BYTES 20
#define SLL_OUTGOING 4	    /* packet type: sent by this machine */
#define ARPHRD_LOOPBACK 772 /* linux/if_arp.h */
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define IPV6_HEADERS_MAX 8
#define TCP_BYTES 20
#define PROTO_TCP 6
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_ACK 0x10

static const char *const result_names[FLOW_RESULT_COUNT] = {
	[FLOW_SYN] = "syn",	      [FLOW_OTHER] = "other",
	[FLOW_CUT] = "cut",	      [FLOW_BAD] = "bad-header",
	[FLOW_FRAGMENT] = "fragment", [FLOW_LINK] = "unknown-link",
};

const char *flow_result_name(enum flow_result r)
{
	return r < FLOW_RESULT_COUNT ? result_names[r] : "unknown";
}

/* The caller has checked that the bytes are there. */
static unsigned byte_at(struct slice s, size_t at)
{
	return (unsigned char)s.p[at];
}

static unsigned be16(struct slice s, size_t at)
{
	return byte_at(s, at) << 8 | byte_at(s, at + 1);
}

static uint32_t be32(struct slice s, size_t at)
{
	return (uint32_t)be16(s, at) << 16 | be16(s, at + 2);
}

static void skip(struct slice *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static enum flow_result parse_tcp(struct slice s, struct flow *out)
{
	if (s.n < TCP_BYTES)
		return FLOW_CUT;
	if ((byte_at(s, 13) & (FLAG_SYN | FLAG_ACK | FLAG_RST)) != FLAG_SYN)
		return FLOW_OTHER;
	if (byte_at(s, 12) >> 4 < TCP_BYTES / 4)
		return FLOW_BAD;
	out->from_port = (uint16_t)be16(s, 0);
	out->to_port = (uint16_t)be16(s, 2);
	out->seq = be32(s, 4);
	return FLOW_SYN;
}

static enum flow_result parse_ipv4(struct slice s, struct flow *out)
{
	size_t header, total;

	if (s.n < IPV4_BYTES)
		return FLOW_CUT;
	header = (size_t)(byte_at(s, 0) & 0xf) * 4;
	total = be16(s, 2);
	if (byte_at(s, 0) >> 4 != 4 || header < IPV4_BYTES || total < header)
		return FLOW_BAD;
	if (byte_at(s, 9) != PROTO_TCP)
		return FLOW_OTHER;
	if (be16(s, 6) & 0x1fff)
		return FLOW_FRAGMENT;
	out->from = addr_of_bytes(AF_INET, s.p + 12);
	out->to = addr_of_bytes(AF_INET, s.p + 16);
	if (s.n > total)
		s.n = total; /* what follows is Ethernet's padding */
	if (s.n < header)
		return FLOW_CUT;
	skip(&s, header);
	return parse_tcp(s, out);
}

/* The length of an extension header (RFC 8200, RFC 4302); 0: it is none. */
static size_t extension_bytes(unsigned next, struct slice s)
{
	switch (next) {
	case 0:	  /* hop by hop */
	case 43:  /* routing */
	case 60:  /* destination options */
	case 135: /* mobility */
	case 139: /* HIP */
	case 140: /* shim6 */
		return (byte_at(s, 1) + 1u) * 8;
	case 44: /* fragment */
		return 8;
	case 51: /* authentication */
		return (byte_at(s, 1) + 2u) * 4;
	default:
		return 0;
	}
}

static enum flow_result parse_ipv6(struct slice s, struct flow *out)
{
	unsigned next;

	if (s.n < IPV6_BYTES)
		return FLOW_CUT;
	if (byte_at(s, 0) >> 4 != 6)
		return FLOW_BAD;
	next = byte_at(s, 6);
	out->from = addr_of_bytes(AF_INET6, s.p + 8);
	out->to = addr_of_bytes(AF_INET6, s.p + 24);
	skip(&s, IPV6_BYTES);
	for (unsigned i = 0; i < IPV6_HEADERS_MAX && next != PROTO_TCP; i++) {
		size_t n;

		if (s.n < 8)
			return FLOW_CUT;
		n = extension_bytes(next, s);
		if (n == 0)
			return FLOW_OTHER;
		if (next == 44 && be16(s, 2) & 0xfff8)
			return FLOW_FRAGMENT;
		next = byte_at(s, 0);
		if (s.n < n)
			return FLOW_CUT;
		skip(&s, n);
	}
	return next == PROTO_TCP ? parse_tcp(s, out) : FLOW_BAD;
}

static enum flow_result parse_ethertype(unsigned type, struct slice s, struct flow *out)
{
	if (type == ETHERTYPE_IPV4)
		return parse_ipv4(s, out);
	if (type == ETHERTYPE_IPV6)
		return parse_ipv6(s, out);
	return FLOW_OTHER;
}

static bool is_vlan(unsigned type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* s begins with the ethertype. */
static enum flow_result parse_tagged(unsigned type, struct slice s, struct flow *out)
{
	for (unsigned i = 0; is_vlan(type); i++) {
		if (i == VLAN_TAGS_MAX)
			return FLOW_BAD;
		if (s.n < VLAN_BYTES)
			return FLOW_CUT;
		type = be16(s, 2);
		skip(&s, VLAN_BYTES);
	}
	return parse_ethertype(type, s, out);
}

static enum flow_result parse_ethernet(struct slice s, struct flow *out)
{
	unsigned type;

	if (s.n < ETHERNET_BYTES)
		return FLOW_CUT;
	type = be16(s, 12);
	skip(&s, ETHERNET_BYTES);
	return parse_tagged(type, s, out);
}

/* On loopback every packet is seen as one that comes in; its hardware type tells. */
static enum flow_way cooked_way(unsigned hardware, unsigned packet_type)
{
	if (hardware == ARPHRD_LOOPBACK)
		return FLOW_WAY_LOOPBACK;
	return packet_type == SLL_OUTGOING ? FLOW_WAY_OUT : FLOW_WAY_IN;
}

static enum flow_result parse_sll(struct slice s, struct flow *out)
{
	unsigned type;

	if (s.n < SLL_BYTES)
		return FLOW_CUT;
	out->way = cooked_way(be16(s, 2), be16(s, 0));
	type = be16(s, 14);
	skip(&s, SLL_BYTES);
	return parse_tagged(type, s, out);
}

static enum flow_result parse_sll2(struct slice s, struct flow *out)
{
	unsigned type;

	if (s.n < SLL2_BYTES)
		return FLOW_CUT;
	out->way = cooked_way(be16(s, 8), byte_at(s, 10));
	out->interface = (uint32_t)be16(s, 4) << 16 | be16(s, 6);
	type = be16(s, 0);
	skip(&s, SLL2_BYTES);
	return parse_tagged(type, s, out);
}

static enum flow_result parse_raw(struct slice s, struct flow *out)
{
	if (s.n < 1)
		return FLOW_CUT;
	return byte_at(s, 0) >> 4 == 6 ? parse_ipv6(s, out) : parse_ipv4(s, out);
}

/* BSD's loopback: four bytes of address family in the byte order of who captured it, which
 * the IP header's own version makes needless. */
static enum flow_result parse_null(struct slice s, struct flow *out)
{
	if (s.n < 4)
		return FLOW_CUT;
	skip(&s, 4);
	out->way = FLOW_WAY_LOOPBACK;
	return parse_raw(s, out);
}

enum flow_result flow_parse(unsigned link, struct slice packet, struct flow *out)
{
	*out = (struct flow){.way = FLOW_WAY_UNKNOWN};
	switch (link) {
	case FLOW_LINK_NULL:
		return parse_null(packet, out);
	case FLOW_LINK_ETHERNET:
		return parse_ethernet(packet, out);
	case FLOW_LINK_SLL:
		return parse_sll(packet, out);
	case FLOW_LINK_SLL2:
		return parse_sll2(packet, out);
	case FLOW_LINK_DLT_RAW:
	case FLOW_LINK_RAW:
		return parse_raw(packet, out);
	case FLOW_LINK_IPV4:
		return parse_ipv4(packet, out);
	case FLOW_LINK_IPV6:
		return parse_ipv6(packet, out);
	default:
		return FLOW_LINK;
	}
}

void flow_key(const struct flow *f, char out[FLOW_KEY_BYTES])
{
	out[0] = f->from.family == AF_INET ? 4 : 6;
	memcpy(out + 1, f->from.bytes, 16);
	memcpy(out + 17, f->to.bytes, 16);
	memcpy(out + 33, &f->from_port, 2);
	memcpy(out + 35, &f->to_port, 2);
}
