/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * capture: first packets of outgoing connections, by libpcap: live from every interface of
 * this network namespace (also those that come later), or from a capture file. The kernel
 * filters by port and flags; what comes through is bytes that strangers chose.
 *
 * The filter is locked once it is set: from then on not even root can make the open socket
 * deliver anything else (SO_LOCK_FILTER, socket(7)).
 */
#ifndef OSM_SYS_CAPTURE_H
#define OSM_SYS_CAPTURE_H

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

#define CAPTURE_PORTS_MAX 16

struct capture;

struct capture_ports {
	uint16_t port[CAPTURE_PORTS_MAX];
	size_t count;
};

struct capture_stats {
	uint64_t received; /* by the filter; twice for loopback */
	uint64_t dropped;  /* by the kernel: its buffer was full */
};

/* at_ns: when it was captured, wall clock; what a file tells outside of 1970-2262 is the nearest of
 * these. packet is valid during the call only. */
typedef void (*capture_fn)(struct slice packet, int64_t at_ns, void *ctx);

/* Needs CAP_NET_RAW now and nothing later. */
struct capture *capture_live(const struct capture_ports *ports, struct err *e);
/* A file in pcap or pcapng form. */
struct capture *capture_file(const char *path, const struct capture_ports *ports,
			     struct err *e);
void capture_close(struct capture *c); /* NULL is fine */
/* Readable when packets wait; live only. */
int capture_fd(const struct capture *c);
/* The link type, as flow_parse takes it. */
unsigned capture_link(const struct capture *c);
/* Give what waits, about max packets at most; their number, 0: none (of a file: the end), -1
 * with *e. Never blocks. */
int capture_take(struct capture *c, int max, capture_fn fn, void *ctx, struct err *e);
/* false: not known (a file). */
bool capture_stats(struct capture *c, struct capture_stats *out);

#endif
