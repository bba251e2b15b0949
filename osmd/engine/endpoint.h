/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * endpoint: the metrics over HTTP (METRICS_LISTEN): GET /metrics, and nothing else.
 *
 * On a hosting server every customer can connect to loopback, so what one asks costs little
 * and can be had in no number: at most ENDPOINT_CLIENTS_MAX connections (the one that waits
 * longest makes room for a new one), ENDPOINT_REQUEST_MAX bytes and one request in each; who is
 * silent for ENDPOINT_SILENCE_S is left. evhttp of libevent 2.1 bounds no connections, which is why it is
 * not used here.
 */
#ifndef OSM_ENGINE_ENDPOINT_H
#define OSM_ENGINE_ENDPOINT_H

#include <event2/event.h>

#include "osmd/base/buf.h"
#include "osmd/base/err.h"

#define ENDPOINT_CLIENTS_MAX 16
#define ENDPOINT_REQUEST_MAX 4096
#define ENDPOINT_SILENCE_S 5

struct endpoint;
/* Append the text of this moment. */
typedef void (*endpoint_text_fn)(struct buf *out, void *ctx);

/* Listens at once. where: "PORT" (of 127.0.0.1), "ADDRESS:PORT" or "[ADDRESS]:PORT". */
struct endpoint *endpoint_new(struct event_base *base, const char *where,
			      endpoint_text_fn text, void *ctx, struct err *e);
void endpoint_free(struct endpoint *p); /* NULL is fine */
unsigned endpoint_port(const struct endpoint *p);

#endif
