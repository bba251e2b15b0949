/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * The fields that are read from logs of a real Exim, summed up and compared with what the
 * senders know that they sent (see tests/data/exim-small/README.md). Both sums have the same
 * keys, so that a field read for the wrong sender is missed in one place and found in
 * another. What the log itself doesn't hold is named, row by row.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osmd/parse/eximline.h"

#define DATA "tests/data/exim-small/"
#define KEY_MAX 1024

enum log { OLD = 1, NEW = 2, PID = 4, ALL = 7 };

static const struct {
	enum log log;
	const char *dir;
} logs[] = {
	{OLD, DATA},
	{NEW, DATA "variants/exim-4.98.2/"},
	{PID, DATA "variants/pid-msec-tz/"},
};

/* What a log holds beyond what was sent; less than nothing: what it doesn't hold. */
static const struct {
	const char *why;
	unsigned logs;
	const char *user, *login, *login_from, *from, *subject, *path;
	int messages, recipients;
} beyond[] = {
	{.why = "a sender with a newline: the line ends inside of it",
	 .logs = ALL,
	 .user = "osmerin",
	 .subject = "odd sender",
	 .messages = -1,
	 .recipients = -1},
	{.why = "the same, with a whole forged line in it",
	 .logs = ALL,
	 .user = "osmerin",
	 .subject = "forging sender",
	 .messages = -1,
	 .recipients = -1},
	{.why = "a HELO of 8 kB has used up the buffer",
	 .logs = OLD,
	 .login = "info@bobs-garage.example",
	 .login_from = "203.0.113.44",
	 .subject = "long helo 0",
	 .messages = -1,
	 .recipients = -1},
	{.why = "a HELO of 8 kB",
	 .logs = OLD,
	 .login = "info@bobs-garage.example",
	 .login_from = "203.0.113.42",
	 .subject = "long helo 1",
	 .messages = -1,
	 .recipients = -1},
	{.why = "a HELO of 8 kB",
	 .logs = NEW | PID,
	 .login = "info@bobs-garage.example",
	 .login_from = "203.0.113.42",
	 .subject = "long helo 0",
	 .messages = -1,
	 .recipients = -1},
	{.why = "a HELO of 8 kB",
	 .logs = NEW | PID,
	 .login = "info@bobs-garage.example",
	 .login_from = "203.0.113.8",
	 .subject = "long helo 1",
	 .messages = -1,
	 .recipients = -1},
	{.why = "a HELO of 8 kB by a stranger",
	 .logs = ALL,
	 .from = "198.51.100.78",
	 .subject = "long helo inbound",
	 .messages = -1,
	 .recipients = -1},
	{.why = "the recipients fill the buffer to the last byte: an empty line",
	 .logs = OLD,
	 .user = "osmdave",
	 .subject = "vanishing 0",
	 .messages = -1,
	 .recipients = -80},
	{.why = "with the pid in the line the last recipient is cut off",
	 .logs = PID,
	 .user = "osmdave",
	 .subject = "vanishing 0",
	 .recipients = -1},
	{.why = "10 recipients of 90 have no room",
	 .logs = OLD,
	 .login_from = "203.0.113.30",
	 .subject = "Long addresses",
	 .recipients = -10},
	{.why = "10 recipients of 90 have no room",
	 .logs = PID,
	 .login_from = "203.0.113.55",
	 .subject = "Long addresses",
	 .recipients = -10},
	{.why = "9 recipients of 90 have no room, one is cut in the middle",
	 .logs = NEW,
	 .login_from = "203.0.113.55",
	 .subject = "Long addresses",
	 .recipients = -9},
	{.why = "a forged line that fits the grammar",
	 .logs = ALL,
	 .user = "osmdave",
	 .subject = "forged 0",
	 .messages = 1,
	 .recipients = 1},
	{.why = "a forged start",
	 .logs = ALL,
	 .path = "/home/osmalice/public_html",
	 .messages = 1},
	{.why = "the first line of a path with newlines",
	 .logs = ALL,
	 .path = "/home/osmbob/public_html/nl",
	 .messages = 1},
	{.why = "the answers of a pipe are not among the subjects sent",
	 .logs = ALL,
	 .subject = "robot answer",
	 .messages = 4,
	 .recipients = 4},
};

static void add(json_t *sums, const char *kind, struct slice key, json_int_t n)
{
	char name[KEY_MAX];
	json_t *sum;

	snprintf(name, sizeof(name), "%s %.*s", kind, (int)key.n, key.n ? key.p : "");
	sum = json_object_get(sums, name);
	n += json_integer_value(sum);
	cr_assert_eq(json_object_set_new_nocheck(sums, name, json_integer(n)), 0);
}

static json_int_t number(const json_t *of, const char *name)
{
	return json_integer_value(json_object_get(of, name));
}

/* Exim writes the short form of an IPv6 address, the truth what the client had connected
 * with. */
static struct slice short_address(struct slice text, char out[INET6_ADDRSTRLEN])
{
	char whole[KEY_MAX];
	struct in6_addr a;

	snprintf(whole, sizeof(whole), "%.*s", (int)text.n, text.p);
	if (inet_pton(AF_INET6, whole, &a) != 1 ||
	    !inet_ntop(AF_INET6, &a, out, INET6_ADDRSTRLEN))
		return text;
	return slice_str(out);
}

/* ---- what was sent ---- */

static void want_uids(const json_t *truth, json_t *want)
{
	const char *name;
	json_t *row;

	json_object_foreach(json_object_get(truth, "uids"), name, row)
	{
		add(want, "uid", slice_str(name), number(row, "messages"));
		add(want, "uid-recipients", slice_str(name), number(row, "recipients"));
	}
	json_object_foreach(json_object_get(truth, "accounts"), name, row)
	{
		add(want, "uid", slice_str(name), number(row, "pipe_messages"));
		add(want, "uid-recipients", slice_str(name),
		    number(row, "pipe_messages"));
		add(want, "autoreply", slice_str(name), number(row, "autoreplies"));
	}
}

static void want_logins(const json_t *truth, json_t *want)
{
	const char *mailbox, *name;
	json_t *row, *n;

	json_object_foreach(json_object_get(truth, "auth_mailboxes"), mailbox, row)
		json_object_foreach(json_object_get(row, "auth_ids"), name, n)
			add(want, "login", slice_str(name), json_integer_value(n));
}

static void want_addresses(const json_t *truth, json_t *want)
{
	char text[INET6_ADDRSTRLEN];
	const char *ip;
	json_t *row;

	json_object_foreach(json_object_get(truth, "source_ips"), ip, row)
	{
		struct slice address = short_address(slice_str(ip), text);

		add(want, "from", address, number(row, "unauthenticated_messages"));
		add(want, "from-login", address, number(row, "auth_messages"));
		add(want, "from-login-recipients", address,
		    number(row, "auth_recipients"));
	}
}

static void want_subjects(const json_t *truth, json_t *want)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(truth, "subjects"), i, row)
	{
		const char *form = json_string_value(json_object_get(row, "log_form"));

		add(want, form ? "subject" : "no-subject", slice_str(form),
		    number(row, "messages"));
		add(want, form ? "subject-recipients" : "no-subject-recipients",
		    slice_str(form), number(row, "recipients"));
	}
}

/* Exim itself is started in its spool and in "/", and of a path with a newline the log holds
 * pieces. */
static bool is_home(struct slice path)
{
	return slice_starts(path, SLICE("/home/")) &&
	       slice_find(path, SLICE("\n")) == SIZE_MAX;
}

static void want_paths(const json_t *truth, json_t *want)
{
	const char *path;
	json_t *row;

	json_object_foreach(json_object_get(truth, "cwd"), path,
			    row) if (is_home(slice_str(path)))
		add(want, "path", slice_str(path), number(row, "invocations"));
}

/* ---- what was read ---- */

static void read_arrival(const struct exim_line *l, json_t *got)
{
	char text[INET6_ADDRSTRLEN];
	struct slice ip = l->address;

	if (l->protocol == EXIM_PROTO_LOCAL && l->cause.n) {
		if (!slice_eq(l->user, SLICE("mailnull")))
			add(got, "autoreply", l->user, 1);
		return; /* not a submission: not among the subjects */
	}
	if (l->protocol == EXIM_PROTO_LOCAL) {
		add(got, "uid", l->user, 1);
		add(got, "uid-recipients", l->user, l->recipient_count);
	} else {
		ip = short_address(ip, text);
	}
	if (l->protocol == EXIM_PROTO_SMTP)
		add(got, "from", ip, 1);
	if (l->protocol == EXIM_PROTO_SMTP_AUTH) {
		add(got, "login", l->auth, 1);
		add(got, "from-login", ip, 1);
		add(got, "from-login-recipients", ip, l->recipient_count);
	}
	add(got, l->has_subject ? "subject" : "no-subject", l->subject, 1);
	add(got, l->has_subject ? "subject-recipients" : "no-subject-recipients",
	    l->subject, l->recipient_count);
}

static void read_log(const char *dir, json_t *got)
{
	char path[KEY_MAX], *line = NULL;
	size_t room = 0;
	ssize_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%smainlog", dir);
	f = fopen(path, "r");
	cr_assert(f, "%s", path);
	while ((n = getline(&line, &room, f)) > 0) {
		struct exim_line l;

		eximline_parse((struct slice){line, (size_t)n - 1}, &l);
		if (l.kind == EXIM_ARRIVAL)
			read_arrival(&l, got);
		else if (l.kind == EXIM_CWD && is_home(l.path))
			add(got, "path", l.path, 1);
	}
	free(line);
	fclose(f);
}

/* ---- both ---- */

static void add_if(json_t *sums, const char *kind, const char *key, int n)
{
	if (key)
		add(sums, kind, slice_str(key), n);
}

static void want_beyond(enum log log, json_t *want)
{
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		int messages = beyond[i].messages, recipients = beyond[i].recipients;

		if (!(beyond[i].logs & log))
			continue;
		add_if(want, "uid", beyond[i].user, messages);
		add_if(want, "uid-recipients", beyond[i].user, recipients);
		add_if(want, "login", beyond[i].login, messages);
		add_if(want, "from-login", beyond[i].login_from, messages);
		add_if(want, "from-login-recipients", beyond[i].login_from, recipients);
		add_if(want, "from", beyond[i].from, messages);
		add_if(want, "subject", beyond[i].subject, messages);
		add_if(want, "subject-recipients", beyond[i].subject, recipients);
		add_if(want, "path", beyond[i].path, messages);
	}
}

static json_t *sum_of_truth(enum log log, const char *dir)
{
	json_t *want = json_object(), *truth;
	char path[KEY_MAX];

	snprintf(path, sizeof(path), "%struth.json", dir);
	truth = json_load_file(path, 0, NULL);
	cr_assert(truth, "%s", path);
	want_uids(truth, want);
	want_logins(truth, want);
	want_addresses(truth, want);
	want_subjects(truth, want);
	want_paths(truth, want);
	want_beyond(log, want);
	json_decref(truth);
	return want;
}

Test(corpus, reads_what_was_sent)
{
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		json_t *want = sum_of_truth(logs[i].log, logs[i].dir);
		json_t *got = json_object(), *n;
		const char *key;

		read_log(logs[i].dir, got);
		json_object_foreach(want, key, n) cr_expect_eq(
			number(got, key), json_integer_value(n), "%s%s: %lld, not %lld",
			logs[i].dir, key, number(got, key), json_integer_value(n));
		json_object_foreach(got, key, n)
			cr_expect(json_object_get(want, key), "%s%s: nobody sent it",
				  logs[i].dir, key);
		json_decref(want);
		json_decref(got);
	}
}
