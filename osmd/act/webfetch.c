/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/webfetch.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/addr.h"
#include "osmd/base/buf.h"
#include "osmd/base/file.h"
#include "osmd/model/report.h"
#include "osmd/parse/modstatus.h"

#define NOBODY 65534
#define MEMORY_MAX (512ul * 1024 * 1024)
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

/* Our own question is among the requests; with it the key. */
static bool is_ours(const struct child *c, const struct modstatus_row *row)
{
	struct slice key = key_start(c);

	return slice_find(row->target, SLICE("/whm-server-status")) != SIZE_MAX ||
	       slice_eq(row->target, slice_str(c->asks[0])) ||
	       (key.n && slice_find(row->target, key) != SIZE_MAX);
}

static void on_row(const struct modstatus_row *row, void *ctx)
{
	struct child *c = ctx;

	if (is_ours(c, row) || json_array_size(c->rows) >= WEBFETCH_ROWS_MAX)
		return;
	json_array_append_new(
		c->rows,
		json_pack("{s:o, s:o, s:o, s:o, s:b, s:b}", "client",
			  report_text(row->client, TEXT_MAX), "vhost",
			  report_text(row->vhost, TEXT_MAX), "method",
			  report_text(row->method, TEXT_MAX), "target",
			  report_text(row->target, TEXT_MAX), "vhost_cut", row->vhost_cut,
			  "target_cut", row->target_cut));
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
		snprintf(c->why, sizeof(c->why), "it lists no requests: ExtendedStatus is off");
		break;
	case MODSTATUS_OTHER:
		snprintf(c->why, sizeof(c->why), "what answers there is no status page of Apache's");
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
		snprintf(c->why, sizeof(c->why), "nobody answers there");
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
		evhttp_add_header(evhttp_request_get_output_headers(r), "Host", "localhost");
	if (r)
		evhttp_add_header(evhttp_request_get_output_headers(r), "Connection",
				  "close");
	if (!r || evhttp_make_request(to, r, EVHTTP_REQ_GET, c->asks[c->at]) < 0) {
		snprintf(c->why, sizeof(c->why), "nobody answers there");
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

static void drop_rights(void)
{
	const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX}, none = {0, 0}, cpu = {2, 2};

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_CPU, &cpu);
#if !defined(__SANITIZE_ADDRESS__)
	setrlimit(RLIMIT_AS, &memory);
#else
	(void)memory; /* its shadow alone takes terabytes */
#endif
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 ||
			       setuid(NOBODY) < 0))
		_exit(1);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

__attribute__((noreturn)) static void child_run(const struct webfetch *f, int out)
{
	const struct timeval limit = {.tv_sec = WEBFETCH_TIMEOUT_MS / 1000,
				      .tv_usec = WEBFETCH_TIMEOUT_MS % 1000 * 1000};
	struct child c = {.f = f};
	json_t *answer;
	char *text;

	drop_rights();
	signal(SIGPIPE, SIG_IGN);
	c.base = event_base_new();
	if (c.base && read_url(&c)) {
		list_asks(&c);
		snprintf(c.why, sizeof(c.why), "slow");
		ask(&c);
		event_base_loopexit(c.base, &limit);
		event_base_dispatch(c.base);
	}
	answer = c.rows ? json_pack("{s:O}", "rows", c.rows)
			: json_pack("{s:s}", "why", c.why);
	text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	if (text)
		file_write_all(out, text, strlen(text));
	_exit(0);
}

/* ---- here ---- */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* All that it says until it ends; false: it was not done in time, or said too much. */
static bool take(int fd, struct buf *in)
{
	int64_t end = now_ms() + WEBFETCH_TIMEOUT_MS + 500;
	char chunk[16384];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end - now_ms();
		ssize_t n;
		int ready = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (ready == 0 || (ready < 0 && errno != EINTR))
			return false;
		if (ready < 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return buf_ok(in);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			buf_add(in, chunk, (size_t)n);
	}
}

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
	json_array_foreach(rows, i, row)
		if (!text_in(row, "client") || !text_in(row, "vhost") ||
		    !text_in(row, "method") || !text_in(row, "target") ||
		    !json_is_boolean(json_object_get(row, "vhost_cut")) ||
		    !json_is_boolean(json_object_get(row, "target_cut"))) {
			snprintf(why, 256, "its reader failed");
			return NULL;
		}
	return json_incref(rows);
}

json_t *webfetch_rows(const struct webfetch *f, char why[256], bool *slow)
{
	json_t *answer = NULL, *rows = NULL;
	struct buf in;
	int ends[2];
	pid_t pid;

	*slow = false;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		snprintf(why, 256, "%s", strerror(errno));
		return NULL;
	}
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child_run(f, ends[1]);
	}
	close(ends[1]);
	buf_init(&in, ANSWER_MAX);
	if (pid > 0 && take(ends[0], &in))
		answer = json_loadb(in.p ? in.p : "", in.n, 0, NULL);
	close(ends[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	rows = check(answer, why);
	if (!rows && (!answer || strcmp(why, "slow") == 0)) {
		*slow = true;
		snprintf(why, 256, "it gave no answer in %d ms", WEBFETCH_TIMEOUT_MS);
	}
	json_decref(answer);
	buf_clear(&in);
	return rows;
}
