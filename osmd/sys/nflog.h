/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * nflog: packets that a netfilter rule logs to a group (nfnetlink_log), each with the user who
 * made its socket, taken while that one is inside connect(). This reads the group; the rule is
 * another's. libpcap's own reader of such groups loses packets: its buffers are small and
 * can't be made larger.
 *
 * Opening needs CAP_NET_ADMIN, reading nothing.
 */
#ifndef OSM_SYS_NFLOG_H
#define OSM_SYS_NFLOG_H

#include "osmd/base/addr.h"
#include "osmd/base/err.h"
#include "osmd/base/slice.h"

/* More bytes of a packet are not told. */
#define NFLOG_SNAP_BYTES 128

struct nflog;

struct nflog_ends {
	struct addr from, to;
	uint16_t from_port, to_port;
};

struct nflog_packet {
	struct slice bytes; /* from the IP header on */
	/* The connection as its socket has it, if connection tracking told: the packet may have
	 * been turned to another address. to.family 0: not told. */
	struct nflog_ends original;
	int64_t uid, gid;   /* who made the socket; -1: not told */
	uint32_t interface; /* by which it goes out; 0: not told */
	bool loopback;	    /* that is the first loopback interface */
};
typedef void (*nflog_fn)(const struct nflog_packet *p, void *ctx);

struct nflog_stats {
	uint64_t received;
	uint64_t dropped; /* gaps in the kernel's own numbering */
	uint64_t malformed;
};

/* Takes the first free one of a few groups. */
struct nflog *nflog_open(struct err *e);
void nflog_close(struct nflog *n); /* NULL is fine */
uint16_t nflog_group(const struct nflog *n);
/* Readable when packets wait. */
int nflog_fd(const struct nflog *n);
/* Give what waits, up to max datagrams; their number, or -errno. Never blocks. */
int nflog_take(struct nflog *n, int max, nflog_fn fn, void *ctx);
void nflog_stats(const struct nflog *n, struct nflog_stats *out);

/* One datagram, for who has the bytes already. Begin with a struct of zeros. */
struct nflog_reading {
	struct nflog_stats stats;
	uint32_t next; /* number that the next packet should have */
	bool numbered; /* next is known */
};
/* bytes is aligned as malloc's. */
void nflog_read(struct nflog_reading *r, const void *bytes, size_t size, nflog_fn fn,
		void *ctx);

#endif
