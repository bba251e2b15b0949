/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/model/report.h"
#include "osmd/store/store_db.h"

#define LIST_DEFAULT 100
#define LIST_MAX 100000
#define PRUNE_BATCH 500 /* reports in one transaction: the -wal stays small */
#define AUDIT_ROWS_MAX 100000
#define AUDIT_TEXT_MAX 1000
#define WORD_MAX (2 * REPORT_KEY_MAX)

/* The documents stand apart from what is listed and searched, so that a walk over a hundred
 * thousand reports reads a few megabytes. States are words: the file is read by people too.
 * An action's id is never given twice: `osm undo 12` must not mean another one next month. */
static const char *const schema_steps[] = {
	"CREATE TABLE report ("
	" n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL,"
	" type TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL, mailbox TEXT "
	"NOT NULL,"
	" key TEXT NOT NULL, count INTEGER NOT NULL, level INTEGER NOT NULL,"
	" last INTEGER NOT NULL);"
	"CREATE INDEX report_time ON report (time, n);"
	"CREATE INDEX report_account ON report (account, time, n);"
	"CREATE INDEX report_type ON report (type, time, n);"
	"CREATE INDEX report_key ON report (type, key, time);"
	"CREATE INDEX report_last ON report (last, n);"
	"CREATE TABLE document (n INTEGER PRIMARY KEY, body TEXT NOT NULL);"
	"CREATE TABLE action ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, report_id TEXT NOT NULL, action TEXT NOT "
	"NULL,"
	" account TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL CHECK (state "
	"IN"
	" ('pending', 'done', 'failed', 'skipped', 'undone', 'expired')),"
	" created INTEGER NOT NULL, changed INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" done INTEGER NOT NULL DEFAULT 0, detail TEXT NOT NULL, before TEXT NOT NULL);"
	"CREATE UNIQUE INDEX action_once ON action (report_id, action, target)"
	" WHERE report_id <> '';"
	"CREATE INDEX action_state ON action (state, id);"
	"CREATE INDEX action_target ON action (target, action, state);"
	"CREATE INDEX action_done ON action (done) WHERE done > 0;"
	"CREATE INDEX action_changed ON action (changed);"
	"CREATE TABLE audit (n INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT "
	"NULL,"
	" what TEXT NOT NULL);",
	"CREATE TABLE strike (report TEXT PRIMARY KEY, type TEXT NOT NULL, account TEXT "
	"NOT "
	"NULL,"
	" target TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL) WITHOUT "
	"ROWID;"
	"CREATE INDEX strike_target ON strike (type, target, last);",
	"CREATE INDEX action_expires ON action (expires, id) WHERE state = 'done' AND "
	"expires > 0;"
	"CREATE INDEX action_name ON action (action, state);",
};

static const struct db_schema schema = {schema_steps,
					sizeof(schema_steps) / sizeof(schema_steps[0])};

struct store *store_open(const char *path, bool writing, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(e, ENOMEM, "%s: out of memory", path);
		return NULL;
	}
	if (!db_open(&s->db, path, writing ? DB_WRITE_FULL : DB_READ, &schema, e)) {
		free(s);
		return NULL;
	}
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	db_close(&s->db);
	free(s);
}

/* What is listed, from the document: texts in the order of the columns, then numbers. */
static bool bind_report(sqlite3_stmt *st, const json_t *report, struct err *e)
{
	static const char *const texts[] = {"id",      "type",	  "kind",
					    "account", "mailbox", "key"};
	static const char *const numbers[] = {"time", "count", "limit", "last"};
	int at = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = json_string_value(json_object_get(report, texts[i]));

		if (!text || (i == 0 && (!*text || strlen(text) >= REPORT_ID_SIZE)))
			return err_set(e, EINVAL, "store a report: no %s", texts[i]);
		db_bind_text(st, ++at, text);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const json_t *number = json_object_get(report, numbers[i]);

		if (!json_is_integer(number))
			return err_set(e, EINVAL, "store a report: no %s", numbers[i]);
		sqlite3_bind_int64(st, ++at, json_integer_value(number));
	}
	return true;
}

static bool add_report_row(struct store *s, const json_t *report, bool *fresh,
			   struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_ADD_REPORT,
			     "INSERT INTO report (id, type, kind, account, mailbox, key,"
			     " time, count, level, last)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
			     " ON CONFLICT (id) DO NOTHING",
			     e);

	if (!st)
		return false;
	if (!bind_report(st, report, e)) {
		db_done(st);
		return false;
	}
	if (!db_run(&s->db, st, "store a report", e))
		return false;
	*fresh = sqlite3_changes(s->db.h) > 0;
	return true;
}

static bool add_document(struct store *s, const char *body, struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_ADD_DOCUMENT,
			     "INSERT INTO document (n, body) VALUES (?1, ?2)", e);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, sqlite3_last_insert_rowid(s->db.h));
	db_bind_text(st, 2, body);
	return db_run(&s->db, st, "store a report", e);
}

bool store_report_add(struct store *s, const json_t *report, bool *fresh, struct err *e)
{
	char *body = json_dumps(report, JSON_COMPACT);
	bool ok;

	*fresh = false;
	if (!body || strlen(body) > REPORT_BYTES_MAX) {
		free(body);
		return err_set(e, EMSGSIZE,
			       "store a report: it can't be printed in %d bytes",
			       REPORT_BYTES_MAX);
	}
	ok = db_exec(&s->db, "SAVEPOINT report_add", "store a report", e);
	if (ok) {
		ok = add_report_row(s, report, fresh, e) &&
		     (!*fresh || add_document(s, body, e)) &&
		     db_exec(&s->db, "RELEASE report_add", "store a report", e);
		if (!ok)
			sqlite3_exec(s->db.h,
				     "ROLLBACK TO report_add; RELEASE report_add", NULL,
				     NULL, NULL);
	}
	*fresh = *fresh && ok;
	free(body);
	return ok;
}

/* A full disk or a read error makes SQLite roll back by itself. */
static bool rolled_back(struct store *s, struct err *e)
{
	return sqlite3_get_autocommit(s->db.h) &&
	       !err_set(e, EIO, "%s: what was to be written was rolled back", s->db.path);
}

bool store_gather(struct store *s, struct err *e)
{
	if (s->gathers)
		return !rolled_back(s, e);
	s->gathers = db_exec(&s->db, "BEGIN IMMEDIATE", "begin to write", e);
	return s->gathers;
}

bool store_settle(struct store *s, struct err *e)
{
	if (!s->gathers)
		return true;
	s->gathers = false;
	if (rolled_back(s, e))
		return false;
	if (db_exec(&s->db, "COMMIT", "write", e))
		return true;
	sqlite3_exec(s->db.h, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool put_time(json_t *row, const char *name, const char *iso_name, int64_t at_s)
{
	char text[REPORT_TIME_SIZE];

	return json_object_set_new(row, name, json_integer(at_s)) == 0 &&
	       json_object_set_new(row, iso_name,
				   json_string(at_s ? report_time(at_s, text) : "")) == 0;
}

/* Text from the database as JSON: nobody else's program is trusted to have kept it UTF-8. */
static json_t *column_json(sqlite3_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	return report_text(slice_str((const char *)text), REPORT_BYTES_MAX);
}

static json_t *action_json(sqlite3_stmt *st)
{
	char undo[48] = "";
	json_t *row;

	if (sqlite3_column_int(st, 9))
		snprintf(undo, sizeof(undo), "osm undo %lld",
			 (long long)sqlite3_column_int64(st, 0));
	row = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "id",
			(json_int_t)sqlite3_column_int64(st, 0), "action",
			column_json(st, 1), "account", column_json(st, 2), "target",
			column_json(st, 3), "state", column_json(st, 4), "detail",
			column_json(st, 8), "before", column_json(st, 10), "undo", undo);
	if (row && put_time(row, "created", "created_iso", sqlite3_column_int64(st, 5)) &&
	    put_time(row, "changed", "changed_iso", sqlite3_column_int64(st, 6)) &&
	    put_time(row, "expires", "expires_iso", sqlite3_column_int64(st, 7)))
		return row;
	json_decref(row);
	return NULL;
}

static json_t *read_actions(struct store *s, const char *id, struct err *e)
{
	sqlite3_stmt *st = db_statement(
		&s->db, STORE_READ_ACTIONS,
		"SELECT id, action, account, target, state, created, changed, expires, "
		"detail,"
		" state = 'done' AND " ACTION_HOLDS ", before"
		" FROM action WHERE report_id = ?1 AND report_id <> '' ORDER BY id",
		e);
	json_t *actions = st ? json_array() : NULL;
	int rc = SQLITE_ROW;

	if (!actions)
		return NULL;
	db_bind_text(st, 1, id);
	while (rc == SQLITE_ROW && (rc = sqlite3_step(st)) == SQLITE_ROW)
		if (json_array_append_new(actions, action_json(st)) != 0)
			rc = SQLITE_NOMEM;
	if (rc != SQLITE_DONE) {
		db_fail(&s->db, "read a report's actions", e);
		json_decref(actions);
		actions = NULL;
	}
	db_done(st);
	return actions;
}

static json_t *parse_document(struct store *s, sqlite3_stmt *st, int column,
			      struct err *e)
{
	const unsigned char *body = sqlite3_column_text(st, column);
	json_error_t why;
	json_t *report = json_loads(body ? (const char *)body : "", 0, &why);

	if (report && json_is_object(report))
		return report;
	json_decref(report);
	err_set(e, EBADMSG, "%s: a stored report can't be read", s->db.path);
	return NULL;
}

/* The row of st: body, id, n. Resets st. */
static json_t *read_report(struct store *s, sqlite3_stmt *st, int64_t *n, struct err *e)
{
	json_t *report = NULL, *actions = NULL;
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW) {
		char id[40];

		db_column_text(st, 1, id, sizeof(id));
		*n = sqlite3_column_int64(st, 2);
		report = parse_document(s, st, 0, e);
		actions = report ? read_actions(s, id, e) : NULL;
	} else if (rc != SQLITE_DONE) {
		db_fail(&s->db, "read a report", e);
	}
	db_done(st);
	if (actions && json_object_set_new(report, "actions", actions) == 0)
		return report;
	json_decref(report);
	return NULL;
}

json_t *store_report_read(struct store *s, const char *id, struct err *e)
{
	sqlite3_stmt *st;
	int64_t n;

	if (e)
		*e = (struct err){0}; /* NULL without an error: not there */
	st = db_statement(
		&s->db, STORE_READ,
		"SELECT body, id, n FROM report JOIN document USING (n) WHERE id = ?1",
		e);
	if (!st)
		return NULL;
	db_bind_text(st, 1, id);
	return read_report(s, st, &n, e);
}

json_t *store_report_after(struct store *s, int64_t *n, struct err *e)
{
	sqlite3_stmt *st;

	*e = (struct err){0}; /* NULL without an error: there is none */
	st = db_statement(&s->db, STORE_AFTER,
			  "SELECT body, id, n FROM report JOIN document USING (n)"
			  " WHERE n > ?1 ORDER BY n LIMIT 1",
			  e);
	if (!st)
		return NULL;
	sqlite3_bind_int64(st, 1, *n);
	return read_report(s, st, n, e);
}

int64_t store_report_newest(struct store *s, struct err *e)
{
	sqlite3_stmt *st = db_statement(&s->db, STORE_NEWEST,
					"SELECT coalesce(max(n), 0) FROM report", e);
	int64_t n = -1;

	if (!st)
		return -1;
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	else
		db_fail(&s->db, "find the newest report", e);
	db_done(st);
	return n;
}

#define LIST_COLUMNS                                                                     \
	"SELECT id, time, type, kind, account, mailbox, key, count, level,"              \
	" (SELECT group_concat(one, ' ') FROM (SELECT action || ':' || state AS one"     \
	" FROM action WHERE report_id = report.id AND report_id <> '' ORDER BY "         \
	"action.id)) FROM report "
#define LIST_SQL(narrowed)                                                               \
	LIST_COLUMNS "WHERE " narrowed " time >= ?3 AND time < ?4"                       \
		     " AND (?8 IS NULL OR EXISTS (SELECT 1 FROM action WHERE report_id"  \
		     " = report.id AND report_id <> '' AND action = ?8))"                \
		     " ORDER BY time DESC, n DESC LIMIT ?6 OFFSET ?7"
/* With a word or a rare action most rows don't fit: then one walk through the table as it lies is
 * faster than one by an index, and only the few that are wanted get their actions. "+" keeps
 * SQLite from the index of times. */
#define SEARCH_SQL(narrowed)                                                             \
	LIST_COLUMNS "JOIN (SELECT n FROM report WHERE " narrowed                        \
		     " +time >= ?3 AND +time < ?4 AND (?5 IS NULL"                       \
		     " OR key LIKE ?5 ESCAPE '|' OR account LIKE ?5 ESCAPE '|'"          \
		     " OR mailbox LIKE ?5 ESCAPE '|') AND (?8 IS NULL OR id IN ("        \
		     "SELECT report_id FROM action WHERE action = ?8 AND report_id <> ''"\
		     ")) ORDER BY +time DESC, +n DESC LIMIT ?6 OFFSET ?7) USING (n)"     \
		     " ORDER BY time DESC, n DESC"

/* "50%" -> "%50|%%": anywhere, and no character of it means anything. A word that is cut off
 * here is longer than any key, so that it is still found nowhere. */
static void bind_word(sqlite3_stmt *st, int at, const char *word)
{
	char pattern[2 * WORD_MAX + 4];
	size_t n = 0;

	pattern[n++] = '%';
	for (size_t i = 0; word[i] && i < WORD_MAX; i++) {
		if (strchr("%_|", word[i]))
			pattern[n++] = '|';
		pattern[n++] = word[i];
	}
	pattern[n++] = '%';
	sqlite3_bind_text(st, at, pattern, (int)n, SQLITE_TRANSIENT);
}

/* Have so few actions this name that a walk from the newest report on would hardly meet one? */
static bool is_rare(struct store *s, const char *action)
{
	sqlite3_stmt *st = db_statement(&s->db, STORE_ACTIONS_NAMED,
					"SELECT count(*) FROM (SELECT 1 FROM action"
					" WHERE action = ?1 LIMIT 1000)",
					NULL);
	bool rare = false;

	if (!st)
		return false;
	db_bind_text(st, 1, action);
	if (sqlite3_step(st) == SQLITE_ROW)
		rare = sqlite3_column_int64(st, 0) < 1000;
	db_done(st);
	return rare;
}

static sqlite3_stmt *list_statement(struct store *s, const struct report_filter *f,
				    struct err *e)
{
	/* One text for each way of narrowing: "?1 IS NULL OR ..." would keep SQLite from its
	 * indexes. */
	static const char *const sql[] = {
		LIST_SQL(""),
		LIST_SQL("account = ?1 AND"),
		LIST_SQL("type = ?2 AND"),
		LIST_SQL("account = ?1 AND type = ?2 AND"),
		SEARCH_SQL(""),
		SEARCH_SQL("account = ?1 AND"),
		SEARCH_SQL("type = ?2 AND"),
		SEARCH_SQL("account = ?1 AND type = ?2 AND"),
	};
	unsigned which = (f->account ? 1 : 0) + (f->type ? 2 : 0) +
			 (f->word || (f->action && is_rare(s, f->action)) ? 4 : 0);
	sqlite3_stmt *st = db_statement(&s->db, STORE_LIST + which, sql[which], e);
	size_t limit = f->limit ? f->limit : LIST_DEFAULT;

	if (!st)
		return NULL;
	if (f->account)
		db_bind_text(st, 1, f->account);
	if (f->type)
		db_bind_text(st, 2, f->type);
	sqlite3_bind_int64(st, 3, f->since_s ? f->since_s : INT64_MIN);
	sqlite3_bind_int64(st, 4, f->before_s ? f->before_s : INT64_MAX);
	if (f->word)
		bind_word(st, 5, f->word);
	if (f->action)
		db_bind_text(st, 8, f->action);
	sqlite3_bind_int64(st, 6, (sqlite3_int64)(limit < LIST_MAX ? limit : LIST_MAX));
	sqlite3_bind_int64(st, 7,
			   f->offset < INT64_MAX ? (sqlite3_int64)f->offset : INT64_MAX);
	return st;
}

static json_t *list_row(sqlite3_stmt *st)
{
	char iso[REPORT_TIME_SIZE];
	sqlite3_int64 at_s = sqlite3_column_int64(st, 1);

	return json_pack("{s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "id",
			 column_json(st, 0), "time", (json_int_t)at_s, "time_iso",
			 report_time(at_s, iso), "type", column_json(st, 2), "kind",
			 column_json(st, 3), "account", column_json(st, 4), "mailbox",
			 column_json(st, 5), "key", column_json(st, 6), "count",
			 (json_int_t)sqlite3_column_int64(st, 7), "limit",
			 (json_int_t)sqlite3_column_int64(st, 8), "actions",
			 column_json(st, 9));
}

json_t *store_report_list(struct store *s, const struct report_filter *f, struct err *e)
{
	sqlite3_stmt *st = list_statement(s, f, e);
	json_t *list = st ? json_array() : NULL;
	int rc = SQLITE_ROW;

	while (list && rc == SQLITE_ROW && (rc = sqlite3_step(st)) == SQLITE_ROW)
		if (json_array_append_new(list, list_row(st)) != 0)
			rc = SQLITE_NOMEM;
	if (list && rc != SQLITE_DONE) {
		db_fail(&s->db, "list the reports", e);
		json_decref(list);
		list = NULL;
	}
	db_done(st);
	return list;
}

int64_t store_report_last(struct store *s, const char *type, const char *key)
{
	sqlite3_stmt *st = db_statement(
		&s->db, STORE_LAST,
		"SELECT max(time) FROM report WHERE type = ?1 AND key = ?2 AND NOT EXISTS"
		" (SELECT 1 FROM action WHERE report_id = report.id AND report_id <> ''"
		" AND state = 'undone')",
		NULL);
	/* Keys are stored as the document has them: made UTF-8 and cut. */
	json_t *stored = report_text(slice_str(key), REPORT_KEY_MAX);
	int64_t at_s = 0;

	if (st && stored) {
		db_bind_text(st, 1, type);
		db_bind_text(st, 2, json_string_value(stored));
		if (sqlite3_step(st) == SQLITE_ROW)
			at_s = sqlite3_column_int64(st, 0);
	}
	db_done(st);
	json_decref(stored);
	return at_s;
}

/* One seek for each report, so that fn may use the store and no read stays open over it. */
static json_t *next_report(struct store *s, int64_t *last_s, int64_t *n, bool *end,
			   struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_EACH,
			     "SELECT last, n, body FROM report JOIN document USING (n)"
			     " WHERE (last, n) > (?1, ?2) ORDER BY last, n LIMIT 1",
			     e);
	json_t *report = NULL;
	int rc;

	*end = true;
	if (!st)
		return NULL;
	sqlite3_bind_int64(st, 1, *last_s);
	sqlite3_bind_int64(st, 2, *n);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*end = false;
		*last_s = sqlite3_column_int64(st, 0);
		*n = sqlite3_column_int64(st, 1);
		report = parse_document(s, st, 2, e);
	} else if (rc != SQLITE_DONE) {
		db_fail(&s->db, "read the reports", e);
	}
	db_done(st);
	return report;
}

bool store_report_each(struct store *s, int64_t since_s,
		       void (*fn)(const json_t *report, void *ctx), void *ctx,
		       struct err *e)
{
	struct err first = {0};
	int64_t last_s = since_s, n = INT64_MIN;
	bool end = false;

	while (!end) {
		struct err now = {0};
		json_t *report = next_report(s, &last_s, &n, &end, &now);

		/* One damaged report must not hide those behind it. */
		if (report)
			fn(report, ctx);
		else if (now.code && !first.code)
			first = now;
		json_decref(report);
	}
	return first.code ? err_set(e, first.code, "%s", first.msg) : true;
}

/* A report stays as long as something is in force because of it: it says why. */
#define OLD_REPORTS                                                                      \
	"(SELECT n FROM report WHERE time < ?1 AND NOT EXISTS (SELECT 1 FROM action "    \
	"WHERE"                                                                          \
	" report_id = report.id AND report_id <> ''"                                     \
	" AND (state = 'pending' OR (state = 'done' AND " ACTION_HOLDS ")))"             \
	" ORDER BY time, n LIMIT ?2)"

static bool prune_rows(struct store *s, unsigned slot, const char *sql, int64_t before_s,
		       bool *more, struct err *e)
{
	sqlite3_stmt *st = db_statement(&s->db, slot, sql, e);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, before_s);
	sqlite3_bind_int64(st, 2, PRUNE_BATCH);
	if (!db_run(&s->db, st, "remove old reports", e))
		return false;
	*more = *more || sqlite3_changes(s->db.h) >= PRUNE_BATCH;
	return true;
}

static bool prune_some(struct store *s, int64_t before_s, bool *more, struct err *e)
{
	*more = false;
	if (!db_exec(&s->db, "BEGIN IMMEDIATE", "remove old reports", e))
		return false;
	/* Reports go after their documents, which find them by their times. */
	if (prune_rows(s, STORE_PRUNE_DOCUMENTS,
		       "DELETE FROM document WHERE n IN " OLD_REPORTS, before_s, more,
		       e) &&
	    prune_rows(s, STORE_PRUNE_REPORTS,
		       "DELETE FROM report WHERE n IN " OLD_REPORTS, before_s, more, e) &&
	    prune_rows(s, STORE_PRUNE_ACTIONS,
		       "DELETE FROM action WHERE id IN (SELECT id FROM action WHERE "
		       "changed < ?1"
		       " AND state <> 'pending' AND NOT (state = 'done' AND " ACTION_HOLDS
		       ")"
		       " ORDER BY changed LIMIT ?2)",
		       before_s, more, e) &&
	    db_exec(&s->db, "COMMIT", "remove old reports", e))
		return true;
	sqlite3_exec(s->db.h, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool store_report_prune(struct store *s, int64_t before_s, struct err *e)
{
	bool more = true;

	while (more)
		if (!prune_some(s, before_s, &more, e))
			return false;
	return true;
}

bool store_audit(struct store *s, int64_t now_s, const char *who, const char *what,
		 struct err *e)
{
	sqlite3_stmt *st = db_statement(
		&s->db, STORE_AUDIT,
		"INSERT INTO audit (time, who, what) VALUES (?1, ?2, ?3)", e);
	json_t *by = report_text(slice_str(who), AUDIT_TEXT_MAX);
	json_t *did = report_text(slice_str(what), AUDIT_TEXT_MAX);
	bool ok = st && by && did;

	if (ok) {
		sqlite3_bind_int64(st, 1, now_s);
		db_bind_text(st, 2, json_string_value(by));
		db_bind_text(st, 3, json_string_value(did));
		ok = db_run(&s->db, st, "write the audit", e);
	}
	json_decref(by);
	json_decref(did);
	st = ok ? db_statement(&s->db, STORE_AUDIT_PRUNE,
			       "DELETE FROM audit WHERE n <= ?1", e)
		: NULL;
	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, sqlite3_last_insert_rowid(s->db.h) - AUDIT_ROWS_MAX);
	return db_run(&s->db, st, "write the audit", e);
}

json_t *store_audit_list(struct store *s, size_t limit, struct err *e)
{
	sqlite3_stmt *st =
		db_statement(&s->db, STORE_AUDIT_LIST,
			     "SELECT time, who, what FROM audit ORDER BY n DESC LIMIT ?1", e);
	json_t *list = st ? json_array() : NULL;
	int rc = SQLITE_ROW;

	if (!st)
		return NULL;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)limit);
	while (list && (rc = sqlite3_step(st)) == SQLITE_ROW)
		json_array_append_new(
			list, json_pack("{s:I, s:s, s:s}", "time",
					(json_int_t)sqlite3_column_int64(st, 0), "who",
					(const char *)sqlite3_column_text(st, 1), "what",
					(const char *)sqlite3_column_text(st, 2)));
	if (list && rc != SQLITE_DONE) {
		db_fail(&s->db, "read the audit", e);
		json_decref(list);
		list = NULL;
	}
	db_done(st);
	return list;
}
