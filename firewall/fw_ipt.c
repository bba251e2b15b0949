/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fw_ipt: blocks kept by the legacy tables: addresses in ipsets with their time, which two
 * rules for each set look into; accounts, and all blocks where there is no ipset, as rules
 * of their own. csf -r, -f and -x take away the rules and can empty or destroy the sets:
 * init makes rules and sets again, and a block notices missing rules by itself; what the
 * sets held, the caller has to block again.
 *
 * There is no transaction over tables and sets. What can be refused is asked first; when a
 * later part fails, the earlier ones are taken back.
 */
#include "firewall/fw_ipt.h"

#include <netinet/in.h> /* before linux/netfilter.h, which makes way for it */

#include <errno.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "firewall/cutoff.h"
#include "firewall/found.h"
#include "firewall/ipset.h"
#include "firewall/iptable.h"
#include "firewall/nlsock.h"
#include "firewall/subjects.h"

#define TRIES 100 /* a dump is asked again when its set changed meanwhile */

struct fw {
	struct fw_settings settings; /* what it points to is borrowed */
	struct nlsock *nl;           /* owned; NULL: no ipset */
	bool has_v6;
	bool with_time;    /* xt_time, until the kernel says that it has none */
	uint64_t mark[2];  /* of the tables as we left them, IPv4 and IPv6 */
	uint16_t sets[IPSET_COUNT];
};

static const int families[2] = {AF_INET, AF_INET6};

/* ---- ipset --------------------------------------------------------------------------- */

static bool set_err(struct err *err, int r)
{
	switch (-r) {
	case EPERM:
		return err_set(err, EPERM,
			       "ipset: not permitted (it takes root, with CAP_NET_ADMIN)");
	case EEXIST:
	case IPSET_ERR_EXIST_SETNAME2:
	case IPSET_ERR_TYPE_MISMATCH:
		return err_set(err, EEXIST, "ipset: there is a set of osm's name that "
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
	}
	if (-r >= IPSET_ERR_PRIVATE)
		return err_set(err, EPROTO, "ipset: the kernel's error %d", -r);
	return err_set(err, -r, "ipset: %s", strerror(-r));
}

static int send_sets(struct fw *fw, struct nlbuf *b)
{
	int r = !nlbuf_ok(b) ? -ENOMEM
		: b->n > 0   ? nlsock_send(fw->nl, b->p, b->n, NULL)
			     : 0;

	nlbuf_clear(b);
	return r;
}

static bool is_used(const struct fw *fw, unsigned set)
{
	return fw->has_v6 || ipset_kind(set).family != AF_INET6;
}

/* The number by which a rule names the set. */
static int read_index(unsigned set, uint16_t *index)
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
	*index = q.set.index;
	return r;
}

static int make_sets(struct fw *fw)
{
	struct nlbuf b = {0};
	int r;

	for (unsigned set = 0; set < IPSET_COUNT; set++) {
		if (is_used(fw, set))
			ipset_create(&b, set);
	}
	r = send_sets(fw, &b);
	for (unsigned set = 0; set < IPSET_COUNT && r == 0; set++) {
		if (is_used(fw, set))
			r = read_index(set, &fw->sets[set]);
	}
	return r;
}

/* Is it the answer of a kernel without ipset, or without these types? */
static bool says_no_ipset(int r)
{
	return r == -EINVAL || r == -EPROTONOSUPPORT || r == -EOPNOTSUPP ||
	       r == -IPSET_ERR_FIND_TYPE || r == -ENOPROTOOPT || r == -EPROTO;
}

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
static int dump_set(struct fw *fw, unsigned set, fw_each *each, void *ctx)
{
	struct dump d = {set, each, ctx};
	struct nlbuf b = {0};
	int r = -ENOMEM;

	ipset_ask(&b, set);
	if (nlbuf_ok(&b))
		r = nlsock_dump(fw->nl, (const void *)b.p, got_elements, &d);
	nlbuf_clear(&b);
	return r == -ENOENT ? 0 : r;
}

/* ---- rules --------------------------------------------------------------------------- */

/* What is to become of the single blocks; both may be none: then it is a repair. */
struct change {
	const struct fw_block *add, *remove;
	size_t add_count, remove_count;
	size_t removed; /* how many there were of them */
};

/* A uid is blocked in both tables; without ipset so is an address in its own. */
static bool is_ruled(const struct fw *fw, const struct fw_block *block, int family)
{
	return block->net.family == 0 || (!fw->nl && block->net.family == family);
}

static bool apply(const struct fw *fw, int family, struct change *c, int64_t now,
		  struct iptable_blocks *b, struct err *err)
{
	for (size_t i = 0; i < c->remove_count && b->n > 0; i++)
		c->removed += iptable_blocks_remove(b, &c->remove[i]);
	for (size_t i = 0; i < c->add_count; i++) {
		struct fw_block one = c->add[i];

		if (!is_ruled(fw, &one, family))
			continue;
		if (one.net.family == 0 && one.port_count == 0) {
			one.port_count = fw->settings.smtp_port_count;
			memcpy(one.ports, fw->settings.smtp_ports, sizeof(one.ports));
		}
		if (!iptable_blocks_add(b, &one, now))
			return err_set(err, ENOMEM, "no memory for the rules");
		if (b->n > IPTABLE_BLOCKS_MAX)
			return err_set(err, ENOSPC,
				       "more than %d blocks as single rules%s",
				       IPTABLE_BLOCKS_MAX,
				       fw->nl ? "" : " (this kernel has no ipset)");
	}
	return true;
}

/* The chains of one family; without the time match when the kernel turns out to lack it. */
static bool write_family(struct fw *fw, int family, const struct iptable_blocks *blocks,
			 struct err *err)
{
	struct iptable_want want = {
		.family = family, .has_sets = fw->nl != NULL, .with_time = fw->with_time};
	struct err first = {0};

	memcpy(want.sets, fw->sets, sizeof(want.sets));
	if (iptable_write(&want, blocks, &first))
		return true;
	if (first.code != ENOENT || !fw->with_time || blocks->n == 0)
		return err_set(err, first.code, "%s", first.msg);
	want.with_time = false;
	if (!iptable_write(&want, blocks, err))
		return false;
	fw->with_time = false;
	return true;
}

static void note_marks(struct fw *fw)
{
	for (size_t i = 0; i < 2; i++) {
		if (i == 0 || fw->has_v6)
			iptable_mark(families[i], &fw->mark[i]);
	}
}

/* Both tables, under the lock; when the second fails the first becomes what it was. */
static bool change_locked(struct fw *fw, struct change *c, struct err *err)
{
	struct iptable_blocks now_there[2] = {0}, before = {0};
	int64_t now = time(NULL);
	size_t tables = fw->has_v6 ? 2 : 1;
	bool ok = iptable_read(AF_INET, now, &before, err);

	for (size_t i = 0; i < tables && ok; i++) {
		ok = iptable_read(families[i], now, &now_there[i], err) &&
		     apply(fw, families[i], c, now, &now_there[i], err);
	}
	ok = ok && write_family(fw, AF_INET, &now_there[0], err);
	if (ok && tables == 2 && !write_family(fw, AF_INET6, &now_there[1], err)) {
		write_family(fw, AF_INET, &before, NULL);
		ok = false;
	}
	if (ok)
		note_marks(fw);
	for (size_t i = 0; i < 2; i++)
		iptable_blocks_clear(&now_there[i]);
	iptable_blocks_clear(&before);
	return ok;
}

static bool change_rules(struct fw *fw, struct change *c, struct err *err)
{
	int lock = iptable_lock(fw->settings.paths, err);
	bool ok;

	if (lock < 0)
		return false;
	ok = change_locked(fw, c, err);
	close(lock);
	return ok;
}

/* Did somebody change the tables since we wrote them? */
static bool is_changed(const struct fw *fw)
{
	uint64_t mark;

	for (size_t i = 0; i < 2; i++) {
		if (i == 1 && !fw->has_v6)
			break;
		if (!iptable_mark(families[i], &mark) || mark != fw->mark[i])
			return true;
	}
	return false;
}

/* ---- init ---------------------------------------------------------------------------- */

static bool repair(struct fw *fw, struct err *err)
{
	struct change nothing = {0};
	int r = fw->nl ? make_sets(fw) : 0;

	return r == 0 ? change_rules(fw, &nothing, err) : set_err(err, r);
}

static void ipt_close(struct fw *fw)
{
	if (!fw)
		return;
	nlsock_close(fw->nl);
	free(fw);
}

static bool has_table(int family, struct err *err)
{
	struct iptable_blocks none = {0};
	bool ok = iptable_read(family, 0, &none, err);

	iptable_blocks_clear(&none);
	return ok;
}

/* ipset if the kernel has it; fw->nl stays NULL otherwise. */
static bool try_ipset(struct fw *fw, struct err *err)
{
	int r;

	fw->nl = nlsock_open(NETLINK_NETFILTER);
	r = fw->nl ? make_sets(fw) : -errno;
	if (r == 0)
		return true;
	nlsock_close(fw->nl);
	fw->nl = NULL;
	return says_no_ipset(r) || set_err(err, r);
}

static bool open_all(struct fw *fw, bool wants_ipset, struct err *err)
{
	struct err first = {0};

	if (!has_table(AF_INET, err))
		return false;
	fw->has_v6 = has_table(AF_INET6, NULL);
	if (wants_ipset && !try_ipset(fw, err))
		return false;
	if (repair(fw, &first))
		return true;
	if (!fw->nl || first.code != ENOENT)
		return err_set(err, first.code, "%s", first.msg);
	nlsock_close(fw->nl); /* sets, but no match for rules (xt_set) */
	fw->nl = NULL;
	return repair(fw, err);
}

static struct fw *init(const struct fw_settings *settings, bool wants_ipset,
		       struct err *err)
{
	struct fw *fw = calloc(1, sizeof(*fw));

	if (!fw) {
		err_set(err, ENOMEM, "no memory for the firewall");
		return NULL;
	}
	fw->settings = *settings;
	fw->with_time = true;
	if (open_all(fw, wants_ipset, err))
		return fw;
	ipt_close(fw);
	return NULL;
}

static struct fw *ipt_init(const struct fw_settings *settings, struct err *err)
{
	return init(settings, true, err);
}

static struct fw *plain_init(const struct fw_settings *settings, struct err *err)
{
	return init(settings, false, err);
}

/* ---- blocking ------------------------------------------------------------------------ */

static int delete_from_sets(struct fw *fw, const struct fw_block *blocks, size_t count)
{
	int first = 0;

	for (unsigned set = 0; set < IPSET_COUNT; set++) {
		struct nlbuf b = {0};
		int r;

		ipset_delete(&b, set, blocks, count);
		r = send_sets(fw, &b);
		if (r < 0 && r != -ENOENT && first == 0)
			first = r;
	}
	return first;
}

static int add_to_sets(struct fw *fw, const struct fw_block *blocks, size_t count)
{
	struct nlbuf b = {0};

	for (unsigned set = 0; set < IPSET_COUNT; set++)
		ipset_add(&b, set, blocks, count);
	return send_sets(fw, &b);
}

static bool block_in_sets(struct fw *fw, const struct fw_block *blocks, size_t count,
			  struct err *err)
{
	int r;

	if (!fw->nl)
		return true;
	r = add_to_sets(fw, blocks, count);
	if (r == -ENOENT) { /* destroyed by csf -r, -f or -x */
		if (!repair(fw, err))
			return false;
		r = add_to_sets(fw, blocks, count);
	}
	if (r == 0)
		return true;
	delete_from_sets(fw, blocks, count);
	return set_err(err, r);
}

static bool block_in_rules(struct fw *fw, const struct fw_block *blocks, size_t count,
			   struct err *err)
{
	struct change c = {.add = blocks, .add_count = count};
	bool any = !fw->nl;

	for (size_t i = 0; i < count && !any; i++)
		any = blocks[i].net.family == 0;
	if (any)
		return change_rules(fw, &c, err);
	return !is_changed(fw) || repair(fw, err);
}

static bool can_keep(const struct fw *fw, const struct fw_block *blocks, size_t count,
		     struct err *err)
{
	for (size_t i = 0; i < count && !fw->has_v6; i++) {
		if (blocks[i].net.family == AF_INET6)
			return err_set(err, EAFNOSUPPORT,
				       "legacy ip6tables does not work here: no IPv6 "
				       "address can be blocked");
	}
	return true;
}

static bool ipt_block(struct fw *fw, const struct fw_block *blocks, size_t count,
		      struct err *err)
{
	if (!fw_check(blocks, count, false, err) || !can_keep(fw, blocks, count, err))
		return false;
	if (count == 0)
		return true;
	if (!block_in_sets(fw, blocks, count, err))
		return false;
	if (!block_in_rules(fw, blocks, count, err)) {
		if (fw->nl)
			delete_from_sets(fw, blocks, count);
		return false;
	}
	cutoff(blocks, count, &fw->settings);
	return true;
}

/* ---- releasing ----------------------------------------------------------------------- */

/* Elements with ports that a release means, as blocks of one port. */
struct chosen {
	const struct fw_block *subjects;
	size_t count;
	struct fw_block *v; /* owned */
	size_t n, cap;
	bool failed;
};

static bool choose(const struct fw_block *block, void *ctx)
{
	struct chosen *c = ctx;

	if (!subjects_have(c->subjects, c->count, block))
		return true;
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 16;
		struct fw_block *v = realloc(c->v, cap * sizeof(*v));

		if (!v) {
			c->failed = true;
			return false;
		}
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n++] = *block;
	return true;
}

static int choose_of_set(struct fw *fw, unsigned set, struct chosen *c)
{
	size_t kept = c->n;
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		c->n = kept;
		r = dump_set(fw, set, choose, c);
	}
	return r == 0 && c->failed ? -ENOMEM : r;
}

static int release_from_sets(struct fw *fw, const struct fw_block *subjects, size_t count)
{
	struct chosen c = {.subjects = subjects, .count = count};
	int r = 0;

	for (unsigned set = 0; set < IPSET_COUNT && r == 0; set++) {
		if (ipset_kind(set).has_ports && is_used(fw, set))
			r = choose_of_set(fw, set, &c);
	}
	if (r == 0)
		r = delete_from_sets(fw, subjects, count);
	if (r == 0 && c.n > 0)
		r = delete_from_sets(fw, c.v, c.n);
	free(c.v);
	return r;
}

/* Only written when a rule is there to be taken away. */
static bool release_from_rules(struct fw *fw, const struct fw_block *blocks, size_t count,
			       struct err *err)
{
	struct change c = {.remove = blocks, .remove_count = count};
	struct iptable_blocks there = {0};
	int64_t now = time(NULL);
	size_t found = 0;
	bool ok = true;

	for (size_t i = 0; i < 2 && ok; i++) {
		if (i == 0 || fw->has_v6)
			ok = iptable_read(families[i], now, &there, err);
	}
	for (size_t i = 0; i < count && there.n > 0; i++)
		found += iptable_blocks_remove(&there, &blocks[i]);
	iptable_blocks_clear(&there);
	return ok && (found == 0 || change_rules(fw, &c, err));
}

static bool ipt_release(struct fw *fw, const struct fw_block *blocks, size_t count,
			struct err *err)
{
	struct fw_block *subjects;
	int r = 0;

	if (!fw_check(blocks, count, true, err))
		return false;
	subjects = subjects_new(blocks, count);
	if (!subjects)
		return err_set(err, ENOMEM, "no memory for %zu releases", count);
	if (fw->nl)
		r = release_from_sets(fw, subjects, count);
	free(subjects);
	if (r < 0)
		return set_err(err, r);
	return release_from_rules(fw, blocks, count, err);
}

/* ---- listing ------------------------------------------------------------------------- */

static bool list_element(const struct fw_block *block, void *ctx)
{
	found_add(ctx, block, block->port_count ? block->ports[0] : 0,
		  block->ttl ? block->ttl * 1000 : -1, slice_str(block->reason));
	return true;
}

static int list_sets(struct fw *fw, struct found *found)
{
	int r = 0;

	for (unsigned set = 0; set < IPSET_COUNT && r == 0; set++) {
		if (is_used(fw, set))
			r = dump_set(fw, set, list_element, found);
	}
	return r;
}

static bool list_rules(struct fw *fw, struct found *found, struct err *err)
{
	struct iptable_blocks there = {0};
	int64_t now = time(NULL);
	bool ok = true;

	for (size_t i = 0; i < 2 && ok; i++) {
		if (i == 0 || fw->has_v6)
			ok = iptable_read(families[i], now, &there, err);
	}
	/* a uid's rule is in both tables; reading put the second in the first one's place */
	for (size_t i = 0; i < there.n && ok; i++) {
		const struct fw_block *b = &there.v[i];
		size_t ports = b->port_count ? b->port_count : 1;

		for (size_t p = 0; p < ports; p++)
			found_add(found, b, b->port_count ? b->ports[p] : 0,
				  b->ttl ? (b->ttl - now) * 1000 : -1,
				  slice_str(b->reason));
	}
	iptable_blocks_clear(&there);
	return ok;
}

static bool ipt_list(struct fw *fw, fw_each *each, void *ctx, struct err *err)
{
	struct found *found = found_new();
	bool ok;
	int r = -EINTR;

	if (!found)
		return err_set(err, ENOMEM, "no memory for the list of blocks");
	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		found_reset(found);
		r = fw->nl ? list_sets(fw, found) : 0;
	}
	ok = r == 0 ? list_rules(fw, found, err) : set_err(err, r);
	ok = ok && found_each(found, &fw->settings, each, ctx, err);
	found_free(found);
	return ok;
}

/* ---- flush --------------------------------------------------------------------------- */

static bool remove_chains(struct fw *fw, struct err *err)
{
	int lock = iptable_lock(fw->settings.paths, err);
	bool ok;

	if (lock < 0)
		return false;
	ok = iptable_remove(AF_INET, err) &&
	     (!fw->has_v6 || iptable_remove(AF_INET6, err));
	close(lock);
	return ok;
}

static bool ipt_flush(struct fw *fw, struct err *err)
{
	int first = 0;

	if (!remove_chains(fw, err))
		return false;
	for (unsigned set = 0; set < IPSET_COUNT && fw->nl; set++) {
		struct nlbuf b = {0};
		int r;

		ipset_destroy(&b, set);
		r = send_sets(fw, &b);
		if (r < 0 && r != -ENOENT && first == 0)
			first = r;
	}
	memset(fw->mark, 0, sizeof(fw->mark));
	return first == 0 || set_err(err, first);
}

const struct fw_backend fw_ipt = {"iptables", ipt_init, ipt_block, ipt_release,
				  ipt_list,   ipt_flush, ipt_close};
const struct fw_backend fw_ipt_plain = {"iptables", plain_init, ipt_block, ipt_release,
					ipt_list,   ipt_flush,  ipt_close};
