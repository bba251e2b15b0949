/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/endpoint.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/base/slice.h"
#include "osmd/model/metrics.h"

struct visitor {
	struct endpoint *endpoint; /* borrowed */
	struct visitor *next;	   /* who came before */
	struct bufferevent *bev;   /* owned, with its fd */
	bool answered;
};

struct endpoint {
	struct event_base *base; /* borrowed */
	struct evconnlistener *listener; /* owned */
	struct event *retry;		 /* owned: listens again */
	struct visitor *visitors; /* the last one first */
	unsigned count;
	endpoint_text_fn text;
	void *ctx;
};

static void dismiss(struct visitor *v)
{
	struct visitor **at = &v->endpoint->visitors;

	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	v->endpoint->count--;
	bufferevent_free(v->bev);
	free(v);
}

static void dismiss_oldest(struct endpoint *p)
{
	struct visitor *v = p->visitors;

	while (v->next)
		v = v->next;
	dismiss(v);
}

/* ---- one request ---- */

static void answer(struct visitor *v, const char *status, struct slice body)
{
	v->answered = true;
	bufferevent_disable(v->bev, EV_READ);
	evbuffer_add_printf(bufferevent_get_output(v->bev),
			    "HTTP/1.1 %s\r\n"
			    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
			    "Content-Length: %zu\r\n"
			    "Connection: close\r\n\r\n",
			    status, body.n);
	bufferevent_write(v->bev, body.p, body.n);
}

static void answer_metrics(struct visitor *v)
{
	struct buf text;

	buf_init(&text, METRICS_MAX);
	v->endpoint->text(&text, v->endpoint->ctx);
	if (buf_ok(&text))
		answer(v, "200 OK", buf_view(&text));
	else
		answer(v, "500 Internal Server Error", SLICE("no memory\n"));
	buf_clear(&text);
}

/* "GET /metrics HTTP/1.1": the target may have a query, which means nothing. */
static void answer_line(struct visitor *v, struct slice line)
{
	static const struct slice get = SLICE("GET "), path = SLICE("/metrics");
	struct slice rest = line;

	if (!slice_starts(rest, get)) {
		answer(v, "405 Method Not Allowed\r\nAllow: GET", SLICE("only GET\n"));
		return;
	}
	rest = (struct slice){rest.p + get.n, rest.n - get.n};
	if (slice_starts(rest, path) && rest.n > path.n &&
	    (rest.p[path.n] == ' ' || rest.p[path.n] == '?'))
		answer_metrics(v);
	else
		answer(v, "404 Not Found", SLICE("the metrics are at /metrics\n"));
}

/* The whole head has to be there: who is answered before it has spoken may miss it. */
static void on_bytes(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct visitor *v = ctx;
	struct evbuffer_ptr end;
	size_t n;
	char *line;

	if (v->answered)
		return;
	end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	if (end.pos < 0) {
		if (evbuffer_get_length(in) >= ENDPOINT_REQUEST_MAX)
			answer(v, "431 Request Header Fields Too Large",
			       SLICE("too much\n"));
		return;
	}
	line = evbuffer_readln(in, &n, EVBUFFER_EOL_CRLF_STRICT);
	if (line)
		answer_line(v, (struct slice){line, n});
	else
		dismiss(v);
	free(line);
}

static void on_sent(struct bufferevent *bev, void *ctx)
{
	struct visitor *v = ctx;

	(void)bev;
	if (v->answered)
		dismiss(v);
}

/* Gone, or too slow. */
static void on_end(struct bufferevent *bev, short what, void *ctx)
{
	(void)bev;
	(void)what;
	dismiss(ctx);
}

/* ---- listening ---- */

static void on_visitor(struct evconnlistener *listener, evutil_socket_t fd,
		       struct sockaddr *from, int size, void *ctx)
{
	const struct timeval limit = {.tv_sec = ENDPOINT_SILENCE_S};
	struct endpoint *p = ctx;
	struct visitor *v = calloc(1, sizeof(*v));

	(void)listener;
	(void)from;
	(void)size;
	if (v)
		v->bev = bufferevent_socket_new(p->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!v || !v->bev) {
		evutil_closesocket(fd);
		free(v);
		return;
	}
	if (p->count == ENDPOINT_CLIENTS_MAX)
		dismiss_oldest(p);
	v->endpoint = p;
	v->next = p->visitors;
	p->visitors = v;
	p->count++;
	bufferevent_setcb(v->bev, on_bytes, on_sent, on_end, v);
	bufferevent_setwatermark(v->bev, EV_READ, 0, ENDPOINT_REQUEST_MAX);
	bufferevent_set_timeouts(v->bev, &limit, &limit);
	bufferevent_enable(v->bev, EV_READ | EV_WRITE);
}

/* Out of descriptors, say: the connection waits in the kernel, the loop must not spin. */
static void on_trouble(struct evconnlistener *listener, void *ctx)
{
	const struct timeval pause = {.tv_sec = 1};
	struct endpoint *p = ctx;

	evconnlistener_disable(listener);
	event_add(p->retry, &pause);
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	struct endpoint *p = ctx;

	(void)fd;
	(void)what;
	evconnlistener_enable(p->listener);
}

static bool read_address(const char *where, struct sockaddr_storage *out, int *size)
{
	char text[128];
	uint64_t port;

	if (slice_u64(slice_str(where), 0, 65535, &port))
		snprintf(text, sizeof(text), "127.0.0.1:%s", where);
	else
		snprintf(text, sizeof(text), "%s", where);
	*size = sizeof(*out);
	return strrchr(text, ':') &&
	       evutil_parse_sockaddr_port(text, (struct sockaddr *)out, size) == 0;
}

struct endpoint *endpoint_new(struct event_base *base, const char *where,
			      endpoint_text_fn text, void *ctx, struct err *e)
{
	const unsigned flags =
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
	struct sockaddr_storage address;
	struct endpoint *p;
	int size;

	if (!read_address(where, &address, &size)) {
		err_set(e, EINVAL, "METRICS_LISTEN: '%s' is no address and port", where);
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		err_set(e, ENOMEM, "METRICS_LISTEN: no memory");
		return NULL;
	}
	p->base = base;
	p->text = text;
	p->ctx = ctx;
	p->listener =
		evconnlistener_new_bind(base, on_visitor, p, flags, ENDPOINT_CLIENTS_MAX,
					(struct sockaddr *)&address, size);
	p->retry = evtimer_new(base, on_retry, p);
	if (!p->listener || !p->retry) {
		err_set(e, errno, "METRICS_LISTEN: %s: %s", where, strerror(errno));
		endpoint_free(p);
		return NULL;
	}
	evconnlistener_set_error_cb(p->listener, on_trouble);
	return p;
}

void endpoint_free(struct endpoint *p)
{
	if (!p)
		return;
	if (p->listener)
		evconnlistener_free(p->listener);
	if (p->retry)
		event_free(p->retry);
	while (p->visitors)
		dismiss(p->visitors);
	free(p);
}

unsigned endpoint_port(const struct endpoint *p)
{
	struct sockaddr_storage at;
	socklen_t size = sizeof(at);

	if (getsockname(evconnlistener_get_fd(p->listener), (struct sockaddr *)&at,
			&size) < 0)
		return 0;
	return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
					      : ((struct sockaddr_in *)&at)->sin_port);
}
