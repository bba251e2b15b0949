/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/systemlog.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"
#define IDENT "osmd"
#define LINE_MAX_BYTES 2048 /* syslog daemons cut there, at the latest at 8 KB */
#define TEXT_MAX (64 * 1024)
#define WAIT_MS 1000

/* ---- sending ---- */

/* -1 with errno. */
static int reach(const char *path, int type)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, code;

	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	code = errno;
	close(fd);
	errno = code;
	return -1;
}

static bool is_full(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
}

/* Sent whole, or not at all as far as its reader can tell. */
static bool send_whole(int fd, struct slice data, bool may_wait)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};
	ssize_t n = send(fd, data.p, data.n, MSG_NOSIGNAL);

	if (n < 0 && is_full() && may_wait && poll(&room, 1, WAIT_MS) > 0)
		n = send(fd, data.p, data.n, MSG_NOSIGNAL);
	return n == (ssize_t)data.n;
}

bool systemlog_put(const char *path, struct slice data)
{
	static bool is_stuck; /* waited for already; not again for each message */
	bool is_stream = false, ok;
	int fd = reach(path, SOCK_DGRAM);

	if (fd < 0 && errno == EPROTOTYPE) {
		is_stream = true;
		fd = reach(path, SOCK_STREAM);
	}
	if (fd < 0)
		return !is_full(); /* nobody listens */
	ok = send_whole(fd, data, !is_stuck) &&
	     (!is_stream || send_whole(fd, (struct slice){"", 1}, false));
	is_stuck = !ok;
	close(fd);
	return ok;
}

/* ---- the journal's native protocol ---- */

/* NAME=value, or with its length before it when it has more than one line. */
static void put_field(struct buf *out, const char *name, struct slice value)
{
	if (slice_find(value, SLICE("\n")) == SIZE_MAX) {
		buf_printf(out, "%s=", name);
	} else {
		buf_printf(out, "%s\n", name);
		for (unsigned shift = 0; shift < 64; shift += 8)
			buf_putc(out, (char)(((uint64_t)value.n >> shift) & 0xff));
	}
	buf_slice(out, value);
	buf_putc(out, '\n');
}

void systemlog_entry(struct buf *out, int priority, const char *message,
		     const struct systemlog_field *fields, size_t n)
{
	put_field(out, "MESSAGE", slice_str(message));
	buf_printf(out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=" IDENT "\n", priority);
	for (size_t i = 0; i < n && i < SYSTEMLOG_FIELDS_MAX; i++)
		if (fields[i].value.n)
			put_field(out, fields[i].name, fields[i].value);
}

/* ---- syslog ---- */

static void put_value(struct buf *out, struct slice value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			buf_printf(out, "\\x%02X", c);
		else
			buf_putc(out, (char)c);
	}
}

void systemlog_line(struct buf *out, const char *message,
		    const struct systemlog_field *fields, size_t n)
{
	buf_puts(out, message);
	for (size_t i = 0; i < n && i < SYSTEMLOG_FIELDS_MAX; i++) {
		if (!fields[i].value.n)
			continue;
		buf_putc(out, ' ');
		for (const char *c = fields[i].name; *c; c++)
			buf_putc(out, (char)tolower((unsigned char)*c));
		buf_puts(out, "=\"");
		put_value(out, fields[i].value);
		buf_putc(out, '"');
	}
}

/* The head that syslog(3) puts before the line: <priority>time program[pid]: */
static void put_head(struct buf *out, int priority)
{
	char when[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
	buf_printf(out, "<%d>%s " IDENT "[%d]: ", LOG_DAEMON | priority, when,
		   (int)getpid());
}

bool systemlog_send(int priority, const char *message,
		    const struct systemlog_field *fields, size_t n)
{
	const bool has_journal = access(JOURNAL_SOCKET, F_OK) == 0;
	struct slice data;
	struct buf text;
	bool ok;

	buf_init(&text, TEXT_MAX);
	if (has_journal) {
		systemlog_entry(&text, priority, message, fields, n);
	} else {
		put_head(&text, priority);
		systemlog_line(&text, message, fields, n);
	}
	data = buf_view(&text);
	if (!has_journal && data.n > LINE_MAX_BYTES)
		data.n = LINE_MAX_BYTES;
	ok = buf_ok(&text) &&
	     systemlog_put(has_journal ? JOURNAL_SOCKET : SYSLOG_SOCKET, data);
	buf_clear(&text);
	return ok;
}
