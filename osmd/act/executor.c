/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/executor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "firewall/nftwatch.h"
#include "osmd/act/executor_parts.h"
#include "osmd/act/fwact.h"
#include "osmd/base/file.h"
#include "osmd/base/log.h"
#include "osmd/model/report.h"

#define CONF_BYTES_MAX (4 * 1024 * 1024)
#define DAY_S 86400

/* The files of rules after those of accounts. */
static const char *watched_file(size_t i)
{
	const char *map = accounts_file(i);

	return map ? map : i == EXECUTOR_FILES - 1 ? PATH_IGNORE : PATH_ACCOUNTS;
}

static bool stamp_changed(const struct executor *x, size_t i, struct file_stamp *now)
{
	const struct file_stamp *old = &x->stamps[i];
	char path[PATH_MAX];
	struct stat st;

	memset(now, 0, sizeof(*now));
	if (paths_at(&x->paths, watched_file(i), path, sizeof(path)) &&
	    stat(path, &st) == 0)
		*now = (struct file_stamp){st.st_ino, st.st_size, st.st_mtim};
	return now->ino != old->ino || now->size != old->size ||
	       now->changed.tv_sec != old->changed.tv_sec ||
	       now->changed.tv_nsec != old->changed.tv_nsec;
}

static void rules_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	(void)ctx;
	log_msg(LOG_LEVEL_ERROR, "executor: %s line %u: %s", file, line, text);
}

/* A missing file is an empty list. */
static bool read_list(const struct executor *x, const char *name, char **text, size_t *n)
{
	char path[PATH_MAX];
	struct err why = {0};

	*text = NULL;
	*n = 0;
	if (!paths_at(&x->paths, name, path, sizeof(path)))
		return false;
	if (file_read(path, CONF_BYTES_MAX, text, n, &why) || why.code == ENOENT)
		return true;
	log_msg(LOG_LEVEL_ERROR, "executor: %s", why.msg);
	return false;
}

static void load_rules(struct executor *x)
{
	char *accounts = NULL, *ignore = NULL;
	size_t accounts_n = 0, ignore_n = 0;
	struct rules *fresh = NULL;

	if (read_list(x, PATH_ACCOUNTS, &accounts, &accounts_n) &&
	    read_list(x, PATH_IGNORE, &ignore, &ignore_n))
		fresh = rules_new(&x->config, (struct slice){accounts, accounts_n},
				  (struct slice){ignore, ignore_n}, rules_problem, NULL);
	free(accounts);
	free(ignore);
	if (!fresh) {
		log_msg(LOG_LEVEL_ERROR,
			"executor: osm.ignore or osm.accounts is wrong: %s",
			x->rules ? "the old lists stay" : "nobody is held or blocked");
		return;
	}
	rules_free(x->rules);
	x->rules = fresh;
}

static bool load_accounts(struct executor *x, struct err *e)
{
	struct accounts *fresh = accounts_load(&x->paths, e);

	if (!fresh)
		return false;
	x->accounts = fresh;
	return true;
}

static void refresh_accounts(struct executor *x, int64_t now_s)
{
	struct accounts *old = x->accounts;
	struct err e = {0};

	x->accounts = NULL;
	if (load_accounts(x, &e)) {
		notice_maps(x, old, now_s);
		keep_owners(x, now_s);
		accounts_free(old);
		return;
	}
	x->accounts = old;
	log_msg(LOG_LEVEL_ERROR, "executor: %s: the old account maps stay", e.msg);
}

void executor_refresh(struct executor *x, int64_t now_s)
{
	bool maps = false, lists = false;

	for (size_t i = 0; i < EXECUTOR_FILES; i++) {
		struct file_stamp now;

		if (!stamp_changed(x, i, &now))
			continue;
		x->stamps[i] = now;
		*(accounts_file(i) ? &maps : &lists) = true;
	}
	if (maps)
		refresh_accounts(x, now_s);
	if (lists) {
		load_rules(x);
		keep_protected(x, now_s);
	}
}

/* Two executors would do everything twice. */
static int take_lock(const struct paths *paths, struct err *e)
{
	char path[PATH_MAX];
	int fd;

	if (!paths_at(paths, PATH_RUN_DIR, path, sizeof(path)) ||
	    !file_mkdirs(path, 0755, e) ||
	    !paths_at(paths, PATH_EXECUTOR_LOCK, path, sizeof(path)))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_set(e, errno, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	err_set(e, errno,
		errno == EWOULDBLOCK ? "%s: another executor is running"
				     : "%s: can't be locked",
		path);
	close(fd);
	return -1;
}

static bool open_store(struct executor *x, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;

	if (!paths_at(&x->paths, PATH_STATE_DIR, path, sizeof(path)) ||
	    !file_mkdirs(path, 0700, e) ||
	    !paths_at(&x->paths, PATH_DB, path, sizeof(path)))
		return false;
	x->store = store_open(path, true, e);
	if (!x->store)
		return false;
	if (stat(path, &st) < 0)
		return err_set(e, errno, "%s: %s", path, strerror(errno));
	x->db_dev = st.st_dev;
	x->db_ino = st.st_ino;
	return true;
}

bool executor_lost_database(const struct executor *x)
{
	char path[PATH_MAX];
	struct stat st;

	if (!paths_at(&x->paths, PATH_DB, path, sizeof(path)))
		return false;
	if (stat(path, &st) < 0)
		return errno == ENOENT;
	return st.st_ino != x->db_ino || st.st_dev != x->db_dev;
}

struct executor *executor_new_undo(const struct paths *paths, const struct config *config,
				   struct err *e)
{
	struct executor *x = calloc(1, sizeof(*x));

	if (!x) {
		err_set(e, ENOMEM, "executor: no memory");
		return NULL;
	}
	x->paths = *paths;
	x->config = *config;
	x->lock_fd = take_lock(paths, e);
	x->web = webstatus_new();
	x->wall = wall_new(&x->paths, &x->config);
	if (!x->web || !x->wall)
		err_set(e, ENOMEM, "no memory");
	for (size_t i = 0; i < EXECUTOR_FILES; i++)
		stamp_changed(x, i, &x->stamps[i]);
	if (x->lock_fd < 0 || !x->web || !x->wall || !open_store(x, e) ||
	    !load_accounts(x, e)) {
		err_prefix(e, "executor: ");
		executor_free(x);
		return NULL;
	}
	load_rules(x);
	return x;
}

struct executor *executor_new(const struct paths *paths, const struct config *config,
			      struct err *e)
{
	struct executor *x = executor_new_undo(paths, config, e);

	if (x && (!recover_all(x, (int64_t)time(NULL), e) ||
		  !notice_begin(x, (int64_t)time(NULL), e))) {
		err_prefix(e, "executor: finish what was left pending: ");
		executor_free(x);
		return NULL;
	}
	if (x) {
		x->looked_s = (int64_t)time(NULL);
		keep_blocks(x, x->looked_s);
		executor_stream(x, (int64_t)time(NULL));
	}
	return x;
}

void executor_free(struct executor *x)
{
	if (!x)
		return;
	nftwatch_free(x->kernel);
	store_close(x->store);
	accounts_free(x->accounts);
	rules_free(x->rules);
	webstatus_free(x->web);
	wall_free(x->wall);
	if (x->lock_fd >= 0)
		close(x->lock_fd);
	free(x);
}

struct action_job executor_job(struct executor *x, const struct action_row *row,
			       const json_t *report, int64_t now_s)
{
	return (struct action_job){.paths = &x->paths,
				   .config = &x->config,
				   .store = x->store,
				   .accounts = x->accounts,
				   .wall = x->wall,
				   .now_s = now_s,
				   .row = row,
				   .report = report};
}

json_t *executor_refuse(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_msg(LOG_LEVEL_WARN, "executor: refused: %s", text);
	return json_pack("{s:b, s:o, s:[]}", "ok", 0, "error",
			 report_text(slice_str(text), sizeof(text) * 3), "actions");
}

json_t *executor_row(const struct action_row *row)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:I, s:o}", "id", (json_int_t)row->id,
			 "action", row->action, "target", row->target, "state",
			 action_state_name(row->state), "expires",
			 (json_int_t)row->expires_s, "detail",
			 report_text(slice_str(row->detail), sizeof(row->detail) * 3));
}

bool executor_is_free(const struct action_row *row)
{
	size_t n = strlen(BEFORE_FREE);

	return strncmp(row->before, BEFORE_FREE, n) == 0 &&
	       (row->before[n] == '\0' || row->before[n] == ' ');
}

bool executor_who(const json_t *request, char who[EXECUTOR_WHO_MAX])
{
	const char *s = json_string_value(json_object_get(request, "who"));

	if (!s || !*s || strlen(s) >= EXECUTOR_WHO_MAX)
		return false;
	for (const char *p = s; *p; p++)
		if (*p <= 0x20 || *p >= 0x7f)
			return false;
	snprintf(who, EXECUTOR_WHO_MAX, "%s", s);
	return true;
}

struct first_problem {
	unsigned line;
	char text[256];
};

static void keep_first(unsigned line, const char *text, void *ctx)
{
	struct first_problem *first = ctx;

	log_msg(LOG_LEVEL_ERROR, "executor: osm.conf line %u: %s", line, text);
	if (first->text[0])
		return;
	first->line = line;
	snprintf(first->text, sizeof(first->text), "%s", text);
}

/* A wrong osm.conf changes nothing. */
static json_t *reload(struct executor *x)
{
	struct first_problem first = {0};
	struct config fresh;
	size_t n, problems;
	char *text;

	if (!read_list(x, PATH_CONF, &text, &n))
		return executor_refuse(
			"reload: osm.conf can't be read: the old settings stay");
	problems = options_load((struct slice){text, n}, &fresh, keep_first, &first);
	free(text);
	if (problems)
		return executor_refuse(
			"reload: osm.conf line %u: %s: the old settings stay", first.line,
			first.text);
	x->config = fresh;
	wall_reset(x->wall);
	load_rules(x);
	keep_blocks(x, (int64_t)time(NULL));
	return json_pack("{s:b, s:[]}", "ok", 1, "actions");
}

/* What we can't undo (another version's action) must not wake us for ever. */
static bool find_soonest(const struct action_row *row, void *ctx)
{
	const struct action_kind *kind = action_kind_find(row->action);
	int64_t *at_s = ctx;

	if (kind && kind->reverse)
		*at_s = row->expires_s;
	return !*at_s;
}

/* Is anything in the firewall? */
static bool has_blocks(const struct executor *x)
{
	return store_action_any(x->store, action_name(ACTION_FIREWALL)) ||
	       store_action_any(x->store, action_name(ACTION_BLOCK_SMTP));
}

/* What is put off to a time of a clock that was wrong would wait for it, perhaps for years. */
static void believe_clock(struct executor *x, int64_t now_s)
{
	if (x->retry_s > now_s + EXECUTOR_RETRY_S)
		x->retry_s = 0;
	if (x->settle_s > now_s + EXECUTOR_LAST_TRY_S)
		x->settle_s = now_s;
	if (x->pruned_s > now_s)
		x->pruned_s = now_s;
	if (x->looked_s > now_s)
		x->looked_s = now_s;
}

/* Is the kernel to be asked now and then? Where nf_tables has the blocks, it tells. */
static bool must_ask_kernel(struct executor *x, int64_t now_s)
{
	const struct fw_backend *backend = wall_backend(x->wall, NULL);
	const char *native = backend ? wall_native(x->wall, backend->name) : NULL;

	if (!native || strcmp(native, "nft") != 0) {
		nftwatch_free(x->kernel);
		x->kernel = NULL;
		return native;
	}
	if (!x->kernel && (x->kernel = nftwatch_new()))
		x->looked_s =
			now_s - EXECUTOR_LOOK_S; /* it tells of nothing that was before */
	return !x->kernel || x->looked_s + EXECUTOR_LOOK_S <= now_s;
}

int64_t executor_next_s(struct executor *x, int64_t now_s)
{
	int64_t at_s = 0;
	struct err e = {0};

	believe_clock(x, now_s);
	if (!store_action_expiring(x->store, INT64_MAX, find_soonest, &at_s, &e)) {
		log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
		at_s = now_s + 60;
	}
	if (at_s && at_s < x->retry_s)
		at_s = x->retry_s;
	if (x->settle_s && (!at_s || x->settle_s < at_s))
		at_s = x->settle_s;
	if (has_blocks(x) && must_ask_kernel(x, now_s) &&
	    (!at_s || x->looked_s + EXECUTOR_LOOK_S < at_s))
		at_s = x->looked_s + EXECUTOR_LOOK_S;
	if (x->config.report_days && (!at_s || x->pruned_s + DAY_S < at_s))
		at_s = x->pruned_s + DAY_S;
	return at_s;
}

void executor_settle_at(struct executor *x, int64_t at_s)
{
	if (!x->settle_s || at_s < x->settle_s)
		x->settle_s = at_s;
}

void executor_stream(struct executor *x, int64_t now_s)
{
	struct err e = {0};
	bool ok = stream_follow(&x->stream, &x->paths, x->config.report_jsonl, x->store,
				&e);

	if (!ok)
		executor_settle_at(x, now_s + EXECUTOR_SETTLE_S);
	if (!ok && !x->stream_fails)
		log_msg(LOG_LEVEL_ERROR, "executor: %s: reports wait", e.msg);
	if (ok && x->stream_fails)
		log_msg(LOG_LEVEL_INFO, "executor: REPORT_JSONL: whole again");
	x->stream_fails = !ok;
}

void executor_look(struct executor *x, bool rules_too, int64_t now_s)
{
	x->looked_s = now_s;
	keep_look(x, rules_too, now_s);
}

json_t *executor_due(struct executor *x, int64_t now_s)
{
	json_t *actions = json_array();
	struct err e = {0};

	undo_expired(x, now_s, actions);
	if (x->settle_s && x->settle_s <= now_s) {
		if (!recover_all(x, now_s, &e)) {
			log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
			executor_settle_at(x, now_s + EXECUTOR_SETTLE_S);
		}
		keep_owners(x, now_s);
		keep_protected(x, now_s);
	}
	if (x->looked_s + EXECUTOR_LOOK_S <= now_s)
		executor_look(x, false, now_s);
	if (x->stream_fails)
		executor_stream(x, now_s);
	if (x->config.report_days && x->pruned_s + DAY_S <= now_s) {
		x->pruned_s = now_s;
		keep_heal(x, now_s); /* an ipset's longest time is some 24 days */
		if (!store_report_prune(
			    x->store, now_s - (int64_t)x->config.report_days * DAY_S, &e))
			log_msg(LOG_LEVEL_ERROR, "executor: %s", e.msg);
	}
	return json_pack("{s:b, s:o}", "ok", 1, "actions", actions);
}

json_t *executor_handle(struct executor *x, const json_t *request, int64_t now_s)
{
	const char *verb = json_string_value(json_object_get(request, "do"));
	const struct action_kind *kind;

	executor_refresh(x, now_s);
	if (!verb)
		return executor_refuse("a request without \"do\"");
	if (strcmp(verb, "report") == 0)
		return carry_report(x, request, now_s);
	if (strcmp(verb, "undo") == 0)
		return undo_request(x, request, now_s);
	kind = action_kind_find(verb);
	if (kind && kind->disruptive)
		return carry_by_hand(x, request, kind->id, now_s);
	if (strcmp(verb, "held") == 0)
		return held_request(x, request, now_s);
	if (strcmp(verb, "notice") == 0)
		return notice_request(x, request, now_s);
	if (strcmp(verb, "look") == 0)
		return findings_look(x, request, now_s);
	if (strcmp(verb, "release") == 0)
		return keep_release(x, request, now_s);
	if (strcmp(verb, "expire") == 0)
		return executor_due(x, now_s);
	if (strcmp(verb, "reload") == 0)
		return reload(x);
	if (strcmp(verb, "ping") == 0)
		return json_pack("{s:b, s:[]}", "ok", 1, "actions");
	return executor_refuse("a request that nobody knows: %.40s", verb);
}
