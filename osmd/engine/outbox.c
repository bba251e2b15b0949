/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "osmd/act/executor.h"
#include "osmd/base/log.h"
#include "osmd/base/monotonic.h"

/* Questions that may wait: as many as the control socket has clients, twice. */
#define ASKS_MAX 64
/* Bytes that may wait; a report has at most EXECUTOR_MESSAGE_MAX. */
#define BYTES_MAX (64u * 1024 * 1024)
/* An executor that could not store a report (full disk) is asked again after a while, which
 * grows to a minute, for an hour in all: who makes room on a disk needs some time. */
#define TRIES_MAX 66
#define RETRY_S 5
#define RETRY_MOST_S 60
/* A report under which the executor has died this often is not given to it again. */
#define DEATHS_MAX 20

struct parcel {
	struct parcel *next;
	char *text; /* owned; the request */
	size_t n;
	bool is_report;
	unsigned tries, deaths;
	int64_t not_before_s; /* monotonic */
	/* a report */
	struct tail_position before;
	char *type, *key; /* owned */
	int64_t at_s;
	/* a question */
	outbox_answer_fn fn;
	void *ctx;
};

struct queue {
	struct parcel *first, **end;
	size_t count;
};

struct outbox {
	struct event_base *base; /* borrowed */
	struct outbox_hooks hooks;
	int fd;
	struct event *readable, *writable, *retry;
	struct queue reports, asks;
	struct parcel *under_way; /* in its queue or hello, first answer is for it */
	struct parcel hello;	  /* asked first of an executor that has not answered yet */
	bool greeted;		  /* this executor has: it is up */
	size_t bytes;
	uint64_t sent, acknowledged, repeated, failed, refused;
	char *in; /* owned; EXECUTOR_MESSAGE_MAX + 1 */
};

static void pump(struct outbox *o);

static char hello_text[] = "{\"do\":\"ping\"}";

static void queue_add(struct queue *q, struct parcel *p)
{
	p->next = NULL;
	*q->end = p;
	q->end = &p->next;
	q->count++;
}

static void parcel_free(struct parcel *p)
{
	free(p->text);
	free(p->type);
	free(p->key);
	free(p);
}

static void queue_drop(struct outbox *o, struct queue *q, struct parcel *p)
{
	struct parcel **at = &q->first;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (q->end == &p->next)
		q->end = at;
	q->count--;
	o->bytes -= p->n;
	if (o->under_way == p)
		o->under_way = NULL;
	parcel_free(p);
}

/* A report that is done with, or given up. */
static void settle(struct outbox *o, struct parcel *p)
{
	queue_drop(o, &o->reports, p);
	if (o->hooks.settled)
		o->hooks.settled(o->hooks.ctx);
}

static void answer_ask(struct outbox *o, struct parcel *p, json_t *answer)
{
	outbox_answer_fn fn = p->fn;
	void *ctx = p->ctx;

	queue_drop(o, &o->asks, p);
	if (fn)
		fn(answer, ctx);
	else
		json_decref(answer);
}

static void disconnect(struct outbox *o)
{
	if (o->readable)
		event_free(o->readable);
	if (o->writable)
		event_free(o->writable);
	o->readable = o->writable = NULL;
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
	o->greeted = false;
}

/* What was under way may be done or not. A report is asked for again, for its id is the
 * same; a person is told. */
static void open_end(struct outbox *o)
{
	struct parcel *p = o->under_way;

	o->under_way = NULL;
	if (!p || p == &o->hello)
		return;
	if (!p->is_report) {
		answer_ask(o, p,
			   json_pack("{s:b, s:s}", "ok", 0, "error",
				     "the executor ended before it answered; look at "
				     "what is in force before you ask again"));
		return;
	}
	o->repeated++;
	if (++p->deaths < DEATHS_MAX)
		return;
	o->failed++;
	log_msg(LOG_LEVEL_ERROR,
		"report on %s given up: the executor ended %d times under it", p->key,
		DEATHS_MAX);
	settle(o, p);
}

static void lost(struct outbox *o)
{
	disconnect(o);
	open_end(o);
	if (o->hooks.lost)
		o->hooks.lost(o->hooks.ctx);
}

static void report_answered(struct outbox *o, struct parcel *p, const json_t *answer)
{
	const char *why = json_string_value(json_object_get(answer, "error"));

	if (json_is_true(json_object_get(answer, "ok"))) {
		o->acknowledged++;
		settle(o, p);
		return;
	}
	log_msg(LOG_LEVEL_ERROR, "report on %s: the executor says: %s", p->key,
		why ? why : "no reason");
	if (++p->tries < TRIES_MAX) {
		int64_t wait_s = RETRY_S * (int64_t)p->tries;

		o->repeated++;
		p->not_before_s =
			monotonic_s() + (wait_s < RETRY_MOST_S ? wait_s : RETRY_MOST_S);
		return;
	}
	o->failed++;
	log_msg(LOG_LEVEL_ERROR, "report on %s given up after %d tries", p->key,
		TRIES_MAX);
	settle(o, p);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct outbox *o = ctx;
	struct parcel *p;
	json_t *answer;
	ssize_t n = recv(fd, o->in, EXECUTOR_MESSAGE_MAX, MSG_DONTWAIT | MSG_TRUNC);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lost(o);
		return;
	}
	answer = n <= EXECUTOR_MESSAGE_MAX ? json_loadb(o->in, (size_t)n, 0, NULL) : NULL;
	p = o->under_way;
	if (!p || !json_is_object(answer)) {
		/* not the executor's way of speaking: begin anew with the next one */
		log_msg(LOG_LEVEL_ERROR, "the executor sent what is no answer");
		json_decref(answer);
		lost(o);
		return;
	}
	o->under_way = NULL;
	o->greeted = true;
	if (p->is_report) {
		report_answered(o, p, answer);
		json_decref(answer);
	} else if (p == &o->hello) {
		json_decref(answer);
	} else {
		answer_ask(o, p, answer);
	}
	pump(o);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	pump(ctx);
}

/* What goes next: people first, then the oldest report whose time has come. *wait_s is how
 * long to wait for one, when there are only such. */
static struct parcel *choose(const struct outbox *o, int64_t *wait_s)
{
	int64_t now_s = monotonic_s();

	*wait_s = 0;
	if (o->asks.first)
		return o->asks.first;
	for (struct parcel *p = o->reports.first; p; p = p->next) {
		int64_t left_s = p->not_before_s - now_s;

		if (left_s <= 0)
			return p;
		if (!*wait_s || left_s < *wait_s)
			*wait_s = left_s;
	}
	return NULL;
}

static void pump(struct outbox *o)
{
	struct parcel *p;
	int64_t wait_s;

	if (o->fd < 0 || o->under_way)
		return;
	p = choose(o, &wait_s);
	if (!p) {
		const struct timeval tv = {.tv_sec = wait_s};

		if (wait_s)
			evtimer_add(o->retry, &tv);
		return;
	}
	/* One that can't even open its database dies under whatever it is given. */
	if (p->is_report && !o->greeted)
		p = &o->hello;
	if (send(o->fd, p->text, p->n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		o->under_way = p;
		o->sent += p != &o->hello;
	} else if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) {
		event_add(o->writable, NULL);
	} else {
		log_msg(LOG_LEVEL_ERROR, "send to the executor: %s", strerror(errno));
		lost(o);
	}
}

struct outbox *outbox_new(struct event_base *base, const struct outbox_hooks *hooks,
			  struct err *e)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (o) {
		o->base = base;
		o->hooks = *hooks;
		o->fd = -1;
		o->hello = (struct parcel){.text = hello_text,
					   .n = sizeof(hello_text) - 1};
		o->reports.end = &o->reports.first;
		o->asks.end = &o->asks.first;
		o->in = malloc(EXECUTOR_MESSAGE_MAX);
		o->retry = evtimer_new(base, on_writable, o);
	}
	if (!o || !o->in || !o->retry) {
		err_set(e, ENOMEM, "outbox: no memory");
		outbox_free(o);
		return NULL;
	}
	return o;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	disconnect(o);
	while (o->reports.first)
		queue_drop(o, &o->reports, o->reports.first);
	while (o->asks.first)
		queue_drop(o, &o->asks, o->asks.first);
	if (o->retry)
		event_free(o->retry);
	free(o->in);
	free(o);
}

bool outbox_connect(struct outbox *o, int fd, struct err *e)
{
	disconnect(o);
	open_end(o);
	o->fd = fd;
	o->readable = event_new(o->base, fd, EV_READ | EV_PERSIST, on_readable, o);
	o->writable = event_new(o->base, fd, EV_WRITE, on_writable, o);
	if (!o->readable || !o->writable || event_add(o->readable, NULL) < 0) {
		disconnect(o);
		return err_set(e, ENOMEM, "executor's socket: no memory");
	}
	pump(o);
	return true;
}

/* Takes the reference to request. */
static struct parcel *parcel_new(json_t *request, struct err *e)
{
	struct parcel *p = calloc(1, sizeof(*p));

	if (p && request)
		p->text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!p || !p->text) {
		err_set(e, ENOMEM, "no memory for a request to the executor");
		free(p);
		return NULL;
	}
	p->n = strlen(p->text);
	if (p->n > EXECUTOR_MESSAGE_MAX) {
		err_set(e, EMSGSIZE, "a request of %zu bytes is too large", p->n);
		parcel_free(p);
		return NULL;
	}
	return p;
}

static json_t *action_words(unsigned wanted)
{
	json_t *words = json_array();

	for (unsigned a = 0; a < ACTION_COUNT; a++)
		if (wanted & ACTION_BIT(a))
			json_array_append_new(words, json_string(action_name(a)));
	return words;
}

static char *text_of(const json_t *report, const char *name)
{
	const char *s = json_string_value(json_object_get(report, name));

	return strdup(s ? s : "");
}

bool outbox_report(struct outbox *o, const json_t *report, unsigned wanted,
		   bool confirmed, const struct tail_position *before, struct err *e)
{
	struct parcel *p = NULL;

	if (o->reports.count >= OUTBOX_MAX + OUTBOX_SPARE)
		err_set(e, ENOBUFS, "%zu reports wait already", o->reports.count);
	else
		p = parcel_new(json_pack("{s:s, s:O, s:o, s:b}", "do", "report", "report",
					 report, "wanted", action_words(wanted),
					 "confirmed", confirmed),
			       e);
	if (p) {
		p->is_report = true;
		p->before = *before;
		p->type = text_of(report, "type");
		p->key = text_of(report, "key");
		p->at_s = json_integer_value(json_object_get(report, "time"));
	}
	if (!p || !p->type || !p->key) {
		if (p)
			parcel_free(p);
		o->refused++;
		return false;
	}
	o->bytes += p->n;
	queue_add(&o->reports, p);
	pump(o);
	return true;
}

bool outbox_ask(struct outbox *o, const json_t *request, outbox_answer_fn fn, void *ctx,
		struct err *e)
{
	struct parcel *p;

	if (o->asks.count >= ASKS_MAX)
		return err_set(e, EBUSY, "too many requests wait for the executor");
	p = parcel_new(json_deep_copy(request), e);
	if (!p)
		return false;
	p->fn = fn;
	p->ctx = ctx;
	o->bytes += p->n;
	queue_add(&o->asks, p);
	pump(o);
	return true;
}

void outbox_forget(struct outbox *o, void *ctx)
{
	struct parcel *next;

	for (struct parcel *p = o->asks.first; p; p = next) {
		next = p->next;
		if (p->ctx != ctx || !p->fn)
			continue;
		p->fn = NULL;
		p->ctx = NULL;
		if (p != o->under_way)
			queue_drop(o, &o->asks, p);
	}
}

bool outbox_full(const struct outbox *o)
{
	return o->reports.count >= OUTBOX_MAX || o->bytes >= BYTES_MAX;
}

bool outbox_oldest(const struct outbox *o, struct tail_position *out)
{
	if (!o->reports.first)
		return false;
	*out = o->reports.first->before;
	return true;
}

int64_t outbox_last(const struct outbox *o, const char *type, const char *key)
{
	int64_t newest_s = 0;

	for (const struct parcel *p = o->reports.first; p; p = p->next)
		if (p->at_s > newest_s && strcmp(p->key, key) == 0 &&
		    strcmp(p->type, type) == 0)
			newest_s = p->at_s;
	return newest_s;
}

json_t *outbox_status(const struct outbox *o)
{
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "connected",
			 o->fd >= 0, "waiting", (json_int_t)o->reports.count, "sent",
			 (json_int_t)o->sent, "acknowledged", (json_int_t)o->acknowledged,
			 "repeated", (json_int_t)o->repeated, "failed",
			 (json_int_t)o->failed, "refused", (json_int_t)o->refused, "full",
			 outbox_full(o));
}
