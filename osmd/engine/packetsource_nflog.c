/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* packetsource_nflog: first packets as netfilter logs them, with the user who made the socket. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "osmd/engine/packetrule.h"
#include "osmd/engine/packetsource.h"
#include "osmd/sys/nflog.h"
#include "osmd/sys/route.h"

struct nflog_source {
	struct nflog *log;
	struct packetrule *rule;
	struct route *route;
	sighting_fn fn;
	void *ctx;
	uint64_t malformed;
};

static void close_source(void *source)
{
	struct nflog_source *s = source;

	if (!s)
		return;
	packetrule_free(s->rule);
	nflog_close(s->log);
	route_close(s->route);
	free(s);
}

static void *open_source(const struct config_ports *ports, struct err *e)
{
	struct nflog_source *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(e, ENOMEM, "no memory");
		return NULL;
	}
	s->route = route_open(e);
	s->log = s->route ? nflog_open(e) : NULL;
	s->rule = s->log ? packetrule_make(ports, nflog_group(s->log), e) : NULL;
	if (s->rule)
		return s;
	close_source(s);
	return NULL;
}

static int source_fd(void *source)
{
	const struct nflog_source *s = source;

	return nflog_fd(s->log);
}

/* Where the packet goes, after all that a firewall did to its addresses. */
static enum packet_where where_to(const struct nflog_source *s,
				  const struct nflog_packet *p, const struct flow *f)
{
	return p->loopback ? PACKET_LOCALHOST
			   : packet_where_of(route_is_local(s->route, &f->to));
}

/* As its socket has it. Of two sides that connect to each other at once the tracked connection
 * may be the other one's. */
static void set_original(struct flow *f, const struct nflog_ends *o)
{
	if (!o->to.family || !addr_eq(&o->from, &f->from) || o->from_port != f->from_port)
		return;
	f->to = o->to;
	f->to_port = o->to_port;
}

static void on_packet(const struct nflog_packet *p, void *ctx)
{
	struct nflog_source *s = ctx;
	struct sighting seen = {
		.at_s = (int64_t)time(NULL), .uid = p->uid, .gid = p->gid};

	if (flow_parse(FLOW_LINK_RAW, p->bytes, &seen.flow) != FLOW_SYN) {
		s->malformed++;
		return;
	}
	seen.flow.interface = p->interface;
	seen.where = where_to(s, p, &seen.flow);
	set_original(&seen.flow, &p->original);
	s->fn(&seen, s->ctx);
}

static int take(void *source, int max, sighting_fn fn, void *ctx, struct err *e)
{
	struct nflog_source *s = source;
	int n;

	s->fn = fn;
	s->ctx = ctx;
	n = nflog_take(s->log, max, on_packet, s);
	if (n < 0)
		err_set(e, -n, "nfnetlink_log: %s", strerror(-n));
	return n;
}

static void stats(void *source, struct packetsource_stats *out)
{
	const struct nflog_source *s = source;
	struct nflog_stats n;

	nflog_stats(s->log, &n);
	*out = (struct packetsource_stats){.received = n.received,
					   .dropped = n.dropped,
					   .malformed = n.malformed + s->malformed};
}

static bool is_intact(const struct config_ports *ports)
{
	return packetrule_is_there(ports->count);
}

const struct packetsource_kind packetsource_nflog = {.name = "nflog",
						     .open = open_source,
						     .fd = source_fd,
						     .take = take,
						     .stats = stats,
						     .close = close_source,
						     .is_intact = is_intact,
						     .tidy = packetrule_remove};
