/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nlsock.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 65536
/* Answers to a batch are one short message for each that failed (NETLINK_CAP_ACK). */
#define RECEIVE_BYTES (4 << 20)
#define ANSWER_SECONDS 10 /* a dump that gives nothing for so long will give nothing */

struct nlsock {
	struct mnl_socket *nl; /* owned */
	size_t send_bytes;     /* the socket's buffer was made as large */
	char in[READ_BYTES];
};

static void set_options(struct nlsock *s)
{
	struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	int fd = mnl_socket_get_fd(s->nl), bytes = RECEIVE_BYTES, on = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	/* an error message does not carry the whole failed request (Linux 4.2) */
	mnl_socket_setsockopt(s->nl, NETLINK_CAP_ACK, &on, sizeof(on));
}

/* As libnl has it: the process in the lower 22 bits (no pid is larger), a number above. */
#define PORT_PID_BITS 22
#define PORT_PID_MASK ((1u << PORT_PID_BITS) - 1)

bool nlsock_is_own(uint32_t port)
{
	return (port & PORT_PID_MASK) == ((uint32_t)getpid() & PORT_PID_MASK);
}

static int bind_own(struct mnl_socket *nl)
{
	for (uint32_t n = 0; n < 1u << (32 - PORT_PID_BITS); n++) {
		uint32_t port = ((uint32_t)getpid() & PORT_PID_MASK) | n << PORT_PID_BITS;

		if (mnl_socket_bind(nl, 0, (pid_t)port) == 0)
			return 0;
		if (errno != EADDRINUSE)
			return -1;
	}
	return -1;
}

struct nlsock *nlsock_open(int bus)
{
	struct nlsock *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!s->nl || bind_own(s->nl) < 0) {
		int code = errno;

		nlsock_close(s);
		errno = code;
		return NULL;
	}
	set_options(s);
	return s;
}

void nlsock_close(struct nlsock *s)
{
	if (!s)
		return;
	if (s->nl)
		mnl_socket_close(s->nl);
	free(s);
}

/* A datagram longer than the send buffer is EMSGSIZE. The kernel doubles what is asked for;
 * past net.core.wmem_max it wants CAP_NET_ADMIN, as all that is done here does. */
static int make_room(struct nlsock *s, size_t n)
{
	int bytes, fd = mnl_socket_get_fd(s->nl);

	if (n <= s->send_bytes)
		return 0;
	if (n > INT_MAX / 4)
		return -EMSGSIZE;
	bytes = (int)n + 4096;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) != 0)
		return -errno;
	s->send_bytes = n;
	return 0;
}

/* What an earlier call left unread is no answer to the next one. */
static void drain(struct nlsock *s)
{
	while (recv(mnl_socket_get_fd(s->nl), s->in, sizeof(s->in), MSG_DONTWAIT) > 0)
		;
}

static int send_all(struct nlsock *s, const void *bytes, size_t n)
{
	int r = make_room(s, n);

	if (r < 0)
		return r;
	drain(s);
	while (mnl_socket_sendto(s->nl, bytes, n) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* What the answers to a batch said so far. */
struct verdict {
	int error;         /* the first: -errno */
	uint32_t bad_seq;  /* the message it was about */
	bool acknowledged; /* some message was answered at all */
	mnl_cb_t each;
	void *ctx;
};

static void judge(struct verdict *v, const struct nlmsghdr *h)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type != NLMSG_ERROR) {
		if (v->each && h->nlmsg_type >= NLMSG_MIN_TYPE)
			v->each(h, v->ctx);
		return;
	}
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*answer))
		return;
	v->acknowledged = true;
	if (answer->error < 0 && v->error == 0) {
		v->error = answer->error;
		v->bad_seq = h->nlmsg_seq;
	}
}

/* Everything that is there to read: the kernel answered before sendmsg() came back. */
static int read_answers(struct nlsock *s, struct verdict *v)
{
	for (;;) {
		ssize_t got = recv(mnl_socket_get_fd(s->nl), s->in, sizeof(s->in),
				   MSG_DONTWAIT);
		int left = (int)got;
		const struct nlmsghdr *h = (const void *)s->in;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? 0 : -errno;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			judge(v, h);
	}
}

static int exchange(struct nlsock *s, const void *bytes, size_t n, struct verdict *v)
{
	int r = send_all(s, bytes, n);

	if (r == 0)
		r = read_answers(s, v);
	if (r == 0)
		r = v->error;
	return r < 0 || v->acknowledged ? r : -EPROTO;
}

int nlsock_send(struct nlsock *s, const void *bytes, size_t n, uint32_t *bad_seq)
{
	struct verdict v = {0};
	int r = exchange(s, bytes, n, &v);

	if (bad_seq)
		*bad_seq = v.bad_seq;
	return r;
}

int nlsock_ask(struct nlsock *s, const void *bytes, size_t n, mnl_cb_t each, void *ctx)
{
	struct verdict v = {.each = each, .ctx = ctx};

	return exchange(s, bytes, n, &v);
}

int nlsock_dump(struct nlsock *s, const struct nlmsghdr *request, mnl_cb_t each, void *ctx)
{
	int r = send_all(s, request, request->nlmsg_len), more = MNL_CB_OK;
	bool interrupted = false;

	while (r == 0 && more > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(s->nl, s->in, sizeof(s->in));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) /* the first is SO_RCVTIMEO's, and no cause to ask again */
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		more = mnl_cb_run(s->in, (size_t)got, request->nlmsg_seq,
				  mnl_socket_get_portid(s->nl), each, ctx);
		if (more == MNL_CB_ERROR && errno == EINTR) {
			interrupted = true; /* read on: the rest must not stay in the socket */
			more = MNL_CB_OK;
			drain(s);
			break;
		}
		if (more == MNL_CB_ERROR)
			r = -errno;
	}
	return r < 0 ? r : interrupted ? -EINTR : 0;
}
