/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * log: the daemon's log: stderr, and a file in lfd's line format
 * "Mmm dd hh:mm:ss HOST osmd[PID]: text" that is opened for each line, so rotation needs
 * no signal. The sink is the only mutable global of the product. Control bytes of the text
 * are printed as \xHH: a stranger's text can't make a line of its own.
 */
#ifndef OSM_BASE_LOG_H
#define OSM_BASE_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* ident is borrowed for ever ("osmd"). path NULL: no file. to_stderr: also there. */
void log_open(const char *ident, const char *path, int to_stderr, enum log_level least);
void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Lines that could not be written to the file since the start (full disk, no folder). */
unsigned long log_failures(void);

#endif
