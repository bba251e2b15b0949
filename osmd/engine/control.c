/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/ctl/ctl.h"

/* Connections taken in one turn of the loop. */
#define ACCEPT_BURST 8

struct control_client {
	struct control *control; /* borrowed */
	struct control_client *next;
	struct bufferevent *bev; /* owned, with its fd */
	struct event *deadline;	 /* owned */
	bool owed;		 /* a request was handed out and has no answer yet */
};

struct control {
	struct event_base *base; /* borrowed */
	struct control_hooks hooks;
	struct control_stats stats;
	struct control_client *clients;
	struct event *listener; /* owned */
	struct event *retry;	/* owned: listens again when descriptors had run out */
	char *path;		/* owned; set once the file is ours */
	int fd;
};

static void deadline_start(struct control_client *client)
{
	const struct timeval limit = {.tv_sec = CONTROL_DEADLINE_S};

	event_add(client->deadline, &limit);
}

static void client_free(struct control_client *client)
{
	if (client->deadline)
		event_free(client->deadline);
	if (client->bev)
		bufferevent_free(client->bev);
	free(client);
}

static void client_close(struct control_client *client)
{
	struct control *c = client->control;
	struct control_client **at = &c->clients;

	while (*at && *at != client)
		at = &(*at)->next;
	if (*at)
		*at = client->next;
	c->stats.clients--;
	if (client->owed && c->hooks.gone)
		c->hooks.gone(client, c->hooks.ctx);
	client_free(client);
}

static json_t *failure(const char *text)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", text);
}

/* Frame answer into out; an answer that can't be sent becomes an error that can. */
static bool frame(struct buf *out, json_t *answer)
{
	struct err e = {0};
	json_t *sorry;
	bool ok = answer && ctl_encode(out, answer, &e);

	if (!ok) {
		buf_reset(out);
		sorry = failure(e.code ? e.msg : "no memory for the answer");
		ok = sorry && ctl_encode(out, sorry, NULL);
		json_decref(sorry);
	}
	return ok;
}

void control_answer(struct control_client *client, json_t *answer)
{
	struct buf out;

	buf_init(&out, CTL_HEADER_BYTES + CTL_MESSAGE_MAX);
	client->owed = false;
	if (frame(&out, answer))
		bufferevent_write(client->bev, out.p, out.n);
	deadline_start(client);
	buf_clear(&out);
	json_decref(answer);
}

static void dispatch(struct control_client *client, json_t *request)
{
	struct control *c = client->control;
	json_t *answer;

	c->stats.requests++;
	event_del(client->deadline);
	client->owed = true;
	if (json_is_string(json_object_get(request, "do")))
		answer = c->hooks.handle(client, request, c->hooks.ctx);
	else
		answer = failure("a request needs \"do\"");
	if (answer)
		control_answer(client, answer);
	json_decref(request);
}

/* One request off the input, if it is all there: 1, 0, or -1 when it is malformed. */
static int take_request(struct control_client *client, json_t **request)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	char head[CTL_HEADER_BYTES];
	struct slice bytes = {head, 0};
	ssize_t need;
	int got;

	if (evbuffer_get_length(in) < sizeof(head))
		return 0;
	evbuffer_copyout(in, head, sizeof(head));
	bytes.n = sizeof(head);
	need = ctl_need(bytes);
	if (need < 0)
		return -1;
	if (evbuffer_get_length(in) < (size_t)need)
		return 0;
	bytes.p = (const char *)evbuffer_pullup(in, need);
	bytes.n = (size_t)need;
	got = bytes.p ? ctl_decode(&bytes, request, NULL) : -1;
	evbuffer_drain(in, (size_t)need);
	return got;
}

/* Requests are answered in their order: the next is looked at when the last answer is gone,
 * so a client that asks without reading can't make the output grow. */
static void client_turn(struct bufferevent *bev, void *ctx)
{
	struct control_client *client = ctx;
	json_t *request = NULL;
	int got;

	if (client->owed || evbuffer_get_length(bufferevent_get_output(bev)))
		return;
	got = take_request(client, &request);
	if (got > 0) {
		dispatch(client, request);
	} else if (got < 0) {
		client->control->stats.malformed++;
		client_close(client);
	}
}

static void client_sent(struct bufferevent *bev, void *ctx)
{
	struct control_client *client = ctx;

	if (!client->owed)
		deadline_start(client);
	client_turn(bev, ctx);
}

static void client_lost(struct bufferevent *bev, short what, void *ctx)
{
	(void)bev;
	(void)what;
	client_close(ctx);
}

static void client_slow(evutil_socket_t fd, short what, void *ctx)
{
	struct control_client *client = ctx;

	(void)fd;
	(void)what;
	client->control->stats.slow++;
	client_close(client);
}

/* A short word for a connection that is not taken; its buffer is empty, so it fits. */
static void turn_away(int fd, const char *why)
{
	json_t *answer = failure(why);
	struct buf out;

	buf_init(&out, 1024);
	if (answer && ctl_encode(&out, answer, NULL))
		(void)!send(fd, out.p, out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	buf_clear(&out);
	json_decref(answer);
	close(fd);
}

/* Takes fd in any case. */
static void client_new(struct control *c, int fd)
{
	struct control_client *client = calloc(1, sizeof(*client));

	if (client)
		client->bev = bufferevent_socket_new(c->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client || !client->bev) {
		close(fd);
		free(client);
		return;
	}
	client->control = c;
	client->deadline = evtimer_new(c->base, client_slow, client);
	if (!client->deadline) {
		client_free(client);
		return;
	}
	client->next = c->clients;
	c->clients = client;
	c->stats.clients++;
	bufferevent_setcb(client->bev, client_turn, client_sent, client_lost, client);
	bufferevent_setwatermark(client->bev, EV_READ, 0,
				 CTL_HEADER_BYTES + CTL_MESSAGE_MAX);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	deadline_start(client);
}

static void on_connection(evutil_socket_t listen_fd, short what, void *ctx)
{
	const struct timeval pause = {.tv_sec = 1};
	struct control *c = ctx;

	(void)what;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			/* without descriptors the listener would wake the loop for ever */
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM) {
				event_del(c->listener);
				event_add(c->retry, &pause);
			}
			return;
		}
		if (!ctl_peer_is_root(fd)) {
			c->stats.refused++;
			turn_away(fd, "only root may speak with osmd");
		} else if (c->stats.clients >= CONTROL_CLIENTS_MAX) {
			c->stats.too_many++;
			turn_away(fd, "osmd has too many clients, try again");
		} else {
			client_new(c, fd);
		}
	}
}

static void on_retry(evutil_socket_t fd, short what, void *ctx)
{
	struct control *c = ctx;

	(void)fd;
	(void)what;
	event_add(c->listener, NULL);
}

/* Remove a socket file that a daemon left behind when it was killed. */
static bool clear_stale(const char *path, const struct sockaddr_un *addr, struct err *e)
{
	struct stat st;
	int fd, rc, saved;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ||
		       err_set(e, errno, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ENOTSOCK, "%s: is there and is no socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(e, errno, "socket: %s", strerror(errno));
	rc = connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	saved = errno;
	close(fd);
	if (rc == 0 || saved == EAGAIN)
		return err_set(e, EADDRINUSE, "%s: another osmd answers there", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	return true;
}

static bool listen_at(struct control *c, const char *path, struct err *e)
{
	struct sockaddr_un addr;
	int folder_fd, rc, saved;
	mode_t before;
	bool ok = false;

	if (!ctl_address(path, &addr, &folder_fd, e))
		return false;
	if (!clear_stale(path, &addr, e))
		goto out;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0) {
		err_set(e, errno, "socket: %s", strerror(errno));
		goto out;
	}
	before = umask(0177);
	rc = bind(c->fd, (struct sockaddr *)&addr, sizeof(addr));
	saved = errno;
	umask(before);
	if (rc < 0) {
		err_set(e, saved, "%s: %s", path, strerror(saved));
		goto out;
	}
	c->path = strdup(path);
	ok = c->path && listen(c->fd, CONTROL_CLIENTS_MAX) == 0;
	if (!ok)
		err_set(e, errno, "%s: %s", path, strerror(errno));
out:
	if (folder_fd >= 0)
		close(folder_fd);
	return ok;
}

struct control *control_new(struct event_base *base, const char *socket_path,
			    const struct control_hooks *hooks, struct err *e)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(e, ENOMEM, "control socket: no memory");
		return NULL;
	}
	c->fd = -1;
	c->base = base;
	c->hooks = *hooks;
	/* libevent writes with writev(), which has no MSG_NOSIGNAL */
	signal(SIGPIPE, SIG_IGN);
	if (listen_at(c, socket_path, e)) {
		c->listener =
			event_new(base, c->fd, EV_READ | EV_PERSIST, on_connection, c);
		c->retry = evtimer_new(base, on_retry, c);
		if (c->listener && c->retry && event_add(c->listener, NULL) == 0)
			return c;
		err_set(e, ENOMEM, "control socket: no memory");
	}
	control_free(c);
	return NULL;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	while (c->clients) {
		struct control_client *client = c->clients;

		struct evbuffer *out = bufferevent_get_output(client->bev);

		/* the answer to {"do":"stop"} should still get out; a bufferevent keeps its
		 * output frozen to all but itself */
		evbuffer_unfreeze(out, 1);
		evbuffer_write(out, bufferevent_getfd(client->bev));
		client_close(client);
	}
	if (c->listener)
		event_free(c->listener);
	if (c->retry)
		event_free(c->retry);
	if (c->fd >= 0)
		close(c->fd);
	if (c->path)
		unlink(c->path);
	free(c->path);
	free(c);
}

void control_stats(const struct control *c, struct control_stats *out)
{
	*out = c->stats;
}
