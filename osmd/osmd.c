/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* osmd: outgoing spam monitor; see osmd(8). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/base/log.h"
#include "osmd/base/version.h"
#include "osmd/engine/daemon.h"
#include "osmd/engine/packetkeeper.h"
#include "osmd/engine/settings.h"
#include "osmd/engine/supervisor.h"

static const char usage[] =
	"usage: osmd [--root DIR] [--version]\n"
	"Counts outgoing mail and acts when it is too much; see osmd(8).\n";

struct start {
	struct paths paths;
	struct config config;
	struct rules *rules;
	char log[PATH_MAX];
	int lock; /* on the pid file; held while we live */
};

/* -1: go on; else the exit code. */
static int read_arguments(int argc, char **argv, const char **root)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--root") == 0 && i + 1 < argc) {
			*root = argv[++i];
		} else if (strcmp(argv[i], "--version") == 0) {
			puts("osmd " OSM_VERSION);
			return EXIT_SUCCESS;
		} else if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		} else {
			fputs(usage, stderr);
			return EXIT_FAILURE;
		}
	}
	return -1;
}

static bool is_disabled(const struct paths *paths)
{
	char path[PATH_MAX];

	return paths_at(paths, PATH_DISABLED, path, sizeof(path)) &&
	       access(path, F_OK) == 0;
}

/* A folder that can't be made is said; what needs it says more. */
static void make_folder(const struct paths *paths, const char *absolute, mode_t mode)
{
	char path[PATH_MAX];
	struct err e = {0};

	if (paths_at(paths, absolute, path, sizeof(path)) && !file_mkdirs(path, mode, &e))
		log_msg(LOG_LEVEL_ERROR, "%s", e.msg);
}

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	(void)ctx;
	log_msg(LOG_LEVEL_ERROR, "%s: line %u: %s", file, line, text);
}

static bool load_settings(struct start *s)
{
	s->rules = settings_load(&s->paths, on_problem, NULL);
	if (s->rules)
		s->config = *rules_config(s->rules);
	if (s->rules && s->config.debug)
		log_open("osmd", s->log, 1, LOG_LEVEL_DEBUG);
	return s->rules != NULL;
}

static bool lock_pid(struct start *s, struct err *e)
{
	char path[PATH_MAX], text[32];
	int n;

	if (!paths_at(&s->paths, PATH_PID, path, sizeof(path)))
		return err_set(e, ENAMETOOLONG, "%s: too long a root", PATH_PID);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
		return err_set(e, errno, "%s: osmd is running already", path);
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(s->lock, 0) < 0 || write(s->lock, text, (size_t)n) != n)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	return true;
}

static bool run(struct start *s, struct err *e)
{
	struct daemon *d;
	bool ok;
	int handover, packets;

	if (!lock_pid(s, e))
		return false;
	handover = supervisor_start(&s->paths, &s->config, s->lock, e);
	if (handover < 0)
		return false;
	packets = packetkeeper_start(&s->paths, &s->config,
				     (const int[2]){s->lock, handover}, e);
	if (packets < 0) {
		close(handover);
		return false;
	}
	d = daemon_new(&s->paths, s->rules, handover, packets, e);
	s->rules = NULL;
	if (!d)
		return false;
	ok = daemon_run(d, e);
	daemon_free(d);
	return ok;
}

int main(int argc, char **argv)
{
	struct start s = {.lock = -1};
	const char *root = NULL;
	struct err e = {0};
	int code = read_arguments(argc, argv, &root);
	bool ok;

	if (code >= 0)
		return code;
	umask(077);
	if (!paths_init(&s.paths, root) || chdir("/") < 0) {
		fputs("osmd: --root needs an absolute path\n", stderr);
		return EXIT_FAILURE;
	}
	if (is_disabled(&s.paths)) {
		fputs("osmd: osm is disabled (osm -e enables it)\n", stderr);
		return EXIT_FAILURE;
	}
	log_open("osmd", paths_at(&s.paths, PATH_LOG, s.log, sizeof(s.log)), 1,
		 LOG_LEVEL_INFO);
	make_folder(&s.paths, "/var/log", 0755);
	make_folder(&s.paths, PATH_RUN_DIR, 0755);
	make_folder(&s.paths, PATH_STATE_DIR, 0700);
	log_msg(LOG_LEVEL_INFO,
		"osmd " OSM_VERSION " starts"); /* and its log file is there */
	if (!load_settings(&s)) {
		log_msg(LOG_LEVEL_ERROR, "not started: the settings are wrong");
		return EXIT_FAILURE;
	}
	ok = run(&s, &e);
	if (!ok)
		log_msg(LOG_LEVEL_ERROR, "%s", e.msg);
	rules_free(s.rules);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
