/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES 8192

struct route {
	struct mnl_socket *nl;
	uint32_t seq;
};

struct route *route_open(struct err *e)
{
	struct route *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, ENOMEM, "rtnetlink: no memory");
		return NULL;
	}
	r->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (r->nl && mnl_socket_bind(r->nl, 0, MNL_SOCKET_AUTOPID) == 0)
		return r;
	err_set(e, errno, "rtnetlink: %s", strerror(errno));
	route_close(r);
	return NULL;
}

void route_close(struct route *r)
{
	if (!r)
		return;
	if (r->nl)
		mnl_socket_close(r->nl);
	free(r);
}

static void build(char *space, uint32_t seq, const struct addr *to)
{
	const size_t n = to->family == AF_INET ? 4 : 16;
	struct nlmsghdr *head = mnl_nlmsg_put_header(space);
	struct rtmsg *m;

	head->nlmsg_type = RTM_GETROUTE;
	head->nlmsg_flags = NLM_F_REQUEST;
	head->nlmsg_seq = seq;
	m = mnl_nlmsg_put_extra_header(head, sizeof(*m));
	m->rtm_family = (unsigned char)to->family;
	m->rtm_dst_len = (unsigned char)(n * 8);
	mnl_attr_put(head, RTA_DST, n, to->bytes);
}

static int read_answer(const struct nlmsghdr *head)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(head);

	if (head->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *why = mnl_nlmsg_get_payload(head);

		return mnl_nlmsg_get_payload_len(head) >= sizeof(*why) && why->error
			       ? why->error
			       : -EPROTO;
	}
	if (head->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(head) < sizeof(*m))
		return -EPROTO;
	return m->rtm_type == RTN_LOCAL;
}

int route_is_local(struct route *r, const struct addr *to)
{
	char space[ANSWER_BYTES] __attribute__((aligned(8)));
	const struct nlmsghdr *head = (const struct nlmsghdr *)(const void *)space;
	ssize_t n;

	if (addr_is_loopback(to))
		return 1;
	if (to->family != AF_INET && to->family != AF_INET6)
		return -EINVAL;
	build(space, ++r->seq, to);
	if (mnl_socket_sendto(r->nl, space, head->nlmsg_len) < 0)
		return -errno;
	/* the kernel has answered before sendto returned */
	do {
		n = mnl_socket_recvfrom(r->nl, space, sizeof(space));
		if (n < 0)
			return -errno;
	} while (!mnl_nlmsg_ok(head, (int)n) || head->nlmsg_seq != r->seq);
	return read_answer(head);
}
