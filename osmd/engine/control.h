/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * control: the daemon's side of ctl: a listening socket (mode 0600) in the event loop that
 * takes framed requests from root (SO_PEERCRED) and gives each one answer, in their order.
 *
 * It never blocks: at most CONTROL_CLIENTS_MAX connections, one request of a client at a
 * time, buffers no larger than one message; a client that neither sends the rest of a
 * request nor takes its answer within CONTROL_DEADLINE_S is closed. While the daemon itself
 * owes an answer (control_answer will follow) no deadline runs.
 */
#ifndef OSM_ENGINE_CONTROL_H
#define OSM_ENGINE_CONTROL_H

#include <event2/event.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "osmd/base/err.h"

#define CONTROL_CLIENTS_MAX 32
#define CONTROL_DEADLINE_S 30

struct control;
struct control_client;

struct control_hooks {
	/* One whole request, an object with a string "do". The answer (control takes the
	 * reference), or NULL: control_answer() follows later. */
	json_t *(*handle)(struct control_client *client, const json_t *request,
			  void *ctx);
	/* A client that is still owed an answer went away, or control is being freed: forget
	 * it, control_answer must not be called for it any more. May be NULL when handle
	 * never returns NULL. */
	void (*gone)(struct control_client *client, void *ctx);
	void *ctx;
};

struct control_stats {
	uint64_t requests, refused, malformed, too_many, slow;
	size_t clients;
};

/* A socket file that nobody answers on is replaced; one that answers is an error
 * (EADDRINUSE). The folder must exist. hooks are copied. From here on the process
 * ignores SIGPIPE. */
struct control *control_new(struct event_base *base, const char *socket_path,
			    const struct control_hooks *hooks, struct err *e);
/* Closes all clients and removes the socket file; NULL is fine. */
void control_free(struct control *c);
/* Answer a request that handle left open; takes the reference to answer. */
void control_answer(struct control_client *client, json_t *answer);
void control_stats(const struct control *c, struct control_stats *out);

#endif
