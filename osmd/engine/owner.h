/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * owner: a connection -> the process that made it, and how sure that is. The kernel is asked
 * for exactly this connection, then only processes of its user are looked at: those that
 * sent before, then the newest ones. What isn't among them can be searched for when nothing
 * else waits. A process is named only if the socket is seen among its descriptors; what was
 * gone by then is at most probable, and nobody is ever named by number alone.
 */
#ifndef OSM_ENGINE_OWNER_H
#define OSM_ENGINE_OWNER_H

#include "osmd/parse/flow.h"
#include "osmd/parse/packetline.h"
#include "osmd/sys/proc.h"
#include "osmd/sys/sockdiag.h"

struct owner;

struct owner_answer {
	enum packet_sure sure;
	int64_t uid;		 /* -1: not known */
	struct proc_facts facts; /* of PACKET_PROBABLE and better */
};

/* What is kept between the two looks. */
struct owner_question {
	struct flow flow;
	int64_t uid;		  /* as netfilter told it; -1: it didn't */
	uint64_t inode;		  /* as first seen; 0: not yet */
	unsigned gone;		  /* candidates that ended while they were looked at */
	struct owner_answer last; /* the last of these */
	bool last_is_whole;	  /* what it was had been read before */
	unsigned looked;	  /* candidates */
};

struct owner_stats {
	uint64_t asked, searched;
};

/* diag is borrowed. NULL without memory. */
struct owner *owner_new(struct sockdiag *diag);
void owner_free(struct owner *o); /* NULL is fine */
/* The quick look: some 0.1 ms. false: the socket lives, but its process is not among the
 * candidates: ask owner_search. */
bool owner_find(struct owner *o, struct owner_question *q, struct owner_answer *out);
/* The long look, through all processes; gives up (false) as soon as busy says that something
 * else waits: ask again later. */
bool owner_search(struct owner *o, struct owner_question *q, bool (*busy)(void *ctx),
		  void *ctx, struct owner_answer *out);
/* The script that the command line of a parent names, when the process's own names none ("sh
 * -c" of a PHP script): the nearest one of this user's. Empty: none. */
struct slice owner_parent_script(int64_t parent, int64_t uid, char *out, size_t size);
/* Who started a process of this user: the command lines of its parents, the nearest one first,
 * " < " between them, up to the first of another user, of whom only the program is told. Its look
 * into /proc is evidence for people, so there are at most so many a second; empty: not known. */
#define OWNER_PARENTS_A_SECOND 100
struct owner_pace {
	int64_t at_s;
	unsigned used;
};
struct slice owner_parents(struct owner_pace *pace, int64_t at_s, int64_t parent,
			   int64_t uid, char *out, size_t size);
void owner_stats(const struct owner *o, struct owner_stats *out);

#endif
