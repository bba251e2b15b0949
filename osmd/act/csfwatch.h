/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * csfwatch: tells when csf's lists or its state have changed, by inotify. csf rewrites its
 * files in place, so the folders are watched for files that are closed after writing. Where
 * there is no csf yet, the folders above are watched until there is one.
 */
#ifndef OSM_ACT_CSFWATCH_H
#define OSM_ACT_CSFWATCH_H

#include "osmd/base/paths.h"

/* What has changed, as bits. */
#define CSFWATCH_LISTS 1u /* csf.deny or csf.tempban */
/* csf was started, flushed, enabled or disabled (csf.lock was let go; csf.disable, csf.error
 * or csf.conf changed): the kernel may have lost what is not csf's. */
#define CSFWATCH_STATE 2u
/* What csf allows or ignores: somebody may be protected now. */
#define CSFWATCH_ALLOWED 4u

struct csfwatch;

struct csfwatch *csfwatch_new(const struct paths *paths); /* NULL: no inotify or memory */
void csfwatch_free(struct csfwatch *w);			  /* NULL is fine */
int csfwatch_fd(const struct csfwatch *w); /* readable: ask csfwatch_read */
unsigned csfwatch_read(struct csfwatch *w);

#endif
