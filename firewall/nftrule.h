/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * nftrule: the rules of the table inet osm, made of nf_tables' expressions as nft makes
 * them, so that nft can list them. The caller frees a rule with nftnl_rule_free(); all
 * return NULL without memory.
 */
#ifndef OSM_FIREWALL_NFTRULE_H
#define OSM_FIREWALL_NFTRULE_H

#include <libnftnl/rule.h>

#include "firewall/nftset.h"

/* refuse: meta l4proto tcp reject with tcp reset; or: reject with icmpx admin-prohibited */
struct nftnl_rule *nftrule_refuse(const char *table, bool is_tcp);
/* input: iif lo accept; output: oif lo accept */
struct nftnl_rule *nftrule_loopback(const char *table, bool is_out);
/* The packets of that set's elements: dropped coming in, refused going out. */
struct nftnl_rule *nftrule_lookup(const char *table, unsigned set);

#endif
