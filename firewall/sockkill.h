/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * sockkill: ends the TCP connections that a block forbids, through sock_diag's SOCK_DESTROY
 * (Linux 4.9, CONFIG_INET_DIAG_DESTROY): both ends learn of it at once, where a filter alone
 * would leave a process waiting for minutes. Without it the blocked packets still don't pass.
 *
 * A connection matches an address by its peer (v4-mapped ones too), and with ports by the
 * local port (in) or the peer's (out); a uid by its owner and the peer's port. Connections
 * of the server with itself are never ended, nor listening sockets. It sees the network
 * namespace it runs in.
 */
#ifndef OSM_FIREWALL_SOCKKILL_H
#define OSM_FIREWALL_SOCKKILL_H

#include <libmnl/libmnl.h>

#include "firewall/fw.h"

struct sockkill; /* blocks, made ready to be looked up */

/* The settings and blocks are borrowed. NULL without memory. */
struct sockkill *sockkill_new(const struct fw_block *blocks, size_t count,
			      const struct fw_settings *settings);
void sockkill_free(struct sockkill *k);
/* The message of a dump: does one of the blocks forbid this connection? Pure. */
bool sockkill_wants(const struct sockkill *k, const struct nlmsghdr *h);

/* End all that match now. *ended (may be NULL): how many. ENOTSUP when this kernel can't. */
bool sockkill_run(const struct sockkill *k, size_t *ended, struct err *err);

#endif
