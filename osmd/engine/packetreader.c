/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/packetreader.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "osmd/base/buf.h"
#include "osmd/base/monotonic.h"
#include "osmd/engine/sightings.h"
#include "osmd/sys/sandbox.h"

/* Packets that are taken at once, before anything else gets its turn. */
#define TAKE_MAX 256
#define STATS_EVERY_NS INT64_C(1000000000)
#define SECOND_NS INT64_C(1000000000)
/* Before others: a process that connects may be gone in a moment. */
#define NICE (-20)

struct reader {
	const struct packetsource_kind *kind;
	void *source;
	struct sockdiag *diag;
	struct owner *owner;
	struct sightings *sightings;
	int out;
	bool blocked; /* the watcher doesn't take more for now */
	bool changed; /* since the last stats */
	bool took;    /* something, since it waited last */
	int64_t told_ns;
	int64_t now_ns;
	int64_t seen_ns;  /* what came before this was taken */
	uint64_t dropped; /* by the kernel, as of then */
};

/* ---- going out ---- */

/* false: the watcher is gone. */
static bool tell(struct reader *r, const char *text, size_t n)
{
	ssize_t sent;

	do
		sent = send(r->out, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	r->blocked = sent < 0 && (errno == EAGAIN || errno == ENOBUFS);
	return sent >= 0 || r->blocked;
}

static bool tell_stats(struct reader *r)
{
	struct packetsource_stats source;
	struct sightings_stats s;
	struct owner_stats owner;
	struct buf text;
	bool ok;

	r->kind->stats(r->source, &source);
	sightings_stats(r->sightings, &s);
	owner_stats(r->owner, &owner);
	buf_init(&text, PACKETREADER_MESSAGE_MAX);
	buf_printf(&text,
		   "stats received=%" PRIu64 " dropped=%" PRIu64 " inbound=%" PRIu64
		   " malformed=%" PRIu64 " seen=%" PRIu64 " repeated=%" PRIu64
		   " ambiguous=%" PRIu64 " overrun=%" PRIu64 " lost=%" PRIu64
		   " asked=%" PRIu64 " searched=%" PRIu64,
		   source.received, source.dropped, source.inbound, source.malformed,
		   s.seen, s.repeated, s.ambiguous, s.overrun, s.lost, owner.asked,
		   owner.searched);
	ok = tell(r, buf_str(&text), text.n);
	buf_clear(&text);
	r->told_ns = r->now_ns;
	r->changed = r->blocked;
	return ok;
}

/* Lines that are finished. *wait_ns: until the next one may be; -1: none is under way. */
static bool send_lines(struct reader *r, int64_t *wait_ns)
{
	const struct buf *line;

	while ((line = sightings_line(r->sightings, r->seen_ns, wait_ns))) {
		if (!tell(r, line->p, line->n))
			return false;
		if (r->blocked) {
			*wait_ns = -1;
			return true;
		}
		sightings_done(r->sightings);
		r->changed = true;
	}
	return true;
}

/* ---- coming in ---- */

static void on_sighting(const struct sighting *seen, void *ctx)
{
	struct reader *r = ctx;

	sightings_add(r->sightings, seen, r->now_ns);
}

/* All was taken, but for what the kernel dropped. */
static void settle(struct reader *r)
{
	struct packetsource_stats source;

	r->kind->stats(r->source, &source);
	if (source.dropped != r->dropped)
		sightings_doubt(r->sightings);
	r->dropped = source.dropped;
	r->seen_ns = r->now_ns;
}

static bool drain(struct reader *r, struct err *e)
{
	int n, max;

	do {
		size_t room = sightings_room(r->sightings);

		if (!room)
			return true;
		max = room < TAKE_MAX ? (int)room : TAKE_MAX;
		n = r->kind->take(r->source, max, on_sighting, r, e);
		if (n < 0)
			return false;
		r->changed |= n > 0;
		r->took |= n > 0;
	} while (n >= max);
	settle(r);
	return true;
}

/* Without room nothing can be taken, and only what is finished makes room. */
static bool is_busy(void *ctx)
{
	struct reader *r = ctx;
	struct pollfd fd = {.fd = r->kind->fd(r->source), .events = POLLIN};

	return sightings_room(r->sightings) && poll(&fd, 1, 0) > 0;
}

/* What came is taken before each look for an owner: a look takes a while. */
static bool answer_all(struct reader *r, struct err *e)
{
	do {
		r->now_ns = monotonic_ns();
		if (!drain(r, e))
			return false;
	} while (sightings_answer(r->sightings, r->now_ns));
	return true;
}

/* ---- the loop ---- */

static int timeout_ms(const struct reader *r, int64_t wait_ns)
{
	int64_t again_ns = -1, stats_ns = r->told_ns + STATS_EVERY_NS - r->now_ns;

	if (r->blocked)
		return -1;
	if (r->kind->wait_ms)
		again_ns = INT64_C(1000000) * r->kind->wait_ms(r->source);
	if (again_ns >= 0 && (wait_ns < 0 || again_ns < wait_ns))
		wait_ns = again_ns;
	if (r->changed && (wait_ns < 0 || stats_ns < wait_ns))
		wait_ns = stats_ns > 0 ? stats_ns : 0;
	return wait_ns < 0 ? -1 : (int)(wait_ns / 1000000 + 1);
}

static bool wait_for_more(struct reader *r, int64_t wait_ns)
{
	struct pollfd fds[2] = {{.fd = r->kind->fd(r->source), .events = POLLIN},
				{.fd = r->out, .events = r->blocked ? POLLOUT : 0}};

	if (r->took && r->kind->pause_ms)
		poll(NULL, 0, r->kind->pause_ms);
	r->took = false;
	if (!sightings_room(r->sightings))
		fds[0].fd = -1;
	if (poll(fds, 2, timeout_ms(r, wait_ns)) < 0)
		return errno == EINTR;
	if (fds[1].revents & POLLOUT)
		r->blocked = false;
	return !(fds[1].revents & (POLLHUP | POLLERR));
}

static int loop(struct reader *r, struct err *e)
{
	int64_t wait_ns = -1;

	for (;;) {
		if (!wait_for_more(r, wait_ns))
			return PACKETREADER_TOLD;
		if (!answer_all(r, e))
			return PACKETREADER_BROKE;
		while (sightings_searching(r->sightings) && !is_busy(r) &&
		       sightings_search(r->sightings, is_busy, r, r->now_ns))
			r->now_ns = monotonic_ns();
		if (!r->blocked && !send_lines(r, &wait_ns))
			return PACKETREADER_TOLD;
		if (r->changed && !r->blocked &&
		    r->now_ns - r->told_ns >= STATS_EVERY_NS && !tell_stats(r))
			return PACKETREADER_TOLD;
	}
}

static bool open_parts(struct reader *r, const struct config_ports *ports, struct err *e)
{
	r->diag = sockdiag_open(e);
	r->owner = r->diag ? owner_new(r->diag) : NULL;
	r->sightings = r->owner ? sightings_new(r->owner) : NULL;
	if (!r->diag)
		return false;
	if (!r->sightings)
		return err_set(e, ENOMEM, "no memory");
	r->source = r->kind->open(ports, e);
	if (!r->source)
		return false;
	setpriority(PRIO_PROCESS, 0, NICE); /* slower without, but right */
	return sandbox_enter_reader(e);
}

static void tell_failed(struct reader *r, const struct err *e)
{
	struct buf text;

	buf_init(&text, PACKETREADER_MESSAGE_MAX);
	buf_printf(&text, "failed %s: %s", r->kind->name, e->msg);
	tell(r, buf_str(&text), text.n);
	buf_clear(&text);
}

int packetreader_run(const struct packetsource_kind *kind,
		     const struct config_ports *ports, int out)
{
	struct reader r = {.kind = kind, .out = out, .now_ns = monotonic_ns()};
	char hello[64];
	struct err e = {0};
	int end = PACKETREADER_NEVER;

	if (open_parts(&r, ports, &e)) {
		snprintf(hello, sizeof(hello), "source %s", kind->name);
		r.changed = true;
		end = tell(&r, hello, strlen(hello)) ? loop(&r, &e) : PACKETREADER_TOLD;
	}
	if (end != PACKETREADER_TOLD)
		tell_failed(&r, &e);
	if (r.source)
		kind->close(r.source);
	sightings_free(r.sightings);
	owner_free(r.owner);
	sockdiag_close(r.diag);
	return end;
}
