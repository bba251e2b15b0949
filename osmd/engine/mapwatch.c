/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/mapwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cpanel-hooks/accounts.h"

#define SETTLE_S 1
#define FOLDER "/etc"
#define EVENTS_BYTES 4096

struct mapwatch {
	int fd;
	struct event *readable, *settled;
	void (*changed)(void *ctx), (*lists_changed)(void *ctx);
	void *ctx;
	bool maps, lists; /* of which is to be told */
};

static bool is_ours(const char *name)
{
	const char *path;

	for (size_t i = 0; (path = accounts_file(i)); i++)
		if (strncmp(path, FOLDER "/", sizeof(FOLDER)) == 0 &&
		    strcmp(path + sizeof(FOLDER), name) == 0)
			return true;
	return false;
}

static bool is_list(const char *name)
{
	return strcmp(&PATH_HOLD_USERS[sizeof(FOLDER)], name) == 0 ||
	       strcmp(&PATH_SUSPENDED_USERS[sizeof(FOLDER)], name) == 0;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval wait = {.tv_sec = SETTLE_S};
	char events[EVENTS_BYTES]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	struct mapwatch *m = ctx;
	ssize_t n;

	(void)what;
	while ((n = read(fd, events, sizeof(events))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *ev = (const void *)(events + at);

			m->maps |= (ev->mask & IN_Q_OVERFLOW) ||
				   (ev->len && is_ours(ev->name));
			m->lists |= m->lists_changed &&
				    ((ev->mask & IN_Q_OVERFLOW) ||
				     (ev->len && is_list(ev->name)));
			at += (ssize_t)(sizeof(*ev) + ev->len);
		}
	}
	/* not put off by the next change: a customer may make them without end */
	if ((m->maps || m->lists) && !evtimer_pending(m->settled, NULL))
		evtimer_add(m->settled, &wait);
}

static void on_settled(evutil_socket_t fd, short what, void *ctx)
{
	struct mapwatch *m = ctx;

	(void)fd;
	(void)what;
	if (m->maps)
		m->changed(m->ctx);
	if (m->lists)
		m->lists_changed(m->ctx);
	m->maps = m->lists = false;
}

void mapwatch_on_lists(struct mapwatch *m, void (*changed)(void *ctx))
{
	m->lists_changed = changed;
}

struct mapwatch *mapwatch_new(struct event_base *base, const struct paths *paths,
			      void (*changed)(void *ctx), void *ctx, struct err *e)
{
	struct mapwatch *m = calloc(1, sizeof(*m));
	char path[PATH_MAX] = "";

	if (!m) {
		err_set(e, ENOMEM, "watch %s: no memory", FOLDER);
		return NULL;
	}
	m->changed = changed;
	m->ctx = ctx;
	m->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (m->fd >= 0 && paths_at(paths, FOLDER, path, sizeof(path)) &&
	    inotify_add_watch(m->fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE) >=
		    0) {
		m->readable =
			event_new(base, m->fd, EV_READ | EV_PERSIST, on_readable, m);
		m->settled = evtimer_new(base, on_settled, m);
	} else {
		err_set(e, errno, "watch %s: %s", path, strerror(errno));
	}
	if (!m->readable || !m->settled || event_add(m->readable, NULL) < 0) {
		if (e && !e->code)
			err_set(e, ENOMEM, "watch %s: no memory", path);
		mapwatch_free(m);
		return NULL;
	}
	return m;
}

void mapwatch_free(struct mapwatch *m)
{
	if (!m)
		return;
	if (m->readable)
		event_free(m->readable);
	if (m->settled)
		event_free(m->settled);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}
