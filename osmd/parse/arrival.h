/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * arrival: the strict grammar of the `<=` line, after the arrow.
 *
 *     sender [R=id] [DS] [H=host [ip]:port] [I=[ip]:port] [TFO] [U=user] P=protocol
 *     KEY=value ... S=size ... [id=msgid] [T="subject"] [from <sender>] [for address ...]
 *
 * Sender, HELO, id=, T= and the addresses are text of whoever sends. The line is accepted
 * only if all of it fits. What Exim writes after the HELO holds an even number of quotes,
 * so a HELO that imitates fields and swallows the true ones is left with an odd one; and
 * every list outside of quotes refuses the `[ip]:port` that follows a HELO. Each rule here
 * that looks pedantic (the order of the keys, no quotes in plain values, no '=' in a user
 * name) keeps that argument whole.
 */
#ifndef OSM_PARSE_ARRIVAL_H
#define OSM_PARSE_ARRIVAL_H

#include "osmd/parse/eximline.h"

/* Fills the fields of an arrival from the text after "<= ". What is left in them when the
 * line does not fit is of no meaning. */
enum exim_bad arrival_read(const char *p, const char *end, struct exim_line *out);

#endif
