/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * file: whole files with a limit, and atomic replacement. Nothing here follows a name
 * that a customer controls; those go through quarantine's walk.
 */
#ifndef OSM_BASE_FILE_H
#define OSM_BASE_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "osmd/base/buf.h"
#include "osmd/base/err.h"

/* Read a regular file of at most limit bytes into *out (owned by the caller, NUL added
 * after *n bytes). A larger file, a directory, a device: an error. */
bool file_read(const char *path, size_t limit, char **out, size_t *n, struct err *e);
/* The same on an open descriptor, from its current place; the descriptor stays open. */
bool file_read_fd(int fd, size_t limit, char **out, size_t *n, struct err *e);
/* Replace path by content: temp file in the same folder, fsync, rename, fsync the folder.
 * An existing file's owner and mode are kept; a new one gets mode. */
bool file_replace(const char *path, struct slice content, mode_t mode, struct err *e);
/* The place where a save of path has to be written: path itself, or, when it is a symbolic link,
 * the regular file that it leads to. A link is followed only when nobody but root (or we) can
 * change that file or put another in its place: else an error that says so. */
bool file_real(const char *path, char out[PATH_MAX], struct err *e);
/* flock(fd, how: LOCK_SH or LOCK_EX) within limit_ms; 0 or -errno, -ETIMEDOUT. */
int file_flock(int fd, int how, unsigned limit_ms);
/* Keep out everybody else who takes this lock, until the descriptor is closed. The lock is a file
 * of its own, made with mode 0600: a folder that others may open could be locked by them.
 * -1: *e says why (ETIMEDOUT: another holds it). */
int file_lock(const char *path, unsigned limit_ms, struct err *e);
/* mkdir -p with mode for the parts that are made. */
bool file_mkdirs(const char *path, mode_t mode, struct err *e);
/* write() until all is written: 0 or -errno. */
int file_write_all(int fd, const void *p, size_t n);

#endif
