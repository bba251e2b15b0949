/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * forgery: who made Exim print a line that it didn't mean. A local user can have whole lines
 * printed by a newline in a directory's name or in an envelope sender; both stand in one
 * write of Exim, so what began the write is within the 8192 bytes before the forged line.
 *
 * Keeps the last lines that can be such a beginning (cwd= lines, arrivals with an open
 * quote) and asks the file system or the spool about them, each once, at the first doubt.
 */
#ifndef OSM_ENGINE_FORGERY_H
#define OSM_ENGINE_FORGERY_H

#include "osmd/engine/engine.h"

#define FORGERY_WRITE_MAX 8192 /* Exim's log buffer */
#define FORGERY_WHO_MAX 72

struct forgery;

struct forgery *forgery_new(const struct engine_hooks *hooks);
void forgery_free(struct forgery *f); /* NULL is fine */
/* A cwd= line, understood or not: all that is printed after "cwd=". place: how many bytes of
 * log came before the line. */
void forgery_cwd(struct forgery *f, struct slice printed, uint64_t place);
/* An arrival whose quoted sender doesn't end in its line. */
void forgery_open_sender(struct forgery *f, struct slice id, uint64_t place);
/* Who forged the line at this place? false: no sign of it. now_s bounds the questions. */
bool forgery_who(struct forgery *f, uint64_t place, int64_t now_s,
		 char who[FORGERY_WHO_MAX]);

#endif
