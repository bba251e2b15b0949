/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packetrule: the netfilter rule behind the nflog source, in a table of its own:
 *
 *	table inet osm-watch {
 *		chain output { type filter hook output priority -50
 *			       meta l4proto tcp tcp flags & (syn|ack|rst) == syn
 *			       tcp dport 25 log group N snaplen 128 queue-threshold 1 }
 *	}
 *
 * with a rule for each port. Priority -50 is behind address translation (-100), so a packet
 * shows where a firewall turned it to, and before the filters (0), so what is refused is seen,
 * too. The socket's own addresses are told by connection tracking (nflog.h). It decides
 * nothing: every packet goes on. Where the kernel can (Linux 5.12), the table is owned by the
 * socket that made it: nobody else can change it, and it goes with that socket. Elsewhere it
 * stays until packetrule_remove.
 */
#ifndef OSM_ENGINE_PACKETRULE_H
#define OSM_ENGINE_PACKETRULE_H

#include "osmd/base/err.h"
#include "osmd/model/options.h"

#define PACKETRULE_TABLE "osm-watch"

struct packetrule;

/* One that was left over is replaced. Needs CAP_NET_ADMIN. */
struct packetrule *packetrule_make(const struct config_ports *ports, uint16_t group,
				   struct err *e);
void packetrule_free(struct packetrule *r); /* NULL is fine; removes it */
/* What a process that was killed may have left. */
void packetrule_remove(void);
/* Is it there, with this number of rules? Others may have flushed it. true when that can't be
 * told. */
bool packetrule_is_there(size_t rules);

#endif
