/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "osmd/sys/systemlog.h"

#include <ctype.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define IDENT "osmd"
#define LINE_MAX_BYTES 2048 /* syslog daemons cut there, at the latest at 8 KB */
#define TEXT_MAX (64 * 1024)
#define OWN_FIELDS 3

/* The fields in one buffer, one after the other. */
static void to_journal(int priority, const char *message,
		       const struct systemlog_field *fields, size_t n)
{
	struct iovec parts[OWN_FIELDS + SYSTEMLOG_FIELDS_MAX];
	size_t ends[OWN_FIELDS + SYSTEMLOG_FIELDS_MAX], count = 0, from = 0;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	buf_printf(&text, "MESSAGE=%s", message);
	ends[count++] = text.n;
	buf_printf(&text, "PRIORITY=%d", priority);
	ends[count++] = text.n;
	buf_puts(&text, "SYSLOG_IDENTIFIER=" IDENT);
	ends[count++] = text.n;
	for (size_t i = 0; i < n && i < SYSTEMLOG_FIELDS_MAX; i++) {
		if (!fields[i].value.n)
			continue;
		buf_printf(&text, "%s=", fields[i].name);
		buf_slice(&text, fields[i].value);
		ends[count++] = text.n;
	}
	for (size_t i = 0; i < count && buf_ok(&text); i++) {
		parts[i] = (struct iovec){text.p + from, ends[i] - from};
		from = ends[i];
	}
	if (buf_ok(&text))
		sd_journal_sendv(parts, (int)count);
	buf_clear(&text);
}

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

static void to_syslog(int priority, const char *message,
		      const struct systemlog_field *fields, size_t n)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	systemlog_line(&text, message, fields, n);
	openlog(IDENT, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	syslog(priority, "%.*s", LINE_MAX_BYTES, buf_str(&text));
	closelog();
	buf_clear(&text);
}

void systemlog_send(int priority, const char *message,
		    const struct systemlog_field *fields, size_t n)
{
	if (access(JOURNAL_SOCKET, F_OK) == 0)
		to_journal(priority, message, fields, n);
	else
		to_syslog(priority, message, fields, n);
}
