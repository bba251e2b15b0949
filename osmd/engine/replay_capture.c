/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/replay.h"

#include <errno.h>
#include <string.h>

#include "osmd/base/map.h"
#include "osmd/parse/flow.h"
#include "osmd/parse/packetline.h"
#include "osmd/sys/capture.h"

/* First packets that are remembered, to know one that was sent or captured again. */
#define KNOWN_MAX 16384
#define TAKE_MAX 1024

struct run {
	struct engine *engine;
	const struct addr *from;
	struct map *known;
	unsigned link;
	uint64_t *seen;
};

static bool is_new(struct run *r, const struct flow *f)
{
	char bytes[FLOW_KEY_BYTES + sizeof(f->seq)];
	const struct slice key = {bytes, sizeof(bytes)};

	flow_key(f, bytes);
	memcpy(bytes + FLOW_KEY_BYTES, &f->seq, sizeof(f->seq));
	return !map_get(r->known, key) && map_put(r->known, key, r);
}

static bool is_wanted(const struct run *r, const struct flow *f)
{
	return r->from ? addr_contains(r->from, &f->from) : f->way != FLOW_WAY_IN;
}

static void on_packet(struct slice packet, int64_t at_ns, void *ctx)
{
	struct run *r = ctx;
	struct packet p = {.at_s = at_ns / 1000000000,
			   .sure = PACKET_UNKNOWN,
			   .uid = PACKET_ID_NONE,
			   .gid = PACKET_ID_NONE,
			   .pid = PACKET_ID_NONE};
	struct flow flow;
	struct buf line;

	if (flow_parse(r->link, packet, &flow) != FLOW_SYN || !is_wanted(r, &flow) ||
	    !is_new(r, &flow))
		return;
	p.from = flow.from;
	p.to = flow.to;
	p.from_port = flow.from_port;
	p.to_port = flow.to_port;
	p.where = packet_where_of(flow.way == FLOW_WAY_LOOPBACK ||
				  addr_is_loopback(&flow.to));
	buf_init(&line, PACKET_LINE_MAX);
	packetline_print(&p, &line);
	engine_packet(r->engine, buf_view(&line));
	buf_clear(&line);
	++*r->seen;
}

bool replay_capture(struct engine *g, const char *path, const struct config_ports *ports,
		    const struct addr *from, uint64_t *seen, struct err *e)
{
	struct run r = {.engine = g, .from = from, .seen = seen};
	struct capture_ports want = {.count = ports->count};
	struct capture *c;
	int n = -1;

	memcpy(want.port, ports->port, sizeof(ports->port));
	c = capture_file(path, &want, e);
	if (!c)
		return false;
	r.link = capture_link(c);
	r.known = map_new(KNOWN_MAX, NULL, NULL);
	if (!r.known)
		err_set(e, ENOMEM, "%s: no memory", path);
	else
		while ((n = capture_take(c, TAKE_MAX, on_packet, &r, e)) > 0)
			;
	if (n < 0)
		err_prefix(e, "%s: ", path);
	map_free(r.known);
	capture_close(c);
	return n == 0;
}
