/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fw_nft: blocks kept by nf_tables, in osm's own table (nfttable shows it). Elements carry
 * their time, so the kernel ends a block without us. Every change is one transaction: it
 * is there as a whole or not at all, whenever we are killed. csf's flushes don't touch it.
 */
#include "firewall/fw.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "firewall/cutoff.h"
#include "firewall/found.h"
#include "firewall/nfttable.h"
#include "firewall/nlsock.h"
#include "firewall/subjects.h"
#include "osmd/base/monotonic.h"

/* Others may change nf_tables between our reading and our writing, or during a dump: so
 * often is it tried again. */
#define TRIES 200
#define TRY_PAUSE_NS 500000L
/* A large set that just grew is told wrongly (found_settle()): it is asked again. */
#define LIST_TRIES 5
#define LIST_PAUSE_NS 50000000L
/* So often others may take away what was just made again. */
#define HEAL_TRIES 10

struct fw {
	struct nlsock *nl;           /* owned */
	struct fw_settings settings; /* what it points to is borrowed */
	/* The kernel counts all changes of nf_tables. At this one the table was whole, with
	 * the rules of these sets; 0: never seen. */
	uint32_t generation;
	bool has[NFTSET_IDS];
};

static bool nft_err(struct err *err, int r)
{
	switch (-r) {
	case EPERM:
	case EACCES:
		return err_set(err, EPERM,
			       "nf_tables: not permitted (it takes root, with "
			       "CAP_NET_ADMIN)");
	case EINVAL:
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
		return err_set(err, ENOTSUP,
			       "this kernel has no nf_tables that can do what osm needs "
			       "(%s)",
			       strerror(-r));
	case EEXIST:
	case EBUSY:
		return err_set(err, EEXIST,
			       "nf_tables: there is a table inet " NFTTABLE_NAME
			       " that isn't as osm makes it; if nobody else needs it, "
			       "remove it (nft delete table inet " NFTTABLE_NAME ")");
	case ENFILE: /* osm's sets have no limit; somebody else's size */
		return err_set(err, ENOSPC,
			       "nf_tables: a set of inet " NFTTABLE_NAME " is full");
	case ENOENT:
		return err_set(err, ENOENT,
			       "nf_tables: others delete the table inet " NFTTABLE_NAME
			       " all the time");
	case ENOMEM:
	case ENOBUFS:
	case EMSGSIZE:
		return err_set(err, ENOMEM, "nf_tables: the kernel has no memory for it");
	case ERESTART:
	case EINTR:
	case EAGAIN:
		return err_set(err, EAGAIN,
			       "nf_tables is being changed by others all the time; tried "
			       "%d times",
			       TRIES);
	}
	return err_set(err, -r, "nf_tables: %s", strerror(-r));
}

static bool worth_another_try(int r)
{
	struct timespec pause = {.tv_nsec = TRY_PAUSE_NS};

	if (r != -EINTR && r != -ERESTART && r != -EAGAIN)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

/* Send what was built; the buffer is cleared. */
static int send_batch(struct fw *fw, struct nlbuf *b)
{
	int r = nlbuf_ok(b) ? nlsock_send(fw->nl, b->p, b->n, NULL) : -ENOMEM;

	nlbuf_clear(b);
	return r;
}

/* ---- the table ----------------------------------------------------------------------- */

static int got_generation(const struct nlmsghdr *h, void *ctx)
{
	uint32_t *generation = ctx, read = nfttable_read_generation(h);

	if (read)
		*generation = read;
	return MNL_CB_OK;
}

static int got_set(const struct nlmsghdr *h, void *ctx)
{
	bool *has = ctx;
	unsigned set;

	if (nfttable_read_set(h, &set))
		has[set] = true;
	return MNL_CB_OK;
}

static int read_generation(struct fw *fw, uint32_t *generation)
{
	struct nlbuf b = {0};
	int r = -ENOMEM;

	*generation = 0;
	nfttable_ask_generation(&b);
	if (nlbuf_ok(&b))
		r = nlsock_ask(fw->nl, b.p, b.n, got_generation, generation);
	nlbuf_clear(&b);
	return r;
}

/* Which of our sets are there; none when the table isn't. */
static int read_sets(struct fw *fw, bool has[NFTSET_IDS])
{
	struct nlbuf b = {0};
	int r = -ENOMEM;

	nfttable_ask_sets(&b);
	for (int i = 0; nlbuf_ok(&b) && i < TRIES; i++) {
		memset(has, 0, NFTSET_IDS * sizeof(*has));
		r = nlsock_dump(fw->nl, (const void *)b.p, got_set, has);
		if (!worth_another_try(r))
			break;
	}
	nlbuf_clear(&b);
	return r == -ENOENT ? 0 : r;
}

/* A table of our name without our sets is somebody else's: -EEXIST. */
static int look_whose(struct fw *fw, const bool has[NFTSET_IDS])
{
	struct nlbuf b = {0};
	int r = -ENOMEM;

	if (has[NFTSET_UIDS])
		return 0;
	nfttable_ask_table(&b);
	if (nlbuf_ok(&b))
		r = nlsock_ask(fw->nl, b.p, b.n, NULL, NULL);
	nlbuf_clear(&b);
	return r == -ENOENT ? 0 : r == 0 ? -EEXIST : r;
}

/* One attempt to make the table with what is there and what is wanted besides. If anybody
 * changed nf_tables since we looked, the kernel refuses it: our rules would lack theirs. */
static int make_once(struct fw *fw, const bool wanted[NFTSET_IDS])
{
	struct nlbuf b = {0};
	bool has[NFTSET_IDS], was_there;
	uint32_t generation;
	int r = read_generation(fw, &generation);

	if (r == 0)
		r = read_sets(fw, has);
	if (r == 0)
		r = look_whose(fw, has);
	if (r < 0)
		return r;
	was_there = has[NFTSET_UIDS];
	for (unsigned set = 0; set < NFTSET_IDS; set++)
		has[set] = has[set] || (wanted && wanted[set]);
	nfttable_make(&b, has, generation);
	r = send_batch(fw, &b);
	if (r == 0) {
		memcpy(fw->has, has, sizeof(fw->has));
		fw->generation = generation + 1;
	}
	/* said also of a chain or set that is there and differs */
	return was_there && (r == -EINVAL || r == -EOPNOTSUPP) ? -EEXIST : r;
}

static int make(struct fw *fw, const bool wanted[NFTSET_IDS])
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		r = make_once(fw, wanted);
		if (!worth_another_try(r))
			break;
	}
	if (r == 0) { /* these nfttable_make() makes whatever it is told */
		static const char *const always[] = {"uids", "in4_32", "out4_32",
						     "in6_128", "out6_128"};
		unsigned set;

		for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
			if (nftset_parse(always[i], &set))
				fw->has[set] = true;
		}
	}
	return r;
}

static void nft_close(struct fw *fw)
{
	if (!fw)
		return;
	nlsock_close(fw->nl);
	free(fw);
}

static struct fw *nft_init(const struct fw_settings *settings, struct err *err)
{
	struct fw *fw = calloc(1, sizeof(*fw));
	int r = -ENOMEM;

	if (fw) {
		fw->settings = *settings;
		fw->nl = nlsock_open(NETLINK_NETFILTER);
		r = fw->nl ? make(fw, NULL) : -errno;
	}
	if (r < 0) {
		nft_close(fw);
		nft_err(err, r);
		return NULL;
	}
	return fw;
}

/* ---- blocking ------------------------------------------------------------------------ */

static int change(struct fw *fw, enum nfttable_change how, const struct nftelems *elems,
		  const struct fw_block *blocks)
{
	struct nlbuf b = {0};
	int r = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		nfttable_change(&b, how, elems, blocks);
		r = send_batch(fw, &b);
		if (!worth_another_try(r))
			break;
	}
	return r;
}

/* The table with every set that the elements need, and as we left it: after any change of
 * nf_tables by others (a ruleset flushed and loaded again) it is made again to be sure. */
static int have_sets(struct fw *fw, const struct nftelems *elems)
{
	bool wanted[NFTSET_IDS] = {false}, missing = false;
	uint32_t generation;
	int r = read_generation(fw, &generation);

	for (size_t i = 0; i < elems->n; i++) {
		wanted[elems->v[i].set] = true;
		missing = missing || !fw->has[elems->v[i].set];
	}
	if (r < 0 || (!missing && generation == fw->generation))
		return r;
	return make(fw, wanted);
}

/* Most blocks are new: adding is one message. If any is there, all are renewed. */
static int add_or_renew(struct fw *fw, struct nftelems *elems,
			const struct fw_block *blocks)
{
	int r = change(fw, NFTTABLE_ADD, elems, blocks);

	if (r != -EEXIST)
		return r;
	nftelems_unify(elems);
	return change(fw, NFTTABLE_RENEW, elems, blocks);
}

static int block_once(struct fw *fw, struct nftelems *elems,
		      const struct fw_block *blocks)
{
	int r = have_sets(fw, elems);

	if (r == 0)
		r = add_or_renew(fw, elems, blocks);
	if (r == 0)
		fw->generation++; /* that was us; if others came between it won't fit */
	return r;
}

static bool nft_block(struct fw *fw, const struct fw_block *blocks, size_t count,
		      struct err *err)
{
	struct nftelems elems = {0};
	int r = 0;

	if (!fw_check(blocks, count, false, err))
		return false;
	nftelems_add(&elems, blocks, count, &fw->settings);
	if (elems.failed)
		r = -ENOMEM;
	if (r == 0 && elems.n > 0) {
		r = -ENOENT; /* also: somebody took the table away */
		for (int i = 0; i < HEAL_TRIES && r == -ENOENT; i++)
			r = block_once(fw, &elems, blocks);
	}
	nftelems_clear(&elems);
	if (r < 0)
		return nft_err(err, r);
	cutoff(blocks, count, &fw->settings);
	return true;
}

/* ---- releasing ----------------------------------------------------------------------- */

/* The elements of one set that a release means: keys of the set, sorted, are compared
 * without their port. */
struct chosen {
	unsigned set;
	const struct fw_block *blocks; /* sorted */
	size_t count;
	struct nftelems *out;
};

static bool choose(const struct nfttable_element *element, void *ctx)
{
	struct chosen *c = ctx;
	struct fw_block wanted = {0};
	struct nftelem elem = {.set = (uint16_t)c->set};
	uint16_t port;

	nftelem_read(c->set, element->key, &wanted, &port);
	if (subjects_have(c->blocks, c->count, &wanted)) {
		memcpy(elem.key, element->key, nftset_key_size(c->set));
		nftelems_put(c->out, &elem);
	}
	return true;
}

static int got_chosen(const struct nlmsghdr *h, void *ctx)
{
	struct chosen *c = ctx;

	nfttable_read_elements(h, c->set, choose, c);
	return MNL_CB_OK;
}

static int dump_set(struct fw *fw, unsigned set, mnl_cb_t each, void *ctx)
{
	struct nlbuf b = {0};
	int r = -ENOMEM;

	nfttable_ask_elements(&b, set);
	if (nlbuf_ok(&b))
		r = nlsock_dump(fw->nl, (const void *)b.p, each, ctx);
	nlbuf_clear(&b);
	return r == -ENOENT ? 0 : r;
}

/* Some block of a release may have elements in that set. */
static bool concerns(unsigned id, const struct fw_block *blocks, size_t count)
{
	struct nftset set = nftset_of(id);

	for (size_t i = 0; i < count; i++) {
		const struct addr *net = &blocks[i].net;

		if (set.is_uids ? net->family == 0
				: net->family == set.family && net->prefix == set.prefix)
			return true;
	}
	return false;
}

/* Without ports the key is known; with them the set has to be read for the ports. */
static bool is_read(unsigned id)
{
	return nftset_of(id).is_uids || nftset_of(id).has_ports;
}

static int choose_of_set(struct fw *fw, unsigned id, const struct fw_block *blocks,
			 size_t count, struct nftelems *out)
{
	struct nftset set = nftset_of(id);
	struct chosen c = {id, blocks, count, out};
	size_t kept = out->n;
	int r = -EAGAIN;

	for (size_t i = 0; !is_read(id) && i < count; i++) {
		struct nftelem elem = {.set = (uint16_t)id};

		if (blocks[i].net.family != set.family ||
		    blocks[i].net.prefix != set.prefix)
			continue;
		memcpy(elem.key, blocks[i].net.bytes, nftset_key_size(id));
		nftelems_put(out, &elem);
	}
	if (!is_read(id))
		return 0;
	for (int i = 0; i < TRIES; i++) {
		out->n = kept;
		r = dump_set(fw, id, got_chosen, &c);
		if (!worth_another_try(r))
			break;
	}
	return r;
}

/* *read: how many elements were known only by reading their set. */
static int release_once(struct fw *fw, const struct fw_block *sorted, size_t count,
			size_t *read)
{
	struct nftelems elems = {0};
	bool has[NFTSET_IDS];
	int r = read_sets(fw, has);

	*read = 0;
	for (unsigned set = 0; set < NFTSET_IDS && r == 0; set++) {
		size_t were = elems.n;

		if (!has[set] || !concerns(set, sorted, count))
			continue;
		r = choose_of_set(fw, set, sorted, count, &elems);
		if (is_read(set))
			*read += elems.n - were;
	}
	if (r == 0 && elems.failed)
		r = -ENOMEM;
	nftelems_unify(&elems);
	if (r == 0 && elems.n > 0)
		r = change(fw, NFTTABLE_DELETE, &elems, sorted);
	nftelems_clear(&elems);
	return r == -ENOENT ? 0 : r; /* the table went away: nothing is blocked */
}

/* What was read may have lacked some: until nothing is found. */
static int release_all(struct fw *fw, const struct fw_block *sorted, size_t count)
{
	size_t read = 1;
	int r = 0;

	for (int i = 0; i < LIST_TRIES && r == 0 && read > 0; i++)
		r = release_once(fw, sorted, count, &read);
	return r;
}

static bool nft_release(struct fw *fw, const struct fw_block *blocks, size_t count,
			struct err *err)
{
	struct fw_block *sorted;
	int r = -ENOMEM;

	if (!fw_check(blocks, count, true, err))
		return false;
	sorted = subjects_new(blocks, count);
	if (sorted)
		r = release_all(fw, sorted, count);
	free(sorted);
	return r == 0 || nft_err(err, r);
}

/* ---- listing ------------------------------------------------------------------------- */

struct listing {
	unsigned set;
	struct found *found;
	int64_t begin_ms; /* the times left are given as of then: a dump can take seconds */
};

static bool list_one(const struct nfttable_element *element, void *ctx)
{
	struct listing *l = ctx;
	struct fw_block block = {0};
	int64_t left_ms = element->left_ms;
	uint16_t port;

	if (left_ms >= 0 && left_ms < FW_TTL_MAX * 1000)
		left_ms += monotonic_ms() - l->begin_ms;
	nftelem_read(l->set, element->key, &block, &port);
	found_add(l->found, &block, port, left_ms, element->reason);
	return true;
}

static int got_listed(const struct nlmsghdr *h, void *ctx)
{
	struct listing *l = ctx;

	nfttable_read_elements(h, l->set, list_one, l);
	return MNL_CB_OK;
}

static int read_all(struct fw *fw, struct found *found)
{
	bool has[NFTSET_IDS];
	int64_t begin_ms = monotonic_ms();
	int r = read_sets(fw, has);

	for (unsigned set = 0; set < NFTSET_IDS && r == 0; set++) {
		struct listing l = {set, found, begin_ms};

		if (has[set])
			r = dump_set(fw, set, got_listed, &l);
	}
	return r;
}

static int read_whole(struct fw *fw, struct found *found)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		found_reset(found);
		r = read_all(fw, found);
		if (!worth_another_try(r))
			break;
	}
	return r;
}

static bool nft_list(struct fw *fw, fw_each *each, void *ctx, struct err *err)
{
	struct timespec pause = {.tv_nsec = LIST_PAUSE_NS};
	struct found *found = found_new();
	int r = found ? read_whole(fw, found) : -ENOMEM;
	bool ok;

	for (int i = 1; i < LIST_TRIES && r == 0 && !found_settle(found); i++) {
		nanosleep(&pause, NULL);
		r = read_whole(fw, found);
	}
	if (r == 0)
		found_settle(found);
	ok = r == 0 ? found_each(found, &fw->settings, each, ctx, err) : nft_err(err, r);
	found_free(found);
	return ok;
}

static bool nft_flush(struct fw *fw, struct err *err)
{
	struct nlbuf b = {0};
	bool has[NFTSET_IDS];
	int r = read_sets(fw, has);

	memset(fw->has, 0, sizeof(fw->has));
	fw->generation = 0;
	if (r == 0 && has[NFTSET_UIDS]) {
		nfttable_remove(&b);
		r = send_batch(fw, &b);
	}
	return r == 0 || r == -ENOENT || nft_err(err, r);
}

const struct fw_backend fw_nft = {"nft",    nft_init,  nft_block, nft_release,
				  nft_list, nft_flush, nft_close};
