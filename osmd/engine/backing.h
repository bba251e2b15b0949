/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * backing: how much of an account's cwd= lines is backed by arrivals of that account.
 *
 * A cwd= line names no user: anybody can stand in a customer's folder (mode 0711) or forge
 * the whole line. An arrival that the spool confirmed does name the account. So for each
 * account the submissions' cwd lines and the confirmed local arrivals are counted by second;
 * of the lines in a window as many as are not backed are taken to be somebody else's.
 */
#ifndef OSM_ENGINE_BACKING_H
#define OSM_ENGINE_BACKING_H

#include "osmd/base/slice.h"

struct backing;

struct backing *backing_new(size_t max_accounts);
void backing_free(struct backing *b); /* NULL is fine */
void backing_start(struct backing *b, struct slice account,
		   int64_t at_s); /* a cwd line */
void backing_arrival(struct backing *b, struct slice account,
		     int64_t at_s); /* confirmed */
/* How many of n cwd lines of the account, from first_s to last_s, are backed. */
uint64_t backing_of(const struct backing *b, struct slice account, int64_t first_s,
		    int64_t last_s, uint64_t n);
/* Confirmed arrivals in that time. */
uint64_t backing_arrivals(const struct backing *b, struct slice account, int64_t first_s,
			  int64_t last_s);

#endif
