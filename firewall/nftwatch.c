/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nftwatch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "firewall/nfttable.h"
#include "firewall/nlsock.h"

#define READ_BYTES 65536
#define RECEIVE_BYTES (1 << 20) /* a flush of many addresses is told one by one */
#define NAME_ATTRIBUTE 1	/* the table's name, in each of the messages below */

struct nftwatch {
	struct mnl_socket *nl; /* owned */
	char in[READ_BYTES];
};

struct nftwatch *nftwatch_new(void)
{
	struct nftwatch *w = calloc(1, sizeof(*w));
	int group = NFNLGRP_NFTABLES, bytes = RECEIVE_BYTES;

	if (!w)
		return NULL;
	w->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!w->nl || mnl_socket_bind(w->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(w->nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
		int code = errno;

		nftwatch_free(w);
		errno = code;
		return NULL;
	}
	setsockopt(nftwatch_fd(w), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return w;
}

void nftwatch_free(struct nftwatch *w)
{
	if (!w)
		return;
	if (w->nl)
		mnl_socket_close(w->nl);
	free(w);
}

int nftwatch_fd(const struct nftwatch *w)
{
	return mnl_socket_get_fd(w->nl);
}

/* NEWTABLE: an existing one's flag "dormant" makes it deaf. */
static unsigned takes_away(uint16_t type)
{
	switch (NFNL_MSG_TYPE(type)) {
	case NFT_MSG_DELSET:
	case NFT_MSG_DELSETELEM:
		return NFTWATCH_BLOCKS;
	case NFT_MSG_NEWTABLE:
	case NFT_MSG_DELTABLE:
	case NFT_MSG_DELCHAIN:
	case NFT_MSG_DELRULE:
		return NFTWATCH_RULES | NFTWATCH_BLOCKS;
	default:
		return 0;
	}
}

static bool is_ours(const struct nlmsghdr *m)
{
	const struct nlattr *a;

	if (NFNL_SUBSYS_ID(m->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
	    m->nlmsg_len < NLMSG_HDRLEN + sizeof(struct nfgenmsg))
		return false;
	mnl_attr_for_each(a, m, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NAME_ATTRIBUTE)
			return mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0 &&
			       strcmp(mnl_attr_get_str(a), NFTTABLE_NAME) == 0;
	return false;
}

static unsigned read_losses(const char *bytes, size_t n)
{
	const struct nlmsghdr *m = (const struct nlmsghdr *)bytes;
	unsigned lost = 0;

	for (int left = (int)n; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left))
		if (!nlsock_is_own(m->nlmsg_pid) && is_ours(m))
			lost |= takes_away(m->nlmsg_type);
	return lost;
}

unsigned nftwatch_read(struct nftwatch *w)
{
	unsigned lost = 0;

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(w->nl, w->in, sizeof(w->in));

		if (n > 0)
			lost |= read_losses(w->in, (size_t)n);
		else if (n < 0 && (errno == ENOBUFS || errno == ENOSPC))
			lost = NFTWATCH_RULES |
			       NFTWATCH_BLOCKS; /* some were dropped, or cut */
		else if (!(n < 0 && errno == EINTR))
			return lost;
	}
}
