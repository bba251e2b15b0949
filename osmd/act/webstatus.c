/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/webstatus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/act/webfetch.h"
#include "osmd/act/webseen.h"
#include "osmd/base/buf.h"
#include "osmd/base/file.h"
#include "osmd/base/jsonread.h"
#include "osmd/base/monotonic.h"
#include "osmd/model/report.h"

#define KEY_FILE "/var/cpanel/whm_server_status_key"
#define CONFIG_FILE "/var/cpanel/cpanel.config"
#define USERDATA_DIR "/var/cpanel/userdata"
#define FILE_MAX (1024 * 1024)
#define KEY_MAX 200
#define PORT_PLAIN 80

#define FRESH_MS 1000
#define REST_MS 60000
#define LIST_MAX 20
#define LIST_BUDGET (4 * 1024)
#define VALUE_MAX 700

struct webstatus {
	json_t *rows; /* of the last look, or NULL */
	char why[256];
	int64_t at_ms, rest_ms; /* when it was; no look before this */
	bool looked;
	struct webseen *seen;
};

struct webstatus *webstatus_new(void)
{
	struct webstatus *w = calloc(1, sizeof(*w));

	if (w && !(w->seen = webseen_new())) {
		free(w);
		w = NULL;
	}
	return w;
}

void webstatus_free(struct webstatus *w)
{
	if (!w)
		return;
	json_decref(w->rows);
	webseen_free(w->seen);
	free(w);
}

/* ---- where ---- */

/* A small file of the panel's; "" without. Owned by the caller. */
static char *read_small(const struct paths *paths, const char *name)
{
	char path[PATH_MAX], *text = NULL;
	size_t n;

	if (!paths_at(paths, name, path, sizeof(path)) ||
	    !file_read(path, FILE_MAX, &text, &n, NULL))
		return strdup("");
	return text;
}

/* It changes: read at each look. */
static void read_key(const struct paths *paths, char key[KEY_MAX + 1])
{
	char *text = read_small(paths, KEY_FILE);
	struct slice s = slice_trim(slice_str(text ? text : ""));
	bool good = s.n <= KEY_MAX;

	for (size_t i = 0; i < s.n; i++)
		good = good &&
		       strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789_-",
			      s.p[i]);
	snprintf(key, KEY_MAX + 1, "%.*s", good ? (int)s.n : 0, s.n ? s.p : "");
	free(text);
}

/* The value of KEY<sep>VALUE in a file of the panel's. */
static struct slice value_of(struct slice text, struct slice key)
{
	struct slice line;

	while (text.n) {
		if (!slice_cut(&text, '\n', &line)) {
			line = text;
			text.n = 0;
		}
		line = slice_trim(line);
		if (slice_starts(line, key))
			return slice_trim((struct slice){line.p + key.n, line.n - key.n});
	}
	return (struct slice){NULL, 0};
}

/* Apache's own port: "apache_port=0.0.0.0:81" while ea-nginx stands before it. */
static int read_port(const struct paths *paths)
{
	char *text = read_small(paths, CONFIG_FILE);
	struct slice v = value_of(slice_str(text ? text : ""), SLICE("apache_port=")),
		     skip;
	uint64_t port = PORT_PLAIN;

	while (slice_cut(&v, ':', &skip))
		;
	if (!slice_u64(v, 1, 65535, &port))
		port = PORT_PLAIN;
	free(text);
	return (int)port;
}

/* true: it was looked anew. */
static bool look(struct webstatus *w, const struct paths *paths,
		 const struct config *config)
{
	char key[KEY_MAX + 1];
	struct webfetch f = {
		.url = config->apachestatus_url, .key = key, .port = read_port(paths)};
	int64_t now = monotonic_ms();
	bool slow;

	if (w->looked && (now - w->at_ms < FRESH_MS || now < w->rest_ms))
		return false;
	json_decref(w->rows);
	read_key(paths, key);
	w->rows = webfetch_rows(&f, w->why, &slow);
	w->at_ms = monotonic_ms();
	w->rest_ms = slow ? w->at_ms + REST_MS : 0;
	w->looked = true;
	explicit_bzero(key, sizeof(key));
	return true;
}

/* ---- whose ---- */

/* The vhost decides, or "/~user/" on any; what is cut only when no other account fits. */
static const struct account *owner_of(const struct accounts *accounts, const json_t *row)
{
	struct slice target = json_slice(row, "target"), vhost = json_slice(row, "vhost"),
		     user;

	if (slice_starts(target, SLICE("/~"))) {
		target = (struct slice){target.p + 2, target.n - 2};
		return slice_cut(&target, '/', &user) ? accounts_by_user(accounts, user)
						      : NULL;
	}
	return json_is_true(json_object_get(row, "vhost_cut"))
		       ? accounts_by_domain_start(accounts, vhost)
		       : accounts_by_domain(accounts, vhost);
}

/* What the last look has shown, to those it belongs to; only: the rest have had theirs. */
static void hand_out(struct webstatus *w, const struct accounts *accounts,
		     const struct account *only, int64_t now_s)
{
	json_t *row;
	size_t i;

	json_array_foreach(w->rows, i, row)
	{
		const struct account *a = owner_of(accounts, row);

		if (a && (!only || a == only) && webseen_watches(w->seen, a->name))
			webseen_add(w->seen, a->name, row, now_s);
	}
}

void webstatus_look(struct webstatus *w, const struct paths *paths,
		    const struct config *config, const struct accounts *accounts,
		    const struct account *account, int64_t now_s)
{
	bool fresh;

	if (!webseen_watch(w->seen, account->name, now_s, &fresh))
		return;
	if (look(w, paths, config))
		hand_out(w, accounts, NULL, now_s);
	else if (fresh)
		hand_out(w, accounts, account, now_s);
}

/* ---- lists ---- */

static void count(json_t *list, struct slice value, int64_t times, size_t *left)
{
	json_t *t = report_text(value, VALUE_MAX), *row;
	size_t i, cost = t ? json_dumpb(t, NULL, 0, JSON_ENCODE_ANY) + 24 : SIZE_MAX;

	json_array_foreach(list, i, row)
	{
		json_t *n = json_object_get(row, "count");

		if (!json_equal(json_object_get(row, "value"), t))
			continue;
		json_integer_set(n, json_integer_value(n) + times);
		json_decref(t);
		return;
	}
	if (json_array_size(list) >= LIST_MAX || cost > *left) {
		json_decref(t);
		return;
	}
	*left -= cost;
	json_array_append_new(
		list, json_pack("{s:o, s:I}", "value", t, "count", (json_int_t)times));
}

/* "POST shop.example/x.php from 203.0.113.5" */
static void add_request(json_t *list, const json_t *row, int64_t times, size_t *left)
{
	static const struct slice more = SLICE("...");
	bool cut = json_is_true(json_object_get(row, "target_cut"));
	struct slice method = json_slice(row, "method");
	struct buf out;

	buf_init(&out, 2048);
	buf_slice(&out, method.n ? method : more);
	buf_putc(&out, ' ');
	buf_slice(&out, json_slice(row, "vhost"));
	if (json_is_true(json_object_get(row, "vhost_cut")))
		buf_slice(&out, more);
	buf_slice(&out, json_slice(row, "target"));
	if (cut && method.n)
		buf_slice(&out, more);
	buf_puts(&out, " from ");
	buf_slice(&out, json_slice(row, "client"));
	count(list, buf_view(&out), times, left);
	buf_clear(&out);
}

/* The folder that the virtual host serves, as cPanel's userdata has it. */
static bool web_root(const struct paths *paths, const struct account *a,
		     struct slice vhost, char out[PATH_MAX])
{
	char name[PATH_MAX], *file;
	struct slice root;
	bool ok;

	if (memchr(vhost.p, '/', vhost.n) || vhost.p[0] == '.')
		return false;
	snprintf(name, sizeof(name), USERDATA_DIR "/%.*s/%.*s", (int)a->name.n, a->name.p,
		 (int)vhost.n, vhost.p);
	file = read_small(paths, name);
	root = value_of(slice_str(file ? file : ""), SLICE("documentroot:"));
	ok = slice_starts(root, a->home) && root.n < PATH_MAX;
	if (ok)
		snprintf(out, PATH_MAX, "%.*s", (int)root.n, root.p);
	else if (slice_eq(vhost, a->domain))
		ok = snprintf(out, PATH_MAX, "%.*s/public_html", (int)a->home.n,
			      a->home.p) < PATH_MAX;
	free(file);
	return ok;
}

static bool runs(struct slice path)
{
	static const char *const ends[] = {".php", ".phtml", ".cgi", ".pl", ".py"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (slice_ends(path, slice_str(ends[i])))
			return true;
	return false;
}

static bool is_listed(const json_t *list, struct slice value)
{
	const json_t *row;
	size_t i;

	json_array_foreach(
		list, i, row) if (slice_eq(json_slice(row, "value"), value)) return true;
	return false;
}

/* The script of a whole request, if mail was sent from its folder: only both together say so. */
static void add_script(json_t *list, const struct paths *paths, const struct account *a,
		       const json_t *row, int64_t times, const json_t *report_paths,
		       size_t *left)
{
	struct slice path = json_slice(row, "target"), plain,
		     vhost = json_slice(row, "vhost");
	char root[PATH_MAX], whole[PATH_MAX];
	size_t folder;
	int n;

	if (json_is_true(json_object_get(row, "target_cut")) ||
	    json_is_true(json_object_get(row, "vhost_cut")) || !vhost.n ||
	    !slice_starts(path, SLICE("/")) || slice_starts(path, SLICE("/~")))
		return;
	if (slice_cut(&path, '?', &plain))
		path = plain;
	if (!runs(path) || memchr(path.p, '%', path.n) ||
	    slice_find(path, SLICE("/.")) != SIZE_MAX ||
	    slice_find(path, SLICE("//")) != SIZE_MAX || !web_root(paths, a, vhost, root))
		return;
	n = snprintf(whole, sizeof(whole), "%s%.*s", root, (int)path.n, path.p);
	if (n < 0 || (size_t)n >= sizeof(whole))
		return;
	folder = (size_t)n;
	while (folder && whole[folder - 1] != '/')
		folder--;
	if (folder > 1 && is_listed(report_paths, (struct slice){whole, folder - 1}))
		count(list, (struct slice){whole, (size_t)n}, times, left);
}

bool webstatus_try(struct webstatus *w, const struct paths *paths,
		   const struct config *config, size_t *requests, char why[256])
{
	look(w, paths, config);
	*requests = json_array_size(w->rows);
	snprintf(why, 256, "%s", w->rows ? "" : w->why);
	return w->rows != NULL;
}

struct listing {
	const struct paths *paths;
	const struct account *account;
	const json_t *report_paths;
	json_t *requests, *scripts;
	size_t left, left_scripts;
};

static void add_row(const json_t *row, int64_t times, void *ctx)
{
	struct listing *l = ctx;

	add_request(l->requests, row, times, &l->left);
	add_script(l->scripts, l->paths, l->account, row, times, l->report_paths,
		   &l->left_scripts);
}

bool webstatus_of(struct webstatus *w, const struct paths *paths,
		  const struct config *config, const struct accounts *accounts,
		  const struct account *account, const struct webstatus_want *want,
		  json_t **requests, json_t **scripts, char why[256])
{
	struct listing l = {.paths = paths,
			    .account = account,
			    .report_paths = want->paths,
			    .requests = json_array(),
			    .scripts = json_array(),
			    .left = LIST_BUDGET,
			    .left_scripts = LIST_BUDGET};

	webstatus_look(w, paths, config, accounts, account, want->now_s);
	webseen_each(w->seen, account->name, want->from_s, add_row, &l);
	*requests = l.requests;
	*scripts = l.scripts;
	if (!w->rows)
		snprintf(why, 256, "Apache's status page could not be used: %.200s.",
			 w->why);
	return w->rows != NULL;
}
