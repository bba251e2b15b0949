/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * bans: what must never be blocked, in one place, asked before any backend is told.
 *
 * Protected are: this server's own addresses (also those that cPanel knows behind NAT),
 * loopback, link-local, unspecified, multicast and broadcast, gateways, resolvers, the
 * administrators who are logged in, what csf allows (for a time, too, and by name: the addresses
 * that lfd found for csf.dyndns) or ignores, and what the caller adds (osm.ignore). A prefix that contains one of them is refused as well, and so is one that is
 * too short to be anybody's.
 *
 * Names in csf.rignore are not looked up: the answer would come from whoever runs the
 * address's reverse zone, and take seconds. bans_unresolved() counts them.
 */
#ifndef OSM_FIREWALL_BANS_H
#define OSM_FIREWALL_BANS_H

#include "firewall/csflist.h"

/* No network is held by one operator that is larger: the legacy /8s, and the /19s that RIPE
 * gave to the largest providers. */
#define BANS_PREFIX_MIN_V4 8
#define BANS_PREFIX_MIN_V6 19

#define BANS_CPNAT "/var/cpanel/cpnat"
#define BANS_RESOLV "/etc/resolv.conf"
#define BANS_UTMP "/run/utmp"
#define BANS_ROUTE "/proc/net/route"
#define BANS_ROUTE6 "/proc/net/ipv6_route"

#define BANS_WHY_MAX 320
#define BANS_PROTECTED_MAX 1000000 /* entries; csf.allow is the administrator's own */

struct bans_settings {
	const struct paths *paths;
	/* SSH_CONNECTION or SSH_CLIENT of who asks, "198.51.100.7 50314 22"; may be NULL */
	const char *ssh_client;
	csf_problem_fn *problem; /* told of every line that is no entry; may be NULL */
	void *ctx;
};

struct bans;

/* Read everything that is protected now: cheap enough (a few small files) to be done before
 * each action, since administrators log in and addresses change. NULL when a list is there and
 * can't be read: then nothing may be blocked. */
struct bans *bans_load(const struct bans_settings *settings, struct err *err);
void bans_free(struct bans *b); /* NULL is fine */
/* Protect one more, for instance of osm.ignore; why ends the sentence "192.0.2.7 ...":
 * "is in /etc/osm/osm.ignore line 7". */
bool bans_add(struct bans *b, const struct addr *net, const char *why, struct err *err);
/* May it be blocked? Else why is one sentence for a person. */
bool bans_may_block(struct bans *b, const struct addr *net, char why[BANS_WHY_MAX]);
/* The same for a whole block: a uid may be blocked unless it is root's. */
bool bans_may(struct bans *b, const struct fw_block *block, char why[BANS_WHY_MAX]);
size_t bans_unresolved(const struct bans *b);

#endif
