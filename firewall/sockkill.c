/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/sockkill.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "firewall/nlsock.h"

#ifndef SOCK_DESTROY
#define SOCK_DESTROY 21
#endif
/* All states but LISTEN, CLOSE and TIME_WAIT: connections with somebody at the other end. */
#define STATES                                                                           \
	((1u << TCP_ESTABLISHED) | (1u << TCP_SYN_SENT) | (1u << TCP_SYN_RECV) |         \
	 (1u << TCP_FIN_WAIT1) | (1u << TCP_FIN_WAIT2) | (1u << TCP_CLOSE_WAIT) |         \
	 (1u << TCP_LAST_ACK) | (1u << TCP_CLOSING))
#define VICTIMS_MAX 100000u /* in one run; those past it stay, and their packets don't pass */
#define PREFIXES 129

/* Blocks sorted by address; for each prefix length in use one search finds the block. */
struct sockkill {
	const struct fw_settings *settings; /* borrowed */
	const struct fw_block **v;          /* owned; the blocks are borrowed */
	size_t n;
	bool used[2][PREFIXES]; /* [is v6][prefix] */
	bool has_uids;
};

static int compare(const struct fw_block *x, const struct fw_block *y)
{
	int d = x->net.family - y->net.family;

	if (d == 0 && x->net.family == 0)
		return (x->uid > y->uid) - (x->uid < y->uid);
	if (d == 0)
		d = (int)x->net.prefix - (int)y->net.prefix;
	return d ? d : memcmp(x->net.bytes, y->net.bytes, sizeof(x->net.bytes));
}

static int by_net(const void *a, const void *b)
{
	return compare(*(const struct fw_block *const *)a,
		       *(const struct fw_block *const *)b);
}

struct sockkill *sockkill_new(const struct fw_block *blocks, size_t count,
			      const struct fw_settings *settings)
{
	struct sockkill *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->settings = settings;
	k->n = count;
	k->v = calloc(count ? count : 1, sizeof(const struct fw_block *));
	if (!k->v) {
		free(k);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		const struct addr *net = &blocks[i].net;

		k->v[i] = &blocks[i];
		if (net->family)
			k->used[net->family == AF_INET6][net->prefix] = true;
		else
			k->has_uids = true;
	}
	if (count > 1)
		qsort(k->v, count, sizeof(*k->v), by_net);
	return k;
}

void sockkill_free(struct sockkill *k)
{
	if (!k)
		return;
	free(k->v);
	free(k);
}

static bool has_port(const uint16_t *ports, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++) {
		if (ports[i] == port)
			return true;
	}
	return false;
}

static bool forbids(const struct sockkill *k, const struct fw_block *b,
		    const struct inet_diag_msg *m)
{
	uint16_t local = ntohs(m->id.idiag_sport), remote = ntohs(m->id.idiag_dport);

	if (b->net.family == 0) {
		if (b->port_count)
			return has_port(b->ports, b->port_count, remote);
		return has_port(k->settings->smtp_ports, k->settings->smtp_port_count,
				remote);
	}
	if (b->port_count == 0)
		return true;
	return (b->direction & FW_IN && has_port(b->ports, b->port_count, local)) ||
	       (b->direction & FW_OUT && has_port(b->ports, b->port_count, remote));
}

/* Any block equal to wanted, by address or uid, that forbids the connection. */
static bool any_forbids(const struct sockkill *k, const struct fw_block *wanted,
			const struct inet_diag_msg *m)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(k->v[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < k->n && compare(k->v[low], wanted) == 0; low++) {
		if (forbids(k, k->v[low], m))
			return true;
	}
	return false;
}

/* ::ffff:a.b.c.d is a.b.c.d: an IPv6 socket speaks IPv4 as well. */
static struct addr address(int family, const uint32_t *words)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct addr a = {.family = family};

	memcpy(a.bytes, words, family == AF_INET6 ? 16 : 4);
	if (family == AF_INET6 && memcmp(a.bytes, mapped, sizeof(mapped)) == 0) {
		a.family = AF_INET;
		memmove(a.bytes, a.bytes + 12, 4);
		memset(a.bytes + 4, 0, 12);
	}
	a.prefix = a.family == AF_INET6 ? 128 : 32;
	return a;
}

/* The first bits of a, as a block of that prefix has them. */
static struct addr cut(const struct addr *a, unsigned prefix)
{
	struct addr net = *a;

	net.prefix = prefix;
	for (unsigned i = 0; i < sizeof(net.bytes); i++) {
		unsigned keep = prefix > i * 8 ? prefix - i * 8 : 0;

		if (keep < 8)
			net.bytes[i] &= (uint8_t)(0xff00u >> keep);
	}
	return net;
}

bool sockkill_wants(const struct sockkill *k, const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
	struct fw_block wanted = {0};
	struct addr peer, own;

	if (h->nlmsg_type != TCPDIAG_GETSOCK ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    (m->idiag_family != AF_INET && m->idiag_family != AF_INET6) ||
	    m->idiag_state == TCP_LISTEN)
		return false;
	peer = address(m->idiag_family, m->id.idiag_dst);
	own = address(m->idiag_family, m->id.idiag_src);
	if (addr_is_loopback(&peer) || addr_eq(&peer, &own))
		return false;
	wanted.uid = m->idiag_uid;
	if (k->has_uids && any_forbids(k, &wanted, m))
		return true;
	for (unsigned prefix = 0; prefix <= peer.prefix; prefix++) {
		if (!k->used[peer.family == AF_INET6][prefix])
			continue;
		wanted.net = cut(&peer, prefix);
		if (any_forbids(k, &wanted, m))
			return true;
	}
	return false;
}

/* ---- the kernel ---------------------------------------------------------------------- */

struct request {
	struct nlmsghdr h;
	struct inet_diag_req_v2 r;
};

struct victims {
	const struct sockkill *k; /* borrowed */
	struct request *v;        /* owned */
	size_t n, cap;
};

static struct request destroy(const struct inet_diag_msg *m)
{
	struct request q = {.h = {.nlmsg_len = sizeof(q),
				  .nlmsg_type = SOCK_DESTROY,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
				  .nlmsg_seq = 1},
			    .r = {.sdiag_family = m->idiag_family,
				  .sdiag_protocol = IPPROTO_TCP,
				  .idiag_states = STATES,
				  .id = m->id}};

	return q;
}

static int remember(const struct nlmsghdr *h, void *ctx)
{
	struct victims *all = ctx;
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
	struct request *v;

	if (!sockkill_wants(all->k, h) || all->n >= VICTIMS_MAX)
		return MNL_CB_OK;
	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 16;
		v = realloc(all->v, all->cap * sizeof(*v));
		if (!v) {
			errno = ENOMEM;
			return MNL_CB_ERROR;
		}
		all->v = v;
	}
	v = &all->v[all->n++];
	*v = destroy(m);
	return MNL_CB_OK;
}

/*
 * The older request asks for both families in one walk of the kernel's table of connections,
 * which is as long as the host's memory is large: a millisecond here, and most of the cost.
 */
static int find(struct nlsock *s, struct victims *all)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req r;
	} q = {.h = {.nlmsg_len = sizeof(q),
		     .nlmsg_type = TCPDIAG_GETSOCK,
		     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		     .nlmsg_seq = 1},
	       .r = {.idiag_family = AF_INET, .idiag_states = STATES}};
	int r = nlsock_dump(s, &q.h, remember, all);

	/* connections come and go: an interrupted dump is as good as a whole one */
	return r == -EINTR ? 0 : r;
}

static bool end_all(struct nlsock *s, struct victims *all, size_t *ended, struct err *err)
{
	for (size_t i = 0; i < all->n; i++) {
		int r = nlsock_send(s, &all->v[i], sizeof(all->v[i]), NULL);

		if (r == 0 && ended)
			++*ended;
		if (r == 0 || r == -ENOENT) /* or it has ended by itself */
			continue;
		if (r == -EOPNOTSUPP)
			return err_set(err, ENOTSUP,
				       "this kernel can't end connections "
				       "(CONFIG_INET_DIAG_DESTROY is off)");
		return err_set(err, -r, "a connection could not be ended: %s",
			       strerror(-r));
	}
	return true;
}

bool sockkill_run(const struct sockkill *k, size_t *ended, struct err *err)
{
	struct victims all = {.k = k};
	struct nlsock *s = nlsock_open(NETLINK_SOCK_DIAG);
	bool ok;
	int r;

	if (ended)
		*ended = 0;
	if (!s)
		return err_set(err, errno, "sock_diag can't be asked: %s",
			       strerror(errno));
	r = find(s, &all);
	ok = r == 0 ? end_all(s, &all, ended, err)
		    : err_set(err, -r, "the connections can't be listed: %s",
			      strerror(-r));
	nlsock_close(s);
	free(all.v);
	return ok;
}
