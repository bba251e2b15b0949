/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * keep: what is in the journal as blocked stays blocked, for as long as it says and no longer:
 * put back into the kernel after a reboot, and after csf -r where that empties it; let go when
 * somebody has taken it out of csf, when its account is gone, or when it has become protected.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firewall/subjects.h"
#include "osmd/act/executor_parts.h"
#include "osmd/act/fwact.h"
#include "osmd/base/log.h"

#define KEEP_MAX FW_BATCH_MAX

/* One block in force and its row. */
struct kept {
	struct fw_block block;
	struct action_row row;
	char backend[FWACT_BACKEND_MAX];
	bool unfit; /* is, or was to be, let go: never told a backend again */
};

struct keeping {
	struct executor *x;
	int64_t now_s;
	struct kept *v; /* owned */
	size_t n, cap;
	bool failed;
	struct err *e;
};

static void collect(const struct action_row *row, void *ctx)
{
	struct keeping *k = ctx;
	struct kept one = {.row = *row};

	if (k->failed || !fwact_is(row) ||
	    !fwact_block_of(row, k->now_s, &one.block, one.backend))
		return;
	if (one.block.ttl < 0)
		return; /* over: its expiry comes at once */
	/* a clock that was set back, or is not set yet: its expiry comes all the same */
	if (one.block.ttl > FW_TTL_MAX)
		one.block.ttl = FW_TTL_MAX;
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 64;
		struct kept *more = cap <= 2 * (size_t)KEEP_MAX
					    ? reallocarray(k->v, cap, sizeof(*more))
					    : NULL;

		if (!more) {
			k->failed = true;
			return;
		}
		k->v = more;
		k->cap = cap;
	}
	k->v[k->n++] = one;
}

/* All that is in force by the journal. */
static bool read_kept(struct keeping *k)
{
	if (!store_action_each(k->x->store, -1, collect, k, k->e))
		return false;
	return !k->failed || err_set(k->e, ENOMEM, "no memory for what is blocked");
}

/* It must not or can't be blocked any longer. false: it still is. */
static bool let_go(struct keeping *k, struct kept *one, const char *why)
{
	char note[WALL_WHY_MAX], detail[ACTION_DETAIL_MAX], what[ACTION_DETAIL_MAX];
	struct action_row *row = &one->row;
	struct err e = {0};

	if (one->unfit)
		return true;
	one->unfit = true;
	if (!wall_release(k->x->wall, one->backend, &one->block, note, &e)) {
		log_msg(LOG_LEVEL_ERROR, "executor: %s is to be let go (%s): %s",
			row->target, why, e.msg);
		executor_settle_at(k->x, k->now_s + EXECUTOR_SETTLE_S);
		return false;
	}
	snprintf(detail, sizeof(detail), "%.500s", why);
	snprintf(what, sizeof(what), "%.23s %.319s let go: %.140s", row->action,
		 row->target, why);
	log_msg(LOG_LEVEL_INFO, "*Action* %s", what);
	if (!store_action_end(k->x->store, row->id, ACTION_UNDONE, detail, NULL, k->now_s,
			      &e) ||
	    !store_audit(k->x->store, k->now_s, "osm", what, &e))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	return true;
}

/* A uid may be another customer's by now: whatever else is not known, they are not blocked. */
static void release_strangers(struct keeping *k)
{
	char why[EXECUTOR_WHY_MAX];

	for (size_t i = 0; i < k->n; i++)
		if (!fwact_owned(k->x->accounts, &k->v[i].row, why, sizeof(why)))
			let_go(k, &k->v[i], why);
}

/* At the start nothing is being changed: what the panel does not list is gone. */
static void release_removed_accounts(struct keeping *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (!k->v[i].block.net.family &&
		    !accounts_by_user(k->x->accounts, slice_str(k->v[i].row.account)))
			let_go(k, &k->v[i], "the account is gone");
}

static const char *const natives[] = {"nft", "iptables", "csf"};
#define NATIVES (sizeof(natives) / sizeof(natives[0]))

static bool holds(const struct keeping *k, const char *backend)
{
	for (size_t i = 0; i < k->n; i++)
		if (!k->v[i].unfit && strcmp(k->v[i].backend, backend) == 0)
			return true;
	return false;
}

/* Tell a backend again what it is to keep. */
static void restore(struct keeping *k, const char *backend, enum log_level success)
{
	struct fw_block *blocks = calloc(k->n ? k->n : 1, sizeof(*blocks));
	struct err e = {0};
	size_t n = 0;
	bool ok;

	for (size_t i = 0; blocks && i < k->n; i++)
		if (!k->v[i].unfit && strcmp(k->v[i].backend, backend) == 0 &&
		    !undo_is_owed(&k->v[i].row))
			blocks[n++] = k->v[i].block;
	if (n) {
		ok = wall_restore(k->x->wall, backend, blocks, n, &e);
		log_msg(ok ? success : LOG_LEVEL_ERROR,
			"firewall: %zu blocks of before %s %s%s%s", n,
			ok ? "are in force by" : "could not be put back by", backend,
			ok ? "" : ": ", e.msg);
	}
	free(blocks);
}

/* Asked for while csf could not be called, for one. A csf that goes on failing is not called again
 * and again: each of its calls looks like a change of its state. */
static void release_owed(struct keeping *k)
{
	if (k->x->owed_s > k->now_s && k->x->owed_s <= k->now_s + EXECUTOR_RETRY_S)
		return;
	for (size_t i = 0; i < k->n; i++) {
		if (k->v[i].unfit || !undo_is_owed(&k->v[i].row))
			continue;
		if (!let_go(k, &k->v[i], "its undo had failed before") &&
		    wall_csf_works(k->x->wall))
			k->x->owed_s = k->now_s + EXECUTOR_RETRY_S;
	}
}

/* What somebody took out of csf. */
static bool on_removed(const struct fw_block *block, void *ctx)
{
	struct keeping *k = ctx;

	for (size_t i = 0; i < k->n; i++) {
		const struct fw_block *b = &k->v[i].block;

		if (strcmp(k->v[i].backend, "csf") == 0 &&
		    (block->net.family ? addr_eq(&b->net, &block->net)
				       : !b->net.family && b->uid == block->uid))
			let_go(k, &k->v[i], "taken out of csf by somebody else");
	}
	return true;
}

static void release_removed(struct keeping *k)
{
	struct fw_block *blocks = calloc(k->n ? k->n : 1, sizeof(*blocks));
	struct err e = {0};
	size_t n = 0;

	for (size_t i = 0; blocks && i < k->n; i++)
		if (strcmp(k->v[i].backend, "csf") == 0)
			blocks[n++] = k->v[i].block;
	if (n && !wall_removed(k->x->wall, blocks, n, on_removed, k, &e))
		log_msg(LOG_LEVEL_WARN, "firewall: csf's lists: %s", e.msg);
	free(blocks);
}

/* Protected addresses are known, or nothing is concluded from them. */
static void release_protected(struct keeping *k)
{
	char why[WALL_WHY_MAX];
	struct err e = {0};

	if (!wall_hold(k->x->wall, NULL, k->now_s, &e)) {
		log_msg(LOG_LEVEL_WARN, "firewall: %s", e.msg);
		return;
	}
	for (size_t i = 0; i < k->n; i++)
		if (!wall_may(k->x->wall, &k->v[i].block, NULL, k->now_s, why))
			let_go(k, &k->v[i], why);
	wall_let(k->x->wall);
}

void keep_blocks(struct executor *x, int64_t now_s)
{
	const struct fw_backend *backend;
	struct err e = {0};
	struct keeping k = {.x = x, .now_s = now_s, .e = &e};

	if (!read_kept(&k))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	backend = k.n ? wall_backend(x->wall, &e) : NULL;
	if (k.n && !backend)
		log_msg(LOG_LEVEL_ERROR, "firewall: %s", e.msg);
	if (backend) {
		release_removed(&k);
		release_owed(&k);
		release_strangers(&k);
		release_removed_accounts(&k);
		release_protected(&k);
	}
	if (k.n && backend && strcmp(backend->name, "none") == 0)
		log_msg(LOG_LEVEL_WARN,
			"firewall: %zu blocks of before are left as they are, and not "
			"put back: %s",
			k.n, wall_reason(x->wall));
	for (size_t i = 0; backend && strcmp(backend->name, "none") != 0 && i < NATIVES;
	     i++)
		restore(&k, natives[i], LOG_LEVEL_INFO);
	free(k.v);
}

void keep_heal(struct executor *x, int64_t now_s)
{
	struct err e = {0};
	struct keeping k = {.x = x, .now_s = now_s, .e = &e};

	if (!read_kept(&k))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	release_owed(&k);
	release_strangers(&k);
	for (size_t i = 0; k.n && i < NATIVES; i++)
		if (wall_is_fragile(x->wall, natives[i]))
			restore(&k, natives[i], LOG_LEVEL_DEBUG);
	free(k.v);
}

void keep_removed(struct executor *x, int64_t now_s)
{
	struct err e = {0};
	struct keeping k = {.x = x, .now_s = now_s, .e = &e};

	if (!read_kept(&k))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	if (k.n)
		release_removed(&k);
	free(k.v);
}

/* ---- what others took out of the kernel ---- */

/* The kernel's time is told in whole seconds, and begun a little later. */
#define ENDING_S 3

struct in_kernel {
	struct fw_block *v; /* owned */
	size_t n, cap;
	bool failed;
};

static bool note_block(const struct fw_block *block, void *ctx)
{
	struct in_kernel *there = ctx;

	if (there->n == there->cap) {
		size_t cap = there->cap ? there->cap * 2 : 64;
		struct fw_block *more = reallocarray(there->v, cap, sizeof(*more));

		if (!more)
			return !(there->failed = true);
		there->v = more;
		there->cap = cap;
	}
	there->v[there->n++] = *block;
	return true;
}

/* In each direction that was asked for; a uid has but one. */
static bool holds_whole(const struct in_kernel *there, const struct fw_block *block)
{
	unsigned has = subjects_directions(there->v, there->n, block);

	return block->net.family ? (has & block->direction) == block->direction
				 : has != 0;
}

/* How many of a backend's are to be in the kernel and aren't? 0 also when that isn't known. */
static size_t count_lost(struct keeping *k, const char *name, size_t *of)
{
	const char *native = wall_native(k->x->wall, name);
	struct in_kernel there = {0};
	struct err e = {0};
	size_t lost = 0;
	bool ok = native && wall_each(k->x->wall, native, note_block, &there, &e);

	ok = ok && !there.failed;
	if (ok)
		subjects_sort(there.v, there.n);
	*of = 0;
	for (size_t i = 0; ok && i < k->n; i++) {
		const struct kept *one = &k->v[i];

		if (one->unfit || undo_is_owed(&one->row) ||
		    strcmp(one->backend, name) != 0 ||
		    (one->block.ttl && one->block.ttl < ENDING_S))
			continue;
		++*of;
		lost += !holds_whole(&there, &one->block);
	}
	free(there.v);
	return lost;
}

void keep_look(struct executor *x, bool rules_too, int64_t now_s)
{
	struct err e = {0};
	struct keeping k = {.x = x, .now_s = now_s, .e = &e};
	const struct fw_backend *backend = NULL;
	size_t lost, of;

	if (!read_kept(&k))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	if (k.n)
		release_strangers(&k);
	if (k.n)
		backend = wall_backend(x->wall, &e);
	if (backend && strcmp(backend->name, "none") == 0)
		backend = NULL;
	for (size_t i = 0; backend && i < NATIVES; i++) {
		if (!holds(&k, natives[i]))
			continue;
		lost = count_lost(&k, natives[i], &of);
		if (!lost && !rules_too)
			continue;
		if (!lost)
			log_msg(LOG_LEVEL_WARN,
				"firewall: somebody took osm's rules out of "
				"the kernel: they are put back");
		else
			log_msg(LOG_LEVEL_WARN,
				"firewall: somebody took %zu of %zu blocks out of the "
				"kernel: they are put back (osm -dr releases)",
				lost, of);
		restore(&k, natives[i], LOG_LEVEL_INFO);
	}
	free(k.v);
}

void keep_owners(struct executor *x, int64_t now_s)
{
	struct err e = {0};
	struct keeping k = {.x = x, .now_s = now_s, .e = &e};

	if (!read_kept(&k))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	release_strangers(&k);
	free(k.v);
}

void keep_protected(struct executor *x, int64_t now_s)
{
	struct err e = {0};
	struct keeping k = {.x = x, .now_s = now_s, .e = &e};

	if (!read_kept(&k))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	if (k.n)
		release_protected(&k);
	free(k.v);
}

/* "", or which prefix around it osm blocks. */
static void name_prefix(struct executor *x, const struct addr *net, int64_t now_s,
			char out[ADDR_TEXT_MAX])
{
	struct err e = {0};
	struct keeping k = {.x = x, .now_s = now_s, .e = &e};

	out[0] = '\0';
	if (!read_kept(&k))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	for (size_t i = 0; i < k.n && !out[0]; i++) {
		const struct addr *around = &k.v[i].block.net;

		if (around->family == net->family && addr_contains(around, net))
			addr_print(around, out);
	}
	free(k.v);
}

/* No row of ours says so, but the kernel has it as osm's: of an osm.db that is gone. */
static json_t *release_unknown(struct executor *x, const struct fw_block *block,
			       const char *target, const char *who, int64_t now_s)
{
	const struct fw_backend *backend;
	char note[WALL_WHY_MAX], what[ACTION_DETAIL_MAX], prefix[ADDR_TEXT_MAX];
	struct err e = {0};
	bool has = false;

	backend = wall_backend(x->wall, &e);
	if (!backend || !wall_has(x->wall, backend->name, block, &has, &e))
		return executor_refuse("release %s: %s", target, e.msg);
	if (!has && wall_foreign(x->wall, block, now_s, note))
		return executor_refuse("%s is not blocked by osm (%s; csf -dr, csf -tr)",
				       target, note);
	if (!has)
		name_prefix(x, &block->net, now_s, prefix);
	if (!has && prefix[0])
		return executor_refuse("%s is not blocked by osm itself, but %s is",
				       target, prefix);
	if (!has)
		return executor_refuse("%s is not blocked by osm", target);
	if (!wall_release(x->wall, backend->name, block, note, &e))
		return executor_refuse("release %s: %s", target, e.msg);
	snprintf(what, sizeof(what), "release %.64s, of which nothing was known", target);
	log_msg(LOG_LEVEL_INFO, "*Action* %s, by %s", what, who);
	if (!store_audit(x->store, now_s, who, what, &e))
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	return json_pack("{s:b, s:[], s:s}", "ok", 1, "actions", "message", what);
}

json_t *keep_release(struct executor *x, const json_t *request, int64_t now_s)
{
	const char *text = json_string_value(json_object_get(request, "target"));
	struct fw_block block = {.direction = FW_INOUT};
	char who[EXECUTOR_WHO_MAX], target[ADDR_TEXT_MAX];
	struct action_row row;
	json_t *undo, *answer;
	int64_t id;

	if (!executor_who(request, who))
		return executor_refuse("release: \"who\" is missing");
	if (!text || !addr_parse_cidr(slice_str(text), &block.net))
		return executor_refuse("release: %.64s is no address",
				       text ? text : "it");
	addr_print(&block.net, target);
	if (!store_action_in_force(x->store, action_name(ACTION_FIREWALL), target, &row))
		return release_unknown(x, &block, target, who, now_s);
	/* two, where FIREWALL was changed while the first could not be asked */
	for (;;) {
		id = row.id;
		undo = json_pack("{s:s, s:I, s:s}", "do", "undo", "id", (json_int_t)id,
				 "who", who);
		answer = undo_request(x, undo, now_s);
		json_decref(undo);
		if (!json_is_true(json_object_get(answer, "ok")) ||
		    !store_action_in_force(x->store, action_name(ACTION_FIREWALL), target,
					   &row) ||
		    row.id == id)
			return answer;
		json_decref(answer);
	}
}
