/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/act/mailtext.h"
#include "osmd/base/file.h"
#include "osmd/sys/spawn.h"

#define SENDMAIL_TIMEOUT_S 60
#define SENDMAIL_OUTPUT_MAX 2048
#define LOG_TAIL_MAX (128 * 1024 * 1024) /* ten minutes of a very busy server */
#define LOG_CHUNK (256 * 1024)

/* sendmail's -f takes one address; a leading dash would be an option. */
static const char *sender(const struct config *config)
{
	const char *from = config->report_from;
	size_t n = strspn(from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789.@_=+-");

	return n && !from[n] && from[0] != '-' ? from : "root";
}

static void printable(char *s)
{
	for (; *s; s++)
		if (*s < 0x20 || *s >= 0x7f)
			*s = *s == '\n' ? ' ' : '?';
}

static bool send_mail(const char *program, const struct config *config, struct slice mail,
		      struct err *e)
{
	const char *const argv[] = {program, "-t", "-i", "-f", sender(config), NULL};
	struct spawn_request req = {.argv = argv,
				    .input = mail,
				    .cwd = "/",
				    .timeout_s = SENDMAIL_TIMEOUT_S,
				    .output_max = SENDMAIL_OUTPUT_MAX};
	struct spawn_result got;
	bool ok;

	if (!spawn_run(&req, &got, e))
		return false;
	ok = !got.timed_out && got.exit_code == 0;
	if (got.timed_out)
		err_set(e, ETIMEDOUT, "sendmail gave no answer in %d s",
			SENDMAIL_TIMEOUT_S);
	else if (!ok)
		err_set(e, EIO, "sendmail failed (%s %d): %.300s",
			got.signal ? "signal" : "exit",
			got.signal ? got.signal : got.exit_code, buf_str(&got.output));
	if (!ok && e)
		printable(e->msg);
	buf_clear(&got.output);
	return ok;
}

/* The administrator's template when it makes a mail, else the one built in. */
static bool make_mail(const struct paths *paths, struct mailtext_input *in,
		      struct buf *out, char note[256], struct err *e)
{
	char path[PATH_MAX], *text = NULL;
	struct err why = {0};
	size_t n = 0;
	bool ok;

	note[0] = '\0';
	ok = paths_at(paths, PATH_TEMPLATE, path, sizeof(path)) &&
	     file_read(path, MAILTEXT_TEMPLATE_MAX, &text, &n, &why);
	if (ok) {
		in->template = (struct slice){text, n};
		ok = mailtext_make(in, out, &why);
	}
	if (!ok) {
		if (why.code != ENOENT)
			snprintf(note, 256, "%.200s: the built-in one was used", why.msg);
		printable(note);
		buf_reset(out);
		in->template = mailtext_template();
		ok = mailtext_make(in, out, e);
	}
	free(text);
	return ok;
}

bool deliver_report(const struct paths *paths, const struct config *config,
		    const json_t *report, const json_t *actions, char note[256],
		    struct err *e)
{
	struct mailtext_input in = {.report = report,
				    .actions = actions,
				    .to = config->report_to,
				    .from = config->report_from};
	char program[PATH_MAX];
	struct buf mail;
	bool ok;

	note[0] = '\0';
	if (!paths_at(paths, config->sendmail, program, sizeof(program)))
		return err_set(e, ENAMETOOLONG, "SENDMAIL: the path is too long");
	buf_init(&mail, MAILTEXT_BYTES_MAX);
	ok = make_mail(paths, &in, &mail, note, e) &&
	     send_mail(program, config, buf_view(&mail), e);
	buf_clear(&mail);
	return ok;
}

/* Is needle in the last LOG_TAIL_MAX bytes of the file? */
static enum deliver_trace search_tail(int fd, struct slice needle)
{
	char *chunk = malloc(LOG_CHUNK);
	struct stat st;
	size_t kept = 0;
	off_t at;
	ssize_t n = -1;
	bool found = false;

	if (chunk && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		at = st.st_size > LOG_TAIL_MAX ? st.st_size - LOG_TAIL_MAX : 0;
		while (!found &&
		       (n = pread(fd, chunk + kept, LOG_CHUNK - kept, at)) > 0) {
			size_t have = kept + (size_t)n;

			at += n;
			found = memmem(chunk, have, needle.p, needle.n) != NULL;
			/* the needle may lie across the border */
			kept = have < needle.n ? have : needle.n - 1;
			memmove(chunk, chunk + have - kept, kept);
		}
	}
	free(chunk);
	return found ? DELIVER_TAKEN : n < 0 ? DELIVER_UNKNOWN : DELIVER_NOT_TAKEN;
}

enum deliver_trace deliver_look(const struct paths *paths, const struct config *config,
				const json_t *report)
{
	char path[PATH_MAX], id[MAILTEXT_ID_SIZE], needle[MAILTEXT_ID_SIZE + 8];
	enum deliver_trace trace;
	int fd, n;

	if (!paths_at(paths, config->exim_log, path, sizeof(path)))
		return DELIVER_UNKNOWN;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return DELIVER_UNKNOWN;
	/* What follows the id depends on log_selector: a subject, the recipients, the line's end. */
	n = snprintf(needle, sizeof(needle), " id=%s", mailtext_id(report, id));
	trace = search_tail(fd, (struct slice){needle, (size_t)n});
	close(fd);
	return trace;
}

static bool stat_log(const struct paths *paths, const struct config *config,
		     struct stat *st)
{
	char path[PATH_MAX];

	return paths_at(paths, config->exim_log, path, sizeof(path)) &&
	       stat(path, st) == 0;
}

void deliver_place(const struct paths *paths, const struct config *config,
		   char out[DELIVER_PLACE_SIZE])
{
	struct stat st;

	out[0] = '\0';
	if (stat_log(paths, config, &st))
		snprintf(out, DELIVER_PLACE_SIZE, "%llu:%lld",
			 (unsigned long long)st.st_ino, (long long)st.st_size);
}

bool deliver_same_log(const struct paths *paths, const struct config *config,
		      const char *place)
{
	struct slice size = slice_str(place), inode;
	uint64_t ino, least;
	struct stat st;

	if (!slice_cut(&size, ':', &inode) || !slice_u64(inode, 0, UINT64_MAX, &ino) ||
	    !slice_u64(size, 0, INT64_MAX, &least))
		return true;
	return stat_log(paths, config, &st) && st.st_ino == ino &&
	       (uint64_t)st.st_size >= least;
}
