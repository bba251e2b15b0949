/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * spool: asks Exim's spool who submitted a message: input/ID-H, or input/C/ID-H with a split
 * spool (spool_in.c: line 1 "ID-H", line 2 "login uid gid"; later -ident, -auth_id). A sender
 * can't write there. One open and one bounded read; the id was checked to be one.
 * And asks the file system whether a printed cwd goes on after a newline, and the spool
 * whether a sender does (forged lines).
 */
#ifndef OSM_ENGINE_SPOOL_H
#define OSM_ENGINE_SPOOL_H

#include "cpanel-hooks/accounts.h"
#include "osmd/engine/engine.h"

/* spool: the spool folder with the root before it. address: where a login is said to have come
 * from, or "": a line with a login and another address than the spool's is not confirmed
 * (SPOOL_ABSENT). who is set whenever the file names a
 * submitter: the login of the client or the local user; "" for mail that came in. A message
 * of a connection from localhost that nobody logged in for is SPOOL_ABSENT for a user: the
 * spool can't tell whose it is. */
enum spool_answer spool_ask(const char *spool, struct slice message_id, struct slice user,
			    struct slice login, struct slice address, char who[72]);
/* Is the message in the queue? */
bool spool_has(const char *spool, struct slice message_id);
/* Does the message's sender go on behind a line end? who: the local user who gave it. */
bool spool_newline_sender(const char *spool, struct slice message_id, char who[72]);
/* printed: all text after "cwd=" of a physical line. True when the folder it lies in has a
 * folder named like its last part, a newline and more, that belongs to an account: in a home
 * or wherever customers can make folders (/tmp). Such a name exists to forge lines. */
bool spool_newline_path(const char *root, const struct accounts *accounts,
			struct slice printed, char who[72]);

#endif
