/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/csfwatch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS_BYTES 4096
#define MASK (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE)

/* csf's two folders, and those above which tell when it is installed. */
static const struct folder {
	const char *path, *within; /* within: the folder's name in the one above */
} folders[] = {
	{"/etc/csf", NULL}, {"/var/lib/csf", NULL}, {"/etc", "csf"}, {"/var/lib", "csf"}};
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

static const struct name {
	const char *name;
	unsigned means;
} names[] = {{"csf.deny", CSFWATCH_LISTS},	{"csf.tempban", CSFWATCH_LISTS},
	     {"csf.lock", CSFWATCH_STATE},	{"csf.disable", CSFWATCH_STATE},
	     {"csf.error", CSFWATCH_STATE},	{"csf.conf", CSFWATCH_STATE},
	     {"csf.allow", CSFWATCH_ALLOWED},	{"csf.tempallow", CSFWATCH_ALLOWED},
	     {"csf.ignore", CSFWATCH_ALLOWED},	{"csf.tempdyn", CSFWATCH_ALLOWED},
	     {"csf.tempgdyn", CSFWATCH_ALLOWED}};

struct csfwatch {
	const struct paths *paths; /* borrowed */
	int fd;
	int watch[FOLDERS]; /* -1: the folder is not there */
};

/* Watch what is there by now. */
static void add_folders(struct csfwatch *w)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < FOLDERS; i++)
		if (paths_at(w->paths, folders[i].path, path, sizeof(path)))
			w->watch[i] = inotify_add_watch(w->fd, path, MASK | IN_ONLYDIR);
}

struct csfwatch *csfwatch_new(const struct paths *paths)
{
	struct csfwatch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->paths = paths;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0) {
		free(w);
		return NULL;
	}
	add_folders(w);
	return w;
}

void csfwatch_free(struct csfwatch *w)
{
	if (!w)
		return;
	close(w->fd);
	free(w);
}

int csfwatch_fd(const struct csfwatch *w)
{
	return w->fd;
}

/* What an event means; *renewed: a folder came or went. */
static unsigned meaning(const struct csfwatch *w, const struct inotify_event *ev,
			bool *renewed)
{
	if (ev->mask & IN_Q_OVERFLOW)
		return CSFWATCH_LISTS | CSFWATCH_STATE | CSFWATCH_ALLOWED;
	if (ev->mask & IN_IGNORED)
		*renewed = true;
	for (size_t i = 0; ev->len && i < FOLDERS; i++) {
		if (w->watch[i] != ev->wd)
			continue;
		if (folders[i].within && strcmp(ev->name, folders[i].within) == 0) {
			*renewed = true;
			return CSFWATCH_LISTS | CSFWATCH_STATE | CSFWATCH_ALLOWED;
		}
		if (folders[i].within)
			return 0;
	}
	/* a file that is made is told once more when it has been written */
	for (size_t i = 0; ev->len && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(ev->name, names[i].name) == 0)
			return names[i].means;
	return 0;
}

unsigned csfwatch_read(struct csfwatch *w)
{
	char events[EVENTS_BYTES]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	bool renewed = false;
	unsigned what = 0;
	ssize_t n;

	while ((n = read(w->fd, events, sizeof(events))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *ev = (const void *)(events + at);

			what |= meaning(w, ev, &renewed);
			at += (ssize_t)(sizeof(*ev) + ev->len);
		}
	}
	if (renewed)
		add_folders(w);
	return what;
}
