/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * nftset: which sets the table inet osm has, and the elements that stand for blocks.
 *
 * There is one hash set for each direction, family and prefix length in use ("in4_32",
 * "out6_64"), the same once more for blocks of single ports ("in4_32_ports", address and
 * TCP port), and one of accounts ("uids", uid and TCP port). A rule masks the packet's
 * address and looks it up. So a host inside a blocked prefix is an element of its own, and
 * one can be released without the other; an interval set would refuse the second one as
 * overlapping, or merge both. A lookup costs one hash for each length in use.
 *
 * Pure: no socket, no clock.
 */
#ifndef OSM_FIREWALL_NFTSET_H
#define OSM_FIREWALL_NFTSET_H

#include "firewall/fw.h"

#define NFTSET_UIDS 0
/* v4 and v6, in and out, plain and with ports, prefix 0 to 128 */
#define NFTSET_IDS (1 + 8 * 129)
#define NFTSET_NAME_MAX 24

struct nftset {
	bool is_uids; /* nothing else is set */
	bool is_out;  /* looked up by the destination, else by the source */
	bool has_ports;
	int family; /* AF_INET, AF_INET6 */
	unsigned prefix;
};

/* Every set has a number below NFTSET_IDS. */
unsigned nftset_id(const struct nftset *set);
struct nftset nftset_of(unsigned id); /* id < NFTSET_IDS */
const char *nftset_name(unsigned id, char out[NFTSET_NAME_MAX]);
/* The number of the set of that name; false for a name that is none of ours. */
bool nftset_parse(const char *name, unsigned *id);
size_t nftset_key_size(unsigned id);

/* The longest key: an IPv6 address and a port in a register of its own. */
#define NFTELEM_KEY_MAX 20

struct nftelem {
	uint16_t set; /* its number */
	uint8_t key[NFTELEM_KEY_MAX];
	uint32_t block; /* index of the block it stands for */
};

/* One call's elements may be so many: an address with ports has one for each. */
#define NFTELEMS_MAX 2000000u

struct nftelems {
	struct nftelem *v; /* owned */
	size_t n, cap;
	bool failed; /* no memory, or more than NFTELEMS_MAX */
};

void nftelems_clear(struct nftelems *e);
/* All elements of blocks[0..count), in their order. A uid without ports gets the settings'
 * SMTP ports. */
void nftelems_add(struct nftelems *e, const struct fw_block *blocks, size_t count,
		  const struct fw_settings *settings);
void nftelems_put(struct nftelems *e, const struct nftelem *elem);
/* Sort by set and key; of equal ones the last that was added stays. */
void nftelems_unify(struct nftelems *e);
/* The address or uid of a key into block->net or ->uid, its port into *port (0: all). */
void nftelem_read(unsigned set, const uint8_t *key, struct fw_block *block, uint16_t *port);

#endif
