/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* daemon_control: the answers to what people ask over the control socket. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/jsonread.h"
#include "osmd/base/log.h"
#include "osmd/base/version.h"
#include "osmd/ctl/hookevent.h"
#include "osmd/engine/daemon_parts.h"
#include "osmd/model/metrics.h"

#define TOP_MOST 1000

static json_t *refuse(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

static json_t *log_json(const struct daemon *d)
{
	struct tail_position at;
	struct tail_stats t;

	tail_position(d->tail, &at);
	tail_stats(d->tail, &t);
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "path",
			 d->log + strlen(d->paths.root), "present", t.present, "inode",
			 (json_int_t)at.inode, "offset", (json_int_t)at.offset, "lines",
			 (json_int_t)t.lines, "bytes", (json_int_t)t.bytes, "rotations",
			 (json_int_t)t.rotations, "truncations",
			 (json_int_t)t.truncations, "too_long", (json_int_t)t.too_long,
			 "lost_place", d->warm.lost_place || t.lost_place);
}

static json_t *errors_json(const struct daemon *d)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "watch_db",
			 (json_int_t)d->errors.watch_db, "osm_db",
			 (json_int_t)d->errors.store, "unsent_reports",
			 (json_int_t)d->errors.unsent, "reloads",
			 (json_int_t)d->errors.reload, "log_lines",
			 (json_int_t)log_failures(), "connections_not_kept",
			 (json_int_t)(d->watch ? watch_packets_lost(d->watch) : 0),
			 "place_not_kept", d->watch == NULL);
}

static json_t *executor_json(const struct daemon *d)
{
	json_t *out = outbox_status(d->outbox);

	json_object_set_new(
		out, "restarts",
		json_integer(d->executors ? (json_int_t)d->executors - 1 : 0));
	return out;
}

static json_t *status(const struct daemon *d)
{
	json_t *out = json_pack("{s:b, s:s, s:i, s:I, s:b}", "ok", 1, "version",
				OSM_VERSION, "pid", (int)getpid(), "uptime",
				(json_int_t)((int64_t)time(NULL) - d->begun_s), "testing",
				rules_config(d->rules)->testing);

	json_object_set_new(out, "log", log_json(d));
	json_object_set_new(out, "counters", engine_counters(d->engine));
	json_object_set_new(out, "executor", executor_json(d));
	json_object_set_new(out, "errors", errors_json(d));
	json_object_set_new(out, "warmup",
			    json_pack("{s:I, s:I, s:I}", "lines",
				      (json_int_t)d->warm.lines, "connections",
				      (json_int_t)d->warm.packets, "reports",
				      (json_int_t)d->warm.reports));
	json_object_set_new(out, "packets", packets_status(d->packets));
	json_object_set_new(out, "metrics",
			    json_string(d->endpoint				? "answered"
					: rules_config(d->rules)->metrics_listen[0] ? "not had"
									    : "off"));
	json_object_set_new(out, "accounts",
			    json_integer((json_int_t)accounts_count(d->accounts)));
	json_object_set_new(out, "writes_confined",
			    json_boolean(d->sandbox.writes_confined));
	return out;
}

static json_t *top(const struct daemon *d, const json_t *request)
{
	json_int_t n = json_integer_value(json_object_get(request, "n"));

	if (n < 1 || n > TOP_MOST)
		return refuse("top: n is a number from 1 to 1000");
	return json_pack("{s:b, s:o}", "ok", 1, "top", engine_top(d->engine, (size_t)n));
}

static json_t *reload(struct daemon *d)
{
	struct err e = {0};

	if (!daemon_reload(d, &e))
		return refuse(e.msg);
	return json_pack("{s:b}", "ok", 1);
}

/* ---- what the executor answers ---- */

/* Whoever was let go by a person starts with a clean slate. */
static void clear_counts(struct daemon *d, const json_t *actions)
{
	json_t *row;
	size_t i;

	json_array_foreach(actions, i, row)
	{
		struct slice target =
			slice_str(json_string_value(json_object_get(row, "target")));
		struct slice state =
			slice_str(json_string_value(json_object_get(row, "state")));
		const struct account *a =
			!target.n ? NULL
			: slice_starts(target, SLICE("/"))
				? accounts_by_path(d->accounts, target)
				: accounts_by_login(d->accounts, target);

		if (a && slice_eq(state, SLICE("undone")))
			engine_forget(d->engine, a->name);
	}
}

/* A question under way; its client may go before the answer comes. */
struct question {
	struct question *next;
	struct daemon *d;
	struct control_client *client; /* NULL: gone */
};

static void drop_question(struct question *q)
{
	struct question **at = &q->d->questions;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	free(q);
}

void daemon_drop_questions(struct daemon *d)
{
	while (d->questions)
		drop_question(d->questions);
}

static void on_answer(json_t *answer, void *ctx)
{
	struct question *q = ctx;

	clear_counts(q->d, json_object_get(answer, "actions"));
	if (q->client)
		control_answer(q->client, answer);
	else
		json_decref(answer);
	drop_question(q);
}

static void on_gone(struct control_client *client, void *ctx)
{
	struct daemon *d = ctx;

	for (struct question *q = d->questions; q; q = q->next)
		if (q->client == client)
			q->client = NULL;
}

/* The executor's part of the work; the watcher only carries the words. */
static bool is_for_executor(const char *verb)
{
	return strcmp(verb, "undo") == 0 || strcmp(verb, "held") == 0 ||
	       strcmp(verb, "release") == 0 ||
	       action_find(slice_str(verb)) >= 0;
}

static json_t *pass_on(struct daemon *d, struct control_client *client,
		       const json_t *request)
{
	struct question *q = calloc(1, sizeof(*q));
	struct err e = {0};

	if (!q)
		return refuse("no memory");
	*q = (struct question){d->questions, d, client};
	d->questions = q;
	if (outbox_ask(d->outbox, request, on_answer, q, &e))
		return NULL;
	drop_question(q);
	return refuse(e.msg);
}

/* ---- what cPanel's hooks tell ---- */

static void tell_executor(struct daemon *d, const json_t *notice)
{
	struct question *q = calloc(1, sizeof(*q));
	struct err e = {0};

	if (!q)
		return;
	*q = (struct question){d->questions, d, NULL};
	d->questions = q;
	if (outbox_ask(d->outbox, notice, on_answer, q, &e))
		return;
	log_msg(LOG_LEVEL_ERROR, "notice: %s", e.msg);
	drop_question(q);
}

void daemon_lists_changed(struct daemon *d)
{
	json_t *notice = json_pack("{s:s, s:s}", "do", "notice", "event", "lists");

	tell_executor(d, notice);
	json_decref(notice);
}

/* Answered at once: cPanel waits for nothing that the executor does. */
static json_t *take_notice(struct daemon *d, const json_t *request)
{
	struct slice event = json_slice(request, "event"),
		     user = json_slice(request, "user");
	struct slice mailbox = json_slice(request, "mailbox"),
		     fresh = json_slice(request, "newuser");

	if (!event.n || !hookevent_user_fits(user) ||
	    (fresh.n && !hookevent_user_fits(fresh)) ||
	    (mailbox.n && !hookevent_mailbox_fits(mailbox)))
		return refuse("notice: a name is missing or is none");
	log_msg(LOG_LEVEL_INFO, "the panel tells: %s %s%s%s%s%s", event.p, user.p,
		fresh.n ? " to " : "", fresh.n ? fresh.p : "", mailbox.n ? " " : "",
		mailbox.n ? mailbox.p : "");
	/* whoever is let go, removed or somebody else now has a clean slate */
	if (slice_eq(event, SLICE("unsuspended")) || slice_eq(event, SLICE("removed")) ||
	    slice_eq(event, SLICE("renamed")))
		engine_forget(d->engine, user);
	tell_executor(d, request);
	return json_pack("{s:b}", "ok", 1);
}

static json_t *handle(struct control_client *client, const json_t *request, void *ctx)
{
	struct daemon *d = ctx;
	const char *verb = json_string_value(json_object_get(request, "do"));

	if (strcmp(verb, "stop") == 0) {
		daemon_stop(d);
		return json_pack("{s:b}", "ok", 1);
	}
	if (!d->tail)
		return refuse("osmd is starting");
	if (strcmp(verb, "status") == 0)
		return status(d);
	if (strcmp(verb, "top") == 0)
		return top(d, request);
	if (strcmp(verb, "reload") == 0)
		return reload(d);
	if (strcmp(verb, "notice") == 0)
		return take_notice(d, request);
	if (is_for_executor(verb))
		return pass_on(d, client, request);
	return refuse("a request that this osmd doesn't know");
}

static void put_metrics(struct buf *out, void *ctx)
{
	const struct daemon *d = ctx;
	json_t *now = d->tail ? status(d) : NULL;

	metrics_text(now, out);
	json_decref(now);
}

void daemon_endpoint_open(struct daemon *d)
{
	const char *where = rules_config(d->rules)->metrics_listen;
	struct err e = {0};

	if (!where[0])
		return;
	d->endpoint = endpoint_new(d->base, where, put_metrics, d, &e);
	if (!d->endpoint)
		log_msg(LOG_LEVEL_ERROR, "%s: nobody can ask for the metrics", e.msg);
}

bool daemon_control_open(struct daemon *d, struct err *e)
{
	const struct control_hooks hooks = {.handle = handle, .gone = on_gone, .ctx = d};
	char path[PATH_MAX];

	if (!paths_at(&d->paths, PATH_SOCKET, path, sizeof(path)))
		return err_set(e, ENAMETOOLONG, "%s: too long a root", PATH_SOCKET);
	d->control = control_new(d->base, path, &hooks, e);
	return d->control != NULL;
}
