/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/ctl/ctl.h"
#include "whm/run.h"
#include "whm/words.h"

/* What osm --json may print; the largest is `osm check` of a broken list file. */
#define OUTPUT_MAX (8 * 1024 * 1024)
#define STATUS_S 5

const char *site_path(const struct site *s, const char *absolute, char out[PATH_MAX])
{
	if (!paths_at(&s->paths, absolute, out, PATH_MAX))
		out[0] = '\0';
	return out;
}

struct store *site_store(struct site *s)
{
	char path[PATH_MAX];
	struct err e = {0};

	if (s->store)
		return s->store;
	site_path(s, PATH_DB, path);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		page_callout_text(s->page, "note",
				  "There are no reports yet: osmd makes its database when it "
				  "starts for the first time.");
		return NULL;
	}
	s->store = store_open(path, false, &e);
	if (!s->store) {
		s->code = 500;
		page_callout_text(s->page, "bad", e.msg);
	}
	return s->store;
}

const char *site_field(const struct site *s, const char *name)
{
	return cgi_text(s->cgi.is_post ? &s->cgi.form : &s->cgi.query, name);
}

uint64_t site_number(const struct site *s, const char *name, uint64_t max, uint64_t fallback)
{
	uint64_t n;

	return slice_u64(slice_str(site_field(s, name)), 0, max, &n) ? n : fallback;
}

bool site_is_stale(struct site *s)
{
	if (s->is_stale)
		page_callout_text(s->page, "bad",
				  "This form was open for more than half a day. Nothing was changed. What "
				  "you entered stands below; look at it and send it again.");
	return s->is_stale;
}

json_t *site_ask(const struct site *s, json_t *request, unsigned timeout_s, struct err *e)
{
	char path[PATH_MAX];
	json_t *answer = NULL;

	if (request)
		answer = ctl_ask(site_path(s, PATH_SOCKET, path), request, timeout_s, e);
	else
		err_set(e, EINVAL, "a request with text that is not valid UTF-8");
	json_decref(request);
	return answer;
}

json_t *site_run(const struct site *s, const char *const *words, unsigned timeout_s,
		 struct err *e)
{
	const char *argv[RUN_WORDS_MAX + 1] = {"--json"};
	json_error_t why;
	json_t *doc = NULL;
	struct buf out;
	int code = 0;

	for (size_t i = 0; words[i] && i + 2 < RUN_WORDS_MAX; i++)
		argv[i + 1] = words[i];
	buf_init(&out, OUTPUT_MAX);
	if (run_osm(&s->paths, argv, timeout_s, &out, &code, e)) {
		doc = json_loadb(out.n ? out.p : "", out.n, 0, &why);
		if (!doc)
			err_set(e, EBADMSG, "osm %s ended with status %d and no answer",
				words[0], code);
	}
	buf_clear(&out);
	return doc;
}

/* ---- the callout at the top ---- */

static void banner_down(struct site *s, const struct err *e)
{
	char path[PATH_MAX];
	bool is_disabled = access(site_path(s, PATH_DISABLED, path), F_OK) == 0;

	page_callout(s->page, "bad");
	if (e->code != ENOENT && e->code != ECONNREFUSED) {
		page_put(s->page, "p", "osmd does not answer", "class", "state", NULL);
		page_put(s->page, "p", e->msg, NULL);
	} else if (is_disabled) {
		page_put(s->page, "p", "Disabled and stopped", "class", "state", NULL);
		page_put(s->page, "p", "Nothing is watched, and osmd does not start by itself.",
			 NULL);
		page_act(s->page, "control", s->token, "do", "enable", "Enable and start osmd",
			 NULL, "go");
	} else {
		page_put(s->page, "p", "osmd is not running", "class", "state", NULL);
		page_put(s->page, "p", "Nothing is watched. What is in force stays in force.",
			 NULL);
		page_act(s->page, "control", s->token, "do", "start", "Start osmd", NULL, "go");
	}
	page_close(s->page);
}

static void banner_up(struct site *s, const json_t *status)
{
	const json_t *log = json_object_get(status, "log");
	bool is_testing = json_is_true(json_object_get(status, "testing"));
	bool has_log = json_is_true(json_object_get(log, "present"));
	char span[WORDS_MAX];

	page_callout(s->page, !has_log ? "bad" : is_testing ? "warn" : "good");
	page_open(s->page, "p", "class", "state", NULL);
	page_text(s->page, !has_log	? "osmd is running, but Exim's log is not there"
			   : is_testing ? "osmd is running in test mode"
					: "osmd is enabled and running");
	page_close(s->page);
	if (!has_log)
		page_textf(s->page, "Nothing can be counted until %s is there.",
			   json_text(log, "path"));
	else if (is_testing)
		page_text(s->page, "It watches and reports, and does nothing to any customer: "
				   "reports say what would have been done.");
	else
		page_textf(s->page, "It has watched for %s and read %lld log lines.",
			   words_span(json_number(status, "uptime"), span),
			   (long long)json_number(json_object_get(status, "counters"), "lines"));
	page_close(s->page);
}

void site_banner(struct site *s)
{
	struct err e = {0};
	json_t *status = site_ask(s, json_pack("{s:s}", "do", "status"), STATUS_S, &e);

	if (!status) {
		banner_down(s, &e);
	} else if (!json_is_true(json_object_get(status, "ok"))) {
		page_callout(s->page, "note");
		page_put(s->page, "p", json_text(status, "error"), "class", "state", NULL);
		page_close(s->page);
	} else {
		banner_up(s, status);
	}
	json_decref(status);
}
