/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * daemon: the watcher's process: the log's lines into the engine, its reports into the
 * outbox, questions of people to the executor, the place in the log into watch.db; each in
 * one event loop that sleeps while nothing happens.
 */
#ifndef OSM_ENGINE_DAEMON_H
#define OSM_ENGINE_DAEMON_H

#include "osmd/base/err.h"
#include "osmd/base/paths.h"
#include "osmd/model/rules.h"

struct daemon;

/* Takes rules and both descriptors over, also when it fails. handover: supervisor_start's;
 * packets: packetkeeper_start's. */
struct daemon *daemon_new(const struct paths *paths, struct rules *rules, int handover,
			  int packets, struct err *e);
/* Until it is told to stop. false: it had to give up, *e says why. */
bool daemon_run(struct daemon *d, struct err *e);
void daemon_free(struct daemon *d); /* NULL is fine */

#endif
