/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * ipset: the messages of the kernel's ip_set (xtables' sets, not nft's), protocol 6
 * (Linux 2.6.39 and later; newer kernels still speak it). Pure: messages are added to a
 * nlbuf, answers' bytes are read.
 *
 * osm's sets are hash:net and hash:net,port with timeout and comment (Linux 3.13), one for
 * each direction and family: "osm_in4", "osm_out6_ports". A hash:net holds a prefix and a host inside it
 * as two elements and finds both, so one can be taken out without the other.
 */
#ifndef OSM_FIREWALL_IPSET_H
#define OSM_FIREWALL_IPSET_H

#include "firewall/fw.h"
#include "firewall/nlbuf.h"

#define IPSET_COUNT 8 /* both ways, both families, without and with ports */
#define IPSET_NAME_MAX 32
#define IPSET_ELEMENTS_MAX (1u << 20) /* of one set; osm's own bound */
/* The kernel keeps milliseconds in a signed 32-bit number: 24 days and 20 hours. A longer
 * time is cut to it; the caller renews it. */
#define IPSET_TTL_MAX 2147483

struct ipset_kind {
	int family;
	bool is_out, has_ports;
};

struct ipset_kind ipset_kind(unsigned set); /* set < IPSET_COUNT */
const char *ipset_name(unsigned set, char out[IPSET_NAME_MAX]);
/* Is the block (also) kept in that set? */
bool ipset_takes(unsigned set, const struct fw_block *block);

/* Each message asks for an answer. */
void ipset_create(struct nlbuf *b, unsigned set); /* one that is there stays */
void ipset_destroy(struct nlbuf *b, unsigned set);
/* Those of the blocks that the set takes; what is there gets the new time and reason. */
void ipset_add(struct nlbuf *b, unsigned set, const struct fw_block *blocks, size_t count);
/* Those of the blocks that the set takes, whatever their direction says; what isn't there
 * is no error. */
void ipset_delete(struct nlbuf *b, unsigned set, const struct fw_block *blocks,
		  size_t count);
void ipset_ask(struct nlbuf *b, unsigned set); /* a dump */

/* Each element of an answer to ipset_ask(): address, direction, at most one port, reason
 * (cut, control bytes '?') and in ttl the seconds left (0: no end). A part that is no whole
 * element is passed over. false when each() said so. */
bool ipset_read(const struct nlmsghdr *h, unsigned set, fw_each *each, void *ctx);

#endif
