/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/parse/command.h"

/* Process numbers below the newest one that are looked at: a short-lived process is the
 * newest or nearly so. */
#define NEWEST_MAX 128
/* Processes that sent lately are asked first: who sends much, sends again. */
#define RECENT_MAX 16
/* A script's own helper ("sleep") shares its socket: the parent is named instead. */
#define PARENTS_MAX 4

struct owner {
	struct sockdiag *diag; /* borrowed */
	int64_t recent[RECENT_MAX];
	unsigned recent_at;
	struct owner_stats stats;
};

struct owner *owner_new(struct sockdiag *diag)
{
	struct owner *o = calloc(1, sizeof(*o));

	if (o)
		o->diag = diag;
	return o;
}

void owner_free(struct owner *o)
{
	free(o);
}

void owner_stats(const struct owner *o, struct owner_stats *out)
{
	*out = o->stats;
}

static void remember(struct owner *o, int64_t pid)
{
	for (unsigned i = 0; i < RECENT_MAX; i++)
		if (o->recent[i] == pid)
			return;
	o->recent[o->recent_at++ % RECENT_MAX] = pid;
}

enum seen { SEEN_NOT, SEEN_GONE, SEEN_HOLDS };

/* eager: what it is comes first, since that goes with the process; else only of one that has
 * the socket, since of many candidates one has. */
static enum seen look_at(int64_t pid, uint64_t inode, bool eager,
			 struct proc_facts *facts)
{
	int folder = proc_open(pid), has = 1;

	if (folder < 0)
		return SEEN_NOT;
	if (eager && !proc_read(folder, pid, facts))
		has = 0;
	if (has)
		has = proc_has_socket(folder, inode);
	if (has > 0 && !eager && !proc_read(folder, pid, facts))
		has = -ESRCH;
	close(folder);
	if (has > 0)
		return SEEN_HOLDS;
	return has == -ESRCH || has == -ENOENT ? SEEN_GONE : SEEN_NOT;
}

/* The topmost process of the same user that has the socket, too. */
static void climb(uint64_t inode, struct proc_facts *facts)
{
	struct proc_facts up;

	for (unsigned i = 0; i < PARENTS_MAX && facts->parent > 1; i++) {
		if (proc_uid(facts->parent) != facts->uid ||
		    look_at(facts->parent, inode, false, &up) != SEEN_HOLDS ||
		    up.uid != facts->uid)
			return;
		*facts = up;
	}
}

/* The process holds the socket. Whoever made it is charged, and both must be the same to be
 * sure: a socket can be handed on, and a program may run as two users at once. */
static void settle(struct owner *o, const struct owner_question *q, int64_t socket_uid,
		   struct owner_answer *out)
{
	climb(q->inode, &out->facts);
	remember(o, out->facts.pid);
	out->uid = socket_uid;
	if (out->facts.uid == socket_uid && out->facts.real_uid == socket_uid) {
		out->sure = PACKET_SOCKET;
	} else {
		out->sure = PACKET_PROBABLE;
		if (socket_uid == 0 && out->facts.uid > 0)
			out->uid = out->facts.uid; /* made by root, handed down */
	}
}

/* true: found. */
static bool try_candidate(struct owner *o, struct owner_question *q, int64_t pid,
			  int64_t socket_uid, struct owner_answer *out)
{
	switch (look_at(pid, q->inode, q->looked++ == 0, &out->facts)) {
	case SEEN_HOLDS:
		settle(o, q, socket_uid, out);
		return true;
	case SEEN_GONE:
		q->gone++;
		q->last = *out;
		q->last_is_whole = q->looked == 1;
		break;
	case SEEN_NOT:
		break;
	}
	return false;
}

static bool try_recent(struct owner *o, struct owner_question *q, int64_t uid,
		       struct owner_answer *out)
{
	for (unsigned i = 1; i <= RECENT_MAX; i++) {
		int64_t pid = o->recent[(o->recent_at - i) % RECENT_MAX];

		if (pid && proc_uid(pid) == uid && try_candidate(o, q, pid, uid, out))
			return true;
	}
	return false;
}

static bool try_newest(struct owner *o, struct owner_question *q, int64_t uid,
		       struct owner_answer *out)
{
	int64_t newest = proc_newest();

	for (int64_t pid = newest; pid > 0 && pid > newest - NEWEST_MAX; pid--)
		if (proc_uid(pid) == uid && try_candidate(o, q, pid, uid, out))
			return true;
	return false;
}

/* The socket is closed, or another's by now: what is left is who made it, if netfilter told,
 * and a process that ended while it was looked at, if there was but one. */
static void give_up(const struct owner_question *q, int64_t uid, struct owner_answer *out)
{
	if (uid >= 0 && q->gone == 1 && q->last_is_whole && q->last.facts.uid == uid) {
		*out = q->last;
		out->sure = PACKET_PROBABLE;
	} else {
		*out = (struct owner_answer){.sure = uid >= 0 ? PACKET_UID_ONLY
							      : PACKET_UNKNOWN};
	}
	out->uid = uid;
}

/* Who made the socket; -1: it is closed, or the address is another connection's by now. */
static int64_t ask_kernel(struct owner *o, struct owner_question *q)
{
	const struct flow *f = &q->flow;
	struct sockdiag_answer a;

	if (sockdiag_find(o->diag, &f->from, f->from_port, &f->to, f->to_port,
			  f->interface, &a) != 0 ||
	    a.inode == 0 || (q->inode && q->inode != a.inode) ||
	    (q->uid >= 0 && q->uid != (int64_t)a.uid))
		return -1;
	q->inode = a.inode;
	return a.uid;
}

bool owner_find(struct owner *o, struct owner_question *q, struct owner_answer *out)
{
	int64_t uid;

	*out = (struct owner_answer){.uid = -1};
	o->stats.asked++;
	uid = ask_kernel(o, q);
	if (uid < 0) {
		give_up(q, q->uid, out);
		return true;
	}
	if (try_recent(o, q, uid, out) || try_newest(o, q, uid, out))
		return true;
	q->uid = uid; /* from here on it is known */
	return false;
}

struct search {
	struct owner *o;
	struct owner_question *q;
	struct owner_answer *out;
	bool (*busy)(void *ctx);
	void *ctx;
	bool anybody; /* whatever the process's user: the socket was handed down */
	bool found, interrupted;
};

static bool search_one(int64_t pid, void *ctx)
{
	struct search *s = ctx;

	if ((proc_uid(pid) == s->q->uid) == s->anybody)
		return true;
	s->found = try_candidate(s->o, s->q, pid, s->q->uid, s->out);
	if (!s->found)
		s->interrupted = s->busy(s->ctx);
	return !s->found && !s->interrupted;
}

bool owner_search(struct owner *o, struct owner_question *q, bool (*busy)(void *ctx),
		  void *ctx, struct owner_answer *out)
{
	struct search s = {.o = o, .q = q, .out = out, .busy = busy, .ctx = ctx};

	*out = (struct owner_answer){.uid = -1};
	o->stats.searched++;
	if (ask_kernel(o, q) < 0) {
		give_up(q, q->uid, out);
		return true;
	}
	proc_each(search_one, &s);
	if (!s.found && !s.interrupted) {
		s.anybody = true;
		proc_each(search_one, &s);
	}
	if (s.interrupted)
		return false;
	if (!s.found)
		give_up(q, q->uid, out);
	return true;
}

struct slice owner_parent_script(int64_t parent, int64_t uid, char *out, size_t size)
{
	struct proc_facts up;
	struct slice script = {out, 0};

	for (unsigned i = 0; i < PARENTS_MAX && parent > 1 && !script.n; i++) {
		int folder = proc_open(parent);
		bool alive = folder >= 0 && proc_read(folder, parent, &up);

		if (folder >= 0)
			close(folder);
		if (!alive || up.uid != uid || up.real_uid != uid)
			break;
		script = command_script((struct slice){up.exe, up.exe_n},
					(struct slice){up.arguments, up.arguments_n},
					(struct slice){up.cwd, up.cwd_n}, out, size);
		parent = up.parent;
	}
	return script;
}

static bool may(struct owner_pace *pace, int64_t at_s)
{
	if (pace->at_s != at_s)
		*pace = (struct owner_pace){.at_s = at_s};
	return pace->used++ < OWNER_PARENTS_A_SECOND;
}

static void append(struct slice *s, char *out, size_t size, struct slice text)
{
	const size_t n = text.n < size - s->n ? text.n : size - s->n;

	if (n)
		memcpy(out + s->n, text.p, n);
	s->n += n;
}

struct slice owner_parents(struct owner_pace *pace, int64_t at_s, int64_t parent,
			   int64_t uid, char *out, size_t size)
{
	char command[PROC_ARGUMENTS_MAX];
	struct slice all = {out, 0}, text;
	struct proc_facts up;
	bool same = parent > 1 && may(pace, at_s);

	for (unsigned i = 0; i < PARENTS_MAX && same && parent > 1; i++) {
		int folder = proc_open(parent);
		bool alive = folder >= 0 && proc_read(folder, parent, &up);

		if (folder >= 0)
			close(folder);
		if (!alive)
			break;
		same = up.uid == uid && up.real_uid == uid;
		text = command_text((struct slice){up.arguments, up.arguments_n}, command,
				    sizeof(command));
		if (!same || !text.n)
			text = (struct slice){up.exe, up.exe_n};
		if (all.n && text.n)
			append(&all, out, size, SLICE(" < "));
		append(&all, out, size, text);
		parent = up.parent;
	}
	return all;
}
