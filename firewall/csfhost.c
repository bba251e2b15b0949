/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csfhost.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "firewall/csfconf.h"
#include "firewall/csflist.h"
#include "osmd/base/file.h"

#define LIST_LOCK_LIMIT_MS 5000

/* 1: is there, 0: is not, -errno: can't be known */
static int look(const struct paths *paths, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	if (!paths_at(paths, file, path, sizeof(path)))
		return -ENAMETOOLONG;
	if (stat(path, &st) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

static bool absent(const struct paths *paths, const char *file, const char *why,
		   struct err *err)
{
	int there = look(paths, file);

	if (there == 0)
		return true;
	if (there < 0)
		return err_set(err, -there, "%s: %s", file, strerror(-there));
	return err_set(err, EAGAIN, "%s", why);
}

static char *read_conf(const struct paths *paths, size_t *n, struct err *err)
{
	char path[PATH_MAX], *text;

	if (!paths_at(paths, CSF_CONF, path, sizeof(path))) {
		err_set(err, ENAMETOOLONG, "%s: the path is too long", CSF_CONF);
		return NULL;
	}
	return file_read(path, CSF_CONF_BYTES_MAX, &text, n, err) ? text : NULL;
}

static bool installed(const struct paths *paths, struct err *err)
{
	char path[PATH_MAX];

	if (!paths_at(paths, CSF_PROGRAM, path, sizeof(path)))
		return err_set(err, ENAMETOOLONG, "csf's path is too long");
	if (access(path, X_OK) != 0)
		return err_set(err, ENOENT, "csf is not installed (no %s)", CSF_PROGRAM);
	return true;
}

/* All that can be known without calling it. host may be NULL. */
static bool look_at_csf(const struct fw_settings *s, struct csf_host *host,
			struct err *err)
{
	struct slice conf;
	char *text;
	bool ok = true;
	size_t n;

	if (!s->run)
		return err_set(err, EINVAL, "csf: nobody to run it was named");
	if (!installed(s->paths, err) ||
	    !absent(s->paths, CSF_DISABLE, "csf is disabled (csf -e enables it)", err) ||
	    !absent(s->paths, CSF_ERROR,
		    "csf's last start failed (/etc/csf/csf.error says why; csf -r tries "
		    "again)",
		    err))
		return false;
	text = read_conf(s->paths, &n, err);
	if (!text)
		return false;
	conf = (struct slice){text, n};
	if (csfconf_on(conf, SLICE("TESTING")))
		ok = err_set(err, EAGAIN,
			     "csf is in TESTING mode: it would block nothing");
	if (host) {
		host->has_ipv6 = csfconf_on(conf, SLICE("IPV6"));
		host->blocks_in_only = csfconf_on(conf, SLICE("LF_BLOCKINONLY"));
	}
	free(text);
	return ok;
}

bool csfhost_usable(const struct fw_settings *settings, struct err *err)
{
	return look_at_csf(settings, NULL, err);
}

int csfhost_lock(const struct paths *paths, struct err *err)
{
	char path[PATH_MAX];
	int fd, rc;

	if (!paths_at(paths, CSF_LOCK, path, sizeof(path))) {
		err_set(err, ENAMETOOLONG, "csf's path is too long");
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_set(err, errno, "%s: %s", CSF_LOCK, strerror(errno));
		return -1;
	}
	rc = file_flock(fd, LOCK_SH, CSF_LOCK_LIMIT_MS);
	if (rc == 0)
		return fd;
	close(fd);
	if (rc == -ETIMEDOUT)
		err_set(err, ETIMEDOUT,
			"csf is being restarted, for longer than %d seconds",
			CSF_LOCK_LIMIT_MS / 1000);
	else
		err_set(err, -rc, "%s: %s", CSF_LOCK, strerror(-rc));
	return -1;
}

bool csfhost_begin(struct csf_host *h, const struct fw_settings *settings,
		   struct err *err)
{
	*h = (struct csf_host){.settings = settings, .lock = -1};
	/* first without the lock: a csf that is not there has no folder for it */
	if (!look_at_csf(settings, h, err))
		return false;
	h->lock = csfhost_lock(settings->paths, err);
	/* the restart that was waited for may have failed, or been csf -x */
	if (h->lock < 0 || !look_at_csf(settings, h, err)) {
		csfhost_end(h);
		return false;
	}
	return true;
}

void csfhost_end(struct csf_host *h)
{
	if (h->lock >= 0)
		close(h->lock);
	h->lock = -1;
}

bool csfhost_call(struct csf_host *h, const struct csf_wanted *wanted,
		  enum csf_answer *answer, char why[CSF_WHY_MAX], struct err *err)
{
	const struct fw_settings *s = h->settings;
	struct csf_command command;
	struct buf output;
	bool ok;

	if (!csfcall_build(s->paths, wanted, &command, err))
		return false;
	buf_init(&output, CSF_OUTPUT_MAX);
	ok = s->run(command.argv, CSF_RUN_LIMIT_S, &output, s->ctx, err);
	if (ok)
		*answer = csfcall_judge(wanted->verb, buf_view(&output), why);
	else
		err_prefix(err, "csf %s: ", command.argv[1]);
	buf_clear(&output);
	return ok;
}

bool csfhost_end_last_line(struct csf_host *h, const char *file, struct err *err)
{
	char path[PATH_MAX], last = '\n';
	bool ok = true;
	off_t size;
	int fd, rc;

	if (!paths_at(h->settings->paths, file, path, sizeof(path)))
		return err_set(err, ENAMETOOLONG, "csf's path is too long");
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ||
		       err_set(err, errno, "%s: %s", file, strerror(errno));
	rc = file_flock(fd, LOCK_EX, LIST_LOCK_LIMIT_MS);
	size = rc == 0 ? lseek(fd, 0, SEEK_END) : 0;
	if (rc != 0)
		ok = err_set(err, -rc, "%s: it can't be locked: %s", file, strerror(-rc));
	else if (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n' &&
		 pwrite(fd, "\n", 1, size) != 1)
		ok = err_set(err, errno, "%s: %s", file, strerror(errno));
	close(fd);
	return ok;
}
