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

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "firewall/cutoff.h"
#include "firewall/found.h"
#include "firewall/ipsets.h"
#include "firewall/iptable.h"
#include "firewall/subjects.h"

#define TRIES 100     /* a dump is asked again when its set changed meanwhile */
#define HEAL_TRIES 10 /* so often others may take away what was just made again */

struct fw {
	struct fw_settings settings; /* what it points to is borrowed */
	struct ipsets *sets;	     /* owned; NULL: no ipset */
	bool has_v6;
	bool with_time;	  /* xt_time, until the kernel says that it has none */
	uint64_t mark[2]; /* of the tables as we left them, IPv4 and IPv6 */
};

static const int families[2] = {AF_INET, AF_INET6};

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
	return block->net.family == 0 || (!fw->sets && block->net.family == family);
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
				       fw->sets ? "" : " (this kernel has no ipset)");
	}
	return true;
}

/* The chains of one family; without the time match when the kernel turns out to lack it. */
static bool write_family(struct fw *fw, int family, const uint16_t numbers[IPSET_COUNT],
			 const struct iptable_blocks *blocks, struct err *err)
{
	struct iptable_want want = {.family = family,
				    .has_sets = fw->sets != NULL,
				    .with_time = fw->with_time};
	struct err first = {0};

	memcpy(want.sets, numbers, sizeof(want.sets));
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
static bool change_once(struct fw *fw, const uint16_t numbers[IPSET_COUNT],
			struct change *c, struct err *err)
{
	struct iptable_blocks now_there[2] = {0}, before = {0};
	int64_t now = time(NULL);
	size_t tables = fw->has_v6 ? 2 : 1;
	bool ok = iptable_read(AF_INET, now, &before, err);

	for (size_t i = 0; i < tables && ok; i++) {
		ok = iptable_read(families[i], now, &now_there[i], err) &&
		     apply(fw, families[i], c, now, &now_there[i], err);
	}
	ok = ok && write_family(fw, AF_INET, numbers, &now_there[0], err);
	if (ok && tables == 2 &&
	    !write_family(fw, AF_INET6, numbers, &now_there[1], err)) {
		write_family(fw, AF_INET, numbers, &before, NULL);
		ok = false;
	}
	for (size_t i = 0; i < 2; i++)
		iptable_blocks_clear(&now_there[i]);
	iptable_blocks_clear(&before);
	return ok;
}

/*
 * A rule names a set by its number, and csf can destroy sets at any moment, whatever lock we
 * hold: the number may then be another one's set, and our rule would drop whom that one
 * allows. So the numbers are read right before the rules are written, and must still be
 * the same after: from then on the rules keep the sets from being destroyed.
 */
static bool change_locked(struct fw *fw, struct change *c, struct err *err)
{
	uint16_t numbers[IPSET_COUNT] = {0}, after[IPSET_COUNT] = {0};
	struct err last;
	int r = 0;

	for (int i = 0; i < HEAL_TRIES; i++) {
		last = (struct err){0};
		r = fw->sets ? ipsets_make(fw->sets, numbers) : 0;
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return ipsets_err(err, r);
		if (!change_once(fw, numbers, c, &last)) {
			if (fw->sets && last.code == ENOENT)
				continue;
			return err_set(err, last.code, "%s", last.msg);
		}
		r = fw->sets ? ipsets_make(fw->sets, after) : 0;
		if (r == 0 && memcmp(numbers, after, sizeof(after)) == 0) {
			note_marks(fw);
			return true;
		}
	}
	return last.code ? err_set(err, last.code, "%s", last.msg)
			 : ipsets_err(err, -ENOENT);
}

static bool change_rules(struct fw *fw, struct change *c, struct err *err)
{
	struct iptable_locks locks;
	bool ok;

	if (!iptable_lock(fw->settings.paths, &locks, err))
		return false;
	ok = change_locked(fw, c, err);
	iptable_unlock(&locks);
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

	return change_rules(fw, &nothing, err);
}

static void ipt_close(struct fw *fw)
{
	if (!fw)
		return;
	ipsets_close(fw->sets);
	free(fw);
}

static bool has_table(int family, struct err *err)
{
	struct iptable_blocks none = {0};
	bool ok = iptable_read(family, 0, &none, err);

	iptable_blocks_clear(&none);
	return ok;
}

/* ipset if the kernel has it; fw->sets stays NULL otherwise. */
static bool try_ipset(struct fw *fw, struct err *err)
{
	int r = -ENOENT;

	for (int i = 0; i < HEAL_TRIES && r == -ENOENT; i++)
		fw->sets = ipsets_open(fw->has_v6, &r);
	return r == 0 || ipsets_are_lacking(r) || ipsets_err(err, r);
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
	if (!fw->sets || first.code != ENOENT)
		return err_set(err, first.code, "%s", first.msg);
	ipsets_close(fw->sets); /* sets, but no match for rules (xt_set) */
	fw->sets = NULL;
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

static bool block_in_sets(struct fw *fw, const struct fw_block *blocks, size_t count,
			  struct err *err)
{
	int r = ipsets_add(fw->sets, blocks, count);

	/* destroyed by csf -r, -f or -x */
	for (int i = 0; i < HEAL_TRIES && r == -ENOENT; i++) {
		if (!repair(fw, err))
			return false;
		r = ipsets_add(fw->sets, blocks, count);
	}
	if (r == 0)
		return true;
	ipsets_delete(fw->sets, blocks, count);
	return ipsets_err(err, r);
}

static bool block_in_rules(struct fw *fw, const struct fw_block *blocks, size_t count,
			   bool was_changed, struct err *err)
{
	struct change c = {.add = blocks, .add_count = count};
	bool any = !fw->sets;

	for (size_t i = 0; i < count && !any; i++)
		any = blocks[i].net.family == 0;
	return any ? change_rules(fw, &c, err) : !was_changed || repair(fw, err);
}

/* Sets first, as they refuse more. If the rules were not as we had left them, the sets may
 * have been made anew after we filled them: once more, then. */
static bool block_in_both(struct fw *fw, const struct fw_block *blocks, size_t count,
			  struct err *err)
{
	bool was_changed = true;

	for (int i = 0; i < HEAL_TRIES && was_changed; i++) {
		if (fw->sets && !block_in_sets(fw, blocks, count, err))
			return false;
		was_changed = fw->sets && is_changed(fw);
		if (!block_in_rules(fw, blocks, count, was_changed, err)) {
			if (fw->sets)
				ipsets_delete(fw->sets, blocks, count);
			return false;
		}
	}
	return true;
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
	if (!block_in_both(fw, blocks, count, err))
		return false;
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

static int release_from_sets(struct fw *fw, const struct fw_block *subjects, size_t count)
{
	struct chosen c = {.subjects = subjects, .count = count};
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		c.n = 0;
		r = ipsets_each_port(fw->sets, choose, &c);
	}
	if (r == 0 && c.failed)
		r = -ENOMEM;
	if (r == 0)
		r = ipsets_delete(fw->sets, subjects, count);
	if (r == 0 && c.n > 0)
		r = ipsets_delete(fw->sets, c.v, c.n);
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
	if (fw->sets)
		r = release_from_sets(fw, subjects, count);
	free(subjects);
	if (r < 0)
		return ipsets_err(err, r);
	return release_from_rules(fw, blocks, count, err);
}

/* ---- listing ------------------------------------------------------------------------- */

static bool list_element(const struct fw_block *block, void *ctx)
{
	found_add(ctx, block, block->port_count ? block->ports[0] : 0,
		  block->ttl ? block->ttl * 1000 : -1, slice_str(block->reason));
	return true;
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
		r = fw->sets ? ipsets_each(fw->sets, list_element, found) : 0;
	}
	ok = r == 0 ? list_rules(fw, found, err) : ipsets_err(err, r);
	ok = ok && found_each(found, &fw->settings, each, ctx, err);
	found_free(found);
	return ok;
}

/* ---- flush --------------------------------------------------------------------------- */

static bool flush_locked(struct fw *fw, struct err *err)
{
	int r;

	if (!iptable_remove(AF_INET, err) ||
	    (fw->has_v6 && !iptable_remove(AF_INET6, err)))
		return false;
	r = fw->sets ? ipsets_destroy(fw->sets) : 0;
	return r == 0 || ipsets_err(err, r);
}

/* The sets go under the lock, too: else another osm's new rules could hold them. */
static bool ipt_flush(struct fw *fw, struct err *err)
{
	struct iptable_locks locks;
	bool ok;

	if (!iptable_lock(fw->settings.paths, &locks, err))
		return false;
	memset(fw->mark, 0, sizeof(fw->mark));
	ok = flush_locked(fw, err);
	iptable_unlock(&locks);
	return ok;
}

const struct fw_backend fw_ipt = {"iptables", ipt_init,	 ipt_block, ipt_release,
				  ipt_list,   ipt_flush, ipt_close};
const struct fw_backend fw_ipt_plain = {"iptables", plain_init, ipt_block, ipt_release,
					ipt_list,   ipt_flush,	ipt_close};
