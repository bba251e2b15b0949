/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/custom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/act/format.h"
#include "osmd/base/jsonread.h"
#include "osmd/sys/spawn.h"

#define OUTPUT_MAX 4096
#define COUNT_SIZE 24

/* Could somebody else than root have put something else there? (In a lab or a test we are not
 * root; then what is ours is as good.) */
static bool is_safe(const struct stat *st, const char *name, struct err *e)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(e, EPERM, "%s does not belong to root", name);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EPERM, "%s can be written to by others than root",
			       name);
	return true;
}

/* One step of the walk: the next part of the path, below *at, which it replaces. */
static bool step(int *at, const char *name, bool last, const char *sofar, struct err *e)
{
	int fd = openat(*at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0)
		return err_set(e, errno, "%s: %s", sofar, strerror(errno));
	ok = fstat(fd, &st) == 0 || err_set(e, errno, "%s: %s", sofar, strerror(errno));
	if (ok && S_ISLNK(st.st_mode))
		ok = err_set(e, ELOOP, "%s is a symlink", sofar);
	else if (ok && last && !S_ISREG(st.st_mode))
		ok = err_set(e, EINVAL, "%s is no file", sofar);
	else if (ok && last && !(st.st_mode & S_IXUSR))
		ok = err_set(e, EACCES, "%s may not be executed", sofar);
	else if (ok && !last && !S_ISDIR(st.st_mode))
		ok = err_set(e, ENOTDIR, "%s is no folder", sofar);
	ok = ok && is_safe(&st, sofar, e);
	close(*at);
	*at = fd;
	return ok;
}

static bool walk(int *at, const char *path, struct err *e)
{
	char sofar[CONFIG_PATH_MAX];
	const char *from = path, *end;
	bool ok = true;

	while (ok && *from) {
		char name[NAME_MAX + 1];

		from += strspn(from, "/");
		end = from + strcspn(from, "/");
		if (end == from || (size_t)(end - from) >= sizeof(name))
			return err_set(e, ENAMETOOLONG, "%s is no program's path", path);
		snprintf(name, sizeof(name), "%.*s", (int)(end - from), from);
		snprintf(sofar, sizeof(sofar), "%.*s", (int)(end - path), path);
		from = end;
		ok = step(at, name, *end == '\0', sofar, e);
	}
	return ok;
}

bool custom_check(const struct paths *paths, const struct config *config, struct err *e)
{
	int at;
	bool ok;

	if (!config->custom_action[0])
		return err_set(e, ENOENT, "CUSTOM_ACTION is not set");
	at = open(paths->root[0] ? paths->root : "/",
		  O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return err_set(e, errno, "/: %s", strerror(errno));
	ok = walk(&at, config->custom_action, e);
	close(at);
	return ok || err_prefix(e, "CUSTOM_ACTION: ");
}

/* What it printed, on one line, for a log, a mail and a terminal. */
static void add_output(char *said, size_t size, const struct spawn_result *got)
{
	struct slice out = slice_trim(buf_view(&got->output));
	size_t n = strlen(said);

	if (!out.n)
		return;
	n += (size_t)snprintf(said + n, size - n, ": ");
	for (size_t i = 0; i < out.n && n + 1 < size; i++) {
		unsigned char c = (unsigned char)out.p[i];

		said[n++] = c == '\n' || c == '\t' ? ' '
			    : c < 0x20 || c >= 0x7f ? '?'
						    : (char)c;
	}
	said[n < size ? n : size - 1] = '\0';
}

static bool run(const char *program, const struct config *config, const json_t *report,
		struct slice document, struct spawn_result *got, struct err *e)
{
	char count[COUNT_SIZE];
	const char *const argv[] = {program,
				    json_text(report, "id"),
				    json_text(report, "type"),
				    json_text(report, "account"),
				    json_text(report, "key"),
				    count,
				    format_name((enum format_id)config->custom_format),
				    NULL};
	struct spawn_request req = {.argv = argv,
				    .input = document,
				    .timeout_s = config->custom_timeout_s,
				    .output_max = OUTPUT_MAX};

	snprintf(count, sizeof(count), "%" JSON_INTEGER_FORMAT,
		 json_integer_value(json_object_get(report, "count")));
	return spawn_run(&req, got, e);
}

bool custom_run(const struct paths *paths, const struct config *config,
		const json_t *report, char *said, size_t said_size)
{
	char program[PATH_MAX];
	struct spawn_result got = {0};
	struct buf document;
	struct err e = {0};
	bool ok;

	buf_init(&document, FORMAT_BYTES_MAX);
	ok = (paths_at(paths, config->custom_action, program, sizeof(program)) ||
	      err_set(&e, ENAMETOOLONG, "CUSTOM_ACTION: the path is too long")) &&
	     custom_check(paths, config, &e) &&
	     format_report((enum format_id)config->custom_format, report, &document,
			   &e) &&
	     run(program, config, report, buf_view(&document), &got, &e);
	buf_clear(&document);
	if (!ok) {
		snprintf(said, said_size, "not run: %s", e.msg);
		return false;
	}
	if (got.timed_out)
		snprintf(said, said_size, "killed after %u s", config->custom_timeout_s);
	else
		snprintf(said, said_size, "ended with %s %d",
			 got.signal ? "signal" : "exit code",
			 got.signal ? got.signal : got.exit_code);
	add_output(said, said_size, &got);
	ok = !got.timed_out && got.exit_code == 0;
	buf_clear(&got.output);
	return ok;
}
