/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * users: names and numbers of this server's users and groups, of all of them, not only of
 * the accounts. Built from the texts of /etc/passwd and /etc/group, then read only.
 */
#ifndef OSM_CPANEL_USERS_H
#define OSM_CPANEL_USERS_H

#include "osmd/base/slice.h"

struct users;

/* The texts stay the caller's and must live as long. NULL without memory. */
struct users *users_new(struct slice passwd, struct slice group);
void users_free(struct users *u); /* NULL is fine */
/* The first name with this number, as for getpwuid(); empty: none. */
struct slice users_name(const struct users *u, int64_t uid);
/* -1: no such name. */
int64_t users_uid(const struct users *u, struct slice name);
int64_t users_gid(const struct users *u, struct slice group);

#endif
