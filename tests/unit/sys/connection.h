/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* connection: a TCP connection on loopback, for the tests of who owns it. */
#ifndef OSM_TESTS_CONNECTION_H
#define OSM_TESTS_CONNECTION_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "osmd/base/addr.h"

struct connection {
	int listener, client;
	struct addr from, to;
	uint16_t from_port, to_port;
};

static inline void end_of(const struct sockaddr_storage *s, struct addr *a,
			  uint16_t *port)
{
	const struct sockaddr_in *v4 = (const void *)s;
	const struct sockaddr_in6 *v6 = (const void *)s;

	if (s->ss_family == AF_INET)
		*a = addr_of_bytes(AF_INET, &v4->sin_addr);
	else
		*a = addr_of_bytes(AF_INET6, &v6->sin6_addr);
	*port = ntohs(s->ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
}

/* family of the client's socket; AF_INET6 with mapped connects to ::ffff:127.0.0.1. */
static inline void connection_make(struct connection *c, int family, bool mapped)
{
	const int server = mapped ? AF_INET : family;
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
	socklen_t n = sizeof(at);

	c->listener = socket(server, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(server == AF_INET
			     ? bind(c->listener, (struct sockaddr *)&v4, sizeof(v4))
			     : bind(c->listener, (struct sockaddr *)&v6, sizeof(v6)),
		     0);
	cr_assert_eq(listen(c->listener, 8), 0);
	cr_assert_eq(getsockname(c->listener, (struct sockaddr *)&at, &n), 0);
	end_of(&at, &c->to, &c->to_port);
	v4.sin_port = v6.sin6_port = htons(c->to_port);
	if (mapped)
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr);
	c->client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(family == AF_INET
			     ? connect(c->client, (struct sockaddr *)&v4, sizeof(v4))
			     : connect(c->client, (struct sockaddr *)&v6, sizeof(v6)),
		     0);
	n = sizeof(at);
	cr_assert_eq(getsockname(c->client, (struct sockaddr *)&at, &n), 0);
	end_of(&at, &c->from, &c->from_port);
}

static inline void connection_end(struct connection *c)
{
	close(c->client);
	close(c->listener);
}

#endif
