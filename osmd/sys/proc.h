/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * proc: what /proc tells of a process, read through one descriptor of its folder: when the
 * process ends its number may be given away at once, and the descriptor then fails instead
 * of telling of another one. Every text in it is the process's own choice.
 *
 * Processes of others need CAP_SYS_PTRACE (their descriptors, cwd, exe) and, with hidepid,
 * their very folder does.
 */
#ifndef OSM_SYS_PROC_H
#define OSM_SYS_PROC_H

#include "osmd/base/slice.h"

#define PROC_EXE_MAX 512
#define PROC_CWD_MAX 1024
#define PROC_ARGUMENTS_MAX 512
/* More descriptors of one process are not looked through. */
#define PROC_DESCRIPTORS_MAX 4096

struct proc_facts {
	int64_t pid, parent; /* of the whole process, not a thread; 0: not known */
	int64_t uid, gid;    /* effective; -1: not known */
	int64_t real_uid;    /* -1: not known */
	size_t exe_n, cwd_n, arguments_n; /* 0: not known, or longer than there is room */
	char exe[PROC_EXE_MAX], cwd[PROC_CWD_MAX];
	char arguments[PROC_ARGUMENTS_MAX]; /* a NUL behind each; cut */
};

/* Its folder, or -errno. */
int proc_open(int64_t pid);
/* The effective user of process pid; -errno when it is gone. */
int64_t proc_uid(int64_t pid);
/* cwd and exe first, since they go with the process; then the rest. false: gone before cwd
 * could be read. */
bool proc_read(int folder, int64_t pid, struct proc_facts *out);
/* Has it this socket open? 1, 0, or -errno (gone, not allowed). */
int proc_has_socket(int folder, uint64_t inode);
/* The number that was given to a process last; -errno. */
int64_t proc_newest(void);
/* Every process, the highest number first; fn returns false to stop. false: /proc can't be
 * read. */
bool proc_each(bool (*fn)(int64_t pid, void *ctx), void *ctx);
/* What a link of /proc names, without the mark of what was removed: it is still the one that it
 * was. */
struct slice proc_link_name(struct slice link);

#endif
