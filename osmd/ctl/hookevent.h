/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * hookevent: what cPanel tells a standardized hook -> what osmd is told. The document on a
 * hook's stdin holds passwords ("pass", "new_password", args of passwd_pop): of all of it only
 * the event and the names of an account or a mailbox are taken, and nothing else of it is ever
 * copied, logged or sent. Pure: no file, no socket.
 *
 * Told: {"do":"notice","event":E,"user":U[,"newuser":N][,"mailbox":M]}, E being created, modified,
 * renamed (with newuser), removed, suspended, unsuspended, mailbox (its login, sending or hold
 * was changed) or password (of the account, or of the mailbox).
 */
#ifndef OSM_CTL_HOOKEVENT_H
#define OSM_CTL_HOOKEVENT_H

#include <jansson.h>

#include "osmd/base/slice.h"

#define HOOKEVENT_INPUT_MAX (1024 * 1024)

/* What `--describe` prints: for each event and its stage "post", that `program` is to be run.
 * Post only: for a suspension any word printed in "pre" is a veto. Owned by the caller; NULL
 * without memory. */
json_t *hookevent_describe(const char *program);
/* NULL: nothing that osmd needs to know, or no such document. Owned by the caller. */
json_t *hookevent_read(struct slice input);
/* May these be a user's name and a mailbox? For what comes over the socket, too. */
bool hookevent_user_fits(struct slice user);
bool hookevent_mailbox_fits(struct slice mailbox);

#endif
