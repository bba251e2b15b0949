/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * rows: reports and actions as they stand in the tables of several pages, and what an action
 * means in words.
 */
#ifndef OSM_WHM_ROWS_H
#define OSM_WHM_ROWS_H

#include "whm/site.h"

/* A key is as long as a stranger likes; the evidence page shows all of it. */
#define ROWS_KEY_MAX 120

/* The first n of a list as store_report_list makes it. */
void rows_reports(struct site *s, const char *caption, const json_t *list, size_t n);
/* A link to an account's reports; "-" for nobody. */
void rows_account(struct site *s, const char *account);
/* "hold" -> "Hold mail"; an unknown one as it is. */
const char *rows_action_name(const char *action);
/* What undoing that action does to target, as a sentence. */
void rows_undo_effect(struct page *p, const char *action, const char *target);

#endif
