/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/packetkeeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osmd/engine/packetreader.h"
#include "osmd/engine/settings.h"
#include "osmd/sys/child.h"

/* When no source works: until all are tried again. */
#define NONE_WORKS_MS 60000
#define BEFORE_NEXT_MS 200
/* What others could take away is looked after so often. */
#define LOOK_AFTER_MS 15000
/* Lines for a watcher that is at work elsewhere for a moment. */
#define SEND_BYTES (8 * 1024 * 1024)

struct keeper {
	const struct paths *paths;
	struct config config; /* of the last reload */
	int fd;		      /* to the watcher */
	size_t choice;	      /* the source whose turn it is */
	bool reloaded;
};

static void tell(const struct keeper *k, const char *text)
{
	send(k->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void skip_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	(void)file;
	(void)line;
	(void)text; /* the watcher has read the same file and names every one */
	(void)ctx;
}

/* What the watcher has to say. false: it has ended. */
static bool hear(struct keeper *k)
{
	struct config fresh;
	char byte;
	ssize_t n;

	while ((n = recv(k->fd, &byte, 1, MSG_DONTWAIT)) > 0) {
		if (settings_config(k->paths, &fresh, skip_problem, NULL))
			k->config = fresh;
		k->choice = 0;
		k->reloaded = true;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* alive: reads the end of file when the reader ends. -1: it could not be started. */
static pid_t start_reader(const struct keeper *k, const struct packetsource_kind *kind,
			  int *alive)
{
	int life[2];
	pid_t pid;

	if (pipe(life) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(life[0]);
		prctl(PR_SET_NAME, "osmd: packets");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGTERM, SIG_DFL);
		_exit(packetreader_run(kind, &k->config.smtp_ports, k->fd));
	}
	close(life[1]);
	*alive = life[0];
	if (pid < 0)
		close(life[0]);
	return pid;
}

/* Until the reader ends, or should (*again: on the same source). false: the watcher has
 * ended. */
static bool watch(struct keeper *k, const struct packetsource_kind *kind, int alive,
		  bool *again)
{
	struct pollfd fds[2] = {{.fd = k->fd, .events = POLLIN},
				{.fd = alive, .events = POLLIN}};

	*again = false;
	while (!k->reloaded) {
		int rc = poll(fds, 2, kind->is_intact ? LOOK_AFTER_MS : -1);

		if (rc < 0) {
			if (errno != EINTR)
				return false;
			continue;
		}
		if (rc == 0 && !kind->is_intact(&k->config.smtp_ports)) {
			*again = true;
			return true;
		}
		if (fds[0].revents && !hear(k))
			return false;
		if (fds[1].revents)
			return true;
	}
	return true;
}

/* Until time is up or the settings change; -1: for ever. false: the watcher has ended. */
static bool nap(struct keeper *k, int ms)
{
	struct pollfd fd = {.fd = k->fd, .events = POLLIN};

	while (!k->reloaded) {
		int rc = poll(&fd, 1, ms);

		if (rc == 0)
			return true;
		if (rc > 0 && !hear(k))
			return false;
		if (rc < 0 && errno != EINTR)
			return false;
	}
	return true;
}

static void say_how_it_ended(const struct keeper *k, const struct packetsource_kind *kind,
			     int status)
{
	char text[128];

	if (!WIFSIGNALED(status))
		return; /* it has said so itself */
	snprintf(text, sizeof(text), "failed %s: its process was ended by signal %d",
		 kind->name, WTERMSIG(status));
	tell(k, text);
}

/* It holds nothing that could be left half done. */
static int end_reader(pid_t pid, bool kill_it)
{
	int status = 0;

	if (kill_it)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* One reader's life. false: the watcher has ended. */
static bool run_one(struct keeper *k, const struct packetsource_kind *kind)
{
	int alive = -1, status;
	pid_t pid = start_reader(k, kind, &alive);
	bool go_on, again;

	if (pid < 0) {
		tell(k, "failed fork: no process could be started");
		return nap(k, BEFORE_NEXT_MS);
	}
	go_on = watch(k, kind, alive, &again);
	close(alive);
	status = end_reader(pid, !go_on || k->reloaded || again);
	if (kind->tidy)
		kind->tidy();
	if (again) {
		k->choice--; /* its turn again */
		tell(k, "failed nflog: somebody removed its rule; it is made anew");
	} else if (go_on && !k->reloaded) {
		say_how_it_ended(k, kind, status);
	}
	return go_on;
}

static int keep(int fd, void *ctx)
{
	struct keeper *k = ctx;

	k->fd = fd;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &(int){SEND_BYTES}, sizeof(int));
	for (;;) {
		const struct packetsource_kind *kind = NULL;

		k->reloaded = false;
		if (!k->config.packet_enable) {
			tell(k, "source off");
			if (!nap(k, -1))
				return EXIT_SUCCESS;
			continue;
		}
		kind = packetsource_choice(k->config.packet_source, k->choice);
		if (!kind) {
			k->choice = 0;
			tell(k, "source none");
			if (!nap(k, NONE_WORKS_MS))
				return EXIT_SUCCESS;
			continue;
		}
		if (!run_one(k, kind))
			return EXIT_SUCCESS;
		if (k->reloaded)
			continue;
		k->choice++;
		if (!nap(k, BEFORE_NEXT_MS))
			return EXIT_SUCCESS;
	}
}

int packetkeeper_start(const struct paths *paths, const struct config *config,
		       const int close_fds[2], struct err *e)
{
	struct keeper k = {.paths = paths, .config = *config};

	return child_start("osmd: pkeeper", close_fds, 2, keep, &k, e);
}

bool packetkeeper_reload(int fd, struct err *e)
{
	ssize_t n;

	do
		n = send(fd, "r", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == 1 || err_set(e, errno, "tell the packet reader: %s", strerror(errno));
}
