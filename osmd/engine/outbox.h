/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * outbox: the watcher's side of the executor's socket. It holds each report until the
 * executor has acknowledged it, sends one request at a time without blocking, and sends
 * again what was open when a connection ends. The executor does nothing twice, so sending
 * twice is harmless. A new executor gets a report only when it has answered something: one
 * that can't open its database costs no report any of its chances.
 *
 * Each report carries the place in the log before the line that made it. The oldest of
 * these is the farthest that may be stored: after the death of everything the log is read
 * again from there and the very same report is made.
 *
 * At most OUTBOX_MAX reports wait. At the bound outbox_full() is true and the reader of the
 * log is to pause: the log itself is the longer queue.
 */
#ifndef OSM_ENGINE_OUTBOX_H
#define OSM_ENGINE_OUTBOX_H

#include <event2/event.h>
#include <jansson.h>

#include "osmd/base/err.h"
#include "osmd/sys/tail.h"

#define OUTBOX_MAX 1000
/* One line can make a handful of reports: room for them above the bound. */
#define OUTBOX_SPARE 32

struct outbox;

struct outbox_hooks {
	void (*lost)(void *ctx); /* the connection ended (also while in outbox_connect) */
	void (*settled)(void *ctx); /* a report left the box: the place may have moved */
	void *ctx;
};

/* Takes the reference to answer. */
typedef void (*outbox_answer_fn)(json_t *answer, void *ctx);

struct outbox *outbox_new(struct event_base *base, const struct outbox_hooks *hooks,
			  struct err *e);
void outbox_free(struct outbox *o); /* NULL is fine; open questions get no answer */
/* Go on over this SOCK_SEQPACKET descriptor (taken in any case); an older one is closed. */
bool outbox_connect(struct outbox *o, int fd, struct err *e);

/* Takes no reference. false: it can't be sent at all (too large, no memory, box overfull);
 * it is counted and the error says why. */
bool outbox_report(struct outbox *o, const json_t *report, unsigned wanted,
		   bool confirmed, const struct tail_position *before, struct err *e);
/* A request of a person or a timer: goes before the reports. fn may be NULL. A question
 * that was under way when the executor died is answered with an error, not sent again. */
bool outbox_ask(struct outbox *o, const json_t *request, outbox_answer_fn fn, void *ctx,
		struct err *e);
/* The asker is gone: its answers are dropped. */
void outbox_forget(struct outbox *o, void *ctx);

bool outbox_full(const struct outbox *o);
/* The place before the oldest report that is not acknowledged; false: nothing is open. */
bool outbox_oldest(const struct outbox *o, struct tail_position *out);
/* Time of the newest waiting report of (type, key); 0: none. */
int64_t outbox_last(const struct outbox *o, const char *type, const char *key);
/* {"waiting","sent","acknowledged","repeated","failed","refused","connected"} */
json_t *outbox_status(const struct outbox *o);

#endif
