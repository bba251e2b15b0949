/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/sockdiag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES 8192
#define ALL_STATES UINT32_MAX

struct sockdiag {
	struct mnl_socket *nl;
	uint32_t seq;
};

struct sockdiag *sockdiag_open(struct err *e)
{
	struct sockdiag *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(e, ENOMEM, "sock_diag: no memory");
		return NULL;
	}
	s->nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (s->nl && mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID) == 0)
		return s;
	err_set(e, errno, "sock_diag: %s", strerror(errno));
	sockdiag_close(s);
	return NULL;
}

void sockdiag_close(struct sockdiag *s)
{
	if (!s)
		return;
	if (s->nl)
		mnl_socket_close(s->nl);
	free(s);
}

static void set_end(__be32 out[4], const struct addr *a)
{
	memcpy(out, a->bytes, a->family == AF_INET ? 4 : 16);
}

/* Built apart from sending, as all netlink messages here. */
static void build(char *space, uint32_t seq, const struct addr *from, uint16_t from_port,
		  const struct addr *to, uint16_t to_port, uint32_t interface)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(space);
	struct inet_diag_req_v2 *req;

	head->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	head->nlmsg_flags = NLM_F_REQUEST;
	head->nlmsg_seq = seq;
	req = mnl_nlmsg_put_extra_header(head, sizeof(*req));
	/* a v4-mapped socket is found by IPv4, too */
	req->sdiag_family = (uint8_t)from->family;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = ALL_STATES;
	req->id.idiag_sport = htons(from_port);
	req->id.idiag_dport = htons(to_port);
	set_end(req->id.idiag_src, from);
	set_end(req->id.idiag_dst, to);
	req->id.idiag_if = interface;
	req->id.idiag_cookie[0] = req->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

/* Without a connection the kernel may answer with the listener of the port. */
static int read_answer(const struct nlmsghdr *head, uint16_t from_port, uint16_t to_port,
		       struct sockdiag_answer *out)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(head);

	if (head->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *why = mnl_nlmsg_get_payload(head);

		return mnl_nlmsg_get_payload_len(head) >= sizeof(*why) && why->error
			       ? why->error
			       : -EPROTO;
	}
	if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    mnl_nlmsg_get_payload_len(head) < sizeof(*m))
		return -EPROTO;
	if (ntohs(m->id.idiag_sport) != from_port || ntohs(m->id.idiag_dport) != to_port)
		return -ENOENT;
	*out = (struct sockdiag_answer){m->idiag_inode, m->idiag_uid};
	return 0;
}

static int ask(struct sockdiag *s, const struct addr *from, uint16_t from_port,
	       const struct addr *to, uint16_t to_port, uint32_t interface,
	       struct sockdiag_answer *out)
{
	char space[ANSWER_BYTES] __attribute__((aligned(8)));
	const struct nlmsghdr *head = (const struct nlmsghdr *)(const void *)space;
	ssize_t n;

	build(space, ++s->seq, from, from_port, to, to_port, interface);
	if (mnl_socket_sendto(s->nl, space, head->nlmsg_len) < 0)
		return -errno;
	/* the kernel has answered before sendto returned; an older answer, to a question that
	 * failed half-way, is passed over */
	do {
		n = mnl_socket_recvfrom(s->nl, space, sizeof(space));
		if (n < 0)
			return -errno;
	} while (!mnl_nlmsg_ok(head, (int)n) || head->nlmsg_seq != s->seq);
	return read_answer(head, from_port, to_port, out);
}

int sockdiag_find(struct sockdiag *s, const struct addr *from, uint16_t from_port,
		  const struct addr *to, uint16_t to_port, uint32_t interface,
		  struct sockdiag_answer *out)
{
	int rc;

	if (!from->family || from->family != to->family)
		return -EINVAL;
	rc = ask(s, from, from_port, to, to_port, 0, out);
	if (rc == -ENOENT && interface)
		rc = ask(s, from, from_port, to, to_port, interface, out);
	return rc;
}
