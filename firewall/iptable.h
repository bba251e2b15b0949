/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * iptable: osm's chains in the legacy filter tables, through libiptc, IPv4 and IPv6 alike.
 *
 * The kernel takes a table only as a whole: it is read, changed and put back, everybody's
 * rules with it. Who changes one holds the xtables lock, as iptables-legacy does; else two
 * would undo each other's work. Others' rules, chains and counters come back as they were.
 */
#ifndef OSM_FIREWALL_IPTABLE_H
#define OSM_FIREWALL_IPTABLE_H

#include "firewall/fw.h"

#define IPTABLE_LOCK "/run/xtables.lock"
#define IPTABLE_LOCK_SECONDS 5
/* Rules of single blocks, each looked at for every packet: without ipset there can't be
 * many. */
#define IPTABLE_BLOCKS_MAX 2000

/* What the chains are to hold. */
struct iptable_want {
	int family;
	bool has_sets;	  /* rules that look into the ipsets come first */
	uint16_t sets[8]; /* the kernel's numbers of them, by ipset.h's */
	bool with_time;	  /* the kernel has xt_time */
};

/* Single blocks of one direction each; ttl is the time of the end (iptrule). */
struct iptable_blocks {
	struct fw_block *v; /* owned */
	size_t n, cap;
};

void iptable_blocks_clear(struct iptable_blocks *b);
/* Add each direction of the block, in the place of an equal one. now: Unix seconds. */
bool iptable_blocks_add(struct iptable_blocks *b, const struct fw_block *block,
			int64_t now);
/* Every block of that address or uid goes; how many there were. */
size_t iptable_blocks_remove(struct iptable_blocks *b, const struct fw_block *block);

/* Who holds this may write the tables. csf's lock comes first: between its flush and its deletion of
 * all chains, a jump into a chain of osm's makes the deletion fail ("Too many links"), and csf then
 * leaves the whole firewall open. */
struct iptable_locks {
	int csf; /* -1: there is no csf */
	int xtables;
};
/* csf's lock is waited for as csfhost_lock() does, the other at most IPTABLE_LOCK_SECONDS. */
bool iptable_lock(const struct paths *paths, struct iptable_locks *locks,
		  struct err *err);
void iptable_unlock(struct iptable_locks *locks);
/* The blocks in our chains that are not over yet; none when there are no chains. */
bool iptable_read(int family, int64_t now, struct iptable_blocks *out, struct err *err);
/* Our chains as wanted, and the ways into them in the first place. One commit.
 * err->code ENOENT: the kernel lacks a match or target (xt_set, xt_time, ...). */
bool iptable_write(const struct iptable_want *want, const struct iptable_blocks *blocks,
		   struct err *err);
bool iptable_remove(int family, struct err *err);
/* Something that changes when the table does, almost surely: how many rules and bytes. */
bool iptable_mark(int family, uint64_t *mark);

#endif
