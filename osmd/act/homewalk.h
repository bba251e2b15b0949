/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * homewalk: the way to a file in a customer's home, by folder handles. The customer owns all of
 * it and may swap any part at any moment, so no symlink is followed, no name is used twice, and
 * what was opened is what is meant. (openat2 would do it in one call; EL8's kernel has none.)
 */
#ifndef OSM_ACT_HOMEWALK_H
#define OSM_ACT_HOMEWALK_H

#include "osmd/base/paths.h"
#include "osmd/base/slice.h"

#define HOMEWALK_DEPTH_MAX 64

/* The home itself (an O_PATH handle) or -errno. Its name comes from the password file; the
 * folders above it are root's. */
int homewalk_home(const struct paths *paths, struct slice home);
/* Open what lies at a relative path below the folder: every part but the last is a folder,
 * none is a symlink, "." or "..". flags are openat's for the last part (O_NOFOLLOW, O_CLOEXEC
 * and O_NONBLOCK are added: a FIFO must not keep us waiting). A handle or -errno. */
int homewalk_open(int folder, const char *relative, int flags);

#endif
