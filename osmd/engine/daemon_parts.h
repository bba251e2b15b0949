/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* daemon_parts: the daemon's state, for daemon.c, daemon_hooks.c and daemon_control.c only. */
#ifndef OSM_ENGINE_DAEMON_PARTS_H
#define OSM_ENGINE_DAEMON_PARTS_H

#include <event2/event.h>

#include "osmd/engine/control.h"
#include "osmd/engine/daemon.h"
#include "osmd/engine/endpoint.h"
#include "osmd/engine/engine.h"
#include "osmd/engine/mapwatch.h"
#include "osmd/engine/outbox.h"
#include "osmd/engine/packets.h"
#include "osmd/engine/risers.h"
#include "osmd/engine/warmup.h"
#include "osmd/store/store.h"
#include "osmd/store/watch.h"
#include "osmd/sys/sandbox.h"
#include "osmd/sys/tail.h"

/* What went wrong and was survived. */
struct daemon_errors {
	uint64_t watch_db, store, unsent, reload;
};

struct question; /* of daemon_control.c */

struct daemon {
	struct paths paths;
	struct rules *rules;	   /* owned */
	struct accounts *accounts; /* owned */
	struct event_base *base;
	int handover;
	struct event *handed, *term, *interrupt, *hangup, *save, *begin, *watchdog;
	struct engine *engine;
	struct outbox *outbox;
	struct tail *tail;
	struct control *control;
	struct endpoint *endpoint; /* NULL: METRICS_LISTEN is empty, or could not be had */
	struct question *questions; /* owned; waiting for the executor */
	struct risers *risers;	    /* owned; NULL: none */
	struct mapwatch *mapwatch;
	struct packets *packets;
	struct watch *watch;	     /* NULL: can't be opened; the place isn't kept */
	struct store *store;	     /* NULL: not there (yet) */
	struct tail_position before; /* the line that is being read, or held back */
	struct warmup_result warm;
	uint64_t counted; /* so many lines were in the hours before we began to read */
	struct sandbox_state sandbox;
	struct daemon_errors errors;
	uint64_t executors; /* connected so far */
	unsigned reloads;   /* that the supervisor was told of */
	int64_t begun_s;    /* wall clock */
	bool before_known;  /* of before; else it is where the tail is */
	bool save_armed, watch_failing, failed;
	struct err why;	    /* of failed */
	char log[PATH_MAX]; /* as at the start: another one needs a restart */
	char spool[PATH_MAX];
};

/* ---- daemon_hooks.c: what the engine asks for ---- */
struct engine_hooks daemon_hooks(struct daemon *d);
void daemon_set_facts(struct daemon *d);
/* Where the line begins that is being read, or the first one that is held back. Few lines need
 * it and it costs two system calls. */
const struct tail_position *daemon_line_start(struct daemon *d);
/* The place that may be stored: nothing before it is still under way. */
struct tail_position daemon_place(const struct daemon *d);
/* Store it, what was confirmed, and the hours. */
void daemon_save(struct daemon *d);
/* osm.db for reading, once it is there. */
struct store *daemon_store(struct daemon *d);

/* ---- daemon_control.c: what people ask for ---- */
bool daemon_control_open(struct daemon *d, struct err *e);
/* METRICS_LISTEN; that it can't be had is logged, and keeps nothing from working. */
void daemon_endpoint_open(struct daemon *d);
/* The panel's lists of held and blocked senders have changed. */
void daemon_lists_changed(struct daemon *d);
/* Once outbox and control are gone. */
void daemon_drop_questions(struct daemon *d);

/* ---- daemon.c ---- */
/* Read settings and maps again; *e: the first problem. */
bool daemon_reload(struct daemon *d, struct err *e);
/* The account maps alone. */
void daemon_load_maps(struct daemon *d);
void daemon_stop(struct daemon *d);

#endif
