/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/iptrule.h"

#include <netinet/in.h> /* before linux/netfilter.h, which makes way for it */

#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_time.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <stdio.h>
#include <string.h>

/* ---- building ------------------------------------------------------------------------ */

static bool is_v6(int family)
{
	return family == AF_INET6;
}

static struct ipt_entry *v4(struct iptrule *r)
{
	return (void *)r->bytes;
}

static struct ip6t_entry *v6(struct iptrule *r)
{
	return (void *)r->bytes;
}

static void begin(struct iptrule *r, int family)
{
	*r = (struct iptrule){.n = is_v6(family) ? sizeof(struct ip6t_entry)
						 : sizeof(struct ipt_entry)};
}

static void only_tcp(struct iptrule *r, int family)
{
	if (is_v6(family)) {
		v6(r)->ipv6.proto = IPPROTO_TCP;
		v6(r)->ipv6.flags |= IP6T_F_PROTO;
	} else {
		v4(r)->ip.proto = IPPROTO_TCP;
	}
}

/* ! -i lo, ! -o lo. The mask covers the name's end, so it is no beginning ("lo*"). */
static void not_loopback(struct iptrule *r, int family, bool is_out)
{
	char *name, *mask;

	if (is_v6(family)) {
		struct ip6t_ip6 *ip = &v6(r)->ipv6;

		name = is_out ? ip->outiface : ip->iniface;
		mask = (char *)(is_out ? ip->outiface_mask : ip->iniface_mask);
		ip->invflags |= is_out ? IP6T_INV_VIA_OUT : IP6T_INV_VIA_IN;
	} else {
		struct ipt_ip *ip = &v4(r)->ip;

		name = is_out ? ip->outiface : ip->iniface;
		mask = (char *)(is_out ? ip->outiface_mask : ip->iniface_mask);
		ip->invflags |= is_out ? IPT_INV_VIA_OUT : IPT_INV_VIA_IN;
	}
	memcpy(name, "lo", 3);
	memset(mask, 0xff, 3);
}

static void put_net(struct iptrule *r, const struct addr *net, bool is_out)
{
	uint8_t mask[16] = {0};

	for (unsigned bit = 0; bit < net->prefix; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	if (is_v6(net->family)) {
		struct ip6t_ip6 *ip = &v6(r)->ipv6;

		memcpy(is_out ? &ip->dst : &ip->src, net->bytes, 16);
		memcpy(is_out ? &ip->dmsk : &ip->smsk, mask, 16);
	} else {
		struct ipt_ip *ip = &v4(r)->ip;

		memcpy(is_out ? &ip->dst : &ip->src, net->bytes, 4);
		memcpy(is_out ? &ip->dmsk : &ip->smsk, mask, 4);
	}
}

/* Room for a match or target of that data size, zeroed; NULL when the rule is full. */
static void *extend(struct iptrule *r, size_t size)
{
	void *at = r->bytes + r->n;

	if (r->failed || r->n + size > sizeof(r->bytes)) {
		r->failed = true;
		return NULL;
	}
	r->n += size;
	return at;
}

static void *put_match(struct iptrule *r, const char *name, uint8_t revision, size_t data)
{
	size_t size = XT_ALIGN(sizeof(struct xt_entry_match)) + XT_ALIGN(data);
	struct xt_entry_match *m = extend(r, size);

	if (!m)
		return NULL;
	m->u.user.match_size = (uint16_t)size;
	m->u.user.revision = revision;
	snprintf(m->u.user.name, sizeof(m->u.user.name), "%s", name);
	return m->data;
}

/* The last part of a rule: its offsets are set with it. */
static void *put_target(struct iptrule *r, int family, const char *name, size_t data)
{
	size_t offset = r->n;
	size_t size = XT_ALIGN(sizeof(struct xt_entry_target)) + XT_ALIGN(data);
	struct xt_entry_target *t = extend(r, size);

	if (!t)
		return NULL;
	t->u.user.target_size = (uint16_t)size;
	snprintf(t->u.user.name, sizeof(t->u.user.name), "%s", name);
	if (is_v6(family)) {
		v6(r)->target_offset = (uint16_t)offset;
		v6(r)->next_offset = (uint16_t)r->n;
	} else {
		v4(r)->target_offset = (uint16_t)offset;
		v4(r)->next_offset = (uint16_t)r->n;
	}
	return t->data;
}

/* A verdict (DROP) or a chain's name: libiptc turns it into the kernel's number. */
static void go(struct iptrule *r, int family, const char *where)
{
	put_target(r, family, where, sizeof(int));
}

void iptrule_enter(struct iptrule *r, int family, bool is_out)
{
	begin(r, family);
	not_loopback(r, family, is_out);
	go(r, family, is_out ? IPT_OUT : IPT_IN);
}

void iptrule_refuse(struct iptrule *r, int family, bool is_tcp)
{
	begin(r, family);
	if (is_tcp)
		only_tcp(r, family);
	if (is_v6(family)) {
		struct ip6t_reject_info *how =
			put_target(r, family, "REJECT", sizeof(*how));

		if (how)
			how->with = is_tcp ? IP6T_TCP_RESET : IP6T_ICMP6_ADM_PROHIBITED;
	} else {
		struct ipt_reject_info *how =
			put_target(r, family, "REJECT", sizeof(*how));

		if (how)
			how->with = is_tcp ? IPT_TCP_RESET : IPT_ICMP_ADMIN_PROHIBITED;
	}
}

void iptrule_set(struct iptrule *r, int family, uint16_t index, bool is_out,
		 bool has_ports)
{
	struct xt_set_info_match_v4 *set;

	begin(r, family);
	/* iptables-save writes only the newest revision it shares with the kernel: 4 since
	 * Linux 3.19 */
	set = put_match(r, "set", 4, sizeof(*set));
	if (set) {
		set->match_set.index = index;
		set->match_set.dim = has_ports ? 2 : 1;
		/* the address is the source's coming in; a port is always the destination's */
		set->match_set.flags = is_out ? 0 : IPSET_DIM_ONE_SRC;
	}
	go(r, family, is_out ? IPT_REFUSE : "DROP");
}

static void put_ports(struct iptrule *r, const struct fw_block *block)
{
	struct xt_multiport_v1 *m = put_match(r, "multiport", 1, sizeof(*m));

	if (!m)
		return;
	m->flags = XT_MULTIPORT_DESTINATION;
	m->count = (uint8_t)block->port_count;
	memcpy(m->ports, block->ports, block->port_count * sizeof(m->ports[0]));
}

static void put_uid(struct iptrule *r, uid_t uid)
{
	struct xt_owner_match_info *m = put_match(r, "owner", 1, sizeof(*m));

	if (!m)
		return;
	m->match = XT_OWNER_UID;
	m->uid_min = m->uid_max = uid;
}

static void put_comment(struct iptrule *r, const struct fw_block *block)
{
	struct xt_comment_info *m = put_match(r, "comment", 0, sizeof(*m));

	if (m)
		snprintf(m->comment, sizeof(m->comment), "osm %lld%s%s",
			 (long long)block->ttl, block->reason[0] ? " " : "",
			 block->reason);
}

/* Matches while the second is at most date_stop. */
static void put_end(struct iptrule *r, int64_t end)
{
	struct xt_time_info *m = put_match(r, "time", 0, sizeof(*m));

	if (!m)
		return;
	m->date_stop = end > UINT32_MAX ? UINT32_MAX : (uint32_t)(end - 1);
	m->daytime_stop = XT_TIME_MAX_DAYTIME;
	m->monthdays_match = XT_TIME_ALL_MONTHDAYS;
	m->weekdays_match = XT_TIME_ALL_WEEKDAYS;
}

void iptrule_block(struct iptrule *r, int family, const struct fw_block *block,
		   bool with_time)
{
	bool is_out = block->direction == FW_OUT;

	begin(r, family);
	if (block->net.family)
		put_net(r, &block->net, is_out);
	if (block->port_count)
		only_tcp(r, family);
	if (block->net.family == 0)
		put_uid(r, block->uid);
	if (block->port_count)
		put_ports(r, block);
	put_comment(r, block);
	if (with_time && block->ttl > 0)
		put_end(r, block->ttl);
	go(r, family, is_out ? IPT_REFUSE : "DROP");
}

/* ---- reading ------------------------------------------------------------------------- */

/* The parts of a rule's bytes, every one inside them. */
struct parts {
	size_t match, target, end; /* offsets */
};

static bool find_parts(const unsigned char *bytes, size_t n, int family, struct parts *p)
{
	struct ipt_entry e4;
	struct ip6t_entry e6;

	p->match = is_v6(family) ? sizeof(e6) : sizeof(e4);
	if (n < p->match)
		return false;
	if (is_v6(family)) {
		memcpy(&e6, bytes, sizeof(e6));
		p->target = e6.target_offset;
		p->end = e6.next_offset;
	} else {
		memcpy(&e4, bytes, sizeof(e4));
		p->target = e4.target_offset;
		p->end = e4.next_offset;
	}
	return p->match <= p->target && p->target <= p->end && p->end <= n;
}

static bool read_comment(const unsigned char *data, size_t n, struct fw_block *out)
{
	char text[XT_MAX_COMMENT_LEN + 1] = {0};
	struct slice rest, head;
	uint64_t end;

	memcpy(text, data, n < XT_MAX_COMMENT_LEN ? n : XT_MAX_COMMENT_LEN);
	rest = slice_str(text);
	if (!slice_cut(&rest, ' ', &head) || !slice_eq(head, SLICE("osm")))
		return false;
	if (!slice_cut(&rest, ' ', &head)) { /* no reason */
		head = rest;
		rest.n = 0;
	}
	if (!slice_u64(head, 0, UINT32_MAX, &end) || rest.n >= sizeof(out->reason))
		return false;
	out->ttl = (int64_t)end;
	memcpy(out->reason, rest.p, rest.n);
	return true;
}

static bool read_ports(const unsigned char *data, size_t n, struct fw_block *out)
{
	struct xt_multiport_v1 m;

	if (n < sizeof(m))
		return false;
	memcpy(&m, data, sizeof(m));
	if (m.count == 0 || m.count > FW_PORTS_MAX || m.flags != XT_MULTIPORT_DESTINATION)
		return false;
	out->port_count = m.count;
	memcpy(out->ports, m.ports, m.count * sizeof(m.ports[0]));
	return true;
}

static bool read_uid(const unsigned char *data, size_t n, struct fw_block *out)
{
	struct xt_owner_match_info m;

	if (n < sizeof(m))
		return false;
	memcpy(&m, data, sizeof(m));
	if (m.match != XT_OWNER_UID || m.uid_min != m.uid_max || m.uid_min == 0)
		return false;
	out->uid = m.uid_min;
	return true;
}

/* One match; false when a rule of ours has no such thing. *has_comment: it was the one. */
static bool read_match(const struct xt_entry_match *head, const unsigned char *data,
		       size_t n, struct fw_block *out, bool *has_comment)
{
	const char *name = head->u.user.name;
	size_t most = sizeof(head->u.user.name);

	if (strncmp(name, "comment", most) == 0) {
		*has_comment = true;
		return read_comment(data, n, out);
	}
	if (strncmp(name, "multiport", most) == 0)
		return read_ports(data, n, out);
	if (strncmp(name, "owner", most) == 0)
		return read_uid(data, n, out);
	return strncmp(name, "time", most) == 0; /* the comment says the same */
}

static bool read_matches(const unsigned char *bytes, const struct parts *p,
			 struct fw_block *out)
{
	const size_t head_size = XT_ALIGN(sizeof(struct xt_entry_match));
	struct xt_entry_match head;
	bool has_comment = false;

	for (size_t at = p->match; at < p->target;) {
		size_t size;

		if (p->target - at < head_size)
			return false;
		memcpy(&head, bytes + at, sizeof(head));
		size = head.u.user.match_size;
		if (size < head_size || size > p->target - at ||
		    !read_match(&head, bytes + at + head_size, size - head_size, out,
				&has_comment))
			return false;
		at += size;
	}
	return has_comment;
}

/* The prefix of a mask; false when its ones have gaps. */
static bool read_mask(const uint8_t *mask, size_t n, unsigned *prefix)
{
	unsigned bits = (unsigned)n * 8, ones = 0;

	while (ones < bits && mask[ones / 8] & 0x80u >> ones % 8)
		ones++;
	*prefix = ones;
	for (unsigned bit = ones; bit < bits; bit++) {
		if (mask[bit / 8] & 0x80u >> bit % 8)
			return false;
	}
	return true;
}

/* The address of the source or the destination, whichever has a mask. */
static bool read_net(const unsigned char *bytes, int family, struct fw_block *out)
{
	size_t n = is_v6(family) ? 16 : 4;
	size_t src = is_v6(family) ? offsetof(struct ip6t_entry, ipv6.src)
				   : offsetof(struct ipt_entry, ip.src);
	/* both structs begin with src, dst, smsk, dmsk, one after the other */
	const uint8_t *address = bytes + src, *mask = address + 2 * n;
	unsigned from, to;

	if (!read_mask(mask, n, &from) || !read_mask(mask + n, n, &to) || (from && to))
		return false;
	if (from == 0 && to == 0)
		return true;
	out->net.family = family;
	out->net.prefix = from ? from : to;
	out->direction = from ? FW_IN : FW_OUT;
	memcpy(out->net.bytes, from ? address : address + n, n);
	return true;
}

bool iptrule_read(const void *bytes, size_t n, int family, struct fw_block *out)
{
	struct parts p;

	*out = (struct fw_block){.direction = FW_OUT};
	if (!find_parts(bytes, n, family, &p) || !read_net(bytes, family, out) ||
	    !read_matches(bytes, &p, out))
		return false;
	return (out->net.family != 0) != (out->uid != 0);
}
