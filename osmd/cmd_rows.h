/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * cmd_rows: reports and actions from osm.db as documents and as tables, for the subcommands
 * that show them.
 */
#ifndef OSM_CMD_ROWS_H
#define OSM_CMD_ROWS_H

#include <jansson.h>

#include "osmd/cmd.h"
#include "osmd/store/store.h"

/* A report's id is 32 characters; tables show its beginning, which commands take, too. */
#define REPORT_ID_SHOWN 12
#define REPORT_ID_LEAST 4

void rows_print_reports(const json_t *list);
json_t *rows_action(const struct action_row *a);
/* For store_action_each: appends what can be undone to the array ctx. */
void rows_collect_action(const struct action_row *a, void *ctx);
void rows_print_actions(const json_t *list);
/* The report whose id is, or alone begins with, word. NULL: said so in *code. */
json_t *rows_find_report(const struct cmd *c, struct store *s, const char *word,
			 int *code);

#endif
