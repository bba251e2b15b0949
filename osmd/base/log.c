/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/log.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/file.h"

#define LOG_LINE_MAX 2048

static struct {
	const char *ident;
	char path[PATH_MAX];
	char host[64];
	enum log_level least;
	int to_stderr;
	unsigned long failures;
} sink = {.ident = "osm", .least = LOG_LEVEL_INFO, .to_stderr = 1};

void log_open(const char *ident, const char *path, int to_stderr, enum log_level least)
{
	char *dot;

	sink.ident = ident;
	sink.least = least;
	sink.to_stderr = to_stderr;
	snprintf(sink.path, sizeof(sink.path), "%s", path ? path : "");
	if (gethostname(sink.host, sizeof(sink.host) - 1) != 0)
		snprintf(sink.host, sizeof(sink.host), "localhost");
	dot = strchr(sink.host, '.');
	if (dot)
		*dot = '\0';
}

/* Whatever a stranger put into the text stays on one line and can't steer a terminal: beyond
 * ASCII there are control characters, too, and marks that turn the reading direction. */
static void put_escaped(char *out, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (const unsigned char *s = (const unsigned char *)text; *s && n + 5 < size;
	     s++) {
		if (*s >= 0x20 && *s < 0x7f) {
			out[n++] = (char)*s;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[*s >> 4];
		out[n++] = hex[*s & 15];
	}
	out[n] = '\0';
}

static void write_file(const char *line, size_t n)
{
	int fd = open(sink.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		      0600);

	if (fd < 0 || file_write_all(fd, line, n) != 0)
		sink.failures++;
	if (fd >= 0)
		close(fd);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	char text[LOG_LINE_MAX], clean[LOG_LINE_MAX], line[LOG_LINE_MAX + 160], when[32];
	struct tm tm;
	time_t now = time(NULL);
	va_list ap;
	int n;

	if (level < sink.least)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_escaped(clean, sizeof(clean), text);
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
	n = snprintf(line, sizeof(line), "%s %s %s[%d]: %s%s\n", when, sink.host,
		     sink.ident, (int)getpid(), level == LOG_LEVEL_DEBUG ? "debug: " : "",
		     clean);
	if (n < 0)
		return;
	if (sink.to_stderr)
		(void)!write(STDERR_FILENO, line, (size_t)n);
	if (sink.path[0])
		write_file(line, (size_t)n);
}

unsigned long log_failures(void)
{
	return sink.failures;
}
