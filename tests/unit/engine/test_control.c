/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/control.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/ctl/ctl.h"

/* A server in this process; clients are plain sockets that the loop serves in turns. */
struct world {
	struct event_base *base;
	struct control *control;
	struct control_client *open; /* a request that was left open */
	unsigned handled, gone;
	char folder[32], path[64];
};

static json_t *handle(struct control_client *client, const json_t *request, void *ctx)
{
	struct world *w = ctx;
	const char *what = json_string_value(json_object_get(request, "do"));

	w->handled++;
	if (strcmp(what, "later") == 0) {
		w->open = client;
		return NULL;
	}
	if (strcmp(what, "at-once") == 0) {
		control_answer(client, json_pack("{s:b, s:s}", "ok", 1, "do", what));
		return NULL;
	}
	if (strcmp(what, "huge") == 0) {
		char *text = calloc(1, CTL_MESSAGE_MAX + 1);
		json_t *doc;

		memset(text, 'x', CTL_MESSAGE_MAX);
		doc = json_pack("{s:s}", "text", text);
		free(text);
		return doc;
	}
	if (strcmp(what, "large") == 0) {
		char *text = calloc(1, CTL_MESSAGE_MAX - 100);
		json_t *doc;

		memset(text, 'x', CTL_MESSAGE_MAX - 101);
		doc = json_pack("{s:s}", "text", text);
		free(text);
		return doc;
	}
	return json_pack("{s:b, s:s}", "ok", 1, "do", what);
}

static void gone(struct control_client *client, void *ctx)
{
	struct world *w = ctx;

	cr_assert_eq(client, w->open);
	w->open = NULL;
	w->gone++;
}

static void world_begin(struct world *w)
{
	const struct control_hooks hooks = {handle, gone, w};
	struct err e = {0};

	memset(w, 0, sizeof(*w));
	strcpy(w->folder, "/tmp/osm-control-XXXXXX");
	cr_assert_not_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/osmd.sock", w->folder);
	w->base = event_base_new();
	w->control = control_new(w->base, w->path, &hooks, &e);
	cr_assert_not_null(w->control, "%s", e.msg);
}

static void world_end(struct world *w)
{
	control_free(w->control);
	cr_assert_eq(access(w->path, F_OK), -1, "the socket is removed");
	event_base_free(w->base);
	rmdir(w->folder);
}

static void turn(struct world *w)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static int dial(const struct world *w)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), folder_fd;
	struct sockaddr_un addr;

	cr_assert(ctl_address(w->path, &addr, &folder_fd, NULL));
	cr_assert_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void ask(int fd, const char *what)
{
	json_t *doc = json_pack("{s:s}", "do", what);
	struct buf out;

	buf_init(&out, 4096);
	cr_assert(ctl_encode(&out, doc, NULL));
	cr_assert_eq(send(fd, out.p, out.n, MSG_NOSIGNAL), (ssize_t)out.n);
	buf_clear(&out);
	json_decref(doc);
}

/* The next answer, turning the loop until it is whole; NULL when the server closed. */
static json_t *answer(struct world *w, int fd)
{
	struct buf in;
	json_t *doc = NULL;
	char one[4096];

	buf_init(&in, CTL_HEADER_BYTES + CTL_MESSAGE_MAX);
	for (int tries = 0; tries < 2000 && !doc; tries++) {
		struct slice view = buf_view(&in);
		ssize_t need = ctl_need(view), n;
		size_t want = CTL_HEADER_BYTES - view.n;

		if (need > 0)
			want = (size_t)need - view.n;
		turn(w);
		n = recv(fd, one, want < sizeof(one) ? want : sizeof(one), 0);
		if (n == 0)
			break;
		if (n > 0)
			buf_add(&in, one, (size_t)n);
		view = buf_view(&in);
		need = ctl_need(view);
		if (need > 0 && view.n == (size_t)need)
			cr_assert_eq(ctl_decode(&view, &doc, NULL), 1);
	}
	buf_clear(&in);
	return doc;
}

static void expect(struct world *w, int fd, const char *name, const char *value)
{
	json_t *doc = answer(w, fd);

	cr_assert_not_null(doc, "an answer with %s %s", name, value);
	cr_assert_str_eq(json_string_value(json_object_get(doc, name)), value);
	json_decref(doc);
}

Test(control, answers_now_and_later_in_order)
{
	struct world w;
	int fd;

	world_begin(&w);
	fd = dial(&w);
	ask(fd, "status");
	ask(fd, "later");
	ask(fd, "at-once");
	expect(&w, fd, "do", "status");
	turn(&w);
	cr_assert_eq(w.handled, 2, "the third waits for the second");
	cr_assert_not_null(w.open);
	control_answer(w.open, json_pack("{s:s}", "do", "later"));
	expect(&w, fd, "do", "later");
	expect(&w, fd, "do", "at-once");
	close(fd);
	turn(&w);
	cr_assert_eq(w.gone, 0);
	world_end(&w);
}

Test(control, makes_a_socket_for_root_alone)
{
	struct world w;
	struct stat st;
	mode_t before = umask(0);

	world_begin(&w);
	cr_assert_eq(umask(before), 0, "the umask is put back");
	cr_assert_eq(stat(w.path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	world_end(&w);
}

Test(control, turns_other_users_away)
{
	struct world w;
	struct control_stats stats;
	int fd;

	world_begin(&w);
	cr_assert_eq(chmod(w.path, 0666), 0);
	cr_assert_eq(chmod(w.folder, 0755), 0);
	cr_assert_eq(seteuid(65534), 0, "this test needs root");
	fd = dial(&w);
	cr_assert_eq(seteuid(0), 0);
	expect(&w, fd, "error", "only root may speak with osmd");
	cr_assert_null(answer(&w, fd), "and it is closed");
	control_stats(w.control, &stats);
	cr_assert_eq(stats.refused, 1);
	cr_assert_eq(stats.clients, 0);
	close(fd);
	world_end(&w);
}

Test(control, takes_32_clients_and_no_33rd)
{
	struct world w;
	struct control_stats stats;
	int fd[CONTROL_CLIENTS_MAX + 1];

	world_begin(&w);
	for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++) {
		fd[i] = dial(&w);
		turn(&w);
	}
	expect(&w, fd[CONTROL_CLIENTS_MAX], "error",
	       "osmd has too many clients, try again");
	ask(fd[CONTROL_CLIENTS_MAX - 1], "status");
	expect(&w, fd[CONTROL_CLIENTS_MAX - 1], "do", "status");
	control_stats(w.control, &stats);
	cr_assert_eq(stats.clients, CONTROL_CLIENTS_MAX);
	cr_assert_eq(stats.too_many, 1);
	close(fd[0]);
	turn(&w);
	close(fd[CONTROL_CLIENTS_MAX]);
	fd[0] = dial(&w);
	ask(fd[0], "status");
	expect(&w, fd[0], "do", "status");
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(fd[i]);
	world_end(&w);
}

Test(control, closes_on_malformed_input_and_goes_on)
{
	static const char *const bad[] = {"GET / HTTP/1.1\r\n\r\n", "\xff\xff\xff\xff",
					  "\x01\x01\x01\x01{{{{"};
	struct world w;
	struct control_stats stats;
	int fd;

	world_begin(&w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fd = dial(&w);
		cr_assert_eq(send(fd, bad[i], strlen(bad[i]), 0),
			     (ssize_t)strlen(bad[i]));
		cr_assert_null(answer(&w, fd));
		close(fd);
	}
	fd = dial(&w);
	cr_assert_eq(send(fd, "\0\0\0\2{}", 6, 0), 6);
	expect(&w, fd, "error", "a request needs \"do\"");
	ask(fd, "status");
	expect(&w, fd, "do", "status");
	control_stats(w.control, &stats);
	cr_assert_eq(stats.malformed, 3);
	cr_assert_eq(w.handled, 1);
	close(fd);
	world_end(&w);
}

Test(control, tells_when_an_owed_client_goes)
{
	struct world w;
	int fd;

	world_begin(&w);
	fd = dial(&w);
	ask(fd, "later");
	turn(&w);
	cr_assert_not_null(w.open);
	close(fd);
	turn(&w);
	cr_assert_eq(w.gone, 1);
	fd = dial(&w);
	ask(fd, "later");
	turn(&w);
	world_end(&w);
	cr_assert_eq(w.gone, 2, "also when control itself ends");
	close(fd);
}

Test(control, sends_the_last_answer_before_it_ends)
{
	struct world w;
	char in[256];
	int fd;

	world_begin(&w);
	fd = dial(&w);
	ask(fd, "later");
	turn(&w);
	control_answer(w.open, json_pack("{s:b}", "ok", 1));
	world_end(&w);
	cr_assert_gt(recv(fd, in, sizeof(in), 0), CTL_HEADER_BYTES);
	close(fd);
}

Test(control, answers_too_large_become_an_error)
{
	struct world w;
	json_t *doc;
	int fd;

	world_begin(&w);
	fd = dial(&w);
	ask(fd, "huge");
	doc = answer(&w, fd);
	cr_assert(json_is_false(json_object_get(doc, "ok")));
	json_decref(doc);
	close(fd);
	world_end(&w);
}

Test(control, holds_one_answer_for_who_does_not_read)
{
	struct world w;
	json_t *doc;
	int fd;

	world_begin(&w);
	fd = dial(&w);
	for (int i = 0; i < 50; i++)
		ask(fd, "large");
	turn(&w);
	cr_assert_eq(w.handled, 1, "the second waits until the first is taken");
	doc = answer(&w, fd);
	cr_assert_not_null(doc);
	json_decref(doc);
	turn(&w);
	cr_assert_eq(w.handled, 2);
	close(fd);
	world_end(&w);
}

Test(control, takes_over_a_dead_socket_but_no_living_one)
{
	struct world w, other;
	const struct control_hooks hooks = {handle, gone, &other};
	struct err e = {0};
	int fd;

	world_begin(&w);
	cr_assert_null(control_new(w.base, w.path, &hooks, &e));
	cr_assert_eq(e.code, EADDRINUSE);
	fd = dial(&w);
	ask(fd, "status");
	expect(&w, fd, "do", "status");
	close(fd);
	world_end(&w);

	cr_assert_not_null(mkdtemp(strcpy(w.folder, "/tmp/osm-control-XXXXXX")));
	snprintf(w.path, sizeof(w.path), "%s/osmd.sock", w.folder);
	w.base = event_base_new();
	fd = open(w.path, O_CREAT | O_WRONLY, 0600);
	cr_assert_null(control_new(w.base, w.path, &hooks, &e));
	cr_assert_eq(e.code, ENOTSOCK, "somebody's file is left alone");
	cr_assert_eq(access(w.path, F_OK), 0);
	close(fd);
	unlink(w.path);
	{
		struct sockaddr_un addr;
		int folder_fd, dead = socket(AF_UNIX, SOCK_STREAM, 0);

		cr_assert(ctl_address(w.path, &addr, &folder_fd, NULL));
		cr_assert_eq(bind(dead, (struct sockaddr *)&addr, sizeof(addr)), 0);
		close(dead);
	}
	w.control = control_new(w.base, w.path, &hooks, &e);
	cr_assert_not_null(w.control, "%s", e.msg);
	world_end(&w);
}
