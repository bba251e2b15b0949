/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/nfttable.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include "tests/unit/firewall/hex.h"

static const struct fw_settings settings = {.smtp_ports = {25, 465, 587},
					    .smtp_port_count = 3};

/* The n-th message of a buffer (from 0). */
static const struct nlmsghdr *message(const struct nlbuf *b, size_t n)
{
	size_t at = 0;

	for (;;) {
		const struct nlmsghdr *h = (const void *)(b->p + at);

		cr_assert_lt(at, b->n, "there is no such message");
		if (n-- == 0)
			return h;
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
}

static size_t messages(const struct nlbuf *b, int command)
{
	size_t n = 0;

	for (size_t at = 0; at < b->n;) {
		const struct nlmsghdr *h = (const void *)(b->p + at);

		n += h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | command);
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	return n;
}

static void same_message(const struct nlbuf *b, size_t n, const char *want,
			 const char *what)
{
	const struct nlmsghdr *h = message(b, n);

	same_hex(h, h->nlmsg_len, want, what);
}

static void change(struct nlbuf *b, enum nfttable_change how, const struct fw_block *blocks,
		   size_t count)
{
	struct nftelems e = {0};

	nftelems_add(&e, blocks, count, &settings);
	if (how != NFTTABLE_ADD)
		nftelems_unify(&e);
	nfttable_change(b, how, &e, blocks);
	cr_assert(nlbuf_ok(b));
	nftelems_clear(&e);
}

#define BEGIN "14000000 10000100 01000000 00000000 0000000a"

Test(nfttable, one_block_is_these_bytes)
{
	struct fw_block one = block_of("192.0.2.1");
	struct nlbuf b = {0};

	one.direction = FW_IN;
	one.ttl = 60;
	strcpy(one.reason, "why");
	change(&b, NFTTABLE_ADD, &one, 1);
	same_message(&b, 0, BEGIN, "the transaction begins");
	same_message(&b, 1,
		     /* NEWSETELEM, request|ack|excl|create, inet */
		     "54000000 0c0a0506 02000000 00000000 01000000"
		     " 08000100 6f736d00"          /* table osm */
		     " 0b000200 696e345f 33320000" /* set in4_32 */
		     " 2c000380 28000180"          /* elements: one element */
		     " 0c000180 08000100 c0000201" /* its key */
		     " 0c000400 00000000 0000ea60" /* 60,000 ms */
		     " 0a000600 00047768 79000000", /* userdata: a comment, "why" */
		     "the element");
	same_message(&b, 2, "14000000 11000100 03000000 00000000 0000000a",
		     "and ends");
	cr_expect_eq(b.n, 0x14 + 0x54 + 0x14);
	nlbuf_clear(&b);
}

Test(nfttable, a_block_for_good_without_a_reason_has_neither_time_nor_comment)
{
	struct fw_block one = block_of("2001:db8::1");
	struct nlbuf b = {0};

	one.direction = FW_OUT;
	change(&b, NFTTABLE_ADD, &one, 1);
	same_message(&b, 1,
		     "4c000000 0c0a0506 02000000 00000000 01000000"
		     " 08000100 6f736d00 0d000200 6f757436 5f313238 00000000"
		     " 20000380 1c000180 18000180 14000100"
		     " 20010db8 00000000 00000000 00000001",
		     "the element");
	nlbuf_clear(&b);
}

Test(nfttable, renewing_adds_deletes_and_adds_in_one_transaction)
{
	struct fw_block one = block_of("192.0.2.1");
	struct nlbuf b = {0};

	one.direction = FW_IN;
	one.ttl = 60;
	change(&b, NFTTABLE_RENEW, &one, 1);
	same_message(&b, 1,
		     "3c000000 0c0a0104 02000000 00000000 01000000 08000100 6f736d00"
		     " 0b000200 696e345f 33320000 14000380 10000180 0c000180 08000100"
		     " c0000201",
		     "whatever is there is there");
	same_message(&b, 2,
		     "3c000000 0e0a0100 03000000 00000000 01000000 08000100 6f736d00"
		     " 0b000200 696e345f 33320000 14000380 10000180 0c000180 08000100"
		     " c0000201",
		     "so it can be deleted");
	same_message(&b, 3,
		     "48000000 0c0a0504 04000000 00000000 01000000 08000100 6f736d00"
		     " 0b000200 696e345f 33320000 20000380 1c000180 0c000180 08000100"
		     " c0000201 0c000400 00000000 0000ea60",
		     "and be made anew");
	cr_expect_eq(messages(&b, NFT_MSG_NEWSETELEM), 2);
	nlbuf_clear(&b);
	change(&b, NFTTABLE_DELETE, &one, 1);
	cr_expect_eq(messages(&b, NFT_MSG_NEWSETELEM), 1);
	cr_expect_eq(messages(&b, NFT_MSG_DELSETELEM), 1);
	cr_expect(message(&b, 2)->nlmsg_flags & NLM_F_ACK, "only the last is answered");
	cr_expect_not(message(&b, 1)->nlmsg_flags & NLM_F_ACK);
	nlbuf_clear(&b);
}

Test(nfttable, asking_for_the_generation_and_for_sets)
{
	struct nlbuf b = {0};

	nfttable_ask_generation(&b);
	same_message(&b, 0, "14000000 100a0500 01000000 00000000 00000000", "generation");
	nlbuf_clear(&b);
	nfttable_ask_sets(&b);
	same_message(&b, 0,
		     "1c000000 0a0a0103 01000000 00000000 01000000 08000100 6f736d00",
		     "sets");
	nlbuf_clear(&b);
	nlbuf_batch_begin(&b, 0x01020304);
	same_message(&b, 0,
		     "1c000000 10000100 01000000 00000000 0000000a 08000100 01020304",
		     "a transaction for one generation");
	nlbuf_clear(&b);
}

/* How many elements all the messages of that kind have, and that no length lies. */
static size_t elements(const struct nlbuf *b, int command)
{
	size_t n = 0;

	for (size_t at = 0; at < b->n;) {
		const struct nlmsghdr *h = (const void *)(b->p + at);
		const struct nlattr *a, *one;

		at += NLMSG_ALIGN(h->nlmsg_len);
		if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | command))
			continue;
		mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
			if (mnl_attr_get_type(a) != NFTA_SET_ELEM_LIST_ELEMENTS)
				continue;
			cr_expect_eq((const char *)a + mnl_attr_get_len(a),
				     (const char *)h + h->nlmsg_len,
				     "the list fills the message: its length fits 16 bits");
			cr_expect_gt(mnl_attr_get_payload_len(a), 0,
				     "a delete with an empty list would empty the set");
			mnl_attr_for_each_nested(one, a)
				n++;
		}
	}
	return n;
}

Test(nfttable, any_number_of_blocks_is_in_the_batch_once)
{
	static const size_t rows[] = {1, 400, 20000};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_block *all = calloc(rows[i], sizeof(*all));
		struct nlbuf b = {0};

		for (size_t j = 0; j < rows[i]; j++) {
			all[j] = block_of(j % 2 ? "10.0.0.0" : "2001:db8::");
			memcpy(all[j].net.bytes + (j % 2 ? 0 : 12), &(uint32_t){(uint32_t)j},
			       4);
			memset(all[j].reason, 'r', FW_REASON_MAX - 1);
		}
		change(&b, NFTTABLE_ADD, all, rows[i]);
		cr_expect_eq(elements(&b, NFT_MSG_NEWSETELEM), rows[i] * 2);
		nlbuf_clear(&b);
		change(&b, NFTTABLE_DELETE, all, rows[i]);
		cr_expect_eq(elements(&b, NFT_MSG_DELSETELEM), rows[i] * 2);
		nlbuf_clear(&b);
		free(all);
	}
}

Test(nfttable, the_table_is_made_in_one_transaction_with_the_rules_anew)
{
	bool has[NFTSET_IDS] = {false};
	struct nlbuf b = {0};
	unsigned id;

	cr_assert(nftset_parse("in4_24_ports", &id));
	has[id] = true;
	nfttable_make(&b, has, 7);
	cr_expect_eq(messages(&b, NFT_MSG_NEWTABLE), 1);
	cr_expect_eq(messages(&b, NFT_MSG_NEWCHAIN), 3);
	cr_expect_eq(messages(&b, NFT_MSG_DELRULE), 1);
	cr_expect_eq(messages(&b, NFT_MSG_NEWSET), 6, "uids, four of hosts, the wanted one");
	cr_expect_eq(messages(&b, NFT_MSG_NEWRULE), 4 + 6);
	cr_expect_eq(messages(&b, NFT_MSG_DELTABLE), 0);
	same_message(&b, 1,
		     "24000000 000a0104 02000000 00000000 01000000"
		     " 08000100 6f736d00 08000200 00000000",
		     "the table, which may be there, and is not dormant");
	same_message(&b, 3,
		     "50000000 030a0104 04000000 00000000 01000000"
		     " 08000100 6f736d00"                   /* table osm */
		     " 0a000300 696e7075 74000000"          /* chain input */
		     " 14000480 08000100 00000001 08000200 fffffff6" /* hook 1, -10 */
		     " 08000500 00000001"                   /* policy accept */
		     " 0b000700 66696c74 65720000",         /* type filter */
		     "the chain");
	same_message(&b, 5, "1c000000 080a0100 06000000 00000000 01000000 08000100 6f736d00",
		     "all rules of osm's table, of no other");
	nlbuf_clear(&b);
	nfttable_remove(&b);
	same_message(&b, 1, "1c000000 020a0500 02000000 00000000 01000000 08000100 6f736d00",
		     "and the table goes as a whole");
	nlbuf_clear(&b);
}

/* ---- reading ------------------------------------------------------------------------- */

struct told {
	size_t n;
	struct fw_block last;
	uint16_t port;
	int64_t left_ms;
};

static bool note(const struct nfttable_element *element, void *ctx)
{
	struct told *t = ctx;

	nftelem_read(NFTSET_UIDS, element->key, &t->last, &t->port);
	t->left_ms = element->left_ms;
	snprintf(t->last.reason, sizeof(t->last.reason), "%.*s", (int)element->reason.n,
		 element->reason.p);
	t->n++;
	return true;
}

/* What we send the kernel gives back, with the time that is left. */
static void an_answer(struct nlbuf *b)
{
	struct fw_block one = {.uid = 1001, .ttl = 60, .reason = "sends spam"};
	struct nlmsghdr *h;
	struct nlattr *a;

	change(b, NFTTABLE_ADD, &one, 1);
	h = (struct nlmsghdr *)(b->p + 0x14);
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg)) {
		struct nlattr *e, *part;

		if (mnl_attr_get_type(a) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(e, a) {
			mnl_attr_for_each_nested(part, e) {
				if (mnl_attr_get_type(part) == NFTA_SET_ELEM_TIMEOUT)
					part->nla_type = NFTA_SET_ELEM_EXPIRATION;
			}
		}
	}
}

Test(nfttable, elements_are_read_with_their_time_and_reason)
{
	struct nlbuf b = {0};
	struct told t = {0};

	an_answer(&b);
	cr_expect(nfttable_read_elements(message(&b, 1), NFTSET_UIDS, note, &t));
	cr_expect_eq(t.n, 3);
	cr_expect_eq(t.last.uid, 1001);
	cr_expect_eq(t.port, 587);
	cr_expect_eq(t.left_ms, 60000);
	cr_expect_str_eq(t.last.reason, "sends spam");
	t.n = 0;
	nfttable_read_elements(message(&b, 1), 5, note, &t);
	cr_expect_eq(t.n, 0, "a key of another length is no key of this set");
	nlbuf_clear(&b);
}

Test(nfttable, a_cut_answer_is_read_as_far_as_it_is_whole)
{
	struct nlbuf b = {0};
	size_t full;

	an_answer(&b);
	full = message(&b, 1)->nlmsg_len;
	for (size_t n = sizeof(struct nlmsghdr); n <= full; n++) {
		struct nlmsghdr *exact = malloc(n);
		struct told t = {0};

		memcpy(exact, message(&b, 1), n);
		exact->nlmsg_len = (uint32_t)n;
		nfttable_read_elements(exact, NFTSET_UIDS, note, &t);
		cr_expect_leq(t.n, 3);
		cr_expect(n < full || t.n == 3);
		free(exact);
	}
	nlbuf_clear(&b);
}
