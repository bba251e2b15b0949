/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/quarantine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "osmd/act/homewalk.h"
#include "osmd/base/file.h"

#define GROUPS_MAX 256
#define USERDATA_DIR "/var/cpanel/userdata"
#define USERDATA_FILES_MAX 4096
#define USERDATA_BYTES_MAX (1024 * 1024)

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#endif

/* ---- the customer's rights ---- */

struct rights {
	gid_t groups[GROUPS_MAX];
	int n;
	bool taken;
};

/* Only what concerns files: with the real ids the customer could signal us. A process that
 * isn't root (a test) stays what it is. */
static bool rights_take(struct rights *r, const struct account *a, struct err *e)
{
	gid_t gid = (gid_t)a->gid;

	r->taken = false;
	if (geteuid() != 0)
		return true;
	r->n = getgroups(GROUPS_MAX, r->groups);
	if (r->n < 0 || a->gid <= 0 || a->uid <= 0)
		return err_set(e, EPERM, "the account's rights can't be taken on");
	r->taken = true;
	if (setgroups(1, &gid) < 0)
		return err_set(e, errno, "the account's rights can't be taken on");
	setfsgid(gid);
	setfsuid((uid_t)a->uid);
	/* they tell no error, but the old value */
	if (setfsgid((gid_t)-1) != (int)gid || setfsuid((uid_t)-1) != (int)a->uid)
		return err_set(e, EPERM, "the account's rights can't be taken on");
	return true;
}

static void rights_drop(struct rights *r)
{
	if (!r->taken)
		return;
	setfsuid(0);
	setfsgid(0);
	/* never go on with a customer's group as root's */
	if (setgroups((size_t)r->n, r->groups) < 0)
		setgroups(0, NULL);
}

/* ---- what may never be renamed ---- */

static bool is_same_or_above(struct slice path, struct slice other)
{
	return slice_starts(other, path) &&
	       (other.n == path.n || other.p[path.n] == '/');
}

/* The part of the path below the home; n 0: it is none. */
static struct slice below(const struct account *a, struct slice path)
{
	struct slice home = a->home;

	if (home.n < 2 || path.n <= home.n + 1 || !slice_starts(path, home) ||
	    path.p[home.n] != '/' || memchr(path.p, '\0', path.n))
		return (struct slice){NULL, 0};
	return (struct slice){path.p + home.n + 1, path.n - home.n - 1};
}

/* What cPanel itself keeps or serves at the top of a home. */
static bool is_kept(struct slice relative)
{
	static const char *const kept[] = {
		"public_html", "www",  "public_ftp", "mail", "etc",   "tmp",
		"logs",	       "ssl",  ".cpanel",    ".ssh", "perl5", "access-logs",
		"cache",       ".trash"};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (slice_eq(relative, slice_str(kept[i])))
			return true;
	return false;
}

/* Does a file of /var/cpanel/userdata/USER name a web root at or below the path? */
static bool names_root(const char *text, size_t n, struct slice path)
{
	static const struct slice key = SLICE("documentroot:");
	struct slice rest = {text, n}, line;

	while (rest.n) {
		if (!slice_cut(&rest, '\n', &line)) {
			line = rest;
			rest.n = 0;
		}
		line = slice_trim(line);
		if (!slice_starts(line, key))
			continue;
		line = slice_trim((struct slice){line.p + key.n, line.n - key.n});
		if (line.n > 1 && (line.p[0] == '\'' || line.p[0] == '"'))
			line = (struct slice){line.p + 1, line.n - 2};
		if (is_same_or_above(path, line))
			return true;
	}
	return false;
}

/* An addon domain's or subdomain's web root can lie anywhere in the home. */
static bool is_web_root(const struct quarantine *q)
{
	char folder[PATH_MAX], path[PATH_MAX];
	struct dirent *one;
	bool found = false;
	DIR *all;

	snprintf(folder, sizeof(folder), USERDATA_DIR "/%.*s", (int)q->account->name.n,
		 q->account->name.p);
	all = paths_at(q->paths, folder, path, sizeof(path)) ? opendir(path) : NULL;
	if (!all)
		return errno != ENOENT; /* can't be told: it may be one */
	for (int i = 0; !found && (one = readdir(all)); i++) {
		int fd = i < USERDATA_FILES_MAX
				 ? openat(dirfd(all), one->d_name,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
				 : -1;
		char *text = NULL;
		size_t n = 0;

		found = i >= USERDATA_FILES_MAX;
		if (fd >= 0 && file_read_fd(fd, USERDATA_BYTES_MAX, &text, &n, NULL))
			found = names_root(text, n, q->path);
		free(text);
		if (fd >= 0)
			close(fd);
	}
	closedir(all);
	return found;
}

/* ---- the thing ---- */

/* It, by handles; every descriptor is -1 until it is open. */
struct thing {
	int home, parent, self;
	char parent_path[PATH_MAX]; /* below the home; "": the home */
	char name[NAME_MAX + 1];
	struct stat st;
};

static void thing_close(struct thing *t)
{
	for (size_t i = 0; i < 3; i++) {
		int fd = i == 0 ? t->self : i == 1 ? t->parent : t->home;

		if (fd >= 0)
			close(fd);
	}
}

/* Open home and parent. */
static bool thing_find(struct thing *t, const struct quarantine *q, struct err *e)
{
	struct slice way = below(q->account, q->path);
	size_t cut = way.n;

	t->home = t->parent = t->self = -1;
	if (!way.n)
		return err_set(e, EPERM, "it is not below the account's home");
	while (cut && way.p[cut - 1] != '/')
		cut--;
	if (way.n - cut == 0 || way.n - cut > NAME_MAX || cut >= sizeof(t->parent_path))
		return err_set(e, ENAMETOOLONG, "its path does not fit");
	snprintf(t->name, sizeof(t->name), "%.*s", (int)(way.n - cut), way.p + cut);
	snprintf(t->parent_path, sizeof(t->parent_path), "%.*s",
		 cut ? (int)cut - 1 : 0, way.p);
	if (strcmp(t->name, ".") == 0 || strcmp(t->name, "..") == 0)
		return err_set(e, EINVAL, "its path does not fit");
	t->home = homewalk_home(q->paths, q->account->home);
	if (t->home < 0)
		return err_set(e, -t->home, "the home: %s", strerror(-t->home));
	t->parent = cut ? homewalk_open(t->home, t->parent_path, O_PATH | O_DIRECTORY)
			: dup(t->home);
	if (t->parent < 0)
		return err_set(e, -t->parent,
			       "it is no longer reached without a symlink: %s",
			       strerror(t->parent == -1 ? errno : -t->parent));
	return true;
}

/* Open what has this name in the parent. */
static bool thing_open(struct thing *t, const char *name, struct err *e)
{
	t->self = openat(t->parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (t->self < 0 || fstat(t->self, &t->st) < 0)
		return err_set(e, errno, "it is no longer there: %s", strerror(errno));
	return true;
}

/* When it was made, or 0 when the file system doesn't keep that. */
static int64_t made_at(int fd)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BTIME, &sx) < 0 ||
	    !(sx.stx_mask & STATX_BTIME))
		return 0;
	return sx.stx_btime.tv_sec;
}

static bool may_rename(const struct quarantine *q, const struct thing *t, struct err *e)
{
	struct stat parent, home;

	if (fstat(t->parent, &parent) < 0 || fstat(t->home, &home) < 0)
		return err_set(e, errno, "its folder: %s", strerror(errno));
	if (q->is_folder ? !S_ISDIR(t->st.st_mode) : !S_ISREG(t->st.st_mode))
		return err_set(e, EINVAL, "it is no %s any more",
			       q->is_folder ? "folder" : "regular file");
	if ((int64_t)t->st.st_uid != q->account->uid)
		return err_set(e, EPERM, "it does not belong to the account");
	if (t->st.st_dev != parent.st_dev)
		return err_set(e, EXDEV, "another file system begins there");
	if (t->st.st_dev == home.st_dev && t->st.st_ino == home.st_ino)
		return err_set(e, EPERM, "it is the home itself");
	if (q->seen_s && made_at(t->self) > q->seen_s)
		return err_set(e, ESTALE, "what is there now was made after the event");
	return true;
}

static bool look(const struct quarantine *q, struct thing *t, struct err *e)
{
	struct slice way = below(q->account, q->path);

	if (is_kept(way))
		return err_set(e, EPERM, "it is a folder that the panel keeps or serves");
	return thing_find(t, q, e) && thing_open(t, t->name, e) && may_rename(q, t, e);
}

/* ---- marks ---- */

struct mark {
	unsigned mode;
	unsigned long long dev, ino;
	char suffix[QUARANTINE_SUFFIX_MAX + 4];
};

static bool mark_read(const char *text, struct mark *m, struct err *e)
{
	struct slice rest = slice_str(text), mode, dev, ino;
	uint64_t d, i;
	char *end;

	if (!slice_cut(&rest, ' ', &mode) || !slice_cut(&rest, ':', &dev) ||
	    !slice_cut(&rest, ' ', &ino) || !slice_u64(dev, 0, UINT64_MAX, &d) ||
	    !slice_u64(ino, 0, UINT64_MAX, &i) || mode.n != 4 || rest.n < 2 ||
	    rest.n >= sizeof(m->suffix) || memchr(rest.p, '/', rest.n))
		return err_set(e, EINVAL, "the journal does not say what it was");
	m->mode = (unsigned)strtoul(text, &end, 8);
	if (end != text + 4 || m->mode > 07777)
		return err_set(e, EINVAL, "the journal does not say what it was");
	m->dev = d;
	m->ino = i;
	snprintf(m->suffix, sizeof(m->suffix), "%.*s", (int)rest.n, rest.p);
	return true;
}

static bool is_marked(const struct mark *m, const struct stat *st)
{
	return st->st_dev == m->dev && st->st_ino == m->ino;
}

static bool new_name(const struct thing *t, const struct mark *m,
		     char out[NAME_MAX + 1], struct err *e)
{
	if (strlen(t->name) + strlen(m->suffix) > NAME_MAX)
		return err_set(e, ENAMETOOLONG, "its name is too long for the suffix");
	snprintf(out, NAME_MAX + 1, "%.*s%s", NAME_MAX - QUARANTINE_SUFFIX_MAX - 4,
		 t->name, m->suffix);
	return true;
}

bool quarantine_look(const struct quarantine *q, char text[QUARANTINE_MARK_SIZE],
		     struct err *e)
{
	struct rights rights;
	struct mark m = {0};
	char name[NAME_MAX + 1];
	struct thing t = {.home = -1, .parent = -1, .self = -1};
	bool ok = rights_take(&rights, q->account, e) && look(q, &t, e);

	m.mode = (unsigned)t.st.st_mode & 07777;
	/* a name that is taken already gets a number behind it */
	for (int i = 0; ok && i < 10; i++) {
		struct stat there;

		snprintf(m.suffix, sizeof(m.suffix), i ? "%.*s.%d" : "%.*s",
			 QUARANTINE_SUFFIX_MAX, q->suffix, i);
		ok = new_name(&t, &m, name, e);
		if (ok && fstatat(t.parent, name, &there, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		if (ok && i == 9)
			ok = err_set(e, EEXIST, "all its new names are taken");
	}
	if (ok)
		snprintf(text, QUARANTINE_MARK_SIZE, "%04o %llu:%llu %s", m.mode,
			 (unsigned long long)t.st.st_dev,
			 (unsigned long long)t.st.st_ino, m.suffix);
	thing_close(&t);
	rights_drop(&rights);
	if (ok && is_web_root(q))
		ok = err_set(e, EPERM, "it is or holds a web root of the account");
	return ok;
}

/* By the handle: what it names can't be swapped. (fchmod needs a handle that can read, which
 * mode 0 refuses to its owner.) */
static bool set_mode(int handle, unsigned mode, struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
	return chmod(path, mode) == 0 ||
	       err_set(e, errno, "its mode can't be set: %s", strerror(errno));
}

/* glibc has it since 2.28 only, EL8's; the kernel since 3.15. */
static int rename_new(int folder, const char *from, const char *to)
{
	return (int)syscall(SYS_renameat2, folder, from, folder, to, RENAME_NOREPLACE);
}

static bool is_under(const struct thing *t, const char *name)
{
	struct stat now;

	return fstatat(t->parent, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_dev == t->st.st_dev && now.st_ino == t->st.st_ino;
}

/* Is the thing under this name, and its folder still where it was? */
static bool stands(const struct thing *t, const char *name)
{
	struct stat parent, again;
	int fd = t->parent_path[0]
			 ? homewalk_open(t->home, t->parent_path, O_PATH | O_DIRECTORY)
			 : dup(t->home);
	bool ok = fd >= 0 && fstat(fd, &again) == 0 && fstat(t->parent, &parent) == 0 &&
		  again.st_dev == parent.st_dev && again.st_ino == parent.st_ino &&
		  is_under(t, name);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Rename what is meant and nothing else: when the name meant something else at that moment,
 * that gets its name back. */
static bool swap_name(const struct thing *t, const char *from, const char *to,
		      struct err *e)
{
	if (rename_new(t->parent, from, to) < 0)
		return errno == EEXIST
			       ? err_set(e, errno, "something new stands there")
			       : err_set(e, errno, "it can't be renamed: %s",
					 strerror(errno));
	if (stands(t, to))
		return true;
	if (rename_new(t->parent, to, from) < 0)
		return err_set(e, ESTALE,
			       "it was swapped meanwhile, and could not be put back: %s",
			       strerror(errno));
	return err_set(e, ESTALE, "it was swapped for something else meanwhile");
}

bool quarantine_take(const struct quarantine *q, const char *text, struct err *e)
{
	struct thing t = {.home = -1, .parent = -1, .self = -1};
	struct rights rights;
	char name[NAME_MAX + 1];
	struct mark m;
	bool ok = mark_read(text, &m, e);

	ok = rights_take(&rights, q->account, e) && ok && look(q, &t, e) &&
	     new_name(&t, &m, name, e);
	if (ok && !is_marked(&m, &t.st))
		ok = err_set(e, ESTALE, "something else stands there now");
	ok = ok && swap_name(&t, t.name, name, e) && set_mode(t.self, 0, e);
	thing_close(&t);
	rights_drop(&rights);
	return ok;
}

/* Open what was put away. false: it isn't there. */
static bool find_taken(const struct quarantine *q, const struct mark *m, struct thing *t,
		       char name[NAME_MAX + 1], struct err *e)
{
	return thing_find(t, q, e) && new_name(t, m, name, e) && thing_open(t, name, e) &&
	       (is_marked(m, &t->st) ||
		err_set(e, ENOENT, "something else stands there now"));
}

/* It has its name again, by the customer's hand or by a race, but not its mode: only that is
 * left to be done. */
static bool has_name_only(const struct quarantine *q, const struct mark *m, struct err *e)
{
	struct thing t = {.home = -1, .parent = -1, .self = -1};
	struct err none = {0};
	bool ok = m->mode && thing_find(&t, q, &none) && thing_open(&t, t.name, &none) &&
		  is_marked(m, &t.st) && (t.st.st_mode & 07777) == 0 &&
		  set_mode(t.self, m->mode, e);

	thing_close(&t);
	return ok;
}

bool quarantine_return(const struct quarantine *q, const char *text, bool *gone,
		       struct err *e)
{
	struct thing t = {.home = -1, .parent = -1, .self = -1};
	struct rights rights;
	char name[NAME_MAX + 1];
	struct err why = {0};
	struct mark m;
	bool ok = mark_read(text, &m, e);

	*gone = false;
	if (!ok)
		return false;
	ok = rights_take(&rights, q->account, e);
	if (ok && !find_taken(q, &m, &t, name, &why)) {
		if (has_name_only(q, &m, e)) {
			thing_close(&t);
			rights_drop(&rights);
			return true;
		}
		*gone = why.code == ENOENT || why.code == ELOOP || why.code == ENOTDIR;
		ok = err_set(e, why.code, "%s", why.msg);
	}
	/* its folder was moved meanwhile, and the way back is blocked: it has its name, at least */
	ok = ok && (swap_name(&t, name, t.name, e) || is_under(&t, t.name)) &&
	     set_mode(t.self, m.mode, e);
	thing_close(&t);
	rights_drop(&rights);
	return ok;
}

int quarantine_is_taken(const struct quarantine *q, const char *text)
{
	struct thing t = {.home = -1, .parent = -1, .self = -1};
	struct rights rights;
	char name[NAME_MAX + 1];
	struct err why = {0};
	struct mark m;
	int taken = -1;

	if (!mark_read(text, &m, NULL))
		return -1;
	if (rights_take(&rights, q->account, NULL))
		taken = find_taken(q, &m, &t, name, &why)	? 1
			: why.code == ENOENT || why.code == ELOOP ||
					why.code == ENOTDIR
				? 0
				: -1;
	thing_close(&t);
	rights_drop(&rights);
	return taken;
}
