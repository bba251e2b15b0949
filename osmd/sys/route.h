/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * route: is an address this machine's own? As the kernel's routing table has it at the moment
 * of asking (rtnetlink), so addresses and interfaces may come and go. Opened once; asking
 * needs no right.
 */
#ifndef OSM_SYS_ROUTE_H
#define OSM_SYS_ROUTE_H

#include "osmd/base/addr.h"
#include "osmd/base/err.h"

struct route;

struct route *route_open(struct err *e);
void route_close(struct route *r); /* NULL is fine */
/* 1: what is sent there stays here; 0; or -errno (-ENETUNREACH: no way there). Never blocks. */
int route_is_local(struct route *r, const struct addr *to);

#endif
