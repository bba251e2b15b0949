/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/store_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000
#define WAL_BYTES_KEPT "16777216"

static const char *reason_of(sqlite3 *h, int code, int *error)
{
	int system = h ? sqlite3_system_errno(h) : 0;

	switch (code & 0xff) {
	case SQLITE_FULL:
		*error = ENOSPC;
		return "the disk is full";
	case SQLITE_READONLY:
		*error = EROFS;
		return "it can't be written";
	case SQLITE_CANTOPEN:
		*error = system ? system : ENOENT;
		return system ? strerror(system)
			      : "it or its -wal and -shm can't be opened";
	case SQLITE_IOERR:
		*error = system ? system : EIO;
		if (system)
			return strerror(system);
		/* SQLite doesn't always keep the number of a write that failed. */
		return h && sqlite3_extended_errcode(h) == SQLITE_IOERR_WRITE
			       ? "a write failed (a quota, a limit, a bad disk?)"
			       : "input/output error";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		*error = EBUSY;
		return "another process is writing it";
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		*error = EBADMSG;
		return "it is damaged or no database; move it away to begin a new one";
	case SQLITE_NOMEM:
		*error = ENOMEM;
		return "out of memory";
	case SQLITE_PERM:
	case SQLITE_AUTH:
		*error = EACCES;
		return "permission denied";
	default:
		*error = EIO;
		return h ? sqlite3_errmsg(h) : "unknown failure";
	}
}

bool db_fail(struct db *d, const char *what, struct err *e)
{
	int error;
	const char *reason =
		reason_of(d->h, d->h ? sqlite3_errcode(d->h) : SQLITE_NOMEM, &error);

	return err_set(e, error, "%s: %s: %s", d->path, what, reason);
}

bool db_exec(struct db *d, const char *sql, const char *what, struct err *e)
{
	if (sqlite3_exec(d->h, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(d, what, e);
	return true;
}

sqlite3_stmt *db_statement(struct db *d, unsigned slot, const char *sql, struct err *e)
{
	if (!d->statement[slot] &&
	    sqlite3_prepare_v3(d->h, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &d->statement[slot], NULL) != SQLITE_OK)
		db_fail(d, "prepare a statement", e);
	return d->statement[slot];
}

void db_done(sqlite3_stmt *st)
{
	if (!st)
		return;
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

bool db_run(struct db *d, sqlite3_stmt *st, const char *what, struct err *e)
{
	/* The words are made before the reset: it may take the error away. */
	bool ok = sqlite3_step(st) == SQLITE_DONE || db_fail(d, what, e);

	db_done(st);
	return ok;
}

void db_bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC);
}

void db_column_text(sqlite3_stmt *st, int column, char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	snprintf(out, size, "%s", text ? (const char *)text : "");
}

static bool read_pragma(struct db *d, const char *sql, char *out, size_t size,
			struct err *e)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(d->h, sql, -1, &st, NULL) == SQLITE_OK &&
		  sqlite3_step(st) == SQLITE_ROW;

	if (ok)
		db_column_text(st, 0, out, size);
	else
		db_fail(d, "open", e);
	sqlite3_finalize(st);
	return ok;
}

static bool read_version(struct db *d, unsigned *version, struct err *e)
{
	char text[24];
	uint64_t n = 0;

	if (!read_pragma(d, "PRAGMA user_version", text, sizeof(text), e))
		return false;
	if (!slice_u64(slice_str(text), 0, INT_MAX, &n))
		return err_set(e, EPROTO, "%s: its version '%s' makes no sense", d->path,
			       text);
	*version = (unsigned)n;
	return true;
}

static bool version_fits(struct db *d, unsigned version, const struct db_schema *schema,
			 struct err *e)
{
	if (version <= schema->n)
		return true;
	return err_set(e, EPROTO,
		       "%s: made by a newer osm (version %u, this one knows up to %u): "
		       "update osm, or move the file away",
		       d->path, version, schema->n);
}

static bool step_forward(struct db *d, const struct db_schema *schema, struct err *e)
{
	char pragma[48];
	unsigned version;
	bool ok;

	if (!db_exec(d, "BEGIN IMMEDIATE", "step the schema forward", e))
		return false;
	ok = read_version(d, &version, e) && version_fits(d, version, schema, e);
	for (unsigned i = ok ? version : schema->n; ok && i < schema->n; i++)
		ok = db_exec(d, schema->step[i], "step the schema forward", e);
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %u", schema->n);
	ok = ok && db_exec(d, pragma, "step the schema forward", e) &&
	     db_exec(d, "COMMIT", "step the schema forward", e);
	if (!ok)
		sqlite3_exec(d->h, "ROLLBACK", NULL, NULL, NULL);
	return ok;
}

static bool copy_pages(struct db *d, sqlite3 *to, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", d->h, "main");
	int rc;

	if (!b)
		return err_set(e, EIO, "%s: copy: %s", d->path, sqlite3_errmsg(to));
	rc = sqlite3_backup_step(b, -1);
	sqlite3_backup_finish(b);
	if (rc == SQLITE_DONE)
		return true;
	return err_set(e, EIO, "%s: copy before the step forward: %s", d->path,
		       sqlite3_errstr(rc));
}

/* path.vN beside the database, whole or not at all: the way back to the older version. */
static bool keep_copy(struct db *d, unsigned version, struct err *e)
{
	char path[PATH_MAX + 32], fresh[PATH_MAX + 40];
	sqlite3 *to = NULL;
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "%s.v%u", d->path, version);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	unlink(fresh);
	fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, errno, "%s: make: %s", fresh, strerror(errno));
	close(fd);
	ok = sqlite3_open_v2(fresh, &to, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ||
	     err_set(e, EIO, "%s: %s", fresh, to ? sqlite3_errmsg(to) : "out of memory");
	ok = ok && copy_pages(d, to, e);
	sqlite3_close(to);
	if (ok && rename(fresh, path) != 0)
		ok = err_set(e, errno, "%s: %s", path, strerror(errno));
	if (!ok)
		unlink(fresh);
	return ok;
}

/* Reports hold customers' mail addresses and subjects: for root only. SQLite gives -wal and
 * -shm the mode of the database. An existing file isn't opened for this: closing that
 * descriptor would drop the locks of another connection of this process. */
static bool make_private(struct db *d, struct err *e)
{
	int fd = open(d->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;

	if (fd >= 0) {
		close(fd);
		return true;
	}
	if (errno != EEXIST)
		return err_set(e, errno, "%s: make: %s", d->path, strerror(errno));
	if (stat(d->path, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: not a file", d->path);
	if ((st.st_mode & 0077) && chmod(d->path, 0600) != 0)
		return err_set(e, errno, "%s: chmod: %s", d->path, strerror(errno));
	return true;
}

static bool open_writing(struct db *d, enum db_mode mode, const struct db_schema *schema,
			 struct err *e)
{
	char journal[16];
	unsigned version;
	int keep = 1;

	/* The version comes before the first change: a newer file isn't touched. */
	if (!read_version(d, &version, e) || !version_fits(d, version, schema, e) ||
	    !read_pragma(d, "PRAGMA journal_mode = WAL", journal, sizeof(journal), e))
		return false;
	if (strcmp(journal, "wal") != 0)
		return err_set(e, ENOTSUP,
			       "%s: this file system can't do write-ahead logs", d->path);
	sqlite3_file_control(d->h, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
	if (!db_exec(d,
		     mode == DB_WRITE_FULL ? "PRAGMA synchronous = FULL"
					   : "PRAGMA synchronous = NORMAL",
		     "open", e) ||
	    !db_exec(d, "PRAGMA journal_size_limit = " WAL_BYTES_KEPT, "open", e))
		return false;
	if (version > 0 && version < schema->n && !keep_copy(d, version, e))
		return false;
	return step_forward(d, schema, e);
}

static bool open_reading(struct db *d, const struct db_schema *schema, struct err *e)
{
	unsigned version;

	if (!read_version(d, &version, e) || !version_fits(d, version, schema, e))
		return false;
	if (version == schema->n)
		return true;
	return err_set(e, EPROTO,
		       "%s: made by an older osm; start osmd once to update it", d->path);
}

bool db_open(struct db *d, const char *path, enum db_mode mode,
	     const struct db_schema *schema, struct err *e)
{
	int flags = SQLITE_OPEN_NOMUTEX;
	bool ok;

	memset(d, 0, sizeof(*d));
	if ((size_t)snprintf(d->path, sizeof(d->path), "%s", path) >= sizeof(d->path))
		return err_set(e, ENAMETOOLONG, "%s: the path is too long", path);
	if (mode == DB_READ) {
		if (access(d->path, F_OK) != 0)
			return err_set(e, errno, "%s: %s%s", d->path, strerror(errno),
				       errno == ENOENT ? " (osmd makes it when it starts)"
						       : "");
		flags |= SQLITE_OPEN_READONLY;
	} else {
		if (!make_private(d, e))
			return false;
		flags |= SQLITE_OPEN_READWRITE;
	}
	if (sqlite3_open_v2(d->path, &d->h, flags, NULL) != SQLITE_OK) {
		db_fail(d, "open", e);
		db_close(d);
		return false;
	}
	sqlite3_busy_timeout(d->h, BUSY_TIMEOUT_MS);
	ok = mode == DB_READ ? open_reading(d, schema, e)
			     : open_writing(d, mode, schema, e);
	if (!ok)
		db_close(d);
	return ok;
}

void db_close(struct db *d)
{
	for (size_t i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(d->statement[i]);
	sqlite3_close(d->h);
	memset(d->statement, 0, sizeof(d->statement));
	d->h = NULL;
}

bool db_counts(struct db *d, sqlite3_stmt *st, int64_t since_s, int64_t step_s,
	       uint32_t *counts, size_t n, const char *what, struct err *e)
{
	int rc;

	sqlite3_bind_int64(st, 1, since_s);
	sqlite3_bind_int64(st, 2, step_s);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)n);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		sqlite3_int64 at = sqlite3_column_int64(st, 0);
		sqlite3_int64 count = sqlite3_column_int64(st, 1);

		if (at >= 0 && (size_t)at < n && count > 0)
			counts[at] = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
	}
	if (rc != SQLITE_DONE)
		db_fail(d, what, e);
	db_done(st);
	return rc == SQLITE_DONE;
}
