/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/packetrule.h"

#include <netinet/in.h> /* before linux/netfilter.h, which makes way for it */

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "firewall/nlbuf.h"
#include "firewall/nlsock.h"
#include "osmd/sys/nflog.h"

#define CHAIN "output"
#define PRIORITY (-50) /* behind destination NAT, before filters */
#define TABLE_OWNER 2	/* NFT_TABLE_F_OWNER, linux/netfilter/nf_tables.h of 5.12 */
#define TCP_FLAGS_AT 13
#define TCP_DPORT_AT 2
#define FLAGS_MASK 0x16 /* SYN, RST, ACK */
#define FLAGS_SYN 0x02

struct packetrule {
	struct nlsock *nl; /* the table's owner */
};

/* ---- messages ---- */

static struct nlmsghdr *begin(struct nlbuf *b, int command, uint16_t flags)
{
	return nlbuf_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | command),
			   NFPROTO_INET, flags);
}

static void put_table(struct nlbuf *b, int command, uint32_t flags)
{
	struct nlmsghdr *h =
		begin(b, command, command == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);

	if (h)
		mnl_attr_put_strz(h, NFTA_TABLE_NAME, PACKETRULE_TABLE);
	if (h && flags)
		mnl_attr_put_u32(h, NFTA_TABLE_FLAGS, htonl(flags));
	nlbuf_end(b, h);
}

static void put_chain(struct nlbuf *b)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (h && chain) {
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, PACKETRULE_TABLE);
		nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, CHAIN);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_LOCAL_OUT);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, PRIORITY);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_nlmsg_build_payload(h, chain);
		nlbuf_end(b, h);
	} else {
		b->failed = true;
	}
	if (chain)
		nftnl_chain_free(chain);
}

/* NULL when there is no memory: the rule is then not whole. */
static struct nftnl_expr *add(struct nftnl_rule *rule, const char *name, bool *failed)
{
	struct nftnl_expr *x = nftnl_expr_alloc(name);

	if (x)
		nftnl_rule_add_expr(rule, x);
	*failed |= !x;
	return x;
}

static void load_tcp(struct nftnl_rule *rule, uint32_t offset, uint32_t n, bool *failed)
{
	struct nftnl_expr *x = add(rule, "payload", failed);

	if (!x)
		return;
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_LEN, n);
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
}

static void equals(struct nftnl_rule *rule, const void *value, uint32_t n, bool *failed)
{
	struct nftnl_expr *x = add(rule, "cmp", failed);

	if (!x)
		return;
	nftnl_expr_set_u32(x, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(x, NFTNL_EXPR_CMP_DATA, value, n);
}

static void only_tcp(struct nftnl_rule *rule, bool *failed)
{
	struct nftnl_expr *x = add(rule, "meta", failed);
	const uint8_t tcp = IPPROTO_TCP;

	if (!x)
		return;
	nftnl_expr_set_u32(x, NFTNL_EXPR_META_KEY, NFT_META_L4PROTO);
	nftnl_expr_set_u32(x, NFTNL_EXPR_META_DREG, NFT_REG_1);
	equals(rule, &tcp, sizeof(tcp), failed);
}

static void only_first(struct nftnl_rule *rule, bool *failed)
{
	const uint8_t keep = FLAGS_MASK, flip = 0, syn = FLAGS_SYN;
	struct nftnl_expr *x;

	load_tcp(rule, TCP_FLAGS_AT, 1, failed);
	x = add(rule, "bitwise", failed);
	if (!x)
		return;
	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_LEN, 1);
	nftnl_expr_set(x, NFTNL_EXPR_BITWISE_MASK, &keep, 1);
	nftnl_expr_set(x, NFTNL_EXPR_BITWISE_XOR, &flip, 1);
	equals(rule, &syn, sizeof(syn), failed);
}

static void log_it(struct nftnl_rule *rule, uint16_t group, bool *failed)
{
	struct nftnl_expr *x = add(rule, "log", failed);

	if (!x)
		return;
	nftnl_expr_set_u16(x, NFTNL_EXPR_LOG_GROUP, group);
	nftnl_expr_set_u16(x, NFTNL_EXPR_LOG_QTHRESHOLD, 1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_LOG_SNAPLEN, NFLOG_SNAP_BYTES);
}

static void put_rule(struct nlbuf *b, uint16_t port, uint16_t group)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	struct nftnl_rule *rule = nftnl_rule_alloc();
	const uint16_t wire_port = htons(port);
	bool failed = !h || !rule;

	if (!failed) {
		nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, PACKETRULE_TABLE);
		nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, CHAIN);
		only_tcp(rule, &failed);
		only_first(rule, &failed);
		load_tcp(rule, TCP_DPORT_AT, 2, &failed);
		equals(rule, &wire_port, sizeof(wire_port), &failed);
		log_it(rule, group, &failed);
	}
	if (!failed) {
		nftnl_rule_nlmsg_build_payload(h, rule);
		h->nlmsg_flags |= NLM_F_ACK;
		nlbuf_end(b, h);
	}
	b->failed |= failed;
	if (rule)
		nftnl_rule_free(rule);
}

/* ---- sending ---- */

static int send_and_clear(struct nlsock *nl, struct nlbuf *b)
{
	int rc = nlbuf_ok(b) ? nlsock_send(nl, b->p, b->n, NULL) : -ENOMEM;

	nlbuf_clear(b);
	return rc;
}

/* Made first, so that there is one to remove. */
static void remove_table(struct nlsock *nl)
{
	struct nlbuf b = {0};

	nlbuf_batch_begin(&b, 0);
	put_table(&b, NFT_MSG_NEWTABLE, 0);
	put_table(&b, NFT_MSG_DELTABLE, 0);
	nlbuf_batch_end(&b);
	send_and_clear(nl, &b);
}

static int make_table(struct nlsock *nl, const struct config_ports *ports, uint16_t group,
		      uint32_t flags)
{
	struct nlbuf b = {0};

	nlbuf_batch_begin(&b, 0);
	put_table(&b, NFT_MSG_NEWTABLE, flags);
	put_chain(&b);
	for (size_t i = 0; i < ports->count; i++)
		put_rule(&b, ports->port[i], group);
	nlbuf_batch_end(&b);
	return send_and_clear(nl, &b);
}

struct packetrule *packetrule_make(const struct config_ports *ports, uint16_t group,
				   struct err *e)
{
	struct packetrule *r = calloc(1, sizeof(*r));
	int rc = -ENOMEM;

	if (r) {
		r->nl = nlsock_open(NETLINK_NETFILTER);
		rc = r->nl ? 0 : -errno;
	}
	if (rc == 0) {
		remove_table(r->nl);
		rc = make_table(r->nl, ports, group, TABLE_OWNER);
		if (rc == -EOPNOTSUPP || rc == -EINVAL) /* older than 5.12 */
			rc = make_table(r->nl, ports, group, 0);
	}
	if (rc == 0)
		return r;
	packetrule_free(r);
	err_set(e, -rc, "netfilter rule: %s", strerror(-rc));
	return NULL;
}

void packetrule_free(struct packetrule *r)
{
	if (!r)
		return;
	if (r->nl)
		remove_table(r->nl);
	nlsock_close(r->nl);
	free(r);
}

void packetrule_remove(void)
{
	struct nlsock *nl = nlsock_open(NETLINK_NETFILTER);

	if (nl)
		remove_table(nl);
	nlsock_close(nl);
}

static int on_rule(const struct nlmsghdr *head, void *ctx)
{
	size_t *count = ctx;

	*count += (head->nlmsg_type & 0xff) == NFT_MSG_NEWRULE;
	return MNL_CB_OK;
}

bool packetrule_is_there(size_t rules)
{
	struct nlsock *nl = nlsock_open(NETLINK_NETFILTER);
	struct nlbuf b = {0};
	struct nlmsghdr *h = begin(&b, NFT_MSG_GETRULE, NLM_F_DUMP);
	size_t count = 0;
	int rc = -ENOMEM;

	if (h) {
		mnl_attr_put_strz(h, NFTA_RULE_TABLE, PACKETRULE_TABLE);
		nlbuf_end(&b, h);
	}
	if (nl && nlbuf_ok(&b))
		rc = nlsock_dump(nl, (const struct nlmsghdr *)(const void *)b.p, on_rule,
				 &count);
	nlbuf_clear(&b);
	nlsock_close(nl);
	return (rc < 0 && rc != -ENOENT) || count == rules;
}
