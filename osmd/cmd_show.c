/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* show: one report as a page of evidence. */
#include <inttypes.h>
#include <string.h>

#include "osmd/act/format.h"
#include "osmd/base/jsonread.h"
#include "osmd/cmd.h"
#include "osmd/cmd_rows.h"

#define PAGE_ROWS 500

/* The one id that begins with word into out: 1; 0: none; 2: several; -1 with e. */
static int complete_id(struct store *s, const char *word, char out[40], struct err *e)
{
	struct report_filter f = {.limit = PAGE_ROWS};
	size_t n = strlen(word), i, rows;
	json_t *row;
	int found = 0;

	do {
		json_t *list = store_report_list(s, &f, e);

		if (!list)
			return -1;
		json_array_foreach(list, i, row)
		{
			const char *id = json_string_value(json_object_get(row, "id"));

			if (!id || strncmp(id, word, n) != 0)
				continue;
			found = found ? 2 : 1;
			snprintf(out, 40, "%s", id);
		}
		rows = json_array_size(list);
		json_decref(list);
		f.offset += rows;
	} while (rows == PAGE_ROWS && found < 2);
	return found;
}

json_t *rows_find_report(const struct cmd *c, struct store *s, const char *word,
			 int *code)
{
	struct err e = {0};
	char id[40];
	json_t *report = store_report_read(s, word, &e);
	int found;

	if (report)
		return report;
	if (e.code) {
		*code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
		return NULL;
	}
	found = strlen(word) >= REPORT_ID_LEAST ? complete_id(s, word, id, &e) : 0;
	if (found == 1)
		report = store_report_read(s, id, &e);
	if (report)
		return report;
	if (found == 2)
		*code = cmd_fail(c, CMD_USAGE, "%s: more than one report begins so",
				 word);
	else if (found < 0 || e.code)
		*code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
	else if (strlen(word) < REPORT_ID_LEAST)
		*code = cmd_fail(
			c, CMD_NOT_FOUND,
			"%s: no such report; give at least %d characters of its id", word,
			REPORT_ID_LEAST);
	else
		*code = cmd_fail(c, CMD_NOT_FOUND, "%s: no such report", word);
	return NULL;
}

static void line(const char *label, const char *text)
{
	if (!text[0])
		return;
	printf("  %-12s", label);
	text_puts(stdout, text);
	putchar('\n');
}

/* What was counted, and by how much it is over. */
static void show_counts(const json_t *r)
{
	bool by_recipients = strcmp(json_text(r, "unit"), "recipients") == 0;
	int64_t limit = json_number(r, "limit"), interval = json_number(r, "interval");
	int64_t counted =
		by_recipients ? json_number(r, "recipients") : json_number(r, "count");
	char age[TEXT_TIME_MAX], first[TEXT_TIME_MAX], last[TEXT_TIME_MAX];

	if (limit > 0)
		printf("  %-12s%" PRId64 " %s in %s\n", "Limit", limit,
		       json_text(r, "unit"), text_age(interval, age));
	printf("  %-12s%" PRId64 " %s", "Counted", counted, json_text(r, "unit"));
	if (limit > 0 && counted > limit)
		printf(", %" PRId64 " over the limit (%" PRId64 " %%)", counted - limit,
		       counted * 100 / limit);
	putchar('\n');
	if (strcmp(json_text(r, "event"), "packet") != 0)
		printf("  %-12s%" PRId64 " events, %" PRId64 " recipients\n", "Sent",
		       json_number(r, "count"), json_number(r, "recipients"));
	printf("  %-12s%s to %s (%s)\n", "Between",
	       text_time(json_number(r, "first"), first),
	       text_time(json_number(r, "last"), last),
	       text_age(json_number(r, "last") - json_number(r, "first"), age));
	if (json_number(r, "added_since"))
		printf("  %-12s%" PRId64
		       " more events since the last report of this key\n",
		       "Meanwhile", json_number(r, "added_since"));
	if (json_number(r, "lost"))
		printf("  %-12sthe lines of %" PRId64
		       " counted events are no longer kept\n",
		       "Missing", json_number(r, "lost"));
}

static void show_certainty(const json_t *r)
{
	const char *name, *between = " (";
	json_t *n;

	printf("  %-12s", "Certainty");
	text_puts(stdout, json_text(r, "confidence"));
	json_object_foreach(json_object_get(r, "certainty"), name, n)
	{
		if (json_integer_value(n) == 0)
			continue;
		printf("%s%" JSON_INTEGER_FORMAT " ", between, json_integer_value(n));
		text_puts(stdout, name);
		between = ", ";
	}
	puts(between[0] == ',' ? ")" : "");
}

static void show_head(const json_t *r)
{
	char when[TEXT_TIME_MAX];
	const char *kind = json_text(r, "kind");

	fputs("Report ", stdout);
	text_puts(stdout, json_text(r, "id"));
	if (strcmp(kind, "forgery") == 0)
		fputs("\nFORGED LOG LINES: somebody makes Exim write false lines\n",
		      stdout);
	else if (strcmp(kind, "hidden") == 0)
		fputs("\nHIDDEN MAIL: arrivals are missing in the log\n", stdout);
	else
		putchar('\n');
	if (json_is_true(json_object_get(r, "testing")))
		puts("TESTING was on: everything was decided, nothing was held or "
		     "blocked");
	putchar('\n');
	line("Time", text_time(json_number(r, "time"), when));
	line("Host", json_text(r, "host"));
	line("Type", json_text(r, "type"));
	line("Account", json_text(r, "account"));
	line("Domain", json_text(r, "domain"));
	line("Owner", json_text(r, "owner"));
	line("Mailbox", json_text(r, "mailbox"));
	line("Key", json_text(r, "key"));
	show_counts(r);
	show_certainty(r);
}

/* A list of {value,count}, or of texts. */
static void show_list(const json_t *r, const char *name, const char *title)
{
	const json_t *list = json_object_get(r, name);
	int64_t further = json_number(json_object_get(r, "further"), name);
	json_t *row;
	size_t i;

	if (json_array_size(list) == 0 && further == 0)
		return;
	printf("\n%s\n", title);
	json_array_foreach(list, i, row)
	{
		if (json_is_object(row) && json_object_get(row, "count")) {
			printf("  %7" PRId64 "  ", json_number(row, "count"));
			if (json_object_get(row, "share"))
				printf("%3" PRId64 " %%  ", json_number(row, "share"));
			text_puts(stdout, json_text(row, "value"));
		} else {
			fputs("  ", stdout);
			text_value(stdout, row);
		}
		putchar('\n');
	}
	if (further > 0)
		printf("  ... and %" PRId64 " more\n", further);
}

static void show_candidates(const json_t *r)
{
	const json_t *list = json_object_get(r, "candidates");
	char when[TEXT_TIME_MAX];
	json_t *row;
	size_t i;

	if (json_array_size(list))
		puts("\nFiles that may have sent it (a guess, nothing acts on it)");
	json_array_foreach(list, i, row)
	{
		fputs("  ", stdout);
		text_puts(stdout, json_text(row, "path"));
		printf("\n      %" PRId64 " bytes, of ", json_number(row, "size"));
		text_puts(stdout, json_text(row, "owner"));
		printf(", changed %s: ", text_time(json_number(row, "mtime"), when));
		text_puts(stdout, json_text(row, "why"));
		putchar('\n');
	}
}

static bool can_be_undone(const json_t *action)
{
	const char *name = json_text(action, "action");

	return strcmp(json_text(action, "state"), action_state_name(ACTION_DONE)) == 0 &&
	       strcmp(name, "email") != 0 && strcmp(name, "store") != 0 &&
	       strcmp(name, "custom") != 0;
}

static void show_actions(const json_t *r)
{
	const json_t *list = json_object_get(r, "actions");
	char until[TEXT_TIME_MAX];
	json_t *row;
	size_t i;

	puts("\nActions");
	if (json_array_size(list) == 0)
		puts("  none");
	json_array_foreach(list, i, row)
	{
		printf("  %5" PRId64 "  ", json_number(row, "id"));
		text_puts(stdout, json_text(row, "action"));
		if (json_text(row, "target")[0])
			putchar(' ');
		text_puts(stdout, json_text(row, "target"));
		fputs(": ", stdout);
		text_puts(stdout, json_text(row, "state"));
		if (json_text(row, "detail")[0])
			fputs(" - ", stdout);
		text_puts(stdout, json_text(row, "detail"));
		if (json_number(row, "expires"))
			printf(" (until %s)",
			       text_time(json_number(row, "expires"), until));
		putchar('\n');
		if (can_be_undone(row))
			printf("         undo with: osm undo %" PRId64 "\n",
			       json_number(row, "id"));
	}
}

static void show_page(const json_t *r)
{
	show_head(r);
	show_list(r, "notes", "Notes");
	show_actions(r);
	show_list(r, "source_ips", "Source addresses");
	show_list(r, "paths", "Paths");
	show_list(r, "subjects", "Subjects");
	show_list(r, "senders", "Senders");
	show_list(r, "scripts", "Possible scripts");
	show_candidates(r);
	show_list(r, "destinations", "Destinations");
	show_list(r, "processes", "Processes");
	show_list(r, "requests", "Requests");
	show_list(r, "message_ids", "Message ids");
	show_list(r, "lines", "Sample of the counted lines");
}

/* As the custom action gets it. */
static int print_format(const struct cmd *c, enum format_id f, const json_t *report)
{
	struct buf text;
	struct err e = {0};
	int code = CMD_OK;

	buf_init(&text, FORMAT_BYTES_MAX);
	if (format_report(f, report, &text, &e))
		fwrite(text.p, 1, text.n, stdout);
	else
		code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
	buf_clear(&text);
	return code;
}

int cmd_show(struct cmd *c)
{
	const char *word = NULL;
	const struct cmd_option options[] = {{"--format", &word, NULL}};
	struct store *s;
	json_t *report;
	int code = CMD_OK, format;

	if (!cmd_options(c, options, 1, 1, 1))
		return CMD_USAGE;
	format = word ? format_find(slice_str(word)) : c->json ? FORMAT_JSON : -1;
	if (word && (format < 0 || (c->json && format != FORMAT_JSON)))
		return cmd_fail(c, CMD_USAGE,
				"show: --format is json, xml, yaml or perl, not %s%s",
				word, format < 0 ? "" : " with --json");
	s = cmd_store(c, &code);
	if (!s)
		return code;
	report = rows_find_report(c, s, c->args[0], &code);
	if (report && format >= 0)
		code = print_format(c, (enum format_id)format, report);
	else if (report)
		show_page(report);
	json_decref(report);
	store_close(s);
	return code;
}
