/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * starts: cwd= lines that wait for the arrival of their message.
 *
 * A cwd= line names no user: anybody can stand in a customer's folder (mode 0711) or forge
 * the whole line. An arrival that is confirmed does name the account. So each confirmed
 * arrival by script takes the oldest waiting line of its account along: it and no other is
 * then confirmed. Which of an account's folders a message came from may be mistaken by that
 * while several are at work; whose they are may not.
 */
#ifndef OSM_ENGINE_STARTS_H
#define OSM_ENGINE_STARTS_H

#include "osmd/base/slice.h"

#define STARTS_WAITING_MAX 64 /* of one account; the oldest goes */
#define STARTS_TTL_S 300      /* a large message takes its time */

struct starts;

struct starts *starts_new(size_t max_accounts);
void starts_free(struct starts *s); /* NULL is fine */
/* ref: of its evidence. */
void starts_add(struct starts *s, struct slice account, int64_t at_s, uint64_t ref);
/* false: none waits. */
bool starts_take(struct starts *s, struct slice account, int64_t at_s, uint64_t *ref,
		 int64_t *start_s);

#endif
