/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* packetsource_bpf: each connect() as the kernel itself tells of it, with all that it knows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "osmd/engine/owner.h"
#include "osmd/engine/packetsource.h"
#include "osmd/parse/command.h"
#include "osmd/sys/connecttrace.h"
#include "osmd/sys/route.h"

/* At most 200 events of this time are a burst of 10,000 a second; the ring holds some 80,000. */
#define PAUSE_MS 20

/* What a first packet needs to leave, if nothing refuses it; so long its socket is waited for. */
#define WAIT_NS INT64_C(2000000000)
#define LOOK_AGAIN_MS 50
/* Only refused connections wait, and those that the reader was quicker than. */
#define WAITING_MAX 1024

/* A connection whose first packet has not left yet. */
struct pending {
	uint32_t serial;
	int64_t since_ns;
	struct buf line;
};

struct bpf_source {
	struct pending pending[WAITING_MAX];
	size_t pending_n;
	struct owner_pace pace;
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
	for (size_t i = 0; i < s->pending_n; i++)
		buf_clear(&s->pending[i].line);
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

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Where the first packet went. What was refused went nowhere: there is no mail of it, and its
 * destination tells where it was meant to go. */
static enum packet_where where_to(const struct bpf_source *s, enum connecttrace_fate fate,
				  const struct addr *to)
{
	switch (fate) {
	case CONNECTTRACE_LOCAL:
		return PACKET_LOCALHOST;
	case CONNECTTRACE_AWAY:
		return PACKET_REMOTE;
	case CONNECTTRACE_WAITS:
	case CONNECTTRACE_ENDED:
		return packet_where_of(route_is_local(s->route, to));
	case CONNECTTRACE_LOST:
		break;
	}
	return PACKET_UNSURE;
}

static void give(struct bpf_source *s, struct packet *p, enum connecttrace_fate fate)
{
	const struct sighting seen = {.at_s = p->at_s, .whole = p};

	p->where = where_to(s, fate, &p->to);
	s->fn(&seen, s->ctx);
}

static void give_pending(struct bpf_source *s, size_t i, enum connecttrace_fate fate,
			 uint16_t from_port)
{
	char text[PACKET_TEXT_MAX];
	struct packet p;

	if (packetline_parse(buf_view(&s->pending[i].line), &p, text)) {
		if (from_port)
			p.from_port = from_port;
		give(s, &p, fate);
	}
	buf_clear(&s->pending[i].line);
	memmove(&s->pending[i], &s->pending[i + 1],
		(--s->pending_n - i) * sizeof(s->pending[0]));
}

/* Those that are decided by now, up to max; their number. */
static int give_decided(struct bpf_source *s, int max)
{
	const int64_t now_ns = clock_ns();
	int given = 0;

	for (size_t i = 0; i < s->pending_n && given < max;) {
		uint16_t port = 0;
		enum connecttrace_fate fate =
			connecttrace_fate(s->trace, s->pending[i].serial, &port);

		if (fate == CONNECTTRACE_WAITS &&
		    now_ns - s->pending[i].since_ns < WAIT_NS) {
			i++;
			continue;
		}
		give_pending(s, i, fate, port);
		given++;
	}
	return given;
}

/* Without room the oldest one goes, and where to is not known. */
static void await(struct bpf_source *s, uint32_t serial, const struct packet *p)
{
	struct pending *w;

	if (s->pending_n == WAITING_MAX)
		give_pending(s, 0, CONNECTTRACE_LOST, 0);
	w = &s->pending[s->pending_n++];
	*w = (struct pending){.serial = serial, .since_ns = clock_ns()};
	buf_init(&w->line, PACKET_LINE_MAX);
	packetline_print(p, &w->line);
}

static void on_connect(const struct connecttrace_event *ev, void *ctx)
{
	struct bpf_source *s = ctx;
	char script[PACKET_SCRIPT_MAX], command[PACKET_COMMAND_MAX];
	char parents[PACKET_PARENTS_MAX];
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
	enum connecttrace_fate fate;

	p.script =
		command_script(ev->exe, ev->arguments, ev->cwd, script, sizeof(script));
	if (!p.script.n && p.sure == PACKET_KERNEL)
		p.script =
			owner_parent_script(ev->parent, ev->uid, script, sizeof(script));
	p.command = command_text(ev->arguments, command, sizeof(command));
	p.parents = owner_parents(&s->pace, p.at_s, ev->parent, ev->uid, parents,
				  sizeof(parents));
	fate = connecttrace_fate(s->trace, ev->serial, &p.from_port);
	if (fate == CONNECTTRACE_WAITS)
		await(s, ev->serial, &p);
	else
		give(s, &p, fate);
}

static int take(void *source, int max, sighting_fn fn, void *ctx, struct err *e)
{
	struct bpf_source *s = source;
	int given, n = 0;

	s->fn = fn;
	s->ctx = ctx;
	given = give_decided(s, max);
	if (given < max)
		n = connecttrace_take(s->trace, max - given, on_connect, s);
	if (n < 0)
		err_set(e, -n, "ring buffer: error %d", -n);
	return n < 0 ? n : given + n;
}

static int wait_ms(void *source)
{
	const struct bpf_source *s = source;

	return s->pending_n ? LOOK_AGAIN_MS : -1;
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
						   .wait_ms = wait_ms,
						   .stats = stats,
						   .close = close_source};
