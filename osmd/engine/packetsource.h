/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packetsource: where outgoing connections are seen. One interface, several kinds, the best
 * first; who uses one never asks which it is. A source is opened with root's rights and
 * used without them.
 */
#ifndef OSM_ENGINE_PACKETSOURCE_H
#define OSM_ENGINE_PACKETSOURCE_H

#include "osmd/model/options.h"
#include "osmd/parse/flow.h"
#include "osmd/parse/packetline.h"

/* One packet or connect() as a source sees it. */
struct sighting {
	struct flow flow;
	int64_t at_s;
	int64_t uid, gid; /* as the kernel told with it; -1: it didn't */
	enum packet_where where;
	/* The kernel told who it is, too: nothing is looked up. Borrowed; its texts as well. */
	const struct packet *whole;
};
typedef void (*sighting_fn)(const struct sighting *s, void *ctx);

struct packetsource_stats {
	uint64_t received;
	uint64_t dropped;   /* by the kernel, for want of room */
	uint64_t inbound;   /* from outside */
	uint64_t malformed; /* no readable first packet */
};

struct packetsource_kind {
	const char *name;
	/* What came may wait so long, since nothing has to be looked up while it lives: many
	 * are then taken at one waking, which costs more than anything else. */
	int pause_ms;
	void *(*open)(const struct config_ports *ports, struct err *e);
	/* Readable when something waits. */
	int (*fd)(void *source);
	/* Give what waits, about max at most; how many packets that were, 0: none, -1 with *e:
	 * it is broken. Never blocks. */
	int (*take)(void *source, int max, sighting_fn fn, void *ctx, struct err *e);
	/* Take again after so long though nothing is readable; -1: no need. May be NULL. */
	int (*wait_ms)(void *source);
	void (*stats)(void *source, struct packetsource_stats *out);
	void (*close)(void *source); /* NULL is fine */
	/* Both may be NULL, and are for who has root's rights: is what others could take away
	 * still there; and take away what a reader that was killed has left. */
	bool (*is_intact)(const struct config_ports *ports);
	void (*tidy)(void);
};

/* The i-th of those that this setting allows, best first; NULL past the end. */
const struct packetsource_kind *packetsource_choice(enum packet_source setting, size_t i);

extern const struct packetsource_kind packetsource_bpf;
extern const struct packetsource_kind packetsource_nflog;
extern const struct packetsource_kind packetsource_pcap;

#endif
