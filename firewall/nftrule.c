/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nftrule.h"

#include <netinet/in.h> /* before linux/netfilter.h, which makes way for it */

#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <sys/socket.h>

#define LOOPBACK_INDEX 1 /* in every network namespace (Linux, LOOPBACK_IFINDEX) */

/* A rule under construction: failed once an expression could not be made. */
struct draft {
	struct nftnl_rule *rule;
	bool failed;
};

static struct nftnl_expr *add(struct draft *d, const char *name)
{
	struct nftnl_expr *e = nftnl_expr_alloc(name);

	if (!e || !d->rule) {
		d->failed = true;
		if (e)
			nftnl_expr_free(e);
		return NULL;
	}
	nftnl_rule_add_expr(d->rule, e);
	return e;
}

static struct draft begin(const char *table, const char *chain)
{
	struct draft d = {.rule = nftnl_rule_alloc()};

	if (d.rule) {
		nftnl_rule_set_str(d.rule, NFTNL_RULE_TABLE, table);
		nftnl_rule_set_str(d.rule, NFTNL_RULE_CHAIN, chain);
	}
	return d;
}

static struct nftnl_rule *end(struct draft *d)
{
	if (!d->failed)
		return d->rule;
	if (d->rule)
		nftnl_rule_free(d->rule);
	return NULL;
}

static void load_meta(struct draft *d, uint32_t what, uint32_t reg)
{
	struct nftnl_expr *e = add(d, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, what);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, reg);
}

static void load_bytes(struct draft *d, uint32_t base, uint32_t offset, uint32_t n,
		       uint32_t reg)
{
	struct nftnl_expr *e = add(d, "payload");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, n);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void equals(struct draft *d, const void *value, uint32_t n)
{
	struct nftnl_expr *e = add(d, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, n);
}

static void mask(struct draft *d, unsigned prefix, uint32_t n)
{
	struct nftnl_expr *e = add(d, "bitwise");
	uint8_t keep[16] = {0}, flip[16] = {0};

	if (!e)
		return;
	for (unsigned bit = 0; bit < prefix; bit++)
		keep[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, n);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, keep, n);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, flip, n);
}

static void verdict(struct draft *d, uint32_t code, const char *chain)
{
	struct nftnl_expr *e = add(d, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, code);
	if (chain)
		nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain);
}

static void only_tcp(struct draft *d)
{
	uint8_t tcp = IPPROTO_TCP;

	load_meta(d, NFT_META_L4PROTO, NFT_REG_1);
	equals(d, &tcp, sizeof(tcp));
}

/* The destination port of TCP is bytes 2 and 3 of its header. */
static void load_port(struct draft *d, uint32_t reg)
{
	load_bytes(d, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, reg);
}

/* Source and destination: bytes 12 and 16 of an IPv4 header, 8 and 24 of an IPv6 one. */
static void load_address(struct draft *d, const struct nftset *set)
{
	bool v6 = set->family == AF_INET6;
	uint32_t n = v6 ? 16 : 4;
	uint32_t source = v6 ? 8 : 12;

	load_bytes(d, NFT_PAYLOAD_NETWORK_HEADER, set->is_out ? source + n : source, n,
		   NFT_REG_1);
	if (set->prefix < n * 8)
		mask(d, set->prefix, n);
}

static void lookup(struct draft *d, unsigned set)
{
	struct nftnl_expr *e = add(d, "lookup");
	char name[NFTSET_NAME_MAX];

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, nftset_name(set, name));
}

struct nftnl_rule *nftrule_refuse(const char *table, bool is_tcp)
{
	struct draft d = begin(table, "refuse");
	struct nftnl_expr *e;

	if (is_tcp)
		only_tcp(&d);
	e = add(&d, "reject");
	if (e) {
		nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE,
				   is_tcp ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
		nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE,
				  is_tcp ? 0 : NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
	}
	return end(&d);
}

struct nftnl_rule *nftrule_loopback(const char *table, bool is_out)
{
	struct draft d = begin(table, is_out ? "output" : "input");
	uint32_t index = LOOPBACK_INDEX;

	load_meta(&d, is_out ? NFT_META_OIF : NFT_META_IIF, NFT_REG_1);
	equals(&d, &index, sizeof(index));
	verdict(&d, NF_ACCEPT, NULL);
	return end(&d);
}

static struct nftnl_rule *lookup_uid(const char *table, unsigned id)
{
	struct draft d = begin(table, "output");

	only_tcp(&d);
	load_meta(&d, NFT_META_SKUID, NFT_REG_1);
	load_port(&d, NFT_REG32_01);
	lookup(&d, id);
	verdict(&d, (uint32_t)NFT_JUMP, "refuse");
	return end(&d);
}

struct nftnl_rule *nftrule_lookup(const char *table, unsigned id)
{
	struct nftset set = nftset_of(id);
	uint8_t family = set.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	struct draft d;

	if (set.is_uids)
		return lookup_uid(table, id);
	d = begin(table, set.is_out ? "output" : "input");
	load_meta(&d, NFT_META_NFPROTO, NFT_REG_1);
	equals(&d, &family, sizeof(family));
	if (set.has_ports)
		only_tcp(&d);
	load_address(&d, &set);
	if (set.has_ports)
		load_port(&d, set.family == AF_INET6 ? NFT_REG_2 : NFT_REG32_01);
	lookup(&d, id);
	verdict(&d, set.is_out ? (uint32_t)NFT_JUMP : NF_DROP,
		set.is_out ? "refuse" : NULL);
	return end(&d);
}
