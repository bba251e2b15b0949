/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* daemon_hooks: where the engine reaches outside: the outbox, the spool, the databases. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/log.h"
#include "osmd/engine/daemon_parts.h"
#include "osmd/engine/spool.h"

/* Confirmed ids are of use for as long as a warm-up looks back; a day is room enough above
 * the longest interval. */
#define FACTS_SLACK_S 86400
#define RISE_FRESH_S 10

struct store *daemon_store(struct daemon *d)
{
	char path[PATH_MAX];
	struct err e = {0};

	if (d->store || !paths_at(&d->paths, PATH_DB, path, sizeof(path)) ||
	    access(path, F_OK) < 0)
		return d->store;
	d->store = store_open(path, false, &e);
	if (!d->store) {
		d->errors.store++;
		log_msg(LOG_LEVEL_ERROR, "%s", e.msg);
	}
	return d->store;
}

const struct tail_position *daemon_line_start(struct daemon *d)
{
	if (!d->before_known)
		tail_position(d->tail, &d->before);
	d->before_known = true;
	return &d->before;
}

struct tail_position daemon_place(const struct daemon *d)
{
	struct tail_position place;

	if (outbox_oldest(d->outbox, &place))
		return place;
	if (engine_waits(d->engine))
		return d->before;
	tail_position(d->tail, &place);
	return place;
}

/* Said once for each trouble, and when it is over. */
static void count_watch(struct daemon *d, bool ok, const struct err *e)
{
	if (!ok && !d->watch_failing)
		log_msg(LOG_LEVEL_ERROR, "%s: the place in the log is not kept", e->msg);
	if (ok && d->watch_failing)
		log_msg(LOG_LEVEL_INFO, "the place in the log is kept again");
	d->errors.watch_db += !ok;
	d->watch_failing = !ok;
}

/* How many of the lines that we have read are in the hours: none of those held back. */
static uint64_t lines_counted(const struct daemon *d)
{
	struct tail_stats t;
	uint64_t lines;

	tail_stats(d->tail, &t);
	lines = engine_waits(d->engine) ? d->before.line : t.lines;
	return lines > d->counted ? lines : d->counted;
}

void daemon_save(struct daemon *d)
{
	const int64_t keep_s = rules_longest_interval(d->rules) + FACTS_SLACK_S;
	struct watch_progress p = {.now_s = (int64_t)time(NULL)};
	struct tail_position place;
	struct err e = {0};

	if (!d->watch || !d->tail)
		return;
	place = daemon_place(d);
	p.at.dev = place.dev;
	p.at.inode = place.inode;
	p.at.offset = place.offset;
	p.at.fingerprint_n = place.fingerprint_n;
	memcpy(p.at.fingerprint, place.fingerprint, sizeof(p.at.fingerprint));
	p.at.ahead = lines_counted(d) - place.line;
	p.ids_before_s = engine_now_s(d->engine) - keep_s;
	p.packets_before_s = p.now_s - keep_s;
	count_watch(d, watch_save(d->watch, &p, &e), &e);
}

/* The warm-up, and the first lines of a restart, are in the hours already. */
static void on_counted(enum event_type type, int64_t at_s, void *ctx)
{
	struct daemon *d = ctx;
	struct tail_stats t;

	if (!d->watch || !d->tail)
		return;
	tail_stats(d->tail, &t);
	if (t.lines > d->counted)
		watch_hour_add(d->watch, type, at_s);
}

static void on_report(json_t *report, unsigned wanted, bool confirmed, void *ctx)
{
	struct daemon *d = ctx;
	struct err e = {0};

	log_msg(LOG_LEVEL_INFO, "%s: %s of %s: %lld (limit %lld)%s",
		json_string_value(json_object_get(report, "kind")),
		json_string_value(json_object_get(report, "type")),
		json_string_value(json_object_get(report, "key")),
		(long long)json_integer_value(json_object_get(report, "count")),
		(long long)json_integer_value(json_object_get(report, "limit")),
		confirmed ? "" : ", not confirmed enough to act upon");
	if (!outbox_report(d->outbox, report, wanted, confirmed, daemon_line_start(d),
			   &e)) {
		d->errors.unsent++;
		log_msg(LOG_LEVEL_ERROR, "report: %s", e.msg);
	}
}

static enum spool_answer on_confirm(struct slice id, struct slice user,
				    struct slice login, struct slice address,
				    char who[72], void *ctx)
{
	const struct daemon *d = ctx;

	return spool_ask(d->spool, id, user, login, address, who);
}

static bool on_newline_path(struct slice printed, char who[72], void *ctx)
{
	const struct daemon *d = ctx;

	return spool_newline_path(d->paths.root, d->accounts, printed, who);
}

static bool on_newline_sender(struct slice id, char who[72], void *ctx)
{
	const struct daemon *d = ctx;

	return spool_newline_sender(d->spool, id, who);
}

static int64_t on_last_report(const char *type, const char *key, void *ctx)
{
	struct daemon *d = ctx;
	struct store *s = daemon_store(d);
	int64_t stored_s = s ? store_report_last(s, type, key) : 0;
	int64_t waiting_s = outbox_last(d->outbox, type, key);

	return waiting_s > stored_s ? waiting_s : stored_s;
}

/* What is asked now says nothing about lines of long ago. */
static void on_rise(struct slice account, void *ctx)
{
	struct daemon *d = ctx;

	if (d->risers && rules_config(d->rules)->apachestatus &&
	    engine_now_s(d->engine) >= (int64_t)time(NULL) - RISE_FRESH_S)
		risers_add(d->risers, account);
}

static int64_t on_wall(void *ctx)
{
	(void)ctx;
	return (int64_t)time(NULL);
}

struct engine_hooks daemon_hooks(struct daemon *d)
{
	return (struct engine_hooks){.report = on_report,
				     .confirm = on_confirm,
				     .newline_path = on_newline_path,
				     .newline_sender = on_newline_sender,
				     .last_report = on_last_report,
				     .rises = on_rise,
				     .wall = on_wall,
				     .counted = on_counted,
				     .ctx = d};
}

static bool on_known(struct slice fact, void *ctx)
{
	const struct daemon *d = ctx;

	return watch_confirmed_has(d->watch, fact);
}

/* At once on disk: the spool file that said it may be gone in a moment, and with a crash the
 * memory. */
static void on_note(struct slice fact, int64_t at_s, void *ctx)
{
	struct daemon *d = ctx;
	struct err e = {0};

	watch_confirmed_add(d->watch, fact, at_s);
	count_watch(d, watch_flush(d->watch, &e), &e);
}

void daemon_set_facts(struct daemon *d)
{
	if (d->watch)
		engine_set_confirmed_lookup(d->engine, on_known, on_note, d);
}
