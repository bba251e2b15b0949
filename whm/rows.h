/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * rows: reports and accounts as they stand in the tables of several pages.
 */
#ifndef OSM_WHM_ROWS_H
#define OSM_WHM_ROWS_H

#include "whm/site.h"

/* A key is as long as a stranger likes; the evidence page shows all of it. */
#define ROWS_KEY_MAX 120

/* The first n of a list as store_report_list makes it. */
void rows_reports(struct site *s, const char *caption, const json_t *list, size_t n);
/* The first three cells of a row that is about one window: trigger, account, who or what. */
void rows_who(struct site *s, const json_t *row);
/* A link to an account's reports; "-" for nobody. */
void rows_account(struct site *s, const char *account);

#endif
