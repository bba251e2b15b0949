/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/log.h"
#include "osmd/engine/daemon_parts.h"
#include "osmd/engine/settings.h"
#include "osmd/engine/supervisor.h"
#include "osmd/parse/eximline.h"

/* How long the start waits for the executor to open its database. */
#define BEGIN_S 5
/* The place in the log is stored so long after a line at the latest. */
#define SAVE_S 1

/* ---- giving up, stopping ---- */

static void give_up(struct daemon *d, const struct err *e)
{
	if (!d->failed)
		d->why = *e;
	d->failed = true;
	event_base_loopbreak(d->base);
}

void daemon_stop(struct daemon *d)
{
	const struct timeval soon = {.tv_usec = 100000}; /* the answer goes out first */

	event_base_loopexit(d->base, &soon);
}

static void on_stop(evutil_socket_t signal_number, short what, void *ctx)
{
	struct daemon *d = ctx;

	(void)what;
	log_msg(LOG_LEVEL_INFO, "told to stop by signal %d", (int)signal_number);
	event_base_loopbreak(d->base);
}

/* ---- settings and maps ---- */

struct problems {
	struct err first;
	unsigned count;
};

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	struct problems *p = ctx;

	if (p->count++ == 0)
		err_set(&p->first, EINVAL, "%s: line %u: %s", file, line, text);
	log_msg(LOG_LEVEL_ERROR, "%s: line %u: %s", file, line, text);
}

static void set_spool(struct daemon *d)
{
	if (!paths_at(&d->paths, rules_config(d->rules)->exim_spool, d->spool,
		      sizeof(d->spool)))
		d->spool[0] = '\0';
}

/* The executor has settings of its own; the supervisor first, which may be starting one. So
 * has the packet reader. */
static void tell_others(struct daemon *d)
{
	json_t *request = json_pack("{s:s}", "do", "reload");
	struct err e = {0};

	if (supervisor_reload(d->handover, &e))
		d->reloads++;
	else
		log_msg(LOG_LEVEL_ERROR, "reload: %s", e.msg);
	if (!outbox_ask(d->outbox, request, NULL, NULL, &e))
		log_msg(LOG_LEVEL_ERROR, "reload: %s", e.msg);
	json_decref(request);
	if (!packets_reload(d->packets, &e))
		log_msg(LOG_LEVEL_ERROR, "reload: %s", e.msg);
}

bool daemon_reload(struct daemon *d, struct err *e)
{
	struct problems p = {.count = 0};
	struct rules *fresh, *old = d->rules;

	fresh = settings_load(&d->paths, on_problem, &p);
	if (!fresh) {
		d->errors.reload++;
		log_msg(LOG_LEVEL_ERROR, "reload: the old settings stay");
		*e = p.first;
		return err_prefix(e, "the old settings stay: ");
	}
	d->rules = fresh;
	set_spool(d);
	engine_swap(d->engine, d->rules, d->accounts);
	rules_free(old);
	daemon_load_maps(d);
	tell_others(d);
	log_msg(LOG_LEVEL_INFO, "settings read again");
	return true;
}

void daemon_load_maps(struct daemon *d)
{
	struct err e = {0};
	struct accounts *fresh = accounts_load(&d->paths, &e), *old = d->accounts;

	if (!fresh) {
		d->errors.reload++;
		log_msg(LOG_LEVEL_ERROR, "%s: the old account maps stay", e.msg);
		return;
	}
	d->accounts = fresh;
	engine_swap(d->engine, d->rules, d->accounts);
	accounts_free(old);
	log_msg(LOG_LEVEL_INFO, "account maps read: %zu accounts", accounts_count(fresh));
}

static void on_lists_changed(void *ctx)
{
	daemon_lists_changed(ctx);
}

static void on_maps_changed(void *ctx)
{
	daemon_load_maps(ctx);
	/* an account may be gone or have another name */
	daemon_lists_changed(ctx);
}

static void on_hangup(evutil_socket_t signal_number, short what, void *ctx)
{
	struct err e = {0};

	(void)signal_number;
	(void)what;
	daemon_reload(ctx, &e);
}

/* ---- the executor ---- */

static void on_handed(evutil_socket_t handover, short what, void *ctx)
{
	struct daemon *d = ctx;
	struct err e = {0};
	unsigned reloads = 0;
	int fd = supervisor_take(handover, &reloads);

	(void)what;
	if (fd == -EAGAIN)
		return;
	if (fd < 0) {
		err_set(&e, EPIPE, "the executor's supervisor has ended");
		give_up(d, &e);
		return;
	}
	if (reloads != d->reloads) {
		close(fd); /* made before the last reload: it ends, the next one knows */
		return;
	}
	if (!outbox_connect(d->outbox, fd, &e)) {
		log_msg(LOG_LEVEL_ERROR, "%s", e.msg);
		return;
	}
	d->executors++;
}

static void on_lost(void *ctx)
{
	(void)ctx;
	log_msg(LOG_LEVEL_WARN, "the connection with the executor ended");
}

static void arm_save(struct daemon *d)
{
	const struct timeval wait = {.tv_sec = SAVE_S};

	if (d->save_armed)
		return;
	d->save_armed = true;
	evtimer_add(d->save, &wait);
}

static void on_settled(void *ctx)
{
	struct daemon *d = ctx;

	arm_save(d);
	if (d->tail && !outbox_full(d->outbox)) {
		tail_pause(d->tail, false);
		packets_pause(d->packets, false);
	}
}

/* Reports wait to be taken: nothing more is read that might make another. */
static void pause_when_full(struct daemon *d)
{
	if (!outbox_full(d->outbox))
		return;
	tail_pause(d->tail, true);
	packets_pause(d->packets, true);
}

/* ---- the log ---- */

static void on_line(struct slice line, bool too_long, void *ctx)
{
	struct daemon *d = ctx;

	d->before_known = engine_waits(d->engine);
	engine_line(d->engine, line, too_long);
	if (engine_waits(d->engine))
		daemon_line_start(d);
	arm_save(d);
	pause_when_full(d);
}

/* ---- connections ---- */

static void on_packet(struct slice line, void *ctx)
{
	struct daemon *d = ctx;

	if (engine_packet(d->engine, line) && d->watch)
		watch_packet_add(d->watch, line, (int64_t)time(NULL));
	arm_save(d);
	pause_when_full(d);
}

static void on_save(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *d = ctx;

	(void)fd;
	(void)what;
	d->save_armed = false;
	daemon_save(d);
}

static void on_watchdog(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	sd_notify(0, "WATCHDOG=1");
}

/* ---- the start ---- */

static bool stored_place(struct daemon *d, struct tail_position *out)
{
	struct watch_position w = {0};
	struct err e = {0};

	if (!d->watch || !watch_position_get(d->watch, &w, &e)) {
		if (e.code) {
			d->errors.watch_db++;
			log_msg(LOG_LEVEL_ERROR, "%s", e.msg);
		}
		return false;
	}
	*out = (struct tail_position){.dev = w.dev,
				      .inode = w.inode,
				      .offset = w.offset,
				      .fingerprint_n = w.fingerprint_n};
	memcpy(out->fingerprint, w.fingerprint, sizeof(out->fingerprint));
	d->counted = w.ahead;
	return true;
}

static void warm_up(struct daemon *d)
{
	struct tail_position stored;
	struct err e = {0};
	struct warmup w = {.log = d->log,
			   .interval_s = rules_longest_interval(d->rules),
			   .line_max = EXIM_LINE_MAX,
			   .engine = d->engine,
			   .store = daemon_store(d),
			   .watch = d->watch,
			   .now_s = (int64_t)time(NULL)};

	if (stored_place(d, &stored))
		w.stored = &stored;
	if (!warmup_run(&w, &d->warm, &e)) {
		d->errors.store++;
		log_msg(LOG_LEVEL_ERROR, "warm-up: %s", e.msg);
	}
	if (d->warm.lost_place)
		log_msg(LOG_LEVEL_WARN,
			"%s: the place where osmd left off is in no file any more",
			d->log);
	log_msg(LOG_LEVEL_INFO,
		"warm-up: %llu lines, %llu connections, %llu stored reports",
		(unsigned long long)d->warm.lines, (unsigned long long)d->warm.packets,
		(unsigned long long)d->warm.reports);
}

static bool open_tail(struct daemon *d, struct err *e)
{
	struct tail_stats t;

	d->tail =
		tail_new(d->base, d->log, d->warm.has_position ? &d->warm.position : NULL,
			 EXIM_LINE_MAX, on_line, d, e);
	if (!d->tail)
		return false;
	tail_stats(d->tail, &t);
	if (t.lost_place)
		d->counted = 0;
	if (access(d->log, R_OK) < 0)
		log_msg(LOG_LEVEL_WARN, "%s: %s; waiting for it", d->log,
			strerror(errno));
	return true;
}

static void notify_ready(struct daemon *d)
{
	uint64_t usec = 0;

	sd_notify(0, "READY=1");
	if (sd_watchdog_enabled(0, &usec) > 0) {
		struct timeval half = {.tv_sec = (time_t)(usec / 2000000),
				       .tv_usec = (suseconds_t)(usec / 2 % 1000000)};

		event_add(d->watchdog, &half);
	}
}

/* The executor has its database open, or has had time enough. */
static void on_begin(evutil_socket_t fd, short what, void *ctx)
{
	struct daemon *d = ctx;
	struct err e = {0};

	(void)fd;
	(void)what;
	if (d->tail)
		return;
	evtimer_del(d->begin);
	warm_up(d);
	if (!open_tail(d, &e)) {
		give_up(d, &e);
		return;
	}
	packets_pause(d->packets, false);
	daemon_save(d); /* from here on nothing is passed over, whenever we die */
	log_msg(LOG_LEVEL_INFO, "watching");
	notify_ready(d);
}

static void on_pong(json_t *answer, void *ctx);

static void ping(struct daemon *d)
{
	json_t *request = json_pack("{s:s}", "do", "ping");
	struct err e = {0};

	if (!outbox_ask(d->outbox, request, on_pong, d, &e))
		log_msg(LOG_LEVEL_WARN, "%s", e.msg);
	json_decref(request);
}

/* An executor that ended instead is followed by the next one. */
static void on_pong(json_t *answer, void *ctx)
{
	struct daemon *d = ctx;

	if (json_is_true(json_object_get(answer, "ok")))
		on_begin(-1, 0, d);
	else if (!d->tail)
		ping(d);
	json_decref(answer);
}

static bool enter_sandbox(struct daemon *d, struct err *e)
{
	char state[PATH_MAX], run[PATH_MAX], log[PATH_MAX];
	const char *const writable[] = {
		paths_at(&d->paths, PATH_STATE_DIR, state, sizeof(state)),
		paths_at(&d->paths, PATH_RUN_DIR, run, sizeof(run)),
		paths_at(&d->paths, "/var/log", log, sizeof(log)), NULL};

	return sandbox_enter(writable, &d->sandbox, e);
}

static void open_watch(struct daemon *d)
{
	char path[PATH_MAX];
	struct err e = {0};

	if (paths_at(&d->paths, PATH_WATCH_DB, path, sizeof(path)))
		d->watch = watch_open(path, &e);
	if (!d->watch) {
		d->errors.watch_db++;
		log_msg(LOG_LEVEL_ERROR, "%s: the place in the log is not kept", e.msg);
	}
}

static bool make_events(struct daemon *d)
{
	d->handed = event_new(d->base, d->handover, EV_READ | EV_PERSIST, on_handed, d);
	d->term = evsignal_new(d->base, SIGTERM, on_stop, d);
	d->interrupt = evsignal_new(d->base, SIGINT, on_stop, d);
	d->hangup = evsignal_new(d->base, SIGHUP, on_hangup, d);
	d->save = evtimer_new(d->base, on_save, d);
	d->begin = evtimer_new(d->base, on_begin, d);
	d->watchdog = event_new(d->base, -1, EV_PERSIST, on_watchdog, d);
	if (!d->handed || !d->term || !d->interrupt || !d->hangup || !d->save ||
	    !d->begin || !d->watchdog)
		return false;
	event_add(d->handed, NULL);
	event_add(d->term, NULL);
	event_add(d->interrupt, NULL);
	event_add(d->hangup, NULL);
	return true;
}

static bool make_parts(struct daemon *d, int packets, struct err *e)
{
	const struct outbox_hooks outbox = {on_lost, on_settled, d};
	const struct engine_hooks hooks = daemon_hooks(d);

	d->base = event_base_new();
	if (!d->base || !make_events(d)) {
		close(packets);
		return err_set(e, ENOMEM, "event loop: no memory");
	}
	d->packets = packets_new(d->base, packets, on_packet, d, e);
	if (!d->packets)
		return false;
	/* watched before they are read, or a change between the two is missed */
	d->mapwatch = mapwatch_new(d->base, &d->paths, on_maps_changed, d, e);
	if (!d->mapwatch)
		return false;
	mapwatch_on_lists(d->mapwatch, on_lists_changed);
	d->accounts = accounts_load(&d->paths, e);
	if (!d->accounts)
		return false;
	d->outbox = outbox_new(d->base, &outbox, e);
	if (!d->outbox)
		return false;
	d->risers = risers_new(d->base, d->outbox);
	d->engine = engine_new(d->rules, d->accounts, &hooks, false, e);
	return d->engine != NULL;
}

struct daemon *daemon_new(const struct paths *paths, struct rules *rules, int handover,
			  int packets, struct err *e)
{
	struct daemon *d = calloc(1, sizeof(*d));

	if (!d) {
		rules_free(rules);
		close(packets);
		err_set(e, ENOMEM, "daemon: no memory");
		return NULL;
	}
	d->paths = *paths;
	d->rules = rules;
	d->handover = handover;
	d->begun_s = (int64_t)time(NULL);
	d->before_known = true; /* no line is being read */
	set_spool(d);
	if (!paths_at(&d->paths, rules_config(rules)->exim_log, d->log, sizeof(d->log)))
		d->log[0] = '\0';
	if (!make_parts(d, packets, e)) {
		daemon_free(d);
		return NULL;
	}
	open_watch(d);
	daemon_set_facts(d);
	return d;
}

bool daemon_run(struct daemon *d, struct err *e)
{
	const struct timeval wait = {.tv_sec = BEGIN_S};

	/* sockets are made before the sandbox, which allows no more */
	daemon_endpoint_open(d);
	if (!daemon_control_open(d, e) || !enter_sandbox(d, e))
		return false;
	evtimer_add(d->begin, &wait);
	ping(d);
	event_base_dispatch(d->base);
	sd_notify(0, "STOPPING=1");
	daemon_save(d);
	if (d->failed)
		*e = d->why;
	else
		log_msg(LOG_LEVEL_INFO, "stopped");
	return !d->failed;
}

static void free_event(struct event *ev)
{
	if (ev)
		event_free(ev);
}

void daemon_free(struct daemon *d)
{
	if (!d)
		return;
	/* first of all, so that the supervisor knows that we end */
	free_event(d->handed);
	if (d->handover >= 0)
		close(d->handover);
	endpoint_free(d->endpoint);
	control_free(d->control);
	tail_free(d->tail);
	mapwatch_free(d->mapwatch);
	packets_free(d->packets);
	risers_free(d->risers);
	outbox_free(d->outbox);
	daemon_drop_questions(d);
	engine_free(d->engine);
	free_event(d->term);
	free_event(d->interrupt);
	free_event(d->hangup);
	free_event(d->save);
	free_event(d->begin);
	free_event(d->watchdog);
	if (d->base)
		event_base_free(d->base);
	watch_close(d->watch);
	store_close(d->store);
	accounts_free(d->accounts);
	rules_free(d->rules);
	free(d);
}
