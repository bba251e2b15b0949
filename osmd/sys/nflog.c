/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/nflog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A number that nobody else is likely to have; the next ones when it is taken. */
#define GROUP_FIRST 25465
#define GROUPS 8
/* The default lost packets of a burst of 1000; so large, 5000 waited without loss. */
#define RECEIVE_BYTES (8 * 1024 * 1024)
#define DATAGRAM_BYTES 65536
#define LOOPBACK_INDEX 1 /* in every network namespace (LOOPBACK_IFINDEX, include/net) */

struct nflog {
	struct mnl_socket *nl;
	uint16_t group;
	uint32_t seq; /* of requests */
	struct nflog_reading reading;
	char in[DATAGRAM_BYTES] __attribute__((aligned(8)));
};

/* ---- opening ---- */

static struct nlmsghdr *begin(struct nflog *n, char *space)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(space);
	struct nfgenmsg *nf;

	head->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	head->nlmsg_seq = ++n->seq;
	nf = mnl_nlmsg_put_extra_header(head, sizeof(*nf));
	nf->nfgen_family = AF_UNSPEC;
	nf->version = NFNETLINK_V0;
	nf->res_id = htons(n->group);
	return head;
}

/* 0 or -errno. The kernel answers before sendto returns. */
static int configure(struct nflog *n, const struct nlmsghdr *head)
{
	const struct nlmsghdr *answer = (const void *)n->in;
	const struct nlmsgerr *why;
	ssize_t got;

	if (mnl_socket_sendto(n->nl, head, head->nlmsg_len) < 0)
		return -errno;
	do {
		got = mnl_socket_recvfrom(n->nl, n->in, sizeof(n->in));
		if (got < 0)
			return -errno;
	} while (!mnl_nlmsg_ok(answer, (int)got) || answer->nlmsg_seq != n->seq);
	why = mnl_nlmsg_get_payload(answer);
	return answer->nlmsg_type == NLMSG_ERROR &&
			       mnl_nlmsg_get_payload_len(answer) >= sizeof(*why)
		       ? why->error
		       : -EPROTO;
}

static int bind_group(struct nflog *n, uint16_t group)
{
	const struct nfulnl_msg_config_cmd command = {.command = NFULNL_CFG_CMD_BIND};
	char space[256] __attribute__((aligned(8)));
	struct nlmsghdr *head;

	n->group = group;
	head = begin(n, space);
	mnl_attr_put(head, NFULA_CFG_CMD, sizeof(command), &command);
	return configure(n, head);
}

/* With the tracked connection of a packet, if there is one (nothing begins to be tracked by
 * that); not every kernel has it (nf_conntrack_netlink). */
#define FLAGS_BEST (NFULNL_CFG_F_SEQ | NFULNL_CFG_F_CONNTRACK)

/* Whole headers, at once (by default 100 packets or a second are gathered), numbered. */
static int set_mode(struct nflog *n, uint16_t flags)
{
	const struct nfulnl_msg_config_mode mode = {.copy_range = htonl(NFLOG_SNAP_BYTES),
						    .copy_mode = NFULNL_COPY_PACKET};
	char space[256] __attribute__((aligned(8)));
	struct nlmsghdr *head = begin(n, space);

	mnl_attr_put(head, NFULA_CFG_MODE, sizeof(mode), &mode);
	mnl_attr_put_u32(head, NFULA_CFG_QTHRESH, htonl(1));
	mnl_attr_put_u16(head, NFULA_CFG_FLAGS, htons(flags));
	return configure(n, head);
}

static bool start(struct nflog *n, struct err *e)
{
	const int bytes = RECEIVE_BYTES;
	int rc = -EBUSY;

	n->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!n->nl || mnl_socket_bind(n->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return err_set(e, errno, "nfnetlink_log: %s", strerror(errno));
	if (setsockopt(mnl_socket_get_fd(n->nl), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)) < 0)
		return err_set(e, errno, "nfnetlink_log: buffer: %s", strerror(errno));
	for (int i = 0; i < GROUPS && rc == -EBUSY; i++)
		rc = bind_group(n, (uint16_t)(GROUP_FIRST + i));
	if (rc == 0)
		rc = set_mode(n, FLAGS_BEST);
	if (rc == -EOPNOTSUPP)
		rc = set_mode(n, NFULNL_CFG_F_SEQ);
	return rc == 0 || err_set(e, -rc, "nfnetlink_log: %s", strerror(-rc));
}

struct nflog *nflog_open(struct err *e)
{
	struct nflog *n = calloc(1, sizeof(*n));

	if (!n) {
		err_set(e, ENOMEM, "nfnetlink_log: no memory");
		return NULL;
	}
	if (start(n, e))
		return n;
	nflog_close(n);
	return NULL;
}

void nflog_close(struct nflog *n)
{
	if (!n)
		return;
	if (n->nl)
		mnl_socket_close(n->nl);
	free(n);
}

uint16_t nflog_group(const struct nflog *n)
{
	return n->group;
}

int nflog_fd(const struct nflog *n)
{
	return mnl_socket_get_fd(n->nl);
}

void nflog_stats(const struct nflog *n, struct nflog_stats *out)
{
	*out = n->reading.stats;
}

/* ---- reading ---- */

static void count(struct nflog_reading *r, uint32_t number)
{
	if (r->numbered)
		r->stats.dropped += number - r->next;
	r->numbered = true;
	r->next = number + 1;
}

static uint32_t number_of(const struct nlattr *a)
{
	return ntohl(mnl_attr_get_u32(a));
}

static bool has_bytes(const struct nlattr *a, unsigned type, size_t n)
{
	return mnl_attr_get_type(a) == type && mnl_attr_get_payload_len(a) >= n;
}

static void read_addresses(const struct nlattr *ip, struct nflog_ends *out)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, ip)
	{
		const void *bytes = mnl_attr_get_payload(a);

		if (has_bytes(a, CTA_IP_V4_SRC, 4))
			out->from = addr_of_bytes(AF_INET, bytes);
		else if (has_bytes(a, CTA_IP_V4_DST, 4))
			out->to = addr_of_bytes(AF_INET, bytes);
		else if (has_bytes(a, CTA_IP_V6_SRC, 16))
			out->from = addr_of_bytes(AF_INET6, bytes);
		else if (has_bytes(a, CTA_IP_V6_DST, 16))
			out->to = addr_of_bytes(AF_INET6, bytes);
	}
}

static void read_ports(const struct nlattr *proto, struct nflog_ends *out)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, proto)
	{
		if (has_bytes(a, CTA_PROTO_SRC_PORT, 2))
			out->from_port = ntohs(mnl_attr_get_u16(a));
		else if (has_bytes(a, CTA_PROTO_DST_PORT, 2))
			out->to_port = ntohs(mnl_attr_get_u16(a));
	}
}

/* What doesn't tell all is nothing. */
static void read_tracked(const struct nlattr *ct, struct nflog_ends *out)
{
	struct nflog_ends ends = {.from_port = 0};
	const struct nlattr *a, *b;

	mnl_attr_for_each_nested(a, ct)
	{
		if (mnl_attr_get_type(a) != CTA_TUPLE_ORIG)
			continue;
		mnl_attr_for_each_nested(b, a)
		{
			if (mnl_attr_get_type(b) == CTA_TUPLE_IP)
				read_addresses(b, &ends);
			else if (mnl_attr_get_type(b) == CTA_TUPLE_PROTO)
				read_ports(b, &ends);
		}
	}
	if (ends.from.family && ends.from.family == ends.to.family && ends.from_port &&
	    ends.to_port)
		*out = ends;
}

struct draft {
	struct nflog_reading *reading;
	struct nflog_packet packet;
};

static int on_attribute(const struct nlattr *a, void *ctx)
{
	struct draft *d = ctx;
	const size_t size = mnl_attr_get_payload_len(a);

	if (mnl_attr_get_type(a) == NFULA_PAYLOAD)
		d->packet.bytes = (struct slice){mnl_attr_get_payload(a), size};
	if (mnl_attr_get_type(a) == NFULA_CT)
		read_tracked(a, &d->packet.original);
	if (size != sizeof(uint32_t))
		return MNL_CB_OK;
	switch (mnl_attr_get_type(a)) {
	case NFULA_UID:
		d->packet.uid = number_of(a);
		break;
	case NFULA_GID:
		d->packet.gid = number_of(a);
		break;
	case NFULA_IFINDEX_OUTDEV:
		d->packet.interface = number_of(a);
		d->packet.loopback = d->packet.interface == LOOPBACK_INDEX;
		break;
	case NFULA_SEQ:
		count(d->reading, number_of(a));
		break;
	}
	return MNL_CB_OK;
}

static bool read_message(struct nflog_reading *r, const struct nlmsghdr *head,
			 nflog_fn fn, void *ctx)
{
	struct draft d = {.reading = r, .packet = {.uid = -1, .gid = -1}};

	if (head->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
	    mnl_nlmsg_get_payload_len(head) < sizeof(struct nfgenmsg) ||
	    mnl_attr_parse(head, sizeof(struct nfgenmsg), on_attribute, &d) < 0 ||
	    !d.packet.bytes.n)
		return false;
	r->stats.received++;
	fn(&d.packet, ctx);
	return true;
}

/* libmnl takes a length as a signed number, and reads attributes up to the aligned one. */
static bool is_whole(const struct nlmsghdr *head, int left)
{
	return left >= (int)sizeof(*head) && head->nlmsg_len <= (uint32_t)left &&
	       MNL_ALIGN(head->nlmsg_len) <= (uint32_t)left && mnl_nlmsg_ok(head, left);
}

void nflog_read(struct nflog_reading *r, const void *bytes, size_t size, nflog_fn fn,
		void *ctx)
{
	const struct nlmsghdr *head = bytes;
	int left = (int)size;

	if (size > DATAGRAM_BYTES)
		return;
	for (; is_whole(head, left); head = mnl_nlmsg_next(head, &left)) {
		if (head->nlmsg_type >= NLMSG_MIN_TYPE) /* no end of a batch */
			r->stats.malformed += !read_message(r, head, fn, ctx);
	}
}

int nflog_take(struct nflog *n, int max, nflog_fn fn, void *ctx)
{
	int taken = 0;

	while (taken < max) {
		ssize_t got = mnl_socket_recvfrom(n->nl, n->in, sizeof(n->in));

		if (got < 0 && errno == EAGAIN)
			break;
		if (got < 0 && (errno == EINTR || errno == ENOBUFS || errno == ENOSPC))
			continue; /* the gap in the numbers tells how many are lost */
		if (got < 0)
			return -errno;
		nflog_read(&n->reading, n->in, (size_t)got, fn, ctx);
		taken++;
	}
	return taken;
}
