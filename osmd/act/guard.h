/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * guard: may this be done to them? The executor's closed vocabulary, checked at the moment
 * of acting against facts of its own: never root, a system user, a name that cPanel doesn't
 * list as an account, a mailbox of somebody else's domain, what osm.ignore protects.
 * No file, no clock.
 */
#ifndef OSM_ACT_GUARD_H
#define OSM_ACT_GUARD_H

#include "cpanel-hooks/accounts.h"
#include "osmd/model/rules.h"

#define GUARD_TARGET_MAX 320 /* as in the journal's row */
#define GUARD_WHY_MAX 256

/* The account, by its own name, can be acted upon. Else why, for a person. */
bool guard_account(const struct accounts *accounts, const struct config *config,
		   struct slice name, char why[GUARD_WHY_MAX]);
/* The same for what needs no panel: on a host without one its users are its accounts. */
bool guard_user(const struct accounts *accounts, const struct config *config,
		struct slice name, char why[GUARD_WHY_MAX]);
/* The account as a whole can be suspended, blocked or held: a reseller's can't, whose customers
 * would lose their keeper; single mailboxes of it can. */
bool guard_whole(const struct accounts *accounts, struct slice name, char why[GUARD_WHY_MAX]);
/* path is absolute, plain, and of this account (its home holds it). */
bool guard_path(const struct accounts *accounts, struct slice account, struct slice path,
		char why[GUARD_WHY_MAX]);
/* mailbox is local@domain, and the domain is this account's. target: it in lower case. */
bool guard_mailbox(const struct accounts *accounts, struct slice account,
		   struct slice mailbox, char target[GUARD_TARGET_MAX],
		   char why[GUARD_WHY_MAX]);
/* Does osm.ignore protect them from this trigger? rules NULL: the lists
 * could not be read, so everybody is protected. */
bool guard_ignored(const struct rules *rules, enum trigger_id t, struct slice account,
		   struct slice mailbox, int64_t now_s, char why[GUARD_WHY_MAX]);

#endif
