/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * The logs that a real Exim wrote, counted and compared with what was really sent (see
 * tests/data/exim-small/README.md). What differs is what the log doesn't hold, and each such
 * thing is named here.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "osmd/base/file.h"
#include "osmd/engine/replay.h"
#include "osmd/model/report.h"
#include "osmd/parse/eximline.h"

#define DATA "tests/data/exim-small"

static const char *const logs[] = {DATA, DATA "/variants/pid-msec-tz",
				   DATA "/variants/exim-4.98.2"};

struct corpus {
	const char *dir;
	char root[64];
	json_t *truth, *totals, *rows; /* rows: "type kind key" -> row */
};

static void put(const struct corpus *c, const char *name, struct buf *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", c->root, name);
	cr_assert(file_replace(path, buf_view(text), 0644, NULL), "%s", path);
	buf_clear(text);
}

/* The server's files as they were. */
static void make_root(struct corpus *c)
{
	json_t *domains = json_object_get(json_object_get(c->truth, "meta"), "domains"),
	       *value;
	json_t *accounts = json_object_get(c->truth, "accounts");
	struct buf passwd, users, true_users, local;
	const char *name;
	char path[256];
	int uid = 1001;

	buf_init(&passwd, 1 << 20);
	buf_init(&users, 1 << 20);
	buf_init(&true_users, 1 << 20);
	buf_init(&local, 1 << 20);
	strcpy(c->root, "/tmp/osm-corpus-XXXXXX");
	cr_assert_not_null(mkdtemp(c->root));
	snprintf(path, sizeof(path), "%s/etc", c->root);
	cr_assert(file_mkdirs(path, 0755, NULL));
	buf_puts(&passwd,
		 "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
		 "mailman:x:995:995::/usr/local/cpanel:/bin/false\n");
	json_object_foreach(accounts, name, value)
	{
		buf_printf(&passwd, "%s:x:%d:%d::/home/%s:/bin/bash\n", name, uid, uid,
			   name);
		buf_printf(&true_users, "%s.main.example: %s\n", name, name);
		uid++;
	}
	json_object_foreach(domains, name, value)
	{
		buf_printf(&users, "%s: %s\n", name, json_string_value(value));
		buf_printf(&local, "%s\n", name);
	}
	buf_printf(&local, "%s\n",
		   json_string_value(json_object_get(json_object_get(c->truth, "meta"),
						     "hostname")));
	put(c, "/etc/passwd", &passwd);
	put(c, "/etc/userdomains", &users);
	put(c, "/etc/trueuserdomains", &true_users);
	put(c, "/etc/localdomains", &local);
}

static void on_report(json_t *report, unsigned wanted, bool confirmed, void *ctx)
{
	(void)report;
	(void)wanted;
	(void)confirmed;
	(void)ctx;
}

static void count_log(struct corpus *c)
{
	const struct engine_hooks hooks = {.report = on_report};
	struct config config;
	struct accounts *accounts;
	struct rules *rules;
	struct engine *g;
	struct paths paths;
	struct err e = {0};
	char log[256];

	options_defaults(&config);
	cr_assert(paths_init(&paths, c->root));
	accounts = accounts_load(&paths, &e);
	rules = rules_new(&config, SLICE(""), SLICE(""), NULL, NULL);
	cr_assert(accounts && rules, "%s", e.msg);
	g = engine_new(rules, accounts, &hooks, true, &e);
	cr_assert_not_null(g, "%s", e.msg);
	snprintf(log, sizeof(log), "%s/mainlog", c->dir);
	cr_assert(replay_file(g, log, NULL, NULL, &e), "%s", e.msg);
	engine_end(g);
	c->totals = engine_totals(g);
	engine_free(g);
	rules_free(rules);
	accounts_free(accounts);
}

static void index_rows(struct corpus *c)
{
	json_t *row;
	size_t i;

	c->rows = json_object();
	json_array_foreach(json_object_get(c->totals, "totals"), i, row)
	{
		char key[4096];

		snprintf(key, sizeof(key), "%s %s %s",
			 json_string_value(json_object_get(row, "type")),
			 json_string_value(json_object_get(row, "kind")),
			 json_string_value(json_object_get(row, "key")));
		cr_expect_null(json_object_get(c->rows, key), "twice: %s", key);
		json_object_set(c->rows, key, row);
	}
}

static void begin(struct corpus *c, const char *dir)
{
	char path[256];

	*c = (struct corpus){.dir = dir};
	snprintf(path, sizeof(path), "%s/truth.json", dir);
	c->truth = json_load_file(path, 0, NULL);
	cr_assert_not_null(c->truth, "%s", path);
	make_root(c);
	count_log(c);
	index_rows(c);
}

static void end(struct corpus *c)
{
	char cmd[128];

	json_decref(c->truth);
	json_decref(c->totals);
	json_decref(c->rows);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", c->root);
	cr_assert_eq(system(cmd), 0);
}

static json_int_t num(const json_t *row, const char *name)
{
	return json_integer_value(json_object_get(row, name));
}

static json_t *row_of(const struct corpus *c, const char *type, const char *kind,
		      const char *key)
{
	char name[4096];

	snprintf(name, sizeof(name), "%s %s %s", type, kind, key);
	return json_object_get(c->rows, name);
}

/* Messages of the account's mailboxes whose login can't be read in the log: they are charged
 * to the account. */
static json_int_t unreadable_logins(const struct corpus *c, const char *account)
{
	json_int_t n = 0;
	const char *name;
	json_t *box;

	json_object_foreach(json_object_get(c->truth, "auth_mailboxes"), name, box)
	{
		const char *owner = json_string_value(json_object_get(box, "account"));

		if (owner && strcmp(owner, account) == 0)
			n += num(box, "unreadable_in_log");
	}
	return n;
}

static void check_accounts(const struct corpus *c)
{
	const char *name;
	json_t *truth;

	json_object_foreach(json_object_get(c->truth, "accounts"), name, truth)
	{
		const json_t *row = row_of(c, "logline", "account", name);
		json_int_t moved = unreadable_logins(c, name);
		json_int_t extra = num(truth, "pipe_messages") +
				   num(truth, "localhost_smtp_messages");

		cr_expect_eq(num(row, "messages"),
			     num(truth, "local_messages") + extra + moved,
			     "%s: messages of %s", c->dir, name);
		/* a recipient list over 8192 bytes is cut in the log, and the recipients of
		 * what is counted beside the command line aren't told apart in the truth */
		if (!moved && !extra && strcmp(name, "osmdave") != 0)
			cr_expect_eq(num(row, "recipients"),
				     num(truth, "local_recipients"),
				     "%s: recipients of %s", c->dir, name);
	}
}

static bool is_panels(const char *login)
{
	return strncmp(login, "__cpanel__", 10) == 0;
}

static void check_mailboxes(const struct corpus *c)
{
	const char *name;
	json_t *truth, *row;
	size_t i;

	json_object_foreach(json_object_get(c->truth, "auth_mailboxes"), name, truth)
	{
		json_int_t unreadable = num(truth, "unreadable_in_log");

		row = row_of(c, "logline", "mailbox", name);
		if (is_panels(name)) {
			cr_expect_null(row, "the panel's own mail is nobody's");
			continue;
		}
		cr_expect_eq(num(row, "messages"), num(truth, "messages") - unreadable,
			     "%s: messages of %s", c->dir, name);
		if (!row) /* all of it was refused */
			continue;
		cr_expect_str_eq(json_string_value(json_object_get(row, "account")),
				 json_string_value(json_object_get(truth, "account")),
				 "%s", name);
		/* its list of 150 recipients is cut in the log */
		if (!unreadable && strcmp(name, "dave@dave-it.example") != 0)
			cr_expect_eq(num(row, "recipients"), num(truth, "recipients"),
				     "%s: recipients of %s", c->dir, name);
	}
	json_array_foreach(json_object_get(c->totals, "totals"), i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "kind")), "mailbox") ==
		    0)
			cr_expect_not_null(
				json_object_get(
					json_object_get(c->truth, "auth_mailboxes"),
					json_string_value(json_object_get(row, "key"))),
				"%s: a mailbox that never sent", c->dir);
	}
}

/* The log prints an IPv6 address in its short form. */
static const char *short_form(const char *address, char out[INET6_ADDRSTRLEN])
{
	struct in6_addr bytes;

	if (inet_pton(AF_INET6, address, &bytes) == 1 &&
	    inet_ntop(AF_INET6, &bytes, out, INET6_ADDRSTRLEN))
		return out;
	return address;
}

static void check_addresses(const struct corpus *c)
{
	json_int_t panels =
		num(json_object_get(json_object_get(c->truth, "auth_mailboxes"),
				    "__cpanel__service__auth__icontact__aB3dE5"),
		    "messages");
	char form[INET6_ADDRSTRLEN];
	const char *name;
	json_t *truth;

	json_object_foreach(json_object_get(c->truth, "source_ips"), name, truth)
	{
		const json_t *row =
			row_of(c, "logline", "address", short_form(name, form));
		json_int_t want = num(truth, "auth_messages") -
				  num(truth, "auth_unreadable_in_log");

		if (strcmp(name, "127.0.0.1") == 0)
			want -= panels;
		cr_expect_eq(num(row, "messages"), want, "%s: messages from %s", c->dir,
			     name);
	}
}

/* Where a reader of the log can't or must not see what the truth says. */
static const struct {
	const char *path;
	json_int_t more;
	const char *why;
} other_paths[] = {
	{"/", 4, "the answers of pipe aliases start there"},
	{"/root", -1, "root's own"},
	{"/usr/local/cpanel/3rdparty/mailman", -1, "the panel's own"},
	{"/home/osmdave/public_html", -2, "-bp submits nothing"},
	{"/home/osmalice/public_html", 1, "a forged line, as good as a true one"},
};

static json_int_t path_more(const char *path)
{
	for (size_t i = 0; i < sizeof(other_paths) / sizeof(other_paths[0]); i++)
		if (strcmp(path, other_paths[i].path) == 0)
			return other_paths[i].more;
	return 0;
}

static void check_paths(const struct corpus *c)
{
	const char *name;
	json_t *truth;

	json_object_foreach(json_object_get(c->truth, "cwd"), name, truth)
	{
		const json_t *row = row_of(c, "cwdcheck", "path", name);

		if (strchr(name, '\n')) /* the log shows its first line only */
			continue;
		if (strcmp(name, "(failed)") == 0)
			continue;
		cr_expect_eq(num(row, "messages"),
			     num(truth, "invocations") + path_more(name),
			     "%s: starts in %s", c->dir, name);
	}
}

/* Root's, mailman's and the panel's mail is not counted; what is missing from the log has no
 * subject there. */
static bool is_no_accounts(const char *subject)
{
	static const char *const all[] = {"LogWatch for server1", "[list] digest",
					  "[server1] service notice"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(subject, all[i]) == 0)
			return true;
	return strncmp(subject, "long helo", 9) == 0;
}

static void check_subjects(const struct corpus *c)
{
	json_t *sums = json_object(), *truth;
	const char *name;
	size_t i;

	/* several subjects may look alike in the log */
	json_array_foreach(json_object_get(c->truth, "subjects"), i, truth)
	{
		const json_t *form = json_object_get(truth, "log_form");
		struct slice raw = {json_string_value(form), json_string_length(form)};
		char text[8192], key[8192];
		json_t *valid, *sum;

		if (!json_is_string(form))
			continue;
		cr_assert_lt(raw.n, sizeof(text));
		valid = report_text((struct slice){text, eximline_unescape(raw, text)},
				    sizeof(key) - 1);
		snprintf(key, sizeof(key), "%s", json_string_value(valid));
		json_decref(valid);
		sum = json_object_get(sums, key);
		json_object_set_new(
			sums, key,
			json_pack("{s:I, s:I}", "least",
				  num(sum, "least") + num(truth, "local_messages") +
					  num(truth, "auth_messages"),
				  "more",
				  num(sum, "more") + num(truth, "other_messages")));
	}
	json_object_foreach(sums, name, truth)
	{
		json_int_t got = num(row_of(c, "logline", "subject", name), "messages");

		if (is_no_accounts(name)) {
			cr_expect_eq(got, 0, "%s: %s", c->dir, name);
			continue;
		}
		if (strncmp(name, "vanishing", 9) != 0) /* in one log the line is there */
			cr_expect_geq(got, num(truth, "least"), "%s: subject %s", c->dir,
				      name);
		cr_expect_leq(got, num(truth, "least") + num(truth, "more"),
			      "%s: subject %s", c->dir, name);
	}
	json_decref(sums);
}

static void check_claims(const struct corpus *c)
{
	size_t forged = json_array_size(
		json_object_get(json_object_get(c->truth, "meta"), "forged_lines"));

	/* one stands inside of a sender, and is no line of its own once that is put together */
	cr_expect_eq(num(c->totals, "claimed"), (json_int_t)forged - 1, "%s", c->dir);
}

static void with_each(void (*check)(const struct corpus *c))
{
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct corpus c;

		begin(&c, logs[i]);
		check(&c);
		end(&c);
	}
}

Test(corpus, every_account_is_counted)
{
	with_each(check_accounts);
}

Test(corpus, every_mailbox_is_counted)
{
	with_each(check_mailboxes);
}

Test(corpus, every_source_address_is_counted)
{
	with_each(check_addresses);
}

Test(corpus, every_start_is_counted_for_its_path)
{
	with_each(check_paths);
}

Test(corpus, every_subject_is_counted)
{
	with_each(check_subjects);
}

Test(corpus, forged_arrivals_are_only_claims)
{
	with_each(check_claims);
}
