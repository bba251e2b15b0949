/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/whatif.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "whm/events.h"
#include "whm/rows.h"
#include "whm/run.h"
#include "whm/widget.h"
#include "whm/words.h"

#define FOLDER PATH_STATE_DIR "/whatif"
#define JOB_SIZE 17 /* 16 hex digits, NUL */
/* Rotated logs beside the one that is written, newest first; the words of a command. */
#define LOGS_MAX 16
#define ANSWER_MAX (64 * 1024 * 1024)
#define MESSAGES_MAX (256 * 1024)
#define ROWS_MAX 300
/* What was not asked for again for so long is removed. */
#define KEEP_S 86400
#define SPAN_MAX 2678400

static const struct {
	uint64_t s;
	const char *text;
} spans[] = {{3600, "the last hour"},
	     {21600, "the last 6 hours"},
	     {86400, "the last 24 hours"},
	     {259200, "the last 3 days"},
	     {604800, "the last 7 days"}};

void whatif_buttons(struct site *s)
{
	page_open(s->page, "span", "class", "field inline", NULL);
	page_put(s->page, "label", "or first see what would have happened in", "for", "span", NULL);
	page_open(s->page, "select", "name", "span", "id", "span", NULL);
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		char value[24];

		snprintf(value, sizeof(value), "%" PRIu64, spans[i].s);
		page_put(s->page, "option", spans[i].text, "value", value, "selected",
			 spans[i].s == 86400 ? PAGE_SET : NULL, NULL);
	}
	page_close(s->page);
	page_close(s->page);
	page_put(s->page, "button", "Try it on the log", "type", "submit", "formaction",
		 "?page=whatif-start", NULL);
}

/* ---- one job: four files ---- */

static bool is_job(const char *job)
{
	return strlen(job) == JOB_SIZE - 1 && strspn(job, "0123456789abcdef") == JOB_SIZE - 1;
}

static const char *job_path(const struct site *s, const char *job, const char *suffix,
			    char out[PATH_MAX])
{
	char name[128];

	snprintf(name, sizeof(name), "%s/%.16s%s", FOLDER, job, suffix);
	return site_path(s, name, out);
}

static bool new_job(char out[JOB_SIZE])
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return false;
	snprintf(out, JOB_SIZE, "%016" PRIx64, number);
	return true;
}

static void remove_old(const struct site *s)
{
	char folder[PATH_MAX], path[2 * PATH_MAX];
	DIR *d = opendir(site_path(s, FOLDER, folder));
	const struct dirent *f;
	struct stat st;

	while (d && (f = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", folder, f->d_name);
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_mtime + KEEP_S < s->now_s)
			unlink(path);
	}
	if (d)
		closedir(d);
}

/* ---- which logs ---- */

struct logs {
	char *path[LOGS_MAX]; /* owned; oldest first */
	size_t n;
};

/* "exim_mainlog", "exim_mainlog.1", "exim_mainlog-20261122.gz"; not "exim_mainlog.old.tar". */
static bool is_log(const char *path, const char *base)
{
	const char *rest = path + strlen(base);

	if (*rest == '\0')
		return true;
	if (*rest != '.' && *rest != '-')
		return false;
	rest += 1 + strspn(rest + 1, "0123456789-");
	return *rest == '\0' || strcmp(rest, ".gz") == 0 || strcmp(rest, ".xz") == 0 ||
	       strcmp(rest, ".bz2") == 0 || strcmp(rest, ".zst") == 0;
}

static int64_t written_s(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_mtime : 0;
}

/* Insert by time; the oldest goes when there are too many. */
static void add_log(struct logs *l, const char *path)
{
	char *copy = strdup(path);
	size_t at;

	if (!copy)
		return;
	if (l->n == LOGS_MAX) {
		free(l->path[0]);
		memmove(l->path, l->path + 1, (LOGS_MAX - 1) * sizeof(l->path[0]));
		l->n--;
	}
	for (at = l->n; at > 0 && written_s(l->path[at - 1]) > written_s(copy); at--)
		l->path[at] = l->path[at - 1];
	l->path[at] = copy;
	l->n++;
}

static void find_logs(const char *base, int64_t since_s, struct logs *out)
{
	char pattern[PATH_MAX + 2];
	glob_t found = {0};

	*out = (struct logs){0};
	snprintf(pattern, sizeof(pattern), "%s*", base);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (is_log(found.gl_pathv[i], base) && written_s(found.gl_pathv[i]) >= since_s)
				add_log(out, found.gl_pathv[i]);
	globfree(&found);
}

static void free_logs(struct logs *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->path[i]);
}

/* ---- starting ---- */

static bool launch(const struct site *s, const struct form *f, const char *job, uint64_t span_s,
		   struct slice conf, struct err *e)
{
	char base[PATH_MAX], conf_path[PATH_MAX], out[PATH_MAX], messages[PATH_MAX], since[32];
	const char *words[RUN_WORDS_MAX] = {"--json", "replay",	 "--short", "--progress",
					    "--conf", conf_path, "--since", since};
	const size_t exim_log = form_index("EXIM_LOG");
	struct logs logs;
	bool ok;

	snprintf(since, sizeof(since), "@%" PRId64, s->now_s - (int64_t)span_s);
	job_path(s, job, ".conf", conf_path);
	find_logs(site_path(s, exim_log == SIZE_MAX ? "" : f->fields[exim_log].value, base),
		  s->now_s - (int64_t)span_s, &logs);
	for (size_t i = 0; i < logs.n; i++)
		words[8 + i] = logs.path[i];
	if (logs.n == 0)
		err_set(e, ENOENT, "%s: there is no log of that time", base);
	ok = logs.n && file_replace(conf_path, conf, 0600, e) &&
	     run_osm_behind(&s->paths, words, job_path(s, job, ".out", out),
			    job_path(s, job, ".err", messages), e);
	free_logs(&logs);
	return ok;
}

static void started(struct site *s, const char *job)
{
	page_callout(s->page, "note");
	page_put(s->page, "p", "The log is being read with these limits. Nothing is changed by it.",
		 NULL);
	page_put(s->page, "progress", "", "data-job", job, "max", "100", "aria-label",
		 "How much of the log is read", NULL);
	page_open(s->page, "p", NULL);
	page_link(s->page, "Show the result", "button", page_address("whatif", "job", job, NULL));
	page_close(s->page);
	page_close(s->page);
}

void whatif_start(struct site *s)
{
	uint64_t span_s = site_number(s, "span", SPAN_MAX, 86400);
	char folder[PATH_MAX], job[JOB_SIZE];
	struct err e = {0};
	struct buf text;
	struct form f;

	buf_init(&text, EDIT_MAX);
	if (!form_load(s, &f, &e)) {
		page_callout_text(s->page, "bad", e.msg);
	} else {
		form_take(s, &f);
		if (site_is_stale(s) || form_build(&f, &text) > 0) {
			widget_complaints(s->page, &f);
			events_triggers(s, &f);
		} else if (file_mkdirs(site_path(s, FOLDER, folder), 0700, &e) && new_job(job) &&
			   (remove_old(s), launch(s, &f, job, span_s, buf_view(&text), &e))) {
			started(s, job);
		} else {
			page_callout_text(s->page, "bad", e.msg);
		}
	}
	form_clear(&f);
	buf_clear(&text);
}

/* ---- how far ---- */

/* The last line "FILE FILES DONE TOTAL" that osm replay --progress wrote: percent, or -1. */
static int percent(const struct site *s, const char *job)
{
	uint64_t n[4] = {0};
	char path[PATH_MAX], *text = NULL;
	struct slice rest, line, word;
	size_t size;
	int result = -1;

	if (!file_read(job_path(s, job, ".err", path), MESSAGES_MAX, &text, &size, NULL))
		return -1;
	rest = (struct slice){text, size};
	while (slice_cut(&rest, '\n', &line)) {
		size_t i = 0;

		while (i < 3 && slice_cut(&line, ' ', &word) && slice_u64(word, 0, UINT64_MAX, &n[i]))
			i++;
		if (i < 3 || !slice_u64(line, 0, UINT64_MAX, &n[3]) || n[0] < 1 || n[1] < n[0] || !n[3])
			continue;
		result = (int)(((double)(n[0] - 1) + (double)n[2] / (double)n[3]) * 100 / (double)n[1]);
	}
	free(text);
	return result > 100 ? 100 : result;
}

/* The whole answer; NULL: there is none. */
static json_t *answer(const struct site *s, const char *job)
{
	char path[PATH_MAX], *text = NULL;
	json_error_t why;
	json_t *doc = NULL;
	size_t n;

	if (file_read(job_path(s, job, ".out", path), ANSWER_MAX, &text, &n, NULL))
		doc = json_loadb(text, n, 0, &why);
	free(text);
	return doc;
}

static bool goes_on(const struct site *s, const char *job)
{
	char path[PATH_MAX];

	return run_goes_on(job_path(s, job, ".out", path));
}

void whatif_progress(struct site *s)
{
	const char *job = site_field(s, "job");
	bool is_known = is_job(job);

	buf_printf(&s->raw, "{\"done\":%s,\"percent\":%d}",
		   is_known && goes_on(s, job) ? "false" : "true",
		   is_known ? percent(s, job) : -1);
}

/* ---- the result ---- */

/* Reports of one trigger and key fall together: how many, the first, the most at once. */
static json_t *gather(const json_t *reports)
{
	json_t *all = json_object(), *r, *row;
	char id[1200];
	size_t i;

	json_array_foreach(reports, i, r)
	{
		snprintf(id, sizeof(id), "%s\n%s", json_text(r, "type"), json_text(r, "key"));
		row = json_object_get(all, id);
		if (!row) {
			row = json_copy(r);
			json_object_set_new(row, "reports", json_integer(0));
			json_object_set_new(all, id, row);
		}
		json_object_set_new(row, "reports", json_integer(json_number(row, "reports") + 1));
		if (json_number(r, "count") > json_number(row, "count"))
			json_object_set(row, "count", json_object_get(r, "count"));
	}
	return all;
}

static void wanted(struct site *s, const json_t *row)
{
	const json_t *list = json_object_get(row, "wanted");
	json_t *word;
	size_t i;

	json_array_foreach(list, i, word)
	{
		page_put(s->page, "span", json_string_value(word), "class", "label", NULL);
		page_text(s->page, " ");
	}
}

static void result_row(struct site *s, const json_t *row)
{
	page_open(s->page, "tr", NULL);
	rows_who(s, row);
	page_open(s->page, "td", "class", "number", NULL);
	page_textf(s->page, "%" PRId64, json_number(row, "reports"));
	page_close(s->page);
	page_open(s->page, "td", NULL);
	page_time(s->page, json_number(row, "time"), s->now_s);
	page_close(s->page);
	page_open(s->page, "td", NULL);
	wanted(s, row);
	page_close(s->page);
	page_close(s->page);
}

static void result(struct site *s, const json_t *doc)
{
	static const char *const heads[] = {"Trigger", "Account", "Who or what",
					    "Reports", "The first", "Actions"};
	const json_t *reports = json_object_get(doc, "reports");
	json_t *all = gather(reports), *row;
	size_t shown = 0;
	const char *id;

	page_callout(s->page, json_array_size(reports) ? "warn" : "good");
	page_open(s->page, "p", "class", "state", NULL);
	page_textf(s->page, "%zu %s would have been made, about %zu %s", json_array_size(reports),
		   json_array_size(reports) == 1 ? "report" : "reports", json_object_size(all),
		   json_object_size(all) == 1 ? "sender" : "senders");
	page_close(s->page);
	page_put(s->page, "p",
		 "From the log alone: an action that stops mail needs confirmed events, too, and ACTION_MAX "
		 "bounds how many there are in an hour.",
		 NULL);
	page_close(s->page);
	if (json_object_size(all)) {
		page_table(s->page, "What these limits would have reported", heads,
			   sizeof(heads) / sizeof(heads[0]));
		page_open(s->page, "tbody", NULL);
		json_object_foreach(all, id, row)
		{
			if (shown++ < ROWS_MAX)
				result_row(s, row);
		}
		page_close(s->page);
		page_table_end(s->page);
	}
	if (shown > ROWS_MAX) {
		page_open(s->page, "p", NULL);
		page_textf(s->page, "%zu more senders are not shown.", shown - ROWS_MAX);
		page_close(s->page);
	}
	json_decref(all);
}

void whatif_page(struct site *s)
{
	const char *job = site_field(s, "job");
	char path[PATH_MAX];
	json_t *doc;

	if (!is_job(job) || access(job_path(s, job, ".conf", path), F_OK) < 0) {
		s->code = 404;
		page_callout_text(s->page, "bad", "There is no such trial; it is kept for a day.");
		return;
	}
	if (goes_on(s, job)) {
		started(s, job);
		return;
	}
	doc = answer(s, job);
	if (!doc)
		page_callout_text(s->page, "bad",
				  "The trial ended without a result: it was stopped, or what it "
				  "found is too much to show. Try fewer days or higher limits.");
	else if (json_is_true(json_object_get(doc, "ok")))
		result(s, doc);
	else
		page_callout_text(s->page, "bad", json_text(doc, "error"));
	json_decref(doc);
	page_link(s->page, "Back to the events", "button", page_address("events", NULL));
}
