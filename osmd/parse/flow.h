/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * flow: captured bytes -> the connection that a SYN begins. Ethernet (with VLAN tags), Linux
 * cooked (SLL, SLL2) and raw IP; IPv4 and IPv6 with extension headers. Everything else is
 * told apart by a reason, never guessed at. Pure: bytes in, struct out.
 */
#ifndef OSM_PARSE_FLOW_H
#define OSM_PARSE_FLOW_H

#include "osmd/base/addr.h"

/* Link types by the numbers of a capture file (tcpdump.org, "Link-layer header types");
 * libpcap's own DLT_RAW is 12 on Linux and means the same as 101. */
enum flow_link {
	FLOW_LINK_NULL = 0,
	FLOW_LINK_ETHERNET = 1,
	FLOW_LINK_DLT_RAW = 12,
	FLOW_LINK_RAW = 101,
	FLOW_LINK_SLL = 113,
	FLOW_LINK_IPV4 = 228,
	FLOW_LINK_IPV6 = 229,
	FLOW_LINK_SLL2 = 276
};

/* Which way the packet went through this machine, as far as the link header tells. */
enum flow_way { FLOW_WAY_UNKNOWN, FLOW_WAY_IN, FLOW_WAY_OUT, FLOW_WAY_LOOPBACK };

enum flow_result {
	FLOW_SYN,      /* the first packet of a connection */
	FLOW_OTHER,    /* neither TCP nor a first packet */
	FLOW_CUT,      /* fewer bytes than its headers claim */
	FLOW_BAD,      /* headers that contradict themselves */
	FLOW_FRAGMENT, /* a later piece: its ports are elsewhere */
	FLOW_LINK,     /* a link type that isn't known here */
	FLOW_RESULT_COUNT
};

struct flow {
	struct addr from, to; /* a v4-mapped IPv6 address is the IPv4 one */
	uint16_t from_port, to_port;
	uint32_t seq; /* tells a retransmission (the same) from a new connection */
	enum flow_way way;
	uint32_t interface; /* its number, where SLL2 tells it; 0: not known */
};

/* *out is whole only for FLOW_SYN. */
enum flow_result flow_parse(unsigned link, struct slice packet, struct flow *out);
/* The two ends as bytes to compare: FLOW_KEY_BYTES of them. */
#define FLOW_KEY_BYTES 37
void flow_key(const struct flow *f, char out[FLOW_KEY_BYTES]);
const char *flow_result_name(enum flow_result r); /* static text */

#endif
