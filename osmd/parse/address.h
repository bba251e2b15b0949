/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * address: where an envelope address ends in Exim's log, which prints it unescaped.
 *
 * A local part is made of words with dots between them. A quoted word may hold blanks and
 * whatever looks like a field; in a plain word a backslash takes the next byte along,
 * be it a blank. So neither can be found by the next blank.
 */
#ifndef OSM_PARSE_ADDRESS_H
#define OSM_PARSE_ADDRESS_H

#include <stddef.h>

/* The first byte that is not of the local part at p; NULL when it ends inside quotes or
 * after a backslash, so that the address goes on behind end. */
const char *address_skip_local(const char *p, const char *end);
/* The first byte that is not of the domain at p. */
const char *address_skip_domain(const char *p, const char *end);
/* The byte after the address at p (local@domain or a bare user name), which is a blank, a
 * '>' or end; NULL when there is none. */
const char *address_skip(const char *p, const char *end);
/* The byte after the quote that ends the text at p; NULL without one. */
const char *address_skip_quoted(const char *p, const char *end);

#endif
