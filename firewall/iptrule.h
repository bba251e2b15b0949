/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * iptrule: one rule of the legacy tables as the kernel's bytes (struct ipt_entry or
 * ip6t_entry, its matches and its target), and the reading of such bytes. Pure.
 *
 * A block that no ipset can keep (an account's, or every one where the kernel has no ipset)
 * is a rule of its own:
 *
 *	-s 192.0.2.0/24 -p tcp -m multiport --dports 25,465 -m comment --comment
 *	"osm 1764061234 the reason" -m time --datestop ... -j DROP
 *
 * The comment's number is the time (Unix seconds, UTC) when it ends, 0 for never. The time
 * match makes the kernel end it by itself; where there is none (xt_time), a rule stays in
 * force until init or another change sweeps it.
 */
#ifndef OSM_FIREWALL_IPTRULE_H
#define OSM_FIREWALL_IPTRULE_H

#include "firewall/fw.h"

#define IPTRULE_MAX 1024 /* bytes; the longest of ours has 760 */

struct iptrule {
	size_t n;
	bool failed; /* it did not fit */
	_Alignas(8) unsigned char bytes[IPTRULE_MAX];
};

/* Chains of ours. */
#define IPT_IN "OSM_IN"
#define IPT_OUT "OSM_OUT"
#define IPT_REFUSE "OSM_REFUSE"

/* INPUT ! -i lo -j OSM_IN; OUTPUT ! -o lo -j OSM_OUT */
void iptrule_enter(struct iptrule *r, int family, bool is_out);
/* -p tcp -j REJECT --reject-with tcp-reset; or all else: admin-prohibited */
void iptrule_refuse(struct iptrule *r, int family, bool is_tcp);
/* -m set --match-set NAME src|dst[,dst] -j DROP, or OSM_REFUSE going out. index: the
 * kernel's number of the set. */
void iptrule_set(struct iptrule *r, int family, uint16_t index, bool is_out,
		 bool has_ports);
/* The rule of a block of one direction; its ttl is the time of the end, not the seconds. */
void iptrule_block(struct iptrule *r, int family, const struct fw_block *block,
		   bool with_time);

/* The block of such a rule, ttl again being the end; false when it is no rule of a block of
 * ours. n: bytes that are there. */
bool iptrule_read(const void *bytes, size_t n, int family, struct fw_block *out);

#endif
