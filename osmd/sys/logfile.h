/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * logfile: which file a stored position lies in. Inode numbers are used again and a file may
 * be copied and truncated, so a place is known by inode and by a hash of the file's first
 * bytes; and when the log was rotated meanwhile, the old file is looked for beside it.
 */
#ifndef OSM_SYS_LOGFILE_H
#define OSM_SYS_LOGFILE_H

#include <sys/stat.h>

#include "osmd/sys/tail.h"

/* Bytes at the start of a file that the fingerprint covers; fewer while it is shorter. */
#define LOGFILE_HEAD_MAX 256

/* Open a regular file for reading: fd or -errno. */
int logfile_open(const char *path, struct stat *st);
/* The place at offset in the open file, with its fingerprint. 0 or -errno. */
int logfile_position(int fd, uint64_t offset, struct tail_position *out);
/* Where the last whole line ends in a file of this size, so that a half line is not lost; a
 * half line over line_max counts as ended. */
uint64_t logfile_last_line(int fd, uint64_t size, size_t line_max);
/* Set the fingerprint alone, from a file's first bytes (at most LOGFILE_HEAD_MAX count). */
void logfile_fingerprint(const uint8_t *head, size_t n, struct tail_position *out);
/* Is the open file the one of the position, and long enough for it? A copy of that file
 * (copytruncate, a restored log) counts when the fingerprint is long enough to trust. */
bool logfile_holds(int fd, const struct tail_position *p);
/* The rotated, uncompressed file beside path (path.*, path-*) that holds the position: fd, or
 * -ENOENT. The same inode is preferred to a copy. */
int logfile_find(const char *path, const struct tail_position *p);
/* Rotated files (path.1, path-20261123) that were last written after the old one: where the
 * log was rotated more than once meanwhile, what lies between. Oldest first into fds, at most
 * max; how many there are. Copies of the old file or of the log are none of them. */
size_t logfile_between(const char *path, int old_fd, int log_fd, int *fds, size_t max);
/* Names of the rotated, uncompressed files beside path are given one by one, in no order. */
void logfile_each(const char *path, void (*fn)(const char *rotated, void *ctx),
		  void *ctx);

#endif
