/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * fwact: the actions that the firewall carries out. firewall blocks an address (its target;
 * by hand a prefix, too); block_smtp the connections of an account's uid to the SMTP ports.
 *
 * The journal's `before` holds "free", the backend, and what exactly was blocked: "free nft in",
 * "free csf inout", "free nft uid=1001": so the same thing is released and put back, whatever
 * the settings and the account maps say by then.
 */
#ifndef OSM_ACT_FWACT_H
#define OSM_ACT_FWACT_H

#include "osmd/act/actions.h"
#include "osmd/act/wall.h"

enum action_state fwact_perform(const struct action_job *job,
				char detail[ACTION_DETAIL_MAX]);
bool fwact_reverse(const struct action_job *job, char detail[ACTION_DETAIL_MAX]);
/* Of one that isn't decided yet: also as somebody else's, in csf. */
enum action_force fwact_in_force(const struct action_job *job);
bool fwact_before(const struct action_job *job, char out[ACTION_BEFORE_MAX],
		  char why[ACTION_DETAIL_MAX]);

#define FWACT_BACKEND_MAX 16
/* The block of a begun row, with the time that is left of it at now_s, and its backend. false:
 * the row names none. */
bool fwact_block_of(const struct action_row *row, int64_t now_s, struct fw_block *out,
		    char backend[FWACT_BACKEND_MAX]);
/* Has the row's own backend, which need not be today's, what the row says? */
enum action_force fwact_still(struct wall *w, const struct action_row *row,
			      int64_t now_s);
/* Is it one of the two? */
bool fwact_is(const struct action_row *row);
/* The uid that a begun row of block_smtp names; -1: it is no such row. */
int64_t fwact_uid(const struct action_row *row);
/* Is the uid that a begun row names still its account's (an address is nobody's: true)? What the
 * maps don't tell, as in the middle of a renaming, is no reason to say no. */
bool fwact_owned(const struct accounts *a, const struct action_row *row, char *why,
		 size_t size);
/* May what a begun row says still be blocked? */
bool fwact_allowed(struct wall *w, const struct action_row *row, char *why, size_t size);

/* At most so many addresses of one report, of those that sent at least a tenth of what is
 * confirmed: more there can't be. */
#define FWACT_ADDRESSES_MAX 10
/* The addresses of a report that the firewall is to block, as their one form. */
size_t fwact_targets(const json_t *report, char out[FWACT_ADDRESSES_MAX][ADDR_TEXT_MAX]);

#endif
