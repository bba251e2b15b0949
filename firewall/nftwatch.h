/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * nftwatch: tells when another process takes something out of osm's nf_tables table.
 * The kernel says so (NFNLGRP_NFTABLES, linux/netfilter/nfnetlink.h); what has run out by its own
 * time it does not mention. Legacy iptables and ipset have no such notice.
 */
#ifndef OSM_FIREWALL_NFTWATCH_H
#define OSM_FIREWALL_NFTWATCH_H

struct nftwatch;

/* From now on. Loads the kernel's nf_tables where it is a module. NULL with errno set. */
struct nftwatch *nftwatch_new(void);
void nftwatch_free(struct nftwatch *w);	   /* NULL is fine */
int nftwatch_fd(const struct nftwatch *w); /* readable: ask nftwatch_read */
/* What has been taken out, or may have been (notices were lost), as bits. Never waits. */
#define NFTWATCH_BLOCKS 1u
#define NFTWATCH_RULES 2u /* or more: chains, the table */
unsigned nftwatch_read(struct nftwatch *w);

#endif
