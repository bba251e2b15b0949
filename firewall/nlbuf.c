/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nlbuf.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void nlbuf_clear(struct nlbuf *b)
{
	free(b->p);
	*b = (struct nlbuf){0};
}

bool nlbuf_ok(const struct nlbuf *b)
{
	return !b->failed;
}

static bool have_room(struct nlbuf *b)
{
	size_t want = b->n + NLBUF_MESSAGE_MAX, cap = b->cap ? b->cap : NLBUF_MESSAGE_MAX;
	char *p;

	if (want <= b->cap)
		return true;
	while (cap < want)
		cap *= 2;
	if (cap > NLBUF_MAX)
		return false;
	p = realloc(b->p, cap);
	if (!p)
		return false;
	b->p = p;
	b->cap = cap;
	return true;
}

static struct nlmsghdr *begin(struct nlbuf *b, uint16_t type, uint8_t family,
			      uint16_t flags, uint16_t resource)
{
	struct nlmsghdr *h;
	struct nfgenmsg *nf;

	if (b->failed || !have_room(b)) {
		b->failed = true;
		return NULL;
	}
	/* libmnl 1.0.4 leaves the padding behind an attribute as it is */
	memset(b->p + b->n, 0, NLBUF_MESSAGE_MAX);
	h = mnl_nlmsg_put_header(b->p + b->n);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++b->seq;
	nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	nf->nfgen_family = family;
	nf->version = NFNETLINK_V0;
	nf->res_id = htons(resource);
	return h;
}

struct nlmsghdr *nlbuf_begin(struct nlbuf *b, uint16_t type, uint8_t family,
			     uint16_t flags)
{
	return begin(b, type, family, flags, 0);
}

void nlbuf_end(struct nlbuf *b, const struct nlmsghdr *message)
{
	if (message)
		b->n += NLMSG_ALIGN(message->nlmsg_len);
}

void nlbuf_batch_begin(struct nlbuf *b, uint32_t generation)
{
	struct nlmsghdr *h =
		begin(b, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);

	if (h && generation)
		mnl_attr_put_u32(h, NFNL_BATCH_GENID, htonl(generation));
	nlbuf_end(b, h);
}

void nlbuf_batch_end(struct nlbuf *b)
{
	nlbuf_end(b, begin(b, NFNL_MSG_BATCH_END, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES));
}
