/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/ipsets.h"

#include <netinet/in.h> /* before linux/netfilter.h, which makes way for it */

#include <errno.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "firewall/nlsock.h"

struct ipsets {
	struct nlsock *nl; /* owned */
	bool has_v6;
};

bool ipsets_are_lacking(int r)
{
	return r == -EINVAL || r == -EPROTONOSUPPORT || r == -EOPNOTSUPP ||
	       r == -IPSET_ERR_FIND_TYPE || r == -ENOPROTOOPT || r == -EPROTO;
}

bool ipsets_err(struct err *err, int r)
{
	switch (-r) {
	case EPERM:
		return err_set(
			err, EPERM,
			"ipset: not permitted (it takes root, with CAP_NET_ADMIN)");
	case EEXIST:
	case IPSET_ERR_EXIST_SETNAME2:
	case IPSET_ERR_TYPE_MISMATCH:
		return err_set(err, EEXIST,
			       "ipset: there is a set of osm's name that "
			       "isn't as osm makes it (osm_in4, ...)");
	case IPSET_ERR_BUSY:
		return err_set(err, EBUSY,
			       "ipset: one of osm's sets is used by a rule that isn't "
			       "osm's");
	case IPSET_ERR_TYPE_SPECIFIC: /* of a hash: it is full */
		return err_set(err, ENOSPC, "ipset: a set is full (%u elements)",
			       IPSET_ELEMENTS_MAX);
	case ENOMEM:
	case ENOBUFS:
	case EMSGSIZE:
		return err_set(err, ENOMEM, "ipset: no memory for it");
	case ENOENT:
		return err_set(err, ENOENT,
			       "ipset: others destroy osm's sets all the time");
	}
	if (-r >= IPSET_ERR_PRIVATE)
		return err_set(err, EPROTO, "ipset: the kernel's error %d", -r);
	return err_set(err, -r, "ipset: %s", strerror(-r));
}

static bool is_used(const struct ipsets *s, unsigned set)
{
	return s->has_v6 || ipset_kind(set).family != AF_INET6;
}

/* Send what was built; the buffer is cleared. */
static int send_built(struct ipsets *s, struct nlbuf *b)
{
	int r = !nlbuf_ok(b) ? -ENOMEM
		: b->n > 0   ? nlsock_send(s->nl, b->p, b->n, NULL)
			     : 0;

	nlbuf_clear(b);
	return r;
}

static int read_number(unsigned set, uint16_t *number)
{
	struct ip_set_req_get_set q = {.op = IP_SET_OP_GET_BYNAME,
				       .version = IPSET_PROTOCOL};
	char name[IPSET_NAME_MAX];
	socklen_t n = sizeof(q);
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), r = 0;

	if (fd < 0)
		return -errno;
	snprintf(q.set.name, sizeof(q.set.name), "%s", ipset_name(set, name));
	if (getsockopt(fd, IPPROTO_IP, SO_IP_SET, &q, &n) != 0)
		r = -errno;
	else if (q.set.index == IPSET_INVALID_ID)
		r = -ENOENT;
	close(fd);
	*number = q.set.index;
	return r;
}

int ipsets_make(struct ipsets *s, uint16_t numbers[IPSET_COUNT])
{
	struct nlbuf b = {0};
	int r;

	for (unsigned set = 0; set < IPSET_COUNT; set++) {
		if (is_used(s, set))
			ipset_create(&b, set);
	}
	r = send_built(s, &b);
	for (unsigned set = 0; set < IPSET_COUNT && r == 0; set++) {
		if (is_used(s, set))
			r = read_number(set, &numbers[set]);
	}
	return r;
}

static void destroy_new(struct ipsets *s, const bool was_there[IPSET_COUNT])
{
	for (unsigned set = 0; set < IPSET_COUNT; set++) {
		struct nlbuf b = {0};

		if (was_there[set])
			continue;
		ipset_destroy(&b, set);
		send_built(s, &b);
	}
}

struct ipsets *ipsets_open(bool has_v6, int *r)
{
	struct ipsets *s = calloc(1, sizeof(*s));
	bool was_there[IPSET_COUNT];
	uint16_t numbers[IPSET_COUNT];

	*r = -ENOMEM;
	if (!s)
		return NULL;
	s->has_v6 = has_v6;
	s->nl = nlsock_open(NETLINK_NETFILTER);
	*r = s->nl ? 0 : -errno;
	for (unsigned set = 0; set < IPSET_COUNT && *r == 0; set++)
		was_there[set] = read_number(set, &numbers[set]) != -ENOENT;
	if (*r == 0) {
		*r = ipsets_make(s, numbers);
		if (*r < 0)
			destroy_new(s, was_there);
	}
	if (*r == 0)
		return s;
	ipsets_close(s);
	return NULL;
}

void ipsets_close(struct ipsets *s)
{
	if (!s)
		return;
	nlsock_close(s->nl);
	free(s);
}

int ipsets_add(struct ipsets *s, const struct fw_block *blocks, size_t count)
{
	struct nlbuf b = {0};

	for (unsigned set = 0; set < IPSET_COUNT; set++)
		ipset_add(&b, set, blocks, count);
	return send_built(s, &b);
}

int ipsets_delete(struct ipsets *s, const struct fw_block *blocks, size_t count)
{
	int first = 0;

	for (unsigned set = 0; set < IPSET_COUNT; set++) {
		struct nlbuf b = {0};
		int r;

		ipset_delete(&b, set, blocks, count);
		r = send_built(s, &b);
		if (r < 0 && r != -ENOENT && first == 0)
			first = r;
	}
	return first;
}

int ipsets_destroy(struct ipsets *s)
{
	int first = 0;

	for (unsigned set = 0; set < IPSET_COUNT; set++) {
		struct nlbuf b = {0};
		int r;

		ipset_destroy(&b, set);
		r = send_built(s, &b);
		if (r < 0 && r != -ENOENT && first == 0)
			first = r;
	}
	return first;
}

/* ---- dumps --------------------------------------------------------------------------- */

struct dump {
	unsigned set;
	fw_each *each;
	void *ctx;
};

static int got_elements(const struct nlmsghdr *h, void *ctx)
{
	struct dump *d = ctx;

	ipset_read(h, d->set, d->each, d->ctx);
	return MNL_CB_OK;
}

/* A set that isn't there is empty. */
static int dump_set(struct ipsets *s, unsigned set, fw_each *each, void *ctx)
{
	struct dump d = {set, each, ctx};
	struct nlbuf b = {0};
	int r = -ENOMEM;

	ipset_ask(&b, set);
	if (nlbuf_ok(&b))
		r = nlsock_dump(s->nl, (const void *)b.p, got_elements, &d);
	nlbuf_clear(&b);
	return r == -ENOENT ? 0 : r;
}

static int dump_all(struct ipsets *s, bool only_ports, fw_each *each, void *ctx)
{
	int r = 0;

	for (unsigned set = 0; set < IPSET_COUNT && r == 0; set++) {
		if (is_used(s, set) && (!only_ports || ipset_kind(set).has_ports))
			r = dump_set(s, set, each, ctx);
	}
	return r;
}

int ipsets_each(struct ipsets *s, fw_each *each, void *ctx)
{
	return dump_all(s, false, each, ctx);
}

int ipsets_each_port(struct ipsets *s, fw_each *each, void *ctx)
{
	return dump_all(s, true, each, ctx);
}
