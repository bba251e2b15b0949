/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/packetreader.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "osmd/engine/sightings.h"
#include "tests/unit/sys/connection.h"

/* More than the reader looks at of the newest processes. */
#define YOUNGER 160
#define BURST (SIGHTINGS_MAX + 1000)
#define WAIT_MS 20000

/* A source of this test's: a connection that lives, then many that never were. It has
 * something to read until all are taken. */
static struct {
	struct connection first;
	int waiting[2]; /* a pipe with a byte in it */
	uint32_t given;
} source;

static void *source_open(const struct config_ports *ports, struct err *e)
{
	(void)ports;
	(void)e;
	return &source;
}

static int source_fd(void *ctx)
{
	(void)ctx;
	return source.waiting[0];
}

static struct sighting number(uint32_t n)
{
	static const unsigned char from[4] = {192, 0, 2, 10}, to[4] = {198, 51, 100, 25};
	const struct connection *c = &source.first;
	struct sighting s = {.flow = {.seq = n, .from_port = (uint16_t)n, .to_port = 25},
			     .uid = -1,
			     .gid = -1};

	s.flow.from = n ? addr_of_bytes(AF_INET, from) : c->from;
	s.flow.to = n ? addr_of_bytes(AF_INET, to) : c->to;
	if (n == 0) {
		s.flow.from_port = c->from_port;
		s.flow.to_port = c->to_port;
	}
	return s;
}

static int source_take(void *ctx, int max, sighting_fn fn, void *fn_ctx, struct err *e)
{
	int n = 0;
	char byte;

	(void)ctx;
	(void)e;
	for (; n < max && source.given < BURST; n++) {
		const struct sighting s = number(source.given++);

		fn(&s, fn_ctx);
	}
	if (n && source.given == BURST)
		cr_assert_eq(read(source.waiting[0], &byte, 1), 1);
	return n;
}

static void source_stats(void *ctx, struct packetsource_stats *out)
{
	(void)ctx;
	*out = (struct packetsource_stats){.received = source.given};
}

static void source_close(void *ctx)
{
	(void)ctx;
}

static const struct packetsource_kind kind = {.name = "test",
					      .open = source_open,
					      .fd = source_fd,
					      .take = source_take,
					      .stats = source_stats,
					      .close = source_close};

static void make_younger_ones(void)
{
	for (int i = 0; i < YOUNGER; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		cr_assert(pid > 0 && waitpid(pid, NULL, 0) == pid);
	}
}

static uint32_t count_packets(int fd, uint32_t want)
{
	static char text[PACKETREADER_MESSAGE_MAX];
	struct pollfd in = {.fd = fd, .events = POLLIN};
	uint32_t count = 0;

	while (count < want && poll(&in, 1, WAIT_MS) > 0) {
		ssize_t n = recv(fd, text, sizeof(text), 0);

		if (n <= 0)
			break;
		count += n > 7 && memcmp(text, "packet ", 7) == 0;
	}
	return count;
}

Test(packetreader, goes_on_when_the_oldest_one_is_searched_for_and_all_room_is_taken)
{
	const struct config_ports ports = {.count = 0};
	int ends[2];
	pid_t reader;

	connection_make(&source.first, AF_INET, false);
	cr_assert_eq(pipe(source.waiting), 0);
	cr_assert_eq(write(source.waiting[1], "", 1), 1);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	make_younger_ones();
	reader = fork();
	if (reader == 0) {
		close(ends[0]);
		connection_end(&source.first); /* none of the newest has it */
		_exit(packetreader_run(&kind, &ports, ends[1]));
	}
	close(ends[1]);
	cr_expect_eq(count_packets(ends[0], BURST), BURST);
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	connection_end(&source.first);
}
