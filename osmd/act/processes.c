/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/buf.h"
#include "osmd/model/report.h"

#define ROWS_MAX 20
#define VALUE_MAX 1000 /* a report takes 1024 */
#define BUDGET (8 * 1024)
#define COMMAND_MAX 600
#define LINK_MAX 200
#define SCAN_MAX 100000 /* folders in /proc; a fork bomb must not keep us */

static void put_link(struct buf *out, int process, const char *name)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(process, name, to, sizeof(to));

	if (n < 0)
		buf_puts(out, "?");
	else
		buf_add(out, to, (size_t)n < LINK_MAX ? (size_t)n : LINK_MAX);
}

static void put_command(struct buf *out, int process)
{
	int fd = openat(process, "cmdline", O_RDONLY | O_CLOEXEC);
	char text[COMMAND_MAX];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	if (n > 0)
		buf_slice(out, slice_trim((struct slice){text, (size_t)n}));
}

/* By one handle: a number that is given to another process meanwhile reads as nothing. */
static json_t *describe(int process)
{
	struct buf out;
	json_t *text;

	buf_init(&out, 4096);
	put_link(&out, process, "exe");
	buf_puts(&out, " in ");
	put_link(&out, process, "cwd");
	buf_puts(&out, ": ");
	put_command(&out, process);
	text = report_text(buf_view(&out), VALUE_MAX);
	buf_clear(&out);
	return text;
}

/* Takes the reference. */
static void count(json_t *rows, json_t *text, size_t *left)
{
	json_t *row;
	size_t i, cost = json_dumpb(text, NULL, 0, JSON_ENCODE_ANY) + 24;

	json_array_foreach(rows, i, row)
	{
		json_t *n = json_object_get(row, "count");

		if (!json_equal(json_object_get(row, "value"), text))
			continue;
		json_integer_set(n, json_integer_value(n) + 1);
		json_decref(text);
		return;
	}
	if (json_array_size(rows) >= ROWS_MAX || cost > *left) {
		json_decref(text);
		return;
	}
	*left -= cost;
	json_array_append_new(rows, json_pack("{s:o, s:i}", "value", text, "count", 1));
}

json_t *processes_of(int64_t uid)
{
	DIR *all = opendir("/proc");
	json_t *rows = all ? json_array() : NULL;
	size_t left = BUDGET;
	struct dirent *one;

	for (int n = 0; rows && n < SCAN_MAX && (one = readdir(all)); n++) {
		struct stat st;
		json_t *text;
		int process;

		if (one->d_name[0] < '1' || one->d_name[0] > '9')
			continue;
		process = openat(dirfd(all), one->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (process >= 0 && fstat(process, &st) == 0 &&
		    (int64_t)st.st_uid == uid && (text = describe(process)))
			count(rows, text, &left);
		if (process >= 0)
			close(process);
	}
	if (all)
		closedir(all);
	return rows;
}
