/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * risers: the accounts whose counts rise at this moment, told to the executor at most once a
 * second and one question at a time: it looks at what is gone when they fire.
 */
#ifndef OSM_ENGINE_RISERS_H
#define OSM_ENGINE_RISERS_H

#include <event2/event.h>

#include "osmd/base/slice.h"
#include "osmd/engine/outbox.h"

struct risers;

/* outbox: borrowed; must outlive it. NULL without memory. */
struct risers *risers_new(struct event_base *base, struct outbox *outbox);
void risers_free(struct risers *r); /* NULL is fine */
/* More at once than a question takes are left out: each rises again with its next event. */
void risers_add(struct risers *r, struct slice account);

#endif
