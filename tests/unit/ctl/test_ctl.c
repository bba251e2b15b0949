/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/ctl/ctl.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct buf frame_of(const json_t *doc)
{
	struct buf out;

	buf_init(&out, CTL_HEADER_BYTES + CTL_MESSAGE_MAX);
	cr_assert(ctl_encode(&out, doc, NULL));
	return out;
}

Test(ctl, reads_back_what_it_wrote)
{
	json_t *doc = json_pack("{s:s, s:i, s:[s, n]}", "do", "undo", "id", 12, "list",
				"\xc3\xa9\n\"");
	struct buf out = frame_of(doc);
	struct slice view = buf_view(&out);
	json_t *got;

	cr_assert_eq(ctl_decode(&view, &got, NULL), 1);
	cr_assert(json_equal(doc, got));
	cr_assert_eq(view.n, 0);
	json_decref(got);
	json_decref(doc);
	buf_clear(&out);
}

Test(ctl, waits_at_every_length_short_of_the_whole)
{
	json_t *doc = json_pack("{s:s}", "do", "status");
	struct buf out = frame_of(doc);

	for (size_t n = 0; n < out.n; n++) {
		char *exact = malloc(n ? n : 1);
		struct slice view = {exact, n};
		json_t *got = doc;

		memcpy(exact, out.p, n);
		cr_assert_eq(ctl_decode(&view, &got, NULL), 0, "at %zu", n);
		cr_assert_null(got);
		cr_assert_eq(view.n, n, "nothing is taken at %zu", n);
		free(exact);
	}
	json_decref(doc);
	buf_clear(&out);
}

Test(ctl, takes_one_message_and_leaves_the_rest)
{
	json_t *one = json_pack("{s:i}", "n", 1), *two = json_pack("{s:i}", "n", 2), *got;
	struct buf out = frame_of(one);
	struct slice view;

	cr_assert(ctl_encode(&out, two, NULL));
	view = buf_view(&out);
	cr_assert_eq(ctl_decode(&view, &got, NULL), 1);
	cr_assert(json_equal(one, got));
	json_decref(got);
	cr_assert_eq(ctl_decode(&view, &got, NULL), 1);
	cr_assert(json_equal(two, got));
	json_decref(got);
	cr_assert_eq(view.n, 0);
	json_decref(one);
	json_decref(two);
	buf_clear(&out);
}

Test(ctl, refuses_lengths_and_text_that_are_not_its_own)
{
	static const struct {
		const char *bytes;
		size_t n;
		int want;
		const char *why;
	} row[] = {
		{"\0\0\0\0", 4, -1, "length 0"},
		{"\0\0\0\1{", 5, -1, "length 1 can't hold an object"},
		{"\0\0\0\2{}", 6, 1, "the shortest object"},
		{"\0\x10\0\0", 4, 0, "exactly the most"},
		{"\0\x10\0\1", 4, -1, "one more than the most"},
		{"\xff\xff\xff\xff", 4, -1, "no sign confusion"},
		{"GET / HTTP/1.1", 14, -1, "another protocol"},
		{"\0\0\0\2[]", 6, -1, "an array"},
		{"\0\0\0\4null", 8, -1, "no object"},
		{"\0\0\0\3{} ", 7, 1, "white space after the object"},
		{"\0\0\0\3{}x", 7, -1, "text after the object"},
		{"\0\0\0\x0f{\"a\":1,\"a\":22}", 19, -1, "a name twice"},
		{"\0\0\0\x0e{\"a\":\"\\u0000\"}", 18, -1, "a NUL in a string"},
		{"\0\0\0\x09{\"a\":\"\xff\"}", 13, -1, "no UTF-8"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct slice view = {row[i].bytes, row[i].n};
		struct err e = {0};
		json_t *got;

		cr_assert_eq(ctl_decode(&view, &got, &e), row[i].want, "%s", row[i].why);
		cr_assert_eq(got != NULL, row[i].want == 1, "%s", row[i].why);
		cr_assert_eq(e.code != 0, row[i].want < 0, "%s", row[i].why);
		json_decref(got);
	}
}

Test(ctl, writes_the_longest_message_and_none_longer)
{
	static const char around[] = "{\"t\":\"\"}";
	size_t most = CTL_MESSAGE_MAX - strlen(around);

	for (size_t n = most - 1; n <= most + 1; n++) {
		char *text = malloc(n + 1);
		struct err e = {0};
		struct buf out;
		json_t *doc;

		memset(text, 'x', n);
		text[n] = '\0';
		doc = json_pack("{s:s}", "t", text);
		buf_init(&out, CTL_HEADER_BYTES + CTL_MESSAGE_MAX);
		cr_assert_eq(ctl_encode(&out, doc, &e), n <= most, "%zu", n);
		cr_assert_eq(e.code, n <= most ? 0 : EMSGSIZE);
		json_decref(doc);
		buf_clear(&out);
		free(text);
	}
}

/* A folder of our own and a socket path in it. */
static void make_place(char *folder, char *path, size_t size)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, size, "%s/osmd.sock", folder);
}

Test(ctl, says_that_no_daemon_is_there)
{
	char folder[] = "/tmp/osm-ctl-XXXXXX", path[64];
	struct err e = {0};
	json_t *ask = json_pack("{s:s}", "do", "status");
	struct sockaddr_un addr;
	int fd, folder_fd;

	make_place(folder, path, sizeof(path));
	cr_assert_null(ctl_ask(path, ask, 1, &e));
	cr_assert_eq(e.code, ENOENT);
	cr_assert(ctl_address(path, &addr, &folder_fd, NULL));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	cr_assert_null(ctl_ask(path, ask, 1, &e));
	cr_assert_eq(e.code, ECONNREFUSED, "a killed daemon leaves its socket");
	json_decref(ask);
	unlink(path);
	rmdir(folder);
}

/* One connection: read the request's header, then do as asked. */
static void serve_once(int listen_fd, const char *answer, size_t n, unsigned hold_s)
{
	char in[256];
	int fd = accept(listen_fd, NULL, NULL);

	if (fd < 0 || recv(fd, in, sizeof(in), 0) <= 0)
		_exit(1);
	for (size_t i = 0; i < n; i++)
		if (send(fd, answer + i, 1, MSG_NOSIGNAL) != 1)
			_exit(1);
	sleep(hold_s);
	_exit(0);
}

Test(ctl, asks_and_bears_every_bad_answer)
{
	static const struct {
		const char *answer;
		size_t n;
		unsigned hold_s;
		int code;
		const char *why;
	} row[] = {
		{"\0\0\0\x0b{\"ok\":true}", 15, 0, 0, "a good answer, byte by byte"},
		{"", 0, 0, ECONNRESET, "closed without a word"},
		{"\0\0\0\x0b{\"ok\"", 9, 0, ECONNRESET, "closed in the middle"},
		{"\0\0\0\x0b{\"ok\"", 9, 3, ETIMEDOUT, "hangs in the middle"},
		{"\xff\0\0\0", 4, 0, EPROTO, "a length too large"},
		{"\0\0\0\x04nope", 8, 0, EPROTO, "no JSON"},
	};
	char folder[] = "/tmp/osm-ctl-XXXXXX", path[64];
	struct sockaddr_un addr;
	int folder_fd, listen_fd;

	make_place(folder, path, sizeof(path));
	cr_assert(ctl_address(path, &addr, &folder_fd, NULL));
	listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(listen_fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	cr_assert_eq(listen(listen_fd, 4), 0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		json_t *ask = json_pack("{s:s}", "do", "ping"), *got;
		struct err e = {0};
		pid_t pid = fork();

		if (pid == 0)
			serve_once(listen_fd, row[i].answer, row[i].n, row[i].hold_s);
		got = ctl_ask(path, ask, 1, &e);
		cr_assert_eq(got != NULL, row[i].code == 0, "%s", row[i].why);
		cr_assert_eq(e.code, row[i].code, "%s: %s", row[i].why, e.msg);
		waitpid(pid, NULL, 0);
		json_decref(got);
		json_decref(ask);
	}
	close(listen_fd);
	unlink(path);
	rmdir(folder);
}

Test(ctl, names_a_socket_below_a_long_root)
{
	char folder[] = "/tmp/osm-ctl-XXXXXX", deep[256], path[300];
	struct sockaddr_un addr;
	struct stat st;
	int fd, folder_fd;

	cr_assert_not_null(mkdtemp(folder));
	snprintf(deep, sizeof(deep), "%s/%0150d", folder, 0);
	snprintf(path, sizeof(path), "%s/osmd.sock", deep);
	cr_assert_not(ctl_address(path, &addr, &folder_fd, NULL),
		      "the folder is missing");
	cr_assert_eq(folder_fd, -1);
	cr_assert_eq(mkdir(deep, 0700), 0);
	cr_assert(ctl_address(path, &addr, &folder_fd, NULL));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	cr_assert(stat(path, &st) == 0 && S_ISSOCK(st.st_mode));
	close(fd);
	close(folder_fd);
	unlink(path);
	rmdir(deep);
	rmdir(folder);
}

Test(ctl, knows_who_the_peer_is)
{
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert_eq(ctl_peer_is_root(pair[0]), geteuid() == 0);
	cr_assert_not(ctl_peer_is_root(-1));
	close(pair[0]);
	close(pair[1]);
}
