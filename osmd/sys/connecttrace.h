/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * connecttrace: the kernel tells of each connect() to one of some ports, with who calls it,
 * from where, by what program: an eBPF program (connect.bpf.c) on the tracepoint
 * sock:inet_sock_set_state, read through a ring buffer. It changes nothing and is gone with
 * the process that opened it.
 *
 * Opening needs CAP_BPF and CAP_PERFMON (or root), the kernel's types in /sys/kernel/btf, and
 * Linux 5.8 or a distribution's kernel with the same; reading needs neither right nor system
 * call. It is proven at the start by a connection of its own.
 */
#ifndef OSM_SYS_CONNECTTRACE_H
#define OSM_SYS_CONNECTTRACE_H

#include "osmd/base/addr.h"
#include "osmd/base/err.h"

struct connecttrace;

struct connecttrace_event {
	struct addr from, to;
	uint16_t from_port, to_port; /* from_port 0: not chosen yet */
	int64_t uid, real_uid, gid;  /* uid, gid: effective; -1: the kernel itself */
	int64_t pid;		     /* 0: in another pid namespace */
	int64_t parent;		     /* 0: not known */
	uint32_t serial;	     /* for connecttrace_fate */
	/* Valid during the call. Arguments: a NUL behind each; empty paths: not known, or longer
	 * than they are told. */
	struct slice arguments, cwd, exe;
};
typedef void (*connecttrace_fn)(const struct connecttrace_event *ev, void *ctx);

/* What became of the first packet, behind all firewalls. */
enum connecttrace_fate {
	CONNECTTRACE_WAITS, /* it has not left: ask again */
	CONNECTTRACE_LOCAL, /* it left by the loopback interface, wherever it was meant to go */
	CONNECTTRACE_AWAY,  /* by another one */
	CONNECTTRACE_ENDED, /* it never left, and the socket is closed */
	CONNECTTRACE_LOST   /* not known, and won't be */
};

struct connecttrace_stats {
	uint64_t received; /* connections to these ports in this network namespace */
	uint64_t dropped;  /* of them: the ring had no room */
	uint64_t malformed;
};

struct connecttrace *connecttrace_open(const uint16_t *ports, size_t count,
				       struct err *e);
void connecttrace_close(struct connecttrace *t); /* NULL is fine */
/* Readable when events wait. */
int connecttrace_fd(const struct connecttrace *t);
/* Give up to max that wait; their number, -errno. Never blocks. */
int connecttrace_take(struct connecttrace *t, int max, connecttrace_fn fn, void *ctx);
/* Of an event; without a system call. Sets *from_port, which is known by then, but for
 * CONNECTTRACE_WAITS and _LOST. It is kept for a while: 65536 later events among all CPUs. */
enum connecttrace_fate connecttrace_fate(const struct connecttrace *t, uint32_t serial,
					 uint16_t *from_port);
void connecttrace_stats(const struct connecttrace *t, struct connecttrace_stats *out);

#endif
