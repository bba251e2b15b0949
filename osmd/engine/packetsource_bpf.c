/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* packetsource_bpf: each connect() as the kernel itself tells of it, with all that it knows. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "osmd/engine/owner.h"
#include "osmd/engine/packetsource.h"
#include "osmd/parse/command.h"
#include "osmd/sys/connecttrace.h"
#include "osmd/sys/route.h"

/* At most 200 events of this time are a burst of 10,000 a second; the ring holds some 80,000. */
#define PAUSE_MS 20

struct bpf_source {
	struct connecttrace *trace;
	struct route *route;
	sighting_fn fn;
	void *ctx;
};

static void close_source(void *source)
{
	struct bpf_source *s = source;

	if (!s)
		return;
	connecttrace_close(s->trace);
	route_close(s->route);
	free(s);
}

static void *open_source(const struct config_ports *ports, struct err *e)
{
	struct bpf_source *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(e, ENOMEM, "no memory");
		return NULL;
	}
	s->route = route_open(e);
	s->trace = s->route ? connecttrace_open(ports->port, ports->count, e) : NULL;
	if (s->trace)
		return s;
	close_source(s);
	return NULL;
}

static int source_fd(void *source)
{
	const struct bpf_source *s = source;

	return connecttrace_fd(s->trace);
}

/* A program that runs as another user than the one who started it: which of the two is to
 * blame can't be told. The kernel's own connections are nobody's. */
static enum packet_sure how_sure(const struct connecttrace_event *ev)
{
	if (ev->uid < 0)
		return PACKET_UNKNOWN;
	return ev->uid == ev->real_uid ? PACKET_KERNEL : PACKET_PROBABLE;
}

static void on_connect(const struct connecttrace_event *ev, void *ctx)
{
	struct bpf_source *s = ctx;
	char script[PACKET_SCRIPT_MAX], command[PACKET_COMMAND_MAX];
	struct packet p = {
		.at_s = (int64_t)time(NULL),
		.from = ev->from,
		.to = ev->to,
		.from_port = ev->from_port,
		.to_port = ev->to_port,
		.sure = how_sure(ev),
		.uid = ev->uid,
		.gid = ev->gid,
		.pid = ev->pid ? ev->pid : PACKET_ID_NONE,
		.exe = ev->exe,
		.cwd = ev->cwd,
	};
	const struct sighting seen = {.at_s = p.at_s, .whole = &p};

	p.where = packet_where_of(route_is_local(s->route, &ev->to));
	p.script =
		command_script(ev->exe, ev->arguments, ev->cwd, script, sizeof(script));
	if (!p.script.n && p.sure == PACKET_KERNEL)
		p.script = owner_parent_script(ev->parent, ev->uid, script, sizeof(script));
	p.command = command_text(ev->arguments, command, sizeof(command));
	s->fn(&seen, s->ctx);
}

static int take(void *source, int max, sighting_fn fn, void *ctx, struct err *e)
{
	struct bpf_source *s = source;
	int n;

	s->fn = fn;
	s->ctx = ctx;
	n = connecttrace_take(s->trace, max, on_connect, s);
	if (n < 0)
		err_set(e, -n, "ring buffer: error %d", -n);
	return n;
}

static void stats(void *source, struct packetsource_stats *out)
{
	const struct bpf_source *s = source;
	struct connecttrace_stats t;

	connecttrace_stats(s->trace, &t);
	*out = (struct packetsource_stats){
		.received = t.received, .dropped = t.dropped, .malformed = t.malformed};
}

const struct packetsource_kind packetsource_bpf = {.name = "bpf",
						   .pause_ms = PAUSE_MS,
						   .open = open_source,
						   .fd = source_fd,
						   .take = take,
						   .stats = stats,
						   .close = close_source};
