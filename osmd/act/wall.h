/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * wall: the executor's firewall: which one is in force by the settings, opened when it is
 * first needed; who is protected from it; blocks and releases. What blocked something is
 * named in the journal, and only that one releases it.
 *
 * With --root nothing of this machine's kernel is touched: only csf (below the root) or none
 * can be in force then.
 */
#ifndef OSM_ACT_WALL_H
#define OSM_ACT_WALL_H

#include "firewall/fw.h"
#include "osmd/model/options.h"

#define WALL_WHY_MAX 512

struct wall;

/* Both are borrowed; config may change under it (a reload), wall_reset() tells it. */
struct wall *wall_new(const struct paths *paths, const struct config *config);
void wall_free(struct wall *w); /* NULL is fine */
/* Forget what is open: the settings have changed. */
void wall_reset(struct wall *w);
/* This backend whatever the settings say; for tests. */
void wall_use(struct wall *w, const struct fw_backend *backend);

/* The backend in force now; NULL: there is none, and why. The choice is looked at again at
 * each call, since csf may have been enabled or disabled. */
const struct fw_backend *wall_backend(struct wall *w, struct err *e);
/* The same for this block, which csf may not take as it is: its direction becomes `in` where csf
 * blocks nothing outgoing, and with IPV6 off an IPv6 address is left to the kernel beside csf. */
const struct fw_backend *wall_backend_for(struct wall *w, struct fw_block *block,
					  struct err *e);
/* Who tells the kernel before csf does; NULL: nobody. */
const struct fw_backend *wall_beside(struct wall *w);
/* Why that one, in one sentence; borrowed. */
const char *wall_reason(const struct wall *w);
/* May it be blocked at all? from: SSH_CONNECTION, or the address, of who
 * asks; or NULL. */
bool wall_may(struct wall *w, const struct fw_block *block, const char *from,
	      int64_t now_s, char why[WALL_WHY_MAX]);
/* Read once who is protected, for the calls of wall_may() until wall_let(). */
bool wall_hold(struct wall *w, const char *from, int64_t now_s, struct err *e);
void wall_let(struct wall *w);
/* Names among what is held that stand for no address (see bans.h); 0 when nothing is held. */
size_t wall_unresolved(const struct wall *w);
/* Does it stand in csf's own lists, by somebody else, and block as much for as long? where:
 * for a person. False when there is no csf. */
bool wall_foreign(struct wall *w, const struct fw_block *block, int64_t now_s,
		  char where[WALL_WHY_MAX]);

/* name: the backend's, as wall_backend() told it. note: what must be known besides, or "". */
bool wall_block(struct wall *w, const char *name, const struct fw_block *blocks,
		size_t count, char note[WALL_WHY_MAX], struct err *e);
bool wall_release(struct wall *w, const char *name, const struct fw_block *block,
		  char note[WALL_WHY_MAX], struct err *e);
/* Would csf be called by a block or a release now? As of the last one: false before any. */
bool wall_csf_works(const struct wall *w);
/* Is it there, as osm's? */
bool wall_has(struct wall *w, const char *name, const struct fw_block *block, bool *has,
	      struct err *e);
/* Each that it has. */
bool wall_each(struct wall *w, const char *name, fw_each *each, void *ctx, struct err *e);
/* Who has that backend's blocks in the kernel: itself, or with csf who is told beside it;
 * NULL: nobody that osm told. */
const char *wall_native(struct wall *w, const char *name);
/* Block again in the kernel what is recorded to be in force by that backend: with csf only in
 * the kernel beside it, if that is told too (csf keeps its own). */
bool wall_restore(struct wall *w, const char *name, const struct fw_block *blocks,
		  size_t count, struct err *e);
/* Can csf's restart have taken that backend's blocks out of the kernel? */
bool wall_is_fragile(struct wall *w, const char *name);
/* Which of blocks that csf was told of has somebody taken out of csf's lists? */
bool wall_removed(struct wall *w, const struct fw_block *blocks, size_t count,
		  fw_each *each, void *ctx, struct err *e);

#endif
