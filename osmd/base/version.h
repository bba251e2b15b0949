/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* version: the one place that says which osm this is. */
#ifndef OSM_BASE_VERSION_H
#define OSM_BASE_VERSION_H

#define OSM_VERSION "0.1.0"

#endif
