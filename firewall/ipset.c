/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/ipset.h"

#include <arpa/inet.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define PROTOCOL 6
/* The first revisions that know comments; the kernel takes any from its first to its last. */
#define REVISION_NET 4
#define REVISION_NET_PORT 5
#define HASH_SIZE 1024
#define ELEMENTS_BYTES 60000 /* as in nfttable.c */

struct ipset_kind ipset_kind(unsigned set)
{
	return (struct ipset_kind){.family = set & 1 ? AF_INET6 : AF_INET,
				   .is_out = set & 2,
				   .has_ports = set & 4};
}

const char *ipset_name(unsigned set, char out[IPSET_NAME_MAX])
{
	struct ipset_kind kind = ipset_kind(set);

	snprintf(out, IPSET_NAME_MAX, "osm_%s%d%s", kind.is_out ? "out" : "in",
		 kind.family == AF_INET6 ? 6 : 4, kind.has_ports ? "_ports" : "");
	return out;
}

bool ipset_takes(unsigned set, const struct fw_block *block)
{
	struct ipset_kind kind = ipset_kind(set);

	return block->net.family == kind.family &&
	       block->direction & (kind.is_out ? FW_OUT : FW_IN) &&
	       kind.has_ports == (block->port_count > 0);
}

static struct nlmsghdr *begin(struct nlbuf *b, int command, uint16_t flags, unsigned set)
{
	char name[IPSET_NAME_MAX];
	struct nlmsghdr *h = nlbuf_begin(
		b, (uint16_t)(NFNL_SUBSYS_IPSET << 8 | command), AF_INET, flags);

	if (h) {
		mnl_attr_put_u8(h, IPSET_ATTR_PROTOCOL, PROTOCOL);
		mnl_attr_put_strz(h, IPSET_ATTR_SETNAME, ipset_name(set, name));
	}
	return h;
}

/* ip_set insists on the mark of network byte order. */
static void put_u32(struct nlmsghdr *h, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(h, type | NLA_F_NET_BYTEORDER, htonl(value));
}

void ipset_create(struct nlbuf *b, unsigned set)
{
	struct ipset_kind kind = ipset_kind(set);
	struct nlmsghdr *h = begin(b, IPSET_CMD_CREATE, NLM_F_ACK | NLM_F_CREATE, set);
	struct nlattr *data;

	if (!h)
		return;
	mnl_attr_put_strz(h, IPSET_ATTR_TYPENAME,
			  kind.has_ports ? "hash:net,port" : "hash:net");
	mnl_attr_put_u8(h, IPSET_ATTR_REVISION,
			kind.has_ports ? REVISION_NET_PORT : REVISION_NET);
	mnl_attr_put_u8(h, IPSET_ATTR_FAMILY, (uint8_t)kind.family);
	data = mnl_attr_nest_start(h, IPSET_ATTR_DATA);
	put_u32(h, IPSET_ATTR_HASHSIZE, HASH_SIZE);
	put_u32(h, IPSET_ATTR_MAXELEM, IPSET_ELEMENTS_MAX);
	put_u32(h, IPSET_ATTR_TIMEOUT, 0); /* elements may have one; none by default */
	put_u32(h, IPSET_ATTR_CADT_FLAGS, IPSET_FLAG_WITH_COMMENT);
	mnl_attr_nest_end(h, data);
	nlbuf_end(b, h);
}

void ipset_destroy(struct nlbuf *b, unsigned set)
{
	nlbuf_end(b, begin(b, IPSET_CMD_DESTROY, NLM_F_ACK, set));
}

static void put_subject(struct nlmsghdr *h, const struct addr *net, uint16_t port)
{
	bool v6 = net->family == AF_INET6;
	struct nlattr *ip = mnl_attr_nest_start(h, IPSET_ATTR_IP);

	mnl_attr_put(h,
		     (v6 ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4) |
			     NLA_F_NET_BYTEORDER,
		     v6 ? 16 : 4, net->bytes);
	mnl_attr_nest_end(h, ip);
	mnl_attr_put_u8(h, IPSET_ATTR_CIDR, (uint8_t)net->prefix);
	if (port) {
		mnl_attr_put_u8(h, IPSET_ATTR_PROTO, IPPROTO_TCP);
		mnl_attr_put_u16(h, IPSET_ATTR_PORT | NLA_F_NET_BYTEORDER, htons(port));
	}
}

static void put_terms(struct nlmsghdr *h, const struct fw_block *block)
{
	int64_t ttl = block->ttl < IPSET_TTL_MAX ? block->ttl : IPSET_TTL_MAX;

	put_u32(h, IPSET_ATTR_TIMEOUT, (uint32_t)ttl);
	/* also when empty: it takes an older reason away */
	mnl_attr_put_strz(h, IPSET_ATTR_COMMENT, block->reason);
}

/* The place of an element among blocks: a block, and which of its ports. */
struct place {
	size_t block, port;
};

static bool is_at(unsigned set, const struct fw_block *blocks, size_t count,
		  const struct place *at)
{
	const struct fw_block *block = &blocks[at->block];

	return at->block < count && ipset_takes(set, block) &&
	       (at->port < block->port_count || (at->port == 0 && !block->port_count));
}

/* On to the next element that the set takes; false at the end. */
static bool settle(unsigned set, const struct fw_block *blocks, size_t count,
		   struct place *at)
{
	while (at->block < count && !is_at(set, blocks, count, at))
		*at = (struct place){at->block + 1, 0};
	return at->block < count;
}

/* A message with as many elements as fit; *at moves on past them. */
static void put_elements(struct nlbuf *b, int command, unsigned set,
			 const struct fw_block *blocks, size_t count, struct place *at)
{
	struct nlmsghdr *h = begin(b, command, NLM_F_ACK, set);
	struct nlattr *list, *one;
	uint32_t line = 0;

	if (!h) {
		at->block = count;
		return;
	}
	put_u32(h, IPSET_ATTR_LINENO, 0); /* wanted beside a list, says the kernel */
	list = mnl_attr_nest_start(h, IPSET_ATTR_ADT);
	while (h->nlmsg_len < ELEMENTS_BYTES && settle(set, blocks, count, at)) {
		const struct fw_block *block = &blocks[at->block];

		one = mnl_attr_nest_start(h, IPSET_ATTR_DATA);
		put_subject(h, &block->net,
			    block->port_count ? block->ports[at->port] : 0);
		if (command == IPSET_CMD_ADD)
			put_terms(h, block);
		put_u32(h, IPSET_ATTR_LINENO, ++line);
		mnl_attr_nest_end(h, one);
		at->port++;
	}
	mnl_attr_nest_end(h, list);
	nlbuf_end(b, h);
}

static void put_all(struct nlbuf *b, int command, unsigned set,
		    const struct fw_block *blocks, size_t count)
{
	struct place at = {0};

	while (settle(set, blocks, count, &at))
		put_elements(b, command, set, blocks, count, &at);
}

void ipset_add(struct nlbuf *b, unsigned set, const struct fw_block *blocks, size_t count)
{
	put_all(b, IPSET_CMD_ADD, set, blocks, count);
}

void ipset_delete(struct nlbuf *b, unsigned set, const struct fw_block *blocks,
		  size_t count)
{
	put_all(b, IPSET_CMD_DEL, set, blocks, count);
}

void ipset_ask(struct nlbuf *b, unsigned set)
{
	nlbuf_end(b, begin(b, IPSET_CMD_LIST, NLM_F_DUMP, set));
}

/* ---- answers ------------------------------------------------------------------------- */

static const struct nlattr *find(const void *bytes, size_t n, uint16_t type)
{
	const char *end = (const char *)bytes + n;

	for (const struct nlattr *a = bytes; mnl_attr_ok(a, (int)(end - (const char *)a));
	     a = mnl_attr_next(a)) {
		if (mnl_attr_get_type(a) == type)
			return a;
	}
	return NULL;
}

/* The attribute inside another one, when it has exactly n bytes (0: any number). */
static const struct nlattr *find_in(const struct nlattr *in, uint16_t type, size_t n)
{
	const struct nlattr *a =
		find(mnl_attr_get_payload(in), mnl_attr_get_payload_len(in), type);

	return a && (n == 0 || mnl_attr_get_payload_len(a) == n) ? a : NULL;
}

static void copy_reason(const struct nlattr *comment, char out[FW_REASON_MAX])
{
	const char *p = mnl_attr_get_payload(comment);
	size_t n = strnlen(p, mnl_attr_get_payload_len(comment));

	for (size_t i = 0; i < n && i < FW_REASON_MAX - 1; i++) {
		unsigned char c = (unsigned char)p[i];

		out[i] = c < 0x20 || c == 0x7f ? '?' : p[i];
	}
}

static bool read_element(const struct nlattr *one, unsigned set, struct fw_block *out)
{
	struct ipset_kind kind = ipset_kind(set);
	bool v6 = kind.family == AF_INET6;
	const struct nlattr *ip = find_in(one, IPSET_ATTR_IP, 0), *a;

	*out = (struct fw_block){.direction = kind.is_out ? FW_OUT : FW_IN};
	a = ip ? find_in(ip, v6 ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4,
			 v6 ? 16 : 4)
	       : NULL;
	if (!a)
		return false;
	out->net.family = kind.family;
	memcpy(out->net.bytes, mnl_attr_get_payload(a), v6 ? 16 : 4);
	a = find_in(one, IPSET_ATTR_CIDR, 1);
	out->net.prefix = a ? mnl_attr_get_u8(a) : v6 ? 128 : 32;
	if (out->net.prefix > (v6 ? 128 : 32))
		return false;
	a = find_in(one, IPSET_ATTR_PORT, 2);
	if (kind.has_ports && !a)
		return false;
	if (kind.has_ports)
		out->ports[out->port_count++] = ntohs(mnl_attr_get_u16(a));
	a = find_in(one, IPSET_ATTR_TIMEOUT, 4);
	out->ttl = a ? ntohl(mnl_attr_get_u32(a)) : 0;
	a = find_in(one, IPSET_ATTR_COMMENT, 0);
	if (a)
		copy_reason(a, out->reason);
	return true;
}

bool ipset_read(const struct nlmsghdr *h, unsigned set, fw_each *each, void *ctx)
{
	const size_t head = MNL_ALIGN(sizeof(struct nfgenmsg));
	const struct nlattr *list, *one;
	struct fw_block block;

	if (h->nlmsg_type != (NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST) ||
	    mnl_nlmsg_get_payload_len(h) < head)
		return true;
	list = find(mnl_nlmsg_get_payload_offset(h, head),
		    mnl_nlmsg_get_payload_len(h) - head, IPSET_ATTR_ADT);
	if (!list)
		return true;
	mnl_attr_for_each_nested(one, list) {
		if (read_element(one, set, &block) && !each(&block, ctx))
			return false;
	}
	return true;
}
