/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nfttable.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "firewall/nftrule.h"

#define PRIORITY (-10)
/* The types' numbers in nft's own list (nftables, include/datatype.h): only for nft's
 * listings, the kernel keeps them unread. A concatenation has six bits for each. */
#define TYPE_IPADDR 7
#define TYPE_IP6ADDR 8
#define TYPE_INET_SERVICE 13
#define TYPE_UID 24
#define TYPE_BITS 6
/* A message is ended before this length: the list's attribute must stay below 65,536 with
 * one more element of the longest reason. */
#define ELEMENTS_MAX 60000

static uint16_t nft(int command)
{
	return (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | command);
}

static struct nlmsghdr *begin(struct nlbuf *b, int command, uint16_t flags)
{
	return nlbuf_begin(b, nft(command), NFPROTO_INET, flags);
}

static void put_table(struct nlbuf *b)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);

	if (h) {
		mnl_attr_put_strz(h, NFTA_TABLE_NAME, NFTTABLE_NAME);
		mnl_attr_put_u32(h, NFTA_TABLE_FLAGS, 0);
	}
	nlbuf_end(b, h);
}

static void put_chain(struct nlbuf *b, const char *name, int hook)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (h && chain) {
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, NFTTABLE_NAME);
		nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
		if (hook >= 0) {
			nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, (uint32_t)hook);
			nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, PRIORITY);
			nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
			nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
		}
		nftnl_chain_nlmsg_build_payload(h, chain);
		nlbuf_end(b, h);
	} else {
		b->failed = true;
	}
	if (chain)
		nftnl_chain_free(chain);
}

static uint32_t key_type(const struct nftset *set)
{
	uint32_t first = set->is_uids		   ? TYPE_UID
			 : set->family == AF_INET6 ? TYPE_IP6ADDR
						   : TYPE_IPADDR;

	if (set->is_uids || set->has_ports)
		return first << TYPE_BITS | TYPE_INET_SERVICE;
	return first;
}

static void put_set(struct nlbuf *b, unsigned id)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftset what = nftset_of(id);
	char name[NFTSET_NAME_MAX];

	if (h && set) {
		nftnl_set_set_str(set, NFTNL_SET_TABLE, NFTTABLE_NAME);
		nftnl_set_set_str(set, NFTNL_SET_NAME, nftset_name(id, name));
		nftnl_set_set_u32(set, NFTNL_SET_FLAGS, NFT_SET_TIMEOUT);
		nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, key_type(&what));
		nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, (uint32_t)nftset_key_size(id));
		/* the kernel wants a number that is new in this transaction */
		nftnl_set_set_u32(set, NFTNL_SET_ID, id + 1);
		nftnl_set_nlmsg_build_payload(h, set);
		nlbuf_end(b, h);
	} else {
		b->failed = true;
	}
	if (set)
		nftnl_set_free(set);
}

static void put_rule(struct nlbuf *b, struct nftnl_rule *rule)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	if (h && rule) {
		nftnl_rule_nlmsg_build_payload(h, rule);
		nlbuf_end(b, h);
	} else {
		b->failed = true;
	}
	if (rule)
		nftnl_rule_free(rule);
}

/* All rules of the table, whatever their chain. */
static void delete_rules(struct nlbuf *b)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_DELRULE, 0);

	if (h)
		mnl_attr_put_strz(h, NFTA_RULE_TABLE, NFTTABLE_NAME);
	nlbuf_end(b, h);
}

static bool is_wanted(const bool has[NFTSET_IDS], unsigned id)
{
	struct nftset set = nftset_of(id);

	if (has[id] || set.is_uids)
		return true;
	return !set.has_ports && set.prefix == (set.family == AF_INET6 ? 128 : 32);
}

static void put_rules(struct nlbuf *b, const bool has[NFTSET_IDS])
{
	put_rule(b, nftrule_refuse(NFTTABLE_NAME, true));
	put_rule(b, nftrule_refuse(NFTTABLE_NAME, false));
	put_rule(b, nftrule_loopback(NFTTABLE_NAME, false));
	put_rule(b, nftrule_loopback(NFTTABLE_NAME, true));
	for (unsigned id = 0; id < NFTSET_IDS; id++) {
		if (is_wanted(has, id))
			put_rule(b, nftrule_lookup(NFTTABLE_NAME, id));
	}
}

/* The transaction's end. The last message before it asks to be answered. */
static void finish(struct nlbuf *b, struct nlmsghdr *last)
{
	if (last)
		last->nlmsg_flags |= NLM_F_ACK;
	nlbuf_batch_end(b);
}

/* The newest message of the buffer: the end of a batch is not answered by older kernels. */
static struct nlmsghdr *newest(struct nlbuf *b)
{
	struct nlmsghdr *h = NULL;

	for (size_t at = 0; at < b->n;) {
		h = (struct nlmsghdr *)(b->p + at);
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	return h;
}

void nfttable_make(struct nlbuf *b, const bool has[NFTSET_IDS], uint32_t generation)
{
	nlbuf_batch_begin(b, generation);
	put_table(b);
	put_chain(b, "refuse", -1);
	put_chain(b, "input", NF_INET_LOCAL_IN);
	put_chain(b, "output", NF_INET_LOCAL_OUT);
	delete_rules(b);
	for (unsigned id = 0; id < NFTSET_IDS; id++) {
		if (is_wanted(has, id))
			put_set(b, id);
	}
	put_rules(b, has);
	finish(b, newest(b));
}

void nfttable_remove(struct nlbuf *b)
{
	struct nlmsghdr *h;

	nlbuf_batch_begin(b, 0);
	h = begin(b, NFT_MSG_DELTABLE, 0);
	if (h)
		mnl_attr_put_strz(h, NFTA_TABLE_NAME, NFTTABLE_NAME);
	nlbuf_end(b, h);
	finish(b, newest(b));
}

/* ---- elements ------------------------------------------------------------------------ */

static void put_key(struct nlmsghdr *h, const struct nftelem *elem)
{
	struct nlattr *key = mnl_attr_nest_start(h, NFTA_SET_ELEM_KEY);

	mnl_attr_put(h, NFTA_DATA_VALUE, nftset_key_size(elem->set), elem->key);
	mnl_attr_nest_end(h, key);
}

/* As nft writes a comment: type, length, text with its NUL. At most 203 of 256 bytes. */
static void put_reason(struct nlmsghdr *h, const char *reason)
{
	uint8_t udata[2 + FW_REASON_MAX];
	size_t n = strlen(reason) + 1;

	if (n == 1)
		return;
	udata[0] = NFTNL_UDATA_SET_ELEM_COMMENT;
	udata[1] = (uint8_t)n;
	memcpy(udata + 2, reason, n);
	mnl_attr_put(h, NFTA_SET_ELEM_USERDATA, n + 2, udata);
}

static void put_element(struct nlmsghdr *h, const struct nftelem *elem,
			const struct fw_block *block, bool key_only)
{
	struct nlattr *one = mnl_attr_nest_start(h, NFTA_LIST_ELEM);

	put_key(h, elem);
	if (!key_only && block->ttl > 0)
		mnl_attr_put_u64(h, NFTA_SET_ELEM_TIMEOUT,
				 htobe64((uint64_t)block->ttl * 1000));
	if (!key_only)
		put_reason(h, block->reason);
	mnl_attr_nest_end(h, one);
}

/* The first element of that set from at on; elems->n: there is none. */
static size_t next_of(const struct nftelems *elems, size_t at, unsigned set)
{
	while (at < elems->n && elems->v[at].set != set)
		at++;
	return at;
}

/* A message with elements of one set: those from *at on that fit. *at moves on to the next
 * one. */
static void put_elements(struct nlbuf *b, int command, uint16_t flags,
			 const struct nftelems *elems, size_t *at, unsigned set,
			 const struct fw_block *blocks, bool key_only)
{
	struct nlmsghdr *h = begin(b, command, flags);
	struct nlattr *list;
	char name[NFTSET_NAME_MAX];

	if (!h) {
		*at = elems->n;
		return;
	}
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, NFTTABLE_NAME);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, nftset_name(set, name));
	list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (; *at < elems->n && h->nlmsg_len < ELEMENTS_MAX;
	     *at = next_of(elems, *at + 1, set)) {
		const struct nftelem *elem = &elems->v[*at];

		put_element(h, elem, &blocks[elem->block], key_only);
	}
	mnl_attr_nest_end(h, list);
	nlbuf_end(b, h);
}

/* Every element, set by set. Returns where the newest message begins. */
static size_t put_all(struct nlbuf *b, int command, uint16_t flags,
		      const struct nftelems *elems, const struct fw_block *blocks,
		      bool key_only)
{
	bool present[NFTSET_IDS] = {false};
	size_t newest_at = b->n;

	for (size_t i = 0; i < elems->n; i++)
		present[elems->v[i].set] = true;
	for (unsigned set = 0; set < NFTSET_IDS; set++) {
		size_t at = present[set] ? next_of(elems, 0, set) : elems->n;

		while (at < elems->n) {
			newest_at = b->n;
			put_elements(b, command, flags, elems, &at, set, blocks,
				     key_only);
		}
	}
	return newest_at;
}

/*
 * Before Linux 6.12 adding an element that is there does not change its time, and before
 * 6.3 no message deletes one whether it is there or not. Adding, deleting and adding again
 * in one transaction does the same everywhere, and nobody sees a moment without it.
 */
void nfttable_change(struct nlbuf *b, enum nfttable_change change,
		     const struct nftelems *elems, const struct fw_block *blocks)
{
	size_t last = 0;

	nlbuf_batch_begin(b, 0);
	if (change != NFTTABLE_ADD) {
		put_all(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, elems, blocks, true);
		last = put_all(b, NFT_MSG_DELSETELEM, 0, elems, blocks, true);
	}
	if (change != NFTTABLE_DELETE)
		last = put_all(b, NFT_MSG_NEWSETELEM,
			       change == NFTTABLE_ADD ? NLM_F_CREATE | NLM_F_EXCL
						      : NLM_F_CREATE,
			       elems, blocks, false);
	finish(b, nlbuf_ok(b) && last < b->n ? (struct nlmsghdr *)(b->p + last) : NULL);
}

/* ---- questions and answers ----------------------------------------------------------- */

void nfttable_ask_generation(struct nlbuf *b)
{
	nlbuf_end(b, nlbuf_begin(b, nft(NFT_MSG_GETGEN), AF_UNSPEC, NLM_F_ACK));
}

void nfttable_ask_table(struct nlbuf *b)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_GETTABLE, NLM_F_ACK);

	if (h)
		mnl_attr_put_strz(h, NFTA_TABLE_NAME, NFTTABLE_NAME);
	nlbuf_end(b, h);
}

void nfttable_ask_sets(struct nlbuf *b)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_GETSET, NLM_F_DUMP);

	if (h)
		mnl_attr_put_strz(h, NFTA_SET_TABLE, NFTTABLE_NAME);
	nlbuf_end(b, h);
}

void nfttable_ask_elements(struct nlbuf *b, unsigned set)
{
	struct nlmsghdr *h = begin(b, NFT_MSG_GETSETELEM, NLM_F_DUMP);
	char name[NFTSET_NAME_MAX];

	if (h) {
		mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, NFTTABLE_NAME);
		mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, nftset_name(set, name));
	}
	nlbuf_end(b, h);
}

/* The attribute of that type among n bytes, or NULL. */
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

static const struct nlattr *find_in_message(const struct nlmsghdr *h, int command,
					    uint16_t type)
{
	if (h->nlmsg_type != nft(command) ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct nfgenmsg))
		return NULL;
	return find(mnl_nlmsg_get_payload_offset(h, sizeof(struct nfgenmsg)),
		    mnl_nlmsg_get_payload_len(h) -
			    MNL_ALIGN(sizeof(struct nfgenmsg)),
		    type);
}

static const struct nlattr *find_nested(const struct nlattr *in, uint16_t type)
{
	return find(mnl_attr_get_payload(in), mnl_attr_get_payload_len(in), type);
}

uint32_t nfttable_read_generation(const struct nlmsghdr *h)
{
	const struct nlattr *id = find_in_message(h, NFT_MSG_NEWGEN, NFTA_GEN_ID);

	if (!id || mnl_attr_get_payload_len(id) != sizeof(uint32_t))
		return 0;
	return ntohl(mnl_attr_get_u32(id));
}

static bool names(const struct nlattr *a, const char *text)
{
	return a && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0 &&
	       strcmp(mnl_attr_get_str(a), text) == 0;
}

bool nfttable_read_set(const struct nlmsghdr *h, unsigned *set)
{
	const struct nlattr *name = find_in_message(h, NFT_MSG_NEWSET, NFTA_SET_NAME);

	return name && mnl_attr_validate(name, MNL_TYPE_NUL_STRING) == 0 &&
	       names(find_in_message(h, NFT_MSG_NEWSET, NFTA_SET_TABLE), NFTTABLE_NAME) &&
	       nftset_parse(mnl_attr_get_str(name), set);
}

static struct slice read_reason(const struct nlattr *udata)
{
	struct slice none = {0}, text;
	const char *p = mnl_attr_get_payload(udata);
	size_t n = mnl_attr_get_payload_len(udata);

	if (n < 2 || p[0] != NFTNL_UDATA_SET_ELEM_COMMENT || (uint8_t)p[1] > n - 2)
		return none;
	text = (struct slice){p + 2, (uint8_t)p[1]};
	if (text.n && text.p[text.n - 1] == '\0')
		text.n--;
	return text;
}

static bool read_element(const struct nlattr *one, unsigned set,
			 struct nfttable_element *out)
{
	const struct nlattr *key = find_nested(one, NFTA_SET_ELEM_KEY);
	const struct nlattr *value = key ? find_nested(key, NFTA_DATA_VALUE) : NULL;
	const struct nlattr *left = find_nested(one, NFTA_SET_ELEM_EXPIRATION);
	const struct nlattr *udata = find_nested(one, NFTA_SET_ELEM_USERDATA);

	if (!value || mnl_attr_get_payload_len(value) != nftset_key_size(set))
		return false;
	*out = (struct nfttable_element){.key = mnl_attr_get_payload(value),
					 .left_ms = -1};
	if (left && mnl_attr_get_payload_len(left) == sizeof(uint64_t))
		out->left_ms = (int64_t)(be64toh(mnl_attr_get_u64(left)) & INT64_MAX);
	if (udata)
		out->reason = read_reason(udata);
	return true;
}

bool nfttable_read_elements(const struct nlmsghdr *h, unsigned set, nfttable_each *each,
			    void *ctx)
{
	const struct nlattr *list =
		find_in_message(h, NFT_MSG_NEWSETELEM, NFTA_SET_ELEM_LIST_ELEMENTS);
	const struct nlattr *one;
	struct nfttable_element element;

	if (!list)
		return true;
	mnl_attr_for_each_nested(one, list) {
		if (read_element(one, set, &element) && !each(&element, ctx))
			return false;
	}
	return true;
}
