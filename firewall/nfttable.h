/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * nfttable: the nf_tables messages that make, repair, fill, read and remove the table
 * inet osm, and the reading of what the kernel tells about it. Pure: messages are added to
 * a nlbuf; who sends them is fw_nft.
 *
 *	table inet osm {
 *		set in4_32 { type ipv4_addr; flags timeout; }              (and so on: nftset)
 *		chain refuse { meta l4proto tcp reject with tcp reset
 *			       reject with icmpx admin-prohibited }
 *		chain input { type filter hook input priority -10
 *			      iif lo accept
 *			      ip saddr @in4_32 drop }
 *		chain output { type filter hook output priority -10
 *			       oif lo accept
 *			       meta skuid . tcp dport @uids jump refuse
 *			       ip daddr @out4_32 jump refuse }
 *	}
 *
 * Priority -10 is before csf's rules (0), so a refusal is final, while accept is not: the
 * packet goes on to the others' chains. A TCP reset ends a connect() at once where an ICMP
 * error would be seen only after the first SYN is sent again.
 */
#ifndef OSM_FIREWALL_NFTTABLE_H
#define OSM_FIREWALL_NFTTABLE_H

#include "firewall/nftset.h"
#include "firewall/nlbuf.h"

#define NFTTABLE_NAME "osm"

/* The whole table as one transaction: what is there stays with its elements, all rules are
 * made anew, and it is awake (nft's "dormant" off). has[id]: which sets; the plain host sets and the uids are always made. */
void nfttable_make(struct nlbuf *b, const bool has[NFTSET_IDS], uint32_t generation);
void nfttable_remove(struct nlbuf *b); /* one transaction */

enum nfttable_change {
	NFTTABLE_ADD,   /* an element that is there is an error: EEXIST for the whole batch */
	NFTTABLE_RENEW, /* it is made or, if it is there, gets the new time and reason */
	NFTTABLE_DELETE /* one that isn't there is no error */
};
/* One transaction. For RENEW and DELETE the elements must be unified. */
void nfttable_change(struct nlbuf *b, enum nfttable_change change,
		     const struct nftelems *elems, const struct fw_block *blocks);

/* Questions; the answers' messages are read by the calls below. */
void nfttable_ask_generation(struct nlbuf *b);
void nfttable_ask_table(struct nlbuf *b); /* ENOENT: there is no table of our name */
void nfttable_ask_sets(struct nlbuf *b);
void nfttable_ask_elements(struct nlbuf *b, unsigned set);

uint32_t nfttable_read_generation(const struct nlmsghdr *h); /* 0: it says nothing */
/* The number of the set that the message is about, if it is ours. */
bool nfttable_read_set(const struct nlmsghdr *h, unsigned *set);

struct nfttable_element {
	const uint8_t *key;  /* borrowed; nftset_key_size() bytes */
	int64_t left_ms;     /* -1: no end */
	struct slice reason; /* borrowed; may be empty */
};
typedef bool nfttable_each(const struct nfttable_element *element, void *ctx);
/* Each element of a message about that set; false when each() said so. A part that is no
 * whole element is passed over. */
bool nfttable_read_elements(const struct nlmsghdr *h, unsigned set, nfttable_each *each,
			    void *ctx);

#endif
