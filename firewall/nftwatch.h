/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * nftwatch: tells when somebody, osm itself too, takes something out of osm's nf_tables table.
 * The kernel says so (NFNLGRP_NFTABLES, linux/netfilter/nfnetlink.h); what has run out by its own
 * time it does not mention. Legacy iptables and ipset have no such notice.
 */
#ifndef OSM_FIREWALL_NFTWATCH_H
#define OSM_FIREWALL_NFTWATCH_H

#include <stdbool.h>

struct nftwatch;

/* From now on. Loads the kernel's nf_tables where it is a module. NULL with errno set. */
struct nftwatch *nftwatch_new(void);
void nftwatch_free(struct nftwatch *w);	   /* NULL is fine */
int nftwatch_fd(const struct nftwatch *w); /* readable: ask nftwatch_read */
/* Has something been taken out, or may it have been (notices were lost)? Never waits. */
bool nftwatch_read(struct nftwatch *w);

#endif
