/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * err: one error as a number for the program and one sentence for a person.
 *
 * A call that a person will read about returns bool and fills a struct err; every caller
 * on the way up may put a prefix before it ("load osm.conf: line 7: ..."); only the top
 * logs it. A NULL err is accepted everywhere and means that nobody wants to read it.
 */
#ifndef OSM_BASE_ERR_H
#define OSM_BASE_ERR_H

#include <stdbool.h>

struct err {
	int code;      /* errno value, 0 while unset */
	char msg[512]; /* cut, never overrun */
};

/* Set the error; always returns false, so that a failing path is one statement. */
bool err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Put text before the message that is there; always returns false. */
bool err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
