/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/packets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "osmd/base/log.h"
#include "osmd/engine/packetkeeper.h"
#include "osmd/engine/packetreader.h"
#include "osmd/model/report.h"

/* Messages that are taken before anything else gets its turn. */
#define TAKE_MAX 256
#define NAME_MAX_BYTES 15
#define REASON_MAX 256
/* A reader has this many sources at most. */
#define FAILED_MAX 8

struct packets {
	int fd;
	struct event *readable;
	packets_fn fn;
	void *ctx;
	char source[NAME_MAX_BYTES + 1];
	json_t *failed, *stats; /* owned */
	uint64_t malformed;
	char message[PACKETREADER_MESSAGE_MAX];
};

/* What a reader may tell of, so that it can invent no fields. */
static const char *const stat_names[] = {
	"received", "dropped",	 "inbound", "malformed", "seen",     "repeated",
	"overrun",  "ambiguous", "lost",    "asked",	 "searched",
};

static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'a' || s.p[i] > 'z')
			return false;
	return s.n && s.n <= NAME_MAX_BYTES;
}

/* ---- what it says ---- */

static bool take_source(struct packets *p, struct slice name)
{
	char text[NAME_MAX_BYTES + 1];

	if (!is_name(name))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)name.n, name.p);
	json_object_del(p->failed, text); /* it works again */
	if (strcmp(text, p->source) == 0)
		return true;
	strcpy(p->source, text);
	if (slice_eq(name, SLICE("none")))
		log_msg(LOG_LEVEL_ERROR, "packets: no source works: connections are not "
					 "counted");
	else if (slice_eq(name, SLICE("off")))
		log_msg(LOG_LEVEL_INFO, "packets: switched off");
	else
		log_msg(LOG_LEVEL_INFO, "packets: seen by %s", p->source);
	return true;
}

static bool take_failed(struct packets *p, struct slice rest)
{
	char name[NAME_MAX_BYTES + 1], reason[REASON_MAX + 1];
	struct slice head;
	json_t *text;
	const char *old;

	if (!slice_cut(&rest, ':', &head) || !is_name(head) ||
	    json_object_size(p->failed) >= FAILED_MAX)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)head.n, head.p);
	text = report_text(slice_trim(rest), REASON_MAX);
	snprintf(reason, sizeof(reason), "%s", text ? json_string_value(text) : "");
	old = json_string_value(json_object_get(p->failed, name));
	if (!old || strcmp(old, reason) != 0) /* tried again and again: said once */
		log_msg(LOG_LEVEL_WARN, "packets: %s doesn't work: %s", name, reason);
	json_object_set_new(p->failed, name, text);
	return true;
}

static bool is_known_stat(struct slice name)
{
	for (size_t i = 0; i < sizeof(stat_names) / sizeof(stat_names[0]); i++)
		if (slice_eq(name, slice_str(stat_names[i])))
			return true;
	return false;
}

static bool take_stats(struct packets *p, struct slice rest)
{
	char name[NAME_MAX_BYTES + 1];
	struct slice part, key;
	uint64_t n;

	while (rest.n) {
		if (!slice_cut(&rest, ' ', &part)) {
			part = rest;
			rest.n = 0;
		}
		if (!slice_cut(&part, '=', &key) || !is_known_stat(key) ||
		    !slice_u64(part, 0, INT64_MAX, &n))
			return false;
		snprintf(name, sizeof(name), "%.*s", (int)key.n, key.p);
		json_object_set_new(p->stats, name, json_integer((json_int_t)n));
	}
	return true;
}

static void take(struct packets *p, struct slice message)
{
	struct slice rest = message, word;
	bool ok = slice_cut(&rest, ' ', &word);

	if (ok && slice_eq(word, SLICE("packet"))) {
		p->fn(message, p->ctx);
		return;
	}
	if (ok && slice_eq(word, SLICE("source")))
		ok = take_source(p, rest);
	else if (ok && slice_eq(word, SLICE("failed")))
		ok = take_failed(p, rest);
	else
		ok = ok && slice_eq(word, SLICE("stats")) && take_stats(p, rest);
	p->malformed += !ok;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct packets *p = ctx;
	ssize_t n = 1;

	(void)what;
	for (int i = 0; i < TAKE_MAX && n > 0; i++) {
		n = recv(fd, p->message, sizeof(p->message), MSG_DONTWAIT | MSG_TRUNC);
		if (n > (ssize_t)sizeof(p->message))
			p->malformed++;
		else if (n > 0)
			take(p, (struct slice){p->message, (size_t)n});
		if (!event_pending(p->readable, EV_READ, NULL))
			return; /* paused meanwhile */
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		log_msg(LOG_LEVEL_ERROR, "packets: the reader's keeper has ended: "
					 "connections are not counted until osmd is "
					 "restarted");
		strcpy(p->source, "none");
		event_del(p->readable);
	}
}

/* ---- the rest ---- */

struct packets *packets_new(struct event_base *base, int fd, packets_fn fn, void *ctx,
			    struct err *e)
{
	struct packets *p = calloc(1, sizeof(*p));

	if (p) {
		*p = (struct packets){.fd = fd,
				      .fn = fn,
				      .ctx = ctx,
				      .source = "starting",
				      .failed = json_object(),
				      .stats = json_object()};
		p->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, p);
	}
	if (p && p->failed && p->stats && p->readable)
		return p;
	if (!p)
		close(fd);
	packets_free(p);
	err_set(e, ENOMEM, "packets: no memory");
	return NULL;
}

void packets_free(struct packets *p)
{
	if (!p)
		return;
	if (p->readable)
		event_free(p->readable);
	json_decref(p->failed);
	json_decref(p->stats);
	close(p->fd);
	free(p);
}

void packets_pause(struct packets *p, bool pause)
{
	if (pause)
		event_del(p->readable);
	else
		event_add(p->readable, NULL);
}

bool packets_reload(struct packets *p, struct err *e)
{
	json_object_clear(p->failed);
	return packetkeeper_reload(p->fd, e);
}

json_t *packets_status(const struct packets *p)
{
	return json_pack("{s:s, s:O, s:O, s:I}", "source", p->source, "failed", p->failed,
			 "stats", p->stats, "malformed", (json_int_t)p->malformed);
}
