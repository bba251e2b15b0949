/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * panelact: the actions that the panel carries out. Each is one or two parts (suspending a
 * mailbox is blocking its login and its sending); each part is a call to do it, a call to undo
 * it, and a file of the panel's that shows it. Whatever the panel says, the file decides.
 *
 * What of it is ours is told by the journal's `before`: "free" all, "free login" or "free
 * sending" only that part, the other was so already and is left so. Of a suspended account
 * "free blocked" says that somebody else had blocked its mail before: cPanel's unsuspension
 * takes that away, so it is put back.
 */
#ifndef OSM_ACT_PANELACT_H
#define OSM_ACT_PANELACT_H

#include "osmd/act/actions.h"

/* ACTION_PENDING: nothing is in force and the panel did not answer; it may be asked again. */
enum action_state panelact_perform(const struct action_job *job,
				   char detail[ACTION_DETAIL_MAX]);
bool panelact_reverse(const struct action_job *job, char detail[ACTION_DETAIL_MAX]);
/* In force when all parts are; unknown when one can't be read. */
enum action_force panelact_in_force(const struct action_job *job);
/* None of the parts that are ours is in force. */
bool panelact_all_gone(const struct action_job *job);
/* What stands behind "free" in the journal, or "". */
bool panelact_before(const struct action_job *job, char out[ACTION_BEFORE_MAX],
		     char why[ACTION_DETAIL_MAX]);

/* A part is ours when it was not so before (by the journal's `before`) and the panel's file was
 * last changed while our call ran, or names our reason. */
enum action_claim panelact_claim(const struct action_job *job, int64_t from_s,
				 int64_t until_s, char before[ACTION_BEFORE_MAX]);

/* Messages of a mailbox in the queue that are held; with `remove` they are deleted first and
 * their number is told. */
bool panelact_held(const struct action_job *job, bool remove, uint64_t *n,
		   char why[ACTION_DETAIL_MAX]);

#endif
