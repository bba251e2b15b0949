/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* controls: osmd's state, what starts and stops it, its log as it grows. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whm/field.h"
#include "whm/site.h"
#include "whm/words.h"

/* Start and stop wait for a minute each at most; a restart does both. */
#define WAIT_S 150
#define STATUS_S 5
#define TAIL_BYTES (256 * 1024)
#define TAIL_LINES_MAX 1000

static const struct control {
	const char *verb, *text, *doing, *effect;
	bool is_go;
} controls[] = {
	{"start", "Start", "Starting osmd...", "osmd watches. It reads the log back as far as its longest interval.",
	 true},
	{"restart", "Restart", "Restarting osmd...", "Reads all settings anew. What was counted is read back from the log.",
	 false},
	{"reload", "Apply settings", "Telling osmd its settings...",
	 "Reads the settings without a restart; DEBUG, EXIM_LOG, WINDOW_KEYS and EVIDENCE_MB stay as they are.",
	 false},
	{"stop", "Stop", "Stopping osmd...", "Nothing is watched until it is started again. What is in force stays in force.",
	 false},
	{"enable", "Enable", "Enabling osm...", "osmd starts now and after a reboot.", false},
	{"disable", "Disable", "Disabling osm...", "osmd stops, and nothing starts it until osm is enabled again.",
	 false},
};

static const struct field_choice amounts[] = {
	{"100", "100"}, {"300", "300"}, {"1000", "1000"}};

/* ---- the log ---- */

/* The last n lines of what was read. */
static struct slice last_lines(struct slice text, size_t n)
{
	size_t at = text.n;

	if (at && text.p[at - 1] == '\n')
		at--;
	while (at > 0) {
		if (text.p[at - 1] == '\n' && --n == 0)
			break;
		at--;
	}
	return (struct slice){text.p + at, text.n - at};
}

static void read_tail(const struct site *s, size_t lines, struct buf *out)
{
	char path[PATH_MAX], chunk[16384];
	int fd = open(site_path(s, PATH_LOG, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct buf text;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		buf_printf(out, "%s: %s\n", path, strerror(errno ? errno : EINVAL));
		if (fd >= 0)
			close(fd);
		return;
	}
	buf_init(&text, TAIL_BYTES);
	if (st.st_size > TAIL_BYTES)
		lseek(fd, st.st_size - TAIL_BYTES, SEEK_SET);
	while (text.n < TAIL_BYTES &&
	       (n = read(fd, chunk,
			 TAIL_BYTES - text.n < sizeof(chunk) ? TAIL_BYTES - text.n
							     : sizeof(chunk))) > 0)
		buf_add(&text, chunk, (size_t)n);
	close(fd);
	words_clean(last_lines(buf_view(&text), lines), true, 0, out);
	buf_clear(&text);
}

static size_t lines_wanted(const struct site *s)
{
	uint64_t n = site_number(s, "lines", TAIL_LINES_MAX, 100);

	return n ? (size_t)n : 1;
}

void controls_log(struct site *s)
{
	read_tail(s, lines_wanted(s), &s->raw);
}

static void log_tail(struct site *s)
{
	struct buf text;
	char wanted[24], address[64];

	buf_init(&text, 4 * TAIL_BYTES);
	read_tail(s, lines_wanted(s), &text);
	snprintf(wanted, sizeof(wanted), "%zu", lines_wanted(s));
	snprintf(address, sizeof(address), "?page=log&lines=%s", wanted);
	page_section(s->page, "osmd's log");
	page_open(s->page, "form", "method", "get", "class", "filter", NULL);
	page_hidden(s->page, "page", "controls");
	field_select(s->page, "Lines", "lines", wanted, amounts, 3);
	page_button(s->page, "Refresh", NULL);
	page_put(s->page, "button", "Follow", "type", "button", "data-follow", "log", "aria-pressed",
		 "false", "hidden", PAGE_SET, NULL);
	page_close(s->page);
	page_open(s->page, "pre", "class", "lines", "id", "log", "data-from", address, "tabindex",
		  "0", "role", "region", "aria-label", "The last lines of osmd.log", NULL);
	page_text(s->page, text.n ? buf_str(&text) : "(the log is empty)");
	page_close(s->page);
	page_close(s->page);
	buf_clear(&text);
}

/* ---- the state ---- */

static void counters(struct page *p, const json_t *object, const char *prefix, int depth)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		char label[96], text[32];

		snprintf(label, sizeof(label), "%.40s%s%.40s", prefix, prefix[0] ? " " : "", name);
		if (json_is_object(value)) {
			if (depth < 3)
				counters(p, value, label, depth + 1);
			continue;
		}
		page_row(p, label);
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		page_text(p, json_is_string(value)    ? json_string_value(value)
			     : json_is_boolean(value) ? (json_is_true(value) ? "yes" : "no")
						      : text);
		page_row_end(p);
	}
}

static void state(struct site *s)
{
	struct err e = {0};
	json_t *status = site_ask(s, json_pack("{s:s}", "do", "status"), STATUS_S, &e);

	if (json_is_true(json_object_get(status, "ok"))) {
		json_object_del(status, "ok");
		page_open(s->page, "details", NULL);
		page_put(s->page, "summary", "All that osmd counts of itself", NULL);
		page_table(s->page, "Counters", NULL, 0);
		page_open(s->page, "tbody", NULL);
		counters(s->page, status, "", 0);
		page_close(s->page);
		page_table_end(s->page);
		page_close(s->page);
	}
	json_decref(status);
}

void controls_page(struct site *s)
{
	page_section(s->page, "Start and stop");
	page_table(s->page, "What can be done with osmd", NULL, 0);
	page_open(s->page, "tbody", NULL);
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		page_open(s->page, "tr", NULL);
		page_open(s->page, "td", "class", "do", NULL);
		page_act(s->page, "control", s->token, "do", controls[i].verb, controls[i].text, NULL,
			 controls[i].is_go ? "go" : NULL);
		page_close(s->page);
		page_put(s->page, "td", controls[i].effect, NULL);
		page_close(s->page);
	}
	page_close(s->page);
	page_table_end(s->page);
	state(s);
	page_close(s->page);
	log_tail(s);
}

/* ---- doing it ---- */

static void outcome(struct site *s, const json_t *doc, const struct err *e)
{
	const json_t *problems = json_object_get(doc, "problems");
	bool ok = json_is_true(json_object_get(doc, "ok"));
	json_t *p;
	size_t i;

	page_callout(s->page, ok ? "good" : "bad");
	page_open(s->page, "p", NULL);
	page_foreign(s->page, !doc ? e->msg : json_text(doc, ok ? "message" : "error"), 0);
	page_close(s->page);
	json_array_foreach(problems, i, p)
	{
		page_open(s->page, "p", NULL);
		page_textf(s->page, "%s, line %" PRId64 ": ", json_text(p, "file"),
			   json_number(p, "line"));
		page_foreign(s->page, json_text(p, "text"), 0);
		page_close(s->page);
	}
	page_close(s->page);
}

/* By osm itself: it knows systemd, waits until it is done, and says why when it is not. */
void control_page(struct site *s)
{
	const char *verb = site_field(s, "do");
	const char *const words[] = {verb, NULL};
	struct err e = {0};
	size_t i = 0;
	json_t *doc;

	while (i < sizeof(controls) / sizeof(controls[0]) && strcmp(controls[i].verb, verb) != 0)
		i++;
	if (i == sizeof(controls) / sizeof(controls[0])) {
		s->code = 400;
		page_callout_text(s->page, "bad", "osmd can't be told that.");
		return;
	}
	page_put(s->page, "p", controls[i].doing, NULL);
	doc = site_run(s, words, WAIT_S, &e);
	outcome(s, doc, &e);
	json_decref(doc);
	page_open(s->page, "p", "class", "links", NULL);
	page_link(s->page, "osmd Controls", "button", page_address("controls", NULL));
	page_link(s->page, "Overview", "button", page_address("overview", NULL));
	page_close(s->page);
}
