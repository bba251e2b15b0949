/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* custom: what the custom action would get, and a test run of it, before any report needs it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "osmd/act/custom.h"
#include "osmd/act/format.h"
#include "osmd/cmd.h"
#include "osmd/cmd_rows.h"
#include "osmd/model/report.h"

#define SAMPLE_LIMIT 3
#define SAID_MAX 4200

static void sample_event(struct report_builder *b, int64_t at_s, int n)
{
	char id[24], line[256];
	struct event ev = {.type = EVENT_LOGLINE,
			   .certainty = CERTAINTY_CONFIRMED,
			   .at_s = at_s,
			   .recipients = 1,
			   .account = SLICE("example"),
			   .mailbox = SLICE("info@example.com"),
			   .address = SLICE("203.0.113.7"),
			   .subject = SLICE("a sample of osm's"),
			   .sender = SLICE("info@example.com")};

	snprintf(id, sizeof(id), "1sAmPl-00000000%02d-0000", n);
	snprintf(line, sizeof(line),
		 "%s <= info@example.com H=(sample) [203.0.113.7] P=esmtpsa "
		 "A=dovecot_login:info@example.com S=1000 T=\"A sample of osm's\" for a@example.net",
		 id);
	ev.message_id = slice_str(id);
	ev.line = slice_str(line);
	report_event(b, &ev);
}

/* A report as any other, of events that never were. NULL without memory. */
static json_t *sample_report(const struct config *config, int64_t now_s)
{
	char host[256] = "";
	struct report_head head = {.kind = "limit",
				   .trigger = TRIGGER_LOGLINE,
				   .account = SLICE("example"),
				   .mailbox = SLICE("info@example.com"),
				   .key = SLICE("info@example.com"),
				   .owner = SLICE("root"),
				   .domain = SLICE("example.com"),
				   .limit = SAMPLE_LIMIT,
				   .interval_s = 3600,
				   .actions = ACTION_BIT(ACTION_CUSTOM),
				   .testing = true,
				   .made_at_s = now_s};
	struct report_builder *b;

	gethostname(host, sizeof(host) - 1);
	head.host = slice_str(host);
	b = report_begin(&head, config->report_lines);
	for (int i = 0; b && i <= SAMPLE_LIMIT; i++)
		sample_event(b, now_s - SAMPLE_LIMIT + i, i);
	if (b)
		report_note(b, "A sample: nothing of this has happened.");
	return b ? report_end(b) : NULL;
}

/* The stored one that is meant, or a sample. NULL: said so. */
static json_t *choose(const struct cmd *c, const struct config *config, const char *id,
		      int *code)
{
	struct store *s;
	json_t *report;

	if (!id) {
		report = sample_report(config, (int64_t)time(NULL));
		if (!report)
			*code = cmd_fail(c, CMD_FAILED, "no memory");
		return report;
	}
	s = cmd_store(c, code);
	report = s ? rows_find_report(c, s, id, code) : NULL;
	store_close(s);
	return report;
}

/* With --json all four at once, each as a text. */
static int print_documents(const struct cmd *c, int format, const json_t *report)
{
	json_t *all = json_object();
	struct err e = {0};
	int code = CMD_OK;

	for (int f = 0; f < FORMAT_COUNT && code == CMD_OK; f++) {
		struct buf text;

		if (!c->json && f != format)
			continue;
		buf_init(&text, FORMAT_BYTES_MAX);
		if (!format_report((enum format_id)f, report, &text, &e))
			code = cmd_fail(c, CMD_FAILED, "%s", e.msg);
		else if (c->json)
			json_object_set_new(all, format_name((enum format_id)f),
					    json_stringn(text.p, text.n));
		else
			fwrite(text.p, 1, text.n, stdout);
		buf_clear(&text);
	}
	if (c->json && code == CMD_OK)
		cmd_print_json(json_pack("{s:b, s:O}", "ok", 1, "documents", all));
	json_decref(all);
	return code;
}

static int run_it(const struct cmd *c, const struct config *config, const json_t *report)
{
	char said[SAID_MAX];

	fflush(stdout);
	if (custom_run(&c->paths, config, report, said, sizeof(said)))
		return cmd_say(c, "%s", said);
	return cmd_fail(c, CMD_FAILED, "%s", said);
}

int cmd_custom(struct cmd *c)
{
	const char *id = NULL, *word = NULL, *conf = NULL;
	bool run = false;
	const struct cmd_option options[] = {{"--report", &id, NULL},
					     {"--format", &word, NULL},
					     {"--conf", &conf, NULL},
					     {"--run", NULL, &run}};
	json_t *problems, *report;
	struct config config;
	int code = CMD_FAILED, format;

	if (!cmd_options(c, options, 4, 0, 0))
		return CMD_USAGE;
	format = word ? format_find(slice_str(word)) : -1;
	if (word && format < 0)
		return cmd_fail(c, CMD_USAGE,
				"custom: --format is json, xml, yaml or perl, not %s", word);
	problems = json_array();
	if (!cmd_load_config_from(c, conf, &config, problems)) {
		cmd_print_problems(stderr, problems);
		json_decref(problems);
		return cmd_fail(c, CMD_FAILED, "custom: the settings are wrong");
	}
	json_decref(problems);
	if (format >= 0)
		config.custom_format = (unsigned)format;
	report = choose(c, &config, id, &code);
	if (report)
		code = run ? run_it(c, &config, report)
			   : print_documents(c, (int)config.custom_format, report);
	json_decref(report);
	return code;
}
