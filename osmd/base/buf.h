/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * buf: output that grows up to a limit. Past the limit, or without memory, it refuses and
 * remembers that it did: check buf_ok() once at the end instead of every call.
 * buf_str() is always NUL-terminated.
 */
#ifndef OSM_BASE_BUF_H
#define OSM_BASE_BUF_H

#include "osmd/base/slice.h"

struct buf {
	char *p;      /* owned */
	size_t n;     /* bytes used */
	size_t cap;   /* bytes allocated */
	size_t limit; /* most bytes it may ever hold */
	bool failed;
};

void buf_init(struct buf *b, size_t limit);
void buf_clear(struct buf *b); /* frees; the buf may be used again with the same limit */
void buf_reset(struct buf *b); /* keeps the memory, forgets content and failure */
bool buf_ok(const struct buf *b);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_slice(struct buf *b, struct slice s);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *buf_str(struct buf *b); /* borrowed; "" when nothing was added */
struct slice buf_view(const struct buf *b);

#endif
