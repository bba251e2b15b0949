/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/webfetch.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/act/aside.h"
#include "osmd/base/addr.h"
#include "osmd/model/report.h"
#include "osmd/parse/modstatus.h"

#define ANSWER_MAX (1024 * 1024)
#define TEXT_MAX 300
#define KEY_SHOWN_MAX 12 /* of a key that is cut off, so much gives it away */
#define ASKS_MAX 3

/* ---- the child ---- */

struct child {
	const struct webfetch *f;
	struct event_base *base;
	struct evhttp_uri *uri;
	char host[ADDR_TEXT_MAX];
	unsigned short port;
	char asks[ASKS_MAX][1200];
	size_t n, at;
	json_t *rows;
	char why[160];
};

static struct slice key_start(const struct child *c)
{
	struct slice key = slice_str(c->f->key);

	if (key.n > KEY_SHOWN_MAX)
		key.n = KEY_SHOWN_MAX;
	return key;
}

/* The page itself, and not a script that has its name in a query: that would hide it from us. */
static bool is_page(const struct modstatus_row *row)
{
	static const struct slice page = SLICE("/whm-server-status");
	struct slice s = row->target;

	if (!row->method.n) /* the start is cut off: the key may be in what is left */
		return slice_find(s, page) != SIZE_MAX;
	return slice_starts(s, page) && (s.n == page.n || s.p[page.n] == '?');
}

/* Our own question is among the requests; with it the key. */
static bool is_ours(const struct child *c, const struct modstatus_row *row)
{
	struct slice key = key_start(c);

	return is_page(row) || slice_eq(row->target, slice_str(c->asks[0])) ||
	       (key.n && slice_find(row->target, key) != SIZE_MAX);
}

static void on_row(const struct modstatus_row *row, void *ctx)
{
	struct child *c = ctx;

	if (is_ours(c, row) || json_array_size(c->rows) >= WEBFETCH_ROWS_MAX)
		return;
	json_array_append_new(c->rows,
			      json_pack("{s:o, s:o, s:o, s:o, s:b, s:b}", "client",
					report_text(row->client, TEXT_MAX), "vhost",
					report_text(row->vhost, TEXT_MAX), "method",
					report_text(row->method, TEXT_MAX), "target",
					report_text(row->target, TEXT_MAX), "vhost_cut",
					row->vhost_cut, "target_cut", row->target_cut));
}

static void read_page(struct child *c, struct evbuffer *body)
{
	size_t n = evbuffer_get_length(body);
	const char *p = (const char *)evbuffer_pullup(body, -1);

	c->rows = json_array();
	switch (modstatus_read((struct slice){p, p ? n : 0}, on_row, c)) {
	case MODSTATUS_TABLE:
		return;
	case MODSTATUS_NO_TABLE:
		snprintf(c->why, sizeof(c->why),
			 "it lists no requests: ExtendedStatus is off");
		break;
	case MODSTATUS_OTHER:
		snprintf(c->why, sizeof(c->why),
			 "what answers there is no status page of Apache's");
		break;
	}
	json_decref(c->rows);
	c->rows = NULL;
}

/* Who answers, when it isn't Apache: a proxy before it, another web server. */
static void say_code(struct child *c, struct evhttp_request *r, int code)
{
	const char *server =
		evhttp_find_header(evhttp_request_get_input_headers(r), "Server");

	snprintf(c->why, sizeof(c->why), "it was answered with %d%s%.40s", code,
		 server ? " by " : "", server ? server : "");
}

static void say_silent(struct child *c)
{
	snprintf(c->why, sizeof(c->why), "nobody answers there (%s, port %hu)", c->host,
		 c->port);
}

static void ask(struct child *c);

static void on_done(struct evhttp_request *r, void *ctx)
{
	struct child *c = ctx;
	int code = r ? evhttp_request_get_response_code(r) : 0;

	if (code == 404 && c->at + 1 < c->n) {
		c->at++;
		ask(c);
		return;
	}
	if (code == 200)
		read_page(c, evhttp_request_get_input_buffer(r));
	else if (code)
		say_code(c, r, code);
	else
		say_silent(c);
	event_base_loopbreak(c->base);
}

/* A connection for each question: the server may have closed the last one. They end with us. */
static void ask(struct child *c)
{
	struct evhttp_connection *to =
		evhttp_connection_base_new(c->base, NULL, c->host, c->port);
	struct evhttp_request *r = to ? evhttp_request_new(on_done, c) : NULL;

	if (to) {
		evhttp_connection_set_timeout(to, 1 + WEBFETCH_TIMEOUT_MS / 1000);
		evhttp_connection_set_max_body_size(to, MODSTATUS_BYTES_MAX);
	}

	/* as cPanel's own reader does: another Host could reach a customer's site */
	if (r)
		evhttp_add_header(evhttp_request_get_output_headers(r), "Host",
				  "localhost");
	if (r)
		evhttp_add_header(evhttp_request_get_output_headers(r), "Connection",
				  "close");
	if (!r || evhttp_make_request(to, r, EVHTTP_REQ_GET, c->asks[c->at]) < 0) {
		say_silent(c);
		event_base_loopbreak(c->base);
	}
}

/* Where the page may be: by the key in cPanel's two ways, and without. */
static void list_asks(struct child *c)
{
	const char *path = evhttp_uri_get_path(c->uri);
	const char *query = evhttp_uri_get_query(c->uri);

	if (c->f->key[0]) {
		snprintf(c->asks[c->n++], sizeof(c->asks[0]), "/%s", c->f->key);
		snprintf(c->asks[c->n++], sizeof(c->asks[0]), "/whm-server-status?key=%s",
			 c->f->key);
	}
	snprintf(c->asks[c->n++], sizeof(c->asks[0]), "%.1000s%s%.150s",
		 path && path[0] ? path : "/", query ? "?" : "", query ? query : "");
}

/* Names are not looked up: that could take long, and only this machine is meant. */
static bool read_url(struct child *c)
{
	const char *scheme, *host;
	struct addr a;
	struct slice s;
	int port;

	c->uri = evhttp_uri_parse(c->f->url);
	scheme = c->uri ? evhttp_uri_get_scheme(c->uri) : NULL;
	host = c->uri ? evhttp_uri_get_host(c->uri) : NULL;
	s = slice_str(host && strcmp(host, "localhost") == 0 ? "127.0.0.1" : host);
	if (s.n > 2 && s.p[0] == '[')
		s = (struct slice){s.p + 1, s.n - 2};
	if (!scheme || strcmp(scheme, "http") != 0 || !addr_parse(s, &a)) {
		snprintf(c->why, sizeof(c->why),
			 "APACHESTATUS_URL is no http:// with an address");
		return false;
	}
	port = evhttp_uri_get_port(c->uri);
	addr_print(&a, c->host);
	c->port = (unsigned short)(port > 0 ? port : c->f->port);
	return true;
}

static json_t *look(void *ctx)
{
	const struct timeval limit = {.tv_sec = WEBFETCH_TIMEOUT_MS / 1000,
				      .tv_usec = WEBFETCH_TIMEOUT_MS % 1000 * 1000};
	struct child c = {.f = ctx};

	c.base = event_base_new();
	if (c.base && read_url(&c)) {
		list_asks(&c);
		snprintf(c.why, sizeof(c.why), "slow");
		ask(&c);
		event_base_loopexit(c.base, &limit);
		event_base_dispatch(c.base);
	}
	return c.rows ? json_pack("{s:O}", "rows", c.rows)
		      : json_pack("{s:s}", "why", c.why);
}

/* ---- here ---- */

static bool text_in(const json_t *row, const char *name)
{
	const json_t *v = json_object_get(row, name);

	return json_is_string(v) && json_string_length(v) <= TEXT_MAX;
}

/* The child has read a stranger's page: what it tells is held against its form. */
static json_t *check(const json_t *answer, char why[256])
{
	json_t *rows = json_object_get(answer, "rows"), *row;
	const char *said = json_string_value(json_object_get(answer, "why"));
	size_t i;

	if (!json_is_array(rows) || json_array_size(rows) > WEBFETCH_ROWS_MAX) {
		snprintf(why, 256, "%.200s", said ? said : "its reader failed");
		for (char *p = why; *p; p++)
			if (*p < 0x20 || *p > 0x7e)
				*p = '?';
		return NULL;
	}
	json_array_foreach(rows, i,
			   row) if (!text_in(row, "client") || !text_in(row, "vhost") ||
				    !text_in(row, "method") || !text_in(row, "target") ||
				    !json_is_boolean(json_object_get(row, "vhost_cut")) ||
				    !json_is_boolean(json_object_get(row, "target_cut")))
	{
		snprintf(why, 256, "its reader failed");
		return NULL;
	}
	return json_incref(rows);
}

json_t *webfetch_rows(const struct webfetch *f, char why[256], bool *slow)
{
	const struct aside a = {.work = look,
				.ctx = (void *)f,
				.uid = ASIDE_NOBODY,
				.gid = ASIDE_NOBODY,
				.timeout_ms = WEBFETCH_TIMEOUT_MS + 500,
				.answer_max = ANSWER_MAX};
	json_t *answer = aside_run(&a, slow), *rows = check(answer, why);

	*slow = *slow || (!rows && strcmp(why, "slow") == 0);
	if (*slow)
		snprintf(why, 256, "it gave no answer in %d ms", WEBFETCH_TIMEOUT_MS);
	json_decref(answer);
	return rows;
}
