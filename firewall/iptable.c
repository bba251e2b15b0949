/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/iptable.h"

#include <netinet/in.h> /* before linux/netfilter.h, which makes way for it */

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "firewall/csfhost.h"
#include "firewall/iptc.h"
#include "firewall/iptrule.h"

#define LOCK_PAUSE_MS 10
/* Who takes no lock (or another one) may change the table between our reading and our
 * writing: the kernel says EAGAIN, as its rules are no longer as many as we read. */
#define TRIES 20

static const char *const chains[] = {IPT_REFUSE, IPT_IN, IPT_OUT};
#define CHAINS (sizeof(chains) / sizeof(chains[0]))

/* ---- single blocks ------------------------------------------------------------------- */

void iptable_blocks_clear(struct iptable_blocks *b)
{
	free(b->v);
	*b = (struct iptable_blocks){0};
}

static bool same_subject(const struct fw_block *x, const struct fw_block *y)
{
	return addr_eq(&x->net, &y->net) && (x->net.family || x->uid == y->uid);
}

static bool same_block(const struct fw_block *x, const struct fw_block *y)
{
	return same_subject(x, y) && x->direction == y->direction &&
	       x->port_count == y->port_count &&
	       memcmp(x->ports, y->ports, x->port_count * sizeof(x->ports[0])) == 0;
}

static bool put(struct iptable_blocks *b, const struct fw_block *block)
{
	for (size_t i = 0; i < b->n; i++) {
		if (same_block(&b->v[i], block)) {
			b->v[i] = *block;
			return true;
		}
	}
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 16;
		struct fw_block *v = realloc(b->v, cap * sizeof(*v));

		if (!v)
			return false;
		b->v = v;
		b->cap = cap;
	}
	b->v[b->n++] = *block;
	return true;
}

bool iptable_blocks_add(struct iptable_blocks *b, const struct fw_block *block,
			int64_t now)
{
	struct fw_block one = *block;
	bool ok = true;

	one.ttl = block->ttl ? now + block->ttl : 0;
	if (block->net.family == 0)
		one.direction = FW_OUT;
	if (one.net.family == 0 || block->direction & FW_OUT) {
		one.direction = FW_OUT;
		ok = put(b, &one);
	}
	if (one.net.family && block->direction & FW_IN) {
		one.direction = FW_IN;
		ok = ok && put(b, &one);
	}
	return ok;
}

size_t iptable_blocks_remove(struct iptable_blocks *b, const struct fw_block *block)
{
	size_t kept = 0, were = b->n;

	for (size_t i = 0; i < b->n; i++) {
		if (!same_subject(&b->v[i], block))
			b->v[kept++] = b->v[i];
	}
	b->n = kept;
	return were - kept;
}

/* ---- the lock ------------------------------------------------------------------------ */

static bool wait_for(int fd)
{
	struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};

	for (int i = 0; i < IPTABLE_LOCK_SECONDS * 1000 / LOCK_PAUSE_MS; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static int lock_xtables(const struct paths *paths, struct err *err)
{
	char path[PATH_MAX];
	int fd = -1;

	if (!paths_at(paths, IPTABLE_LOCK, path, sizeof(path))) {
		err_set(err, ENAMETOOLONG, "the path of the xtables lock is too long");
		return -1;
	}
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_set(err, errno, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (wait_for(fd))
		return fd;
	close(fd);
	err_set(err, EAGAIN, "%s was held by somebody else for %d seconds", path,
		IPTABLE_LOCK_SECONDS);
	return -1;
}

bool iptable_lock(const struct paths *paths, struct iptable_locks *locks, struct err *err)
{
	struct err none = {0};

	locks->xtables = -1;
	locks->csf = csfhost_lock(paths, &none);
	if (locks->csf < 0 && none.code != ENOENT && none.code != ENOTDIR)
		return err_set(err, none.code, "%s", none.msg);
	locks->xtables = lock_xtables(paths, err);
	if (locks->xtables < 0)
		iptable_unlock(locks);
	return locks->xtables >= 0;
}

void iptable_unlock(struct iptable_locks *locks)
{
	if (locks->xtables >= 0)
		close(locks->xtables);
	if (locks->csf >= 0)
		close(locks->csf);
}

/* ---- the table ----------------------------------------------------------------------- */

static bool table_err(struct err *err, const struct iptc *t, const char *doing)
{
	int code = errno;
	const char *six = t->family == AF_INET6 ? "6" : "";

	if (code == ENOPROTOOPT || code == EPROTONOSUPPORT)
		return err_set(err, ENOTSUP, "this kernel has no legacy ip%stables", six);
	if (code == EMLINK)
		return err_set(
			err, code,
			"legacy ip%stables, %s: a rule that isn't osm's leads into "
			"them",
			six, doing);
	return err_set(err, code, "legacy ip%stables, %s: %s", six, doing,
		       iptc_why(t, code));
}

static bool is_over(const struct fw_block *block, int64_t now)
{
	return block->ttl && block->ttl <= now;
}

bool iptable_read(int family, int64_t now, struct iptable_blocks *out, struct err *err)
{
	struct iptc t;
	struct fw_block block;
	bool ok = true;
	size_t n;

	if (!iptc_open(&t, family))
		return table_err(err, &t, "reading");
	for (size_t i = 0; i < CHAINS && ok; i++) {
		const void *rule = NULL;

		if (!iptc_has_chain(&t, chains[i]))
			continue;
		while (ok && (rule = iptc_rule(&t, chains[i], rule, &n))) {
			if (iptrule_read(rule, n, family, &block) &&
			    !is_over(&block, now))
				ok = put(out, &block);
		}
	}
	iptc_close(&t);
	return ok || err_set(err, ENOMEM, "no memory for the rules");
}

/* Every rule of a built-in chain that leads into ours. */
static bool remove_entries(struct iptc *t, const char *from, const char *to)
{
	const void *rule = NULL;
	unsigned at = 0;
	size_t n;

	if (!iptc_has_chain(t, from))
		return true;
	while ((rule = iptc_rule(t, from, rule, &n))) {
		if (strcmp(iptc_goes_to(t, rule), to) != 0) {
			at++;
			continue;
		}
		if (!iptc_remove_at(t, from, at))
			return false;
		rule = NULL; /* it began anew with the change */
		at = 0;
	}
	return true;
}

static bool make_chains(struct iptc *t)
{
	for (size_t i = 0; i < CHAINS; i++) {
		if (!iptc_has_chain(t, chains[i]) && !iptc_new_chain(t, chains[i]))
			return false;
		if (!iptc_empty_chain(t, chains[i]))
			return false;
	}
	return true;
}

static bool append(struct iptc *t, const char *chain, const struct iptrule *r)
{
	if (r->failed) {
		errno = EMSGSIZE;
		return false;
	}
	return iptc_append(t, chain, r->bytes);
}

static bool put_fixed(struct iptc *t, const struct iptable_want *want)
{
	struct iptrule r;
	bool ok = true;

	iptrule_refuse(&r, t->family, true);
	ok = append(t, IPT_REFUSE, &r);
	iptrule_refuse(&r, t->family, false);
	ok = ok && append(t, IPT_REFUSE, &r);
	for (unsigned set = 0; set < 8 && ok && want->has_sets; set++) {
		bool is_out = set & 2;

		if ((set & 1) != (t->family == AF_INET6))
			continue;
		iptrule_set(&r, t->family, want->sets[set], is_out, set & 4);
		ok = append(t, is_out ? IPT_OUT : IPT_IN, &r);
	}
	return ok;
}

static bool put_blocks(struct iptc *t, const struct iptable_want *want,
		       const struct iptable_blocks *blocks)
{
	struct iptrule r;

	for (size_t i = 0; i < blocks->n; i++) {
		const struct fw_block *b = &blocks->v[i];

		if (b->net.family && b->net.family != t->family)
			continue;
		iptrule_block(&r, t->family, b, want->with_time);
		if (!append(t, b->direction == FW_OUT ? IPT_OUT : IPT_IN, &r))
			return false;
	}
	return true;
}

static bool put_entries(struct iptc *t)
{
	struct iptrule r;

	if (!remove_entries(t, "INPUT", IPT_IN) || !remove_entries(t, "OUTPUT", IPT_OUT))
		return false;
	iptrule_enter(&r, t->family, false);
	if (!iptc_prepend(t, "INPUT", r.bytes))
		return false;
	iptrule_enter(&r, t->family, true);
	return iptc_prepend(t, "OUTPUT", r.bytes);
}

static bool write_once(const struct iptable_want *want,
		       const struct iptable_blocks *blocks, struct err *err)
{
	struct iptc t;
	bool ok;

	if (!iptc_open(&t, want->family))
		return table_err(err, &t, "reading");
	ok = make_chains(&t) && put_fixed(&t, want) && put_blocks(&t, want, blocks) &&
	     put_entries(&t) && iptc_put_back(&t);
	if (!ok)
		table_err(err, &t, "writing");
	iptc_close(&t);
	return ok;
}

bool iptable_write(const struct iptable_want *want, const struct iptable_blocks *blocks,
		   struct err *err)
{
	struct err last = {0};

	for (int i = 0; i < TRIES; i++) {
		last = (struct err){0};
		if (write_once(want, blocks, &last))
			return true;
		if (last.code != EAGAIN)
			break;
	}
	return err_set(err, last.code, "%s", last.msg);
}

static bool remove_ours(struct iptc *t)
{
	if (!remove_entries(t, "INPUT", IPT_IN) || !remove_entries(t, "OUTPUT", IPT_OUT))
		return false;
	for (size_t i = CHAINS; i-- > 0;) { /* who jumps first, where to later */
		if (iptc_has_chain(t, chains[i]) && !iptc_empty_chain(t, chains[i]))
			return false;
	}
	for (size_t i = CHAINS; i-- > 0;) {
		if (iptc_has_chain(t, chains[i]) && !iptc_remove_chain(t, chains[i]))
			return false;
	}
	return iptc_put_back(t);
}

bool iptable_remove(int family, struct err *err)
{
	struct err last = {0};
	struct iptc t;
	bool ok;

	for (int i = 0; i < TRIES; i++) {
		last = (struct err){0};
		ok = iptc_open(&t, family) && remove_ours(&t);
		if (!ok)
			table_err(&last, &t, "removing osm's chains");
		iptc_close(&t);
		if (ok || last.code != EAGAIN)
			break;
	}
	return last.code == 0 || err_set(err, last.code, "%s", last.msg);
}

bool iptable_mark(int family, uint64_t *mark)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), r;
	struct ipt_getinfo v4 = {.name = "filter"};
	struct ip6t_getinfo v6 = {.name = "filter"};
	socklen_t n = family == AF_INET6 ? sizeof(v6) : sizeof(v4);

	if (fd < 0)
		return false;
	if (family == AF_INET6)
		r = getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, &v6, &n);
	else
		r = getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &v4, &n);
	close(fd);
	if (family == AF_INET6)
		*mark = (uint64_t)v6.num_entries << 32 | v6.size;
	else
		*mark = (uint64_t)v4.num_entries << 32 | v4.size;
	return r == 0;
}
