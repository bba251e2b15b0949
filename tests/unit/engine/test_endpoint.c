/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/endpoint.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The server in this process; clients are sockets that the loop serves in turns. */
static struct event_base *base;
static struct endpoint *server;

static void put(struct buf *out, void *ctx)
{
	(void)ctx;
	buf_puts(out, "osm_up 1\n");
}

/* One that was free a moment ago. */
static unsigned free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&at, size), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static void begin(void)
{
	struct err e = {0};
	char where[16];

	base = event_base_new();
	snprintf(where, sizeof(where), "%u", free_port());
	server = endpoint_new(base, where, put, NULL, &e);
	cr_assert(server, "%s", e.msg);
}

static void end(void)
{
	endpoint_free(server);
	event_base_free(base);
}

static int visit(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)endpoint_port(server)),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	return fd;
}

/* What comes until the other side closes; -1: it does not. */
static ssize_t read_all(int fd, char *out, size_t size)
{
	size_t n = 0;

	for (int turns = 0; turns < 2000; turns++) {
		ssize_t got;

		event_base_loop(base, EVLOOP_NONBLOCK);
		got = recv(fd, out + n, size - 1 - n, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN)) {
			out[n] = '\0';
			return (ssize_t)n;
		}
		if (got > 0)
			n += (size_t)got;
		else
			poll(NULL, 0, 1);
	}
	return -1;
}

static const char *ask(const char *request)
{
	static char out[8192];
	int fd = visit();

	cr_assert_eq(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
	cr_assert_geq(read_all(fd, out, sizeof(out)), 0, "no end of the answer to %s",
		      request);
	close(fd);
	return out;
}

Test(endpoint, gives_the_metrics, .init = begin, .fini = end)
{
	const char *answer = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");

	cr_expect_str_eq(answer,
			 "HTTP/1.1 200 OK\r\n"
			 "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
			 "Content-Length: 9\r\nConnection: close\r\n\r\nosm_up 1\n");
	cr_expect(strstr(ask("GET /metrics?x=1 HTTP/1.0\r\n\r\n"), " 200 OK"));
}

Test(endpoint, and_nothing_else, .init = begin, .fini = end)
{
	cr_expect(strstr(ask("GET / HTTP/1.1\r\n\r\n"), " 404 "));
	cr_expect(strstr(ask("GET /metricsx HTTP/1.1\r\n\r\n"), " 404 "));
	cr_expect(strstr(ask("GET /metrics\r\n\r\n"), " 404 "));
	cr_expect(strstr(ask("POST /metrics HTTP/1.1\r\n\r\n"), " 405 "));
	cr_expect(strstr(ask("\r\n\r\n"), " 405 "));
}

Test(endpoint, a_request_has_an_end, .init = begin, .fini = end)
{
	char much[ENDPOINT_REQUEST_MAX + 1];

	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	cr_expect(strstr(ask(much), " 431 "));
}

Test(endpoint, one_that_waits_makes_room, .init = begin, .fini = end)
{
	int waiting[ENDPOINT_CLIENTS_MAX + 4];
	char byte;

	for (int i = 0; i < ENDPOINT_CLIENTS_MAX + 4; i++)
		waiting[i] = visit();
	cr_expect(strstr(ask("GET /metrics HTTP/1.1\r\n\r\n"), " 200 OK"));
	cr_expect_eq(recv(waiting[0], &byte, 1, MSG_DONTWAIT), 0,
		     "the first one was left");
	cr_expect_eq(recv(waiting[ENDPOINT_CLIENTS_MAX + 3], &byte, 1, MSG_DONTWAIT), -1,
		     "the last one waits");
	for (int i = 0; i < ENDPOINT_CLIENTS_MAX + 4; i++)
		close(waiting[i]);
}

Test(endpoint, addresses)
{
	static const char *const wrong[] = {"",		 "0",		 "x",	      "65536",
					    "localhost:1", "127.0.0.1", "1.2.3.4:70000"};
	const unsigned port = free_port();
	char where[40];
	struct err e;

	base = event_base_new();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		e = (struct err){0};
		cr_expect_null(endpoint_new(base, wrong[i], put, NULL, &e), "'%s'",
			       wrong[i]);
		cr_expect_neq(e.code, 0, "'%s'", wrong[i]);
	}
	snprintf(where, sizeof(where), "127.0.0.1:%u", port);
	server = endpoint_new(base, where, put, NULL, &e);
	cr_assert(server, "%s", e.msg);
	cr_expect_eq(endpoint_port(server), port);
	endpoint_free(server);
	event_base_free(base);
}
