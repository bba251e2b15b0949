/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "cpanel-hooks/panel.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define REASONS_MAX 3 /* of errors[], for one line of detail */

/* One call; module NULL: WHM API 1, else UAPI on a mailbox. */
struct call {
	const char *module, *function;
	enum panel_proof proof;
	const char *file;   /* PANEL_PROOF_LIST: the list, PANEL_PROOF_FILE: the folder */
	const char *reason; /* what the panel shows to its users, or NULL */
};

/* The functions' names and where they leave their marks: 1.2-1.4 of cPanel's API pages and of
 * its own files. */
static const struct call calls[PANEL_CALLS] = {
	[PANEL_HOLD_MAILBOX] = {"Email", "hold_outgoing", PANEL_PROOF_LIST,
				PATH_HOLD_USERS, NULL},
	[PANEL_RELEASE_MAILBOX] = {"Email", "release_outgoing", PANEL_PROOF_LIST,
				   PATH_HOLD_USERS, NULL},
	[PANEL_HOLD_ACCOUNT] = {NULL, "hold_outgoing_email", PANEL_PROOF_LIST,
				PATH_HOLD_USERS, NULL},
	[PANEL_RELEASE_ACCOUNT] = {NULL, "release_outgoing_email", PANEL_PROOF_LIST,
				   PATH_HOLD_USERS, NULL},
	[PANEL_BLOCK_ACCOUNT] = {NULL, "suspend_outgoing_email", PANEL_PROOF_LIST,
				 PATH_SUSPENDED_USERS, NULL},
	[PANEL_UNBLOCK_ACCOUNT] = {NULL, "unsuspend_outgoing_email", PANEL_PROOF_LIST,
				   PATH_SUSPENDED_USERS, NULL},
	[PANEL_BLOCK_MAILBOX] = {"Email", "suspend_outgoing", PANEL_PROOF_LIST,
				 PATH_SUSPENDED_USERS, NULL},
	[PANEL_UNBLOCK_MAILBOX] = {"Email", "unsuspend_outgoing", PANEL_PROOF_LIST,
				   PATH_SUSPENDED_USERS, NULL},
	[PANEL_BLOCK_LOGIN] = {"Email", "suspend_login", PANEL_PROOF_SHADOW, NULL, NULL},
	[PANEL_UNBLOCK_LOGIN] = {"Email", "unsuspend_login", PANEL_PROOF_SHADOW, NULL,
				 NULL},
	[PANEL_SUSPEND_ACCOUNT] = {NULL, "suspendacct", PANEL_PROOF_FILE,
				   PATH_SUSPENDED_DIR, PANEL_REASON},
	[PANEL_UNSUSPEND_ACCOUNT] = {NULL, "unsuspendacct", PANEL_PROOF_FILE,
				     PATH_SUSPENDED_DIR, NULL},
	[PANEL_COUNT_HELD] = {"Email", "get_held_message_count", PANEL_PROOF_NONE, NULL,
			      NULL},
	[PANEL_DELETE_HELD] = {"Email", "delete_held_messages", PANEL_PROOF_NONE, NULL,
			       NULL},
};

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("._-", c));
}

static bool put(struct panel_command *out, const char *s, size_t n)
{
	if (n >= sizeof(out->text) - out->used)
		return false;
	memcpy(out->text + out->used, s, n);
	out->used += n;
	out->text[out->used] = '\0';
	return true;
}

/* cPanel's pages ask for URI encoding in some places and show plain values in others; with
 * all but these bytes encoded both readings agree. */
static bool put_value(struct panel_command *out, struct slice value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		char coded[4];

		snprintf(coded, sizeof(coded), "%%%02X", c);
		if (is_plain(c) ? !put(out, value.p + i, 1) : !put(out, coded, 3))
			return false;
	}
	return true;
}

/* One argument: name, then the value encoded. */
static bool put_arg(struct panel_command *out, size_t at, const char *name,
		    struct slice value)
{
	out->argv[at] = out->text + out->used;
	if (!put(out, name, strlen(name)) || !put_value(out, value) ||
	    out->used + 1 >= sizeof(out->text))
		return false;
	out->text[++out->used] = '\0';
	return true;
}

bool panel_command(enum panel_call call, const struct paths *paths, struct slice account,
		   struct slice mailbox, struct panel_command *out, struct err *e)
{
	const struct slice none = {NULL, 0};
	const struct call *c = &calls[call];
	char program[PATH_MAX];
	size_t n = 0;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (!paths_at(paths, c->module ? PATH_UAPI : PATH_WHMAPI, program,
		      sizeof(program)))
		return err_set(e, ENAMETOOLONG, "the panel's path is too long");
	ok = put_arg(out, n++, program, none) && put_arg(out, n++, "--output=json", none);
	if (c->module)
		ok = ok && put_arg(out, n++, "--user=", account) &&
		     put_arg(out, n++, c->module, none) &&
		     put_arg(out, n++, c->function, none) &&
		     put_arg(out, n++, "email=", mailbox);
	else
		ok = ok && put_arg(out, n++, c->function, none) &&
		     put_arg(out, n++, "user=", account);
	if (c->reason)
		ok = ok && put_arg(out, n++, "reason=", slice_str(c->reason));
	out->argv[n] = NULL;
	return ok || err_set(e, E2BIG, "%s: the name is too long", c->function);
}

/* The panel's words for a log line, a mail and a terminal. */
static void say(char why[PANEL_WHY_MAX], const char *before, const char *p, size_t n)
{
	size_t used = strlen(why);

	for (; *before && used + 1 < PANEL_WHY_MAX; before++)
		why[used++] = *before;
	for (size_t i = 0; i < n && used + 1 < PANEL_WHY_MAX; i++) {
		unsigned char c = (unsigned char)p[i];

		why[used++] = c < 0x20 ? ' ' : c < 0x7f ? (char)c : '?';
	}
	why[used] = '\0';
}

static void say_reasons(char why[PANEL_WHY_MAX], const json_t *reasons)
{
	const json_t *one;
	size_t i;

	if (json_is_string(reasons))
		say(why, "", json_string_value(reasons), json_string_length(reasons));
	json_array_foreach(reasons, i, one)
	{
		if (i == REASONS_MAX)
			break;
		if (json_is_string(one))
			say(why, i ? "; " : "", json_string_value(one),
			    json_string_length(one));
	}
	if (!why[0])
		say(why, "the panel refused and gave no reason", NULL, 0);
}

/* cPanel gives numbers as numbers or as strings. 1: yes, 0: no, -1: neither, so that nobody
 * knows what was done. */
static int said(const json_t *v)
{
	if ((json_is_integer(v) && json_integer_value(v) == 1) ||
	    (json_is_string(v) && strcmp(json_string_value(v), "1") == 0))
		return 1;
	return (json_is_integer(v) && json_integer_value(v) == 0) ||
			       (json_is_string(v) &&
				strcmp(json_string_value(v), "0") == 0)
		       ? 0
		       : -1;
}

/* The JSON object in the output: from the first line that begins with a brace. */
static json_t *find_object(struct slice output)
{
	size_t at = 0;

	if (!slice_starts(output, SLICE("{"))) {
		at = slice_find(output, SLICE("\n{"));
		if (at == SIZE_MAX)
			return NULL;
		at++;
	}
	return json_loadb(output.p + at, output.n - at, JSON_DISABLE_EOF_CHECK, NULL);
}

/* What the answer says; *head is borrowed from it. */
static int read_answer(enum panel_call call, const json_t *whole, const json_t **head)
{
	bool is_uapi = calls[call].module != NULL;

	*head = json_object_get(whole, is_uapi ? "result" : "metadata");
	return said(json_object_get(*head, is_uapi ? "status" : "result"));
}

bool panel_answer(enum panel_call call, struct slice output, char why[PANEL_WHY_MAX])
{
	json_t *whole = find_object(output);
	const json_t *head;
	int yes = read_answer(call, whole, &head);

	why[0] = '\0';
	if (yes < 0 && !output.n)
		say(why, "the panel said nothing", NULL, 0);
	else if (yes < 0)
		say(why, "the panel did not answer as documented: ", output.p, output.n);
	else if (!yes)
		say_reasons(why, json_object_get(head, calls[call].module ? "errors"
									  : "reason"));
	json_decref(whole);
	return yes == 1;
}

bool panel_answered(enum panel_call call, struct slice output)
{
	json_t *whole = find_object(output);
	const json_t *head;
	bool has = read_answer(call, whole, &head) >= 0;

	json_decref(whole);
	return has;
}

bool panel_number(enum panel_call call, struct slice output, uint64_t *n,
		  char why[PANEL_WHY_MAX])
{
	json_t *whole = panel_answer(call, output, why) ? find_object(output) : NULL;
	const json_t *data = json_object_get(json_object_get(whole, "result"), "data");
	bool ok = false;

	if (json_is_integer(data) && json_integer_value(data) >= 0) {
		*n = (uint64_t)json_integer_value(data);
		ok = true;
	} else if (json_is_string(data)) {
		ok = slice_u64(slice_str(json_string_value(data)), 0, UINT32_MAX, n);
	}
	if (!ok && !why[0])
		say(why, "the panel said OK, but no number", NULL, 0);
	json_decref(whole);
	return ok;
}

enum panel_proof panel_proof(enum panel_call call)
{
	return calls[call].proof;
}

bool panel_proof_path(enum panel_call call, struct slice account, struct slice mailbox,
		      char out[PATH_MAX])
{
	struct slice local, domain = mailbox;
	int n = 0;

	switch (calls[call].proof) {
	case PANEL_PROOF_LIST:
		n = snprintf(out, PATH_MAX, "%s", calls[call].file);
		break;
	case PANEL_PROOF_FILE:
		n = snprintf(out, PATH_MAX, "%s/%.*s", calls[call].file, (int)account.n,
			     account.p);
		break;
	case PANEL_PROOF_SHADOW:
		if (slice_cut(&domain, '@', &local))
			n = snprintf(out, PATH_MAX, "etc/%.*s/shadow", (int)domain.n,
				     domain.p);
		break;
	case PANEL_PROOF_NONE:
		break;
	}
	return n > 0 && n < PATH_MAX;
}

const char *panel_proof_name(enum panel_call call)
{
	switch (calls[call].proof) {
	case PANEL_PROOF_SHADOW:
		return "the mailbox's shadow file";
	case PANEL_PROOF_NONE:
		return "nowhere";
	case PANEL_PROOF_LIST:
	case PANEL_PROOF_FILE:
		break;
	}
	return calls[call].file;
}

/* "local:HASH:...": a "!" before the hash is a suspended login; before both stands *LOCKED*
 * while the account is suspended. */
int panel_shadow_blocked(struct slice shadow, struct slice mailbox)
{
	static const struct slice locked = SLICE("*LOCKED*");
	struct slice line, local, name, domain = mailbox;

	if (!slice_cut(&domain, '@', &local))
		return -1;
	while (shadow.n) {
		if (!slice_cut(&shadow, '\n', &line)) {
			line = shadow;
			shadow.n = 0;
		}
		if (!slice_cut(&line, ':', &name) || !slice_eq_nocase(name, local))
			continue;
		if (slice_starts(line, locked))
			line = (struct slice){line.p + locked.n, line.n - locked.n};
		return slice_starts(line, SLICE("!"));
	}
	return -1;
}

bool panel_list_has(struct slice list, struct slice target)
{
	bool is_mailbox = slice_find(target, SLICE("@")) != SIZE_MAX;
	struct slice line;

	while (target.n && list.n) {
		if (!slice_cut(&list, '\n', &line)) {
			line = list;
			list.n = 0;
		}
		line = slice_trim(line);
		if (is_mailbox ? slice_eq_nocase(line, target) : slice_eq(line, target))
			return true;
	}
	return false;
}
