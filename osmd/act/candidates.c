/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/candidates.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/act/aside.h"
#include "osmd/act/homewalk.h"
#include "osmd/base/buf.h"
#include "osmd/base/monotonic.h"
#include "osmd/model/report.h"

#define FOLDERS_MAX 3
#define DEPTH_MAX 2
#define ENTRIES_MAX 5000
#define FILES_MAX 300
#define HEAD_BYTES (64 * 1024) /* read of a file; what sends mail says so early */
#define LATELY_S (7 * 86400)
#define WHY_MAX 200
#define PATH_SHOWN_MAX 600
#define ROWS_BYTES (64 * 1024)

/* ---- in the child ---- */

struct candidate {
	char path[PATH_SHOWN_MAX]; /* below the home */
	int64_t size, uid, mtime_s;
	int score;
	char why[WHY_MAX];
};

struct scan {
	const struct candidates_want *w;
	struct candidate best[CANDIDATES_MAX];
	size_t n;
	unsigned entries, files;
	int64_t end_ms;
	bool cut;
	char text[HEAD_BYTES];
};

static bool has_one(struct slice text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_find(text, slice_str(words[i])) != SIZE_MAX)
			return true;
	return false;
}

#define HAS(text, words) has_one((text), (words), sizeof(words) / sizeof((words)[0]))

static bool sends_mail(struct slice text)
{
	static const char *const words[] = {
		"mail(",      "mail (",	    "PHPMailer",
		"Swift_",     "fsockopen(", "stream_socket_client(",
		"/sendmail",  "smtplib",    "Net::SMTP",
		"MIME::Lite", "Mail::Send"};

	return HAS(text, words);
}

/* Code that is made at run time of what is packed or comes with a request. */
static bool hides_code(struct slice text)
{
	static const char *const runs[] = {"eval(", "assert(", "create_function(",
					   "eval ("};
	static const char *const packed[] = {
		"base64_decode", "gzinflate", "gzuncompress", "str_rot13", "$_POST",
		"$_REQUEST",	 "$_COOKIE",  "pack(\"H*\"",  "\\x65\\x76"};

	return HAS(text, runs) && HAS(text, packed);
}

static bool lies_among_uploads(struct slice path)
{
	static const char *const words[] = {"/uploads/", "/upload/", "/images/",
					    "/img/",	 "/cache/",  "/tmp/",
					    "/files/",	 "/media/"};

	return HAS(path, words);
}

static bool is_script(const char *name, struct slice text)
{
	static const char *const ends[] = {".php", ".phtml", ".php5", ".php7", ".phar",
					   ".cgi", ".pl",    ".py",   ".sh",   ".inc"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (slice_ends(slice_str(name), slice_str(ends[i])))
			return true;
	return slice_starts(text, SLICE("#!")) ||
	       slice_find(text, SLICE("<?php")) != SIZE_MAX;
}

static bool was_asked_for(const struct scan *s, const char *below)
{
	struct slice home = s->w->account->home;
	const json_t *row;
	size_t i;

	json_array_foreach(s->w->scripts, i, row)
	{
		const json_t *v = json_object_get(row, "value");
		struct slice path = {json_string_value(v), json_string_length(v)};

		if (slice_starts(path, home) && path.n > home.n + 1 &&
		    slice_eq((struct slice){path.p + home.n + 1, path.n - home.n - 1},
			     slice_str(below)))
			return true;
	}
	return false;
}

static void say(struct candidate *c, int score, const char *why)
{
	size_t n = strlen(c->why);

	snprintf(c->why + n, sizeof(c->why) - n, "%s%s", n ? "; " : "", why);
	c->score += score;
}

static void judge(const struct scan *s, const char *name, struct slice text,
		  struct candidate *c)
{
	char age[64];

	if (was_asked_for(s, c->path))
		say(c, 8, s->w->run ? "it was being run" : "it was being asked for");
	if (hides_code(text))
		say(c, 4, "it hides its code");
	if (sends_mail(text))
		say(c, 3, "it sends mail");
	if (!c->score)
		return;
	if (c->mtime_s > s->w->first_s - LATELY_S) {
		snprintf(age, sizeof(age), "it was changed %lld h before",
			 (long long)((s->w->first_s - c->mtime_s + 3599) / 3600));
		say(c, 2, c->mtime_s > s->w->first_s ? "it was changed since" : age);
	}
	if (lies_among_uploads(slice_str(c->path)))
		say(c, 2, "it lies among uploads");
	if (name[0] == '.')
		say(c, 2, "its name is hidden");
}

static void keep(struct scan *s, const struct candidate *c)
{
	size_t at = s->n;

	while (at && (s->best[at - 1].score < c->score ||
		      (s->best[at - 1].score == c->score &&
		       s->best[at - 1].mtime_s < c->mtime_s)))
		at--;
	if (at == CANDIDATES_MAX)
		return;
	if (s->n < CANDIDATES_MAX)
		s->n++;
	memmove(s->best + at + 1, s->best + at, (s->n - at - 1) * sizeof(*c));
	s->best[at] = *c;
}

static void look_at(struct scan *s, int folder, const char *name, const char *path)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct candidate c = {.score = 0};
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (n = read(fd, s->text, sizeof(s->text))) > 0 &&
	    is_script(name, (struct slice){s->text, (size_t)n})) {
		s->files++;
		snprintf(c.path, sizeof(c.path), "%s", path);
		c.size = st.st_size;
		c.uid = st.st_uid;
		c.mtime_s = st.st_mtim.tv_sec;
		judge(s, name, (struct slice){s->text, (size_t)n}, &c);
		if (c.score)
			keep(s, &c);
	}
	close(fd);
}

static void look_in(struct scan *s, int folder, const char *below, int depth);

static void look_at_entry(struct scan *s, int folder, const char *name, const char *below,
			  int depth)
{
	char path[PATH_SHOWN_MAX];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s%s%s", below, *below ? "/" : "", name);

	if (n < 0 || (size_t)n >= sizeof(path) ||
	    fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISREG(st.st_mode)) {
		look_at(s, folder, name, path);
	} else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
		int fd = openat(folder, name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0)
			look_in(s, fd, path, depth + 1);
	}
}

/* Takes the descriptor. */
static void look_in(struct scan *s, int folder, const char *below, int depth)
{
	DIR *all = fdopendir(folder);
	struct dirent *one;

	if (!all) {
		close(folder);
		return;
	}
	while (!s->cut && (one = readdir(all))) {
		if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
			continue;
		s->cut = ++s->entries > ENTRIES_MAX || s->files >= FILES_MAX ||
			 monotonic_ms() > s->end_ms;
		if (!s->cut)
			look_at_entry(s, dirfd(all), one->d_name, below, depth);
	}
	closedir(all);
}

static json_t *rows_of(const struct scan *s)
{
	struct slice home = s->w->account->home;
	json_t *rows = json_array();
	char whole[PATH_MAX];

	for (size_t i = 0; rows && i < s->n; i++) {
		const struct candidate *c = &s->best[i];
		int n = snprintf(whole, sizeof(whole), "%.*s/%s", (int)home.n, home.p,
				 c->path);

		json_array_append_new(
			rows,
			json_pack("{s:o, s:I, s:I, s:I, s:s}", "path",
				  report_text((struct slice){whole, (size_t)n},
					      sizeof(whole)),
				  "size", (json_int_t)c->size, "uid", (json_int_t)c->uid,
				  "mtime", (json_int_t)c->mtime_s, "why", c->why));
	}
	return rows;
}

/* The folder below the home, "" for the home itself; false: it is elsewhere. */
static bool below_home(const struct account *a, const json_t *row, char out[PATH_MAX])
{
	const json_t *v = json_object_get(row, "value");
	struct slice path = {json_string_value(v), json_string_length(v)};

	out[0] = '\0';
	if (slice_eq(path, a->home))
		return true;
	if (!slice_starts(path, a->home) || path.n <= a->home.n + 1 ||
	    path.p[a->home.n] != '/' || path.n - a->home.n > PATH_SHOWN_MAX)
		return false;
	snprintf(out, PATH_MAX, "%.*s", (int)(path.n - a->home.n - 1),
		 path.p + a->home.n + 1);
	return true;
}

static json_t *scan(void *ctx)
{
	struct scan *s = calloc(1, sizeof(*s));
	const struct candidates_want *w = ctx;
	int home = homewalk_home(w->paths, w->account->home);
	unsigned looked = 0;
	const json_t *row;
	size_t i;

	if (!s || home < 0)
		return NULL;
	s->w = w;
	s->end_ms = monotonic_ms() + CANDIDATES_MS - 300;
	json_array_foreach(w->folders, i, row)
	{
		char below[PATH_MAX];
		int fd;

		if (!below_home(w->account, row, below))
			continue;
		if (looked++ == FOLDERS_MAX) {
			s->cut = true;
			break;
		}
		/* all else lies below the home: of that only what is in it */
		fd = *below ? homewalk_open(home, below, O_RDONLY | O_DIRECTORY)
			    : openat(home, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			look_in(s, fd, below, *below ? 0 : DEPTH_MAX);
	}
	return json_pack("{s:o, s:b}", "rows", rows_of(s), "cut", s->cut);
}

/* ---- here: what the child told, held against its form ---- */

static bool number(const json_t *row, const char *name, int64_t *out)
{
	const json_t *v = json_object_get(row, name);

	*out = json_integer_value(v);
	return json_is_integer(v) && *out >= 0 && *out <= INT64_C(1000000000000000);
}

static void put_owner(const struct account *a, int64_t uid, char out[72])
{
	if (uid == a->uid)
		snprintf(out, 72, "%.*s", (int)(a->name.n < 64 ? a->name.n : 64),
			 a->name.p);
	else
		snprintf(out, 72, "uid %lld", (long long)uid);
}

/* NULL: the child told nonsense. */
static json_t *checked_row(const struct candidates_want *w, const json_t *row)
{
	const json_t *path = json_object_get(row, "path"),
		     *why = json_object_get(row, "why");
	struct slice p = {json_string_value(path), json_string_length(path)};
	struct slice y = {json_string_value(why), json_string_length(why)};
	char iso[REPORT_TIME_SIZE], owner[72];
	int64_t size, uid, mtime_s;

	if (!json_is_string(path) || !json_is_string(why) || y.n >= WHY_MAX ||
	    p.n > PATH_SHOWN_MAX * 2 || !slice_starts(p, w->account->home) ||
	    !number(row, "size", &size) || !number(row, "uid", &uid) ||
	    !number(row, "mtime", &mtime_s))
		return NULL;
	put_owner(w->account, uid, owner);
	return json_pack("{s:o, s:I, s:s, s:I, s:s, s:o}", "path", report_text(p, 1024),
			 "size", (json_int_t)size, "owner", owner, "mtime",
			 (json_int_t)mtime_s, "mtime_iso", report_time(mtime_s, iso),
			 "why", report_text(y, WHY_MAX));
}

json_t *candidates_of(const struct candidates_want *want, bool *cut)
{
	const struct aside a = {.work = scan,
				.ctx = (void *)want,
				.uid = (uid_t)want->account->uid,
				.gid = (gid_t)want->account->gid,
				.timeout_ms = CANDIDATES_MS,
				.answer_max = ROWS_BYTES};
	bool late;
	json_t *answer = aside_run(&a, &late), *rows = json_object_get(answer, "rows");
	json_t *list = json_is_array(rows) && json_array_size(rows) <= CANDIDATES_MAX
			       ? json_array()
			       : NULL;
	size_t i, left = CANDIDATES_BUDGET;
	const json_t *row;

	*cut = json_is_true(json_object_get(answer, "cut"));
	json_array_foreach(list ? rows : NULL, i, row)
	{
		json_t *good = checked_row(want, row);
		size_t cost =
			good ? json_dumpb(good, NULL, 0, JSON_COMPACT) + 1 : SIZE_MAX;

		if (cost <= left) {
			left -= cost;
			json_array_append(list, good);
		}
		json_decref(good);
	}
	json_decref(answer);
	return list;
}
