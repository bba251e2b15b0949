/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * executor: the root process that alone acts. Forked before any privilege is dropped, it
 * takes documents over a SOCK_SEQPACKET pair, checks every field against a closed
 * vocabulary, writes what it will do as pending to osm.db, does it, verifies it against the
 * panel's own files, writes the outcome, and answers with one document for each.
 *
 * Requests (JSON objects):
 *   {"do":"report","report":{...},"wanted":["email","store","hold"],"confirmed":true}
 *   {"do":"undo","id":N,"who":"root"}       {"do":"undo","report":"ID","who":"root"}
 *   {"do":ACTION,"target":"...","account":"...","who":"root","expire":N}   (one that can be undone)
 *   {"do":"held","target":"bob@example.com","account":"...","who":"root","delete":true|false}
 *       counts, or deletes, held messages; the answer has "messages"
 *   {"do":"notice","event":E,...}   what others did, see ctl/hookevent.h; also "lists": the panel's
 *       list files have changed
 *   {"do":"look","accounts":["...",...]}   their counts rise: see what Apache serves of them
 *   {"do":"firewall","target":"192.0.2.7" or "192.0.2.0/24","who":"root","expire":N,"reason":"...",
 *       "from":ADDRESS of who asks}   expire 0: until it is released; absent: FIREWALL_TTL
 *   {"do":"release","target":"192.0.2.7","who":"root"}   undoes the firewall's block of it
 *   {"do":"expire"}   (timers: undo what has expired)     {"do":"reload"}   {"do":"ping"}
 * Answers: {"ok":true|false,"error":"...","report":"ID","actions":[{id,action,target,state,detail}]}
 * A request's "seq" comes back in its answer. Whether REPORT_STORE is on or not, a report is
 * kept in osm.db: undo, the warm-up and REPORT_REPEAT need it.
 * A datagram holds one whole document of at most EXECUTOR_MESSAGE_MAX bytes.
 */
#ifndef OSM_ACT_EXECUTOR_H
#define OSM_ACT_EXECUTOR_H

#include <jansson.h>

#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/model/options.h"

#define EXECUTOR_MESSAGE_MAX (256 * 1024)
#define EXECUTOR_EXPIRE_MAX_S (10 * 365 * 86400) /* of an order by hand */
#define EXECUTOR_LOOK_MAX 16 /* accounts in one "look" */

struct executor;

/* Opens osm.db for writing under PATH_EXECUTOR_LOCK, loads config and accounts, finishes or
 * fails what was left pending. Fails when another executor holds the lock. */
struct executor *executor_new(const struct paths *paths, const struct config *config,
			      struct err *e);
/* The same, but what was left pending stays so for the daemon's executor: who only wants to
 * undo, perhaps with wrong settings or osm disabled, must not set anything going. */
struct executor *executor_new_undo(const struct paths *paths, const struct config *config,
				   struct err *e);
void executor_free(struct executor *x);
/* One request -> one answer (owned by the caller, never NULL but without memory). This is all
 * that `osm undo` needs when the daemon is down. now_s: wall clock. */
json_t *executor_handle(struct executor *x, const json_t *request, int64_t now_s);
/* Serve requests on fd until it is closed by the peer; also runs the expiry timer. Returns
 * the process's exit code. */
int executor_serve(struct executor *x, int fd);

/* The pair for it: SOCK_SEQPACKET, close-on-exec, both ends with room for whole messages.
 * 0 or -errno. */
int executor_pair(int fds[2]);

#endif
