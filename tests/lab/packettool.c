/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * packettool: a packet reader by hand, for the tests and the bench: what it tells, line by
 * line, until the standard input ends; then "cpu SECONDS", what the reader used.
 *
 *   packettool SOURCE PORT[,PORT...] [--first]
 *
 * --first: only the first message, that it is at work or why it isn't.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osmd/engine/packetreader.h"

#define BUFFER_BYTES (16 * 1024 * 1024)

static bool relay(int fd)
{
	static char text[PACKETREADER_MESSAGE_MAX + 1];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\n';
	return fwrite(text, 1, (size_t)n + 1, stdout) == (size_t)n + 1 &&
	       fflush(stdout) == 0;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* By its setting's word: tests name one source, never "auto". */
static const struct packetsource_kind *kind_of(const char *source, struct config *c)
{
	char conf[64];

	snprintf(conf, sizeof(conf), "PACKET_SOURCE = \"%s\"\n", source);
	if (options_load(slice_str(conf), c, NULL, NULL) != 0)
		return NULL;
	return packetsource_choice(c->packet_source, 0);
}

static bool read_ports(const char *text, struct config_ports *out)
{
	struct config c;
	char conf[256];

	snprintf(conf, sizeof(conf), "SMTP_PORTS = \"%s\"\n", text);
	if (options_load(slice_str(conf), &c, NULL, NULL) != 0)
		return false;
	*out = c.smtp_ports;
	return true;
}

int main(int argc, char **argv)
{
	const struct packetsource_kind *kind;
	const int bytes = BUFFER_BYTES;
	struct config_ports ports;
	struct config config;
	struct rusage used;
	int ends[2];
	pid_t pid;

	if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "--first") != 0) ||
	    !(kind = kind_of(argv[1], &config)) || !read_ports(argv[2], &ports)) {
		fprintf(stderr, "usage: packettool SOURCE PORT[,PORT...] [--first]\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return 1;
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		_exit(packetreader_run(kind, &ports, ends[1]));
	}
	close(ends[1]);
	for (;;) {
		struct pollfd fds[2] = {{.fd = ends[0], .events = POLLIN},
					{.fd = STDIN_FILENO, .events = POLLIN}};

		if (argc == 4)
			fds[1].fd = -1;
		if (poll(fds, 2, -1) < 0 || (fds[0].revents && !relay(ends[0])) ||
		    argc == 4 || (!fds[0].revents && fds[1].revents))
			break;
	}
	close(ends[0]);
	kill(pid, SIGCONT); /* it may have been stopped, for a test */
	if (waitpid(pid, NULL, 0) == pid && getrusage(RUSAGE_CHILDREN, &used) == 0)
		printf("cpu %.4f\n", seconds(used.ru_utime) + seconds(used.ru_stime));
	return 0;
}
