/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/base/jsonread.h"
#include "osmd/ctl/hookevent.h"

#include <string.h>

#define USER_MAX 64
#define MAILBOX_MAX 318
#define HOOK_WEIGHT 200 /* after others of the same event */

/* cPanel's guide to standardized hooks: Whostmgr, Passwd, and any UAPI function as
 * UAPI::Module::function. A UAPI hook runs as the customer unless it escalates, and only root
 * may speak to osmd. */
static const struct event {
	const char *category, *name, *told;
	bool in_args;  /* its names are in data.args */
	bool escalate; /* run as root all the same */
	bool says_yes; /* data.result tells of success; without it nothing was changed */
} events[] = {
	{"Whostmgr", "Accounts::Create", "created", false, false, false},
	{"Whostmgr", "Accounts::Modify", "modified", false, false, false},
	{"Whostmgr", "Accounts::Remove", "removed", false, false, false},
	{"Whostmgr", "Accounts::suspendacct", "suspended", true, false, true},
	{"Whostmgr", "Accounts::unsuspendacct", "unsuspended", true, false, true},
	{"Passwd", "ChangePasswd", "password", false, false, false},
	/* told also when nobody knows: osmd then only looks at the panel's files */
	{"Cpanel", "UAPI::Email::suspend_login", "mailbox", true, true, false},
	{"Cpanel", "UAPI::Email::unsuspend_login", "mailbox", true, true, false},
	{"Cpanel", "UAPI::Email::suspend_outgoing", "mailbox", true, true, false},
	{"Cpanel", "UAPI::Email::unsuspend_outgoing", "mailbox", true, true, false},
	{"Cpanel", "UAPI::Email::hold_outgoing", "mailbox", true, true, false},
	{"Cpanel", "UAPI::Email::release_outgoing", "mailbox", true, true, false},
	/* may release: never when nobody knows */
	{"Cpanel", "UAPI::Email::passwd_pop", "password", true, true, true},
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

json_t *hookevent_describe(const char *program)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < EVENTS; i++) {
		json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "category",
					events[i].category, "event", events[i].name,
					"stage", "post", "hook", program, "exectype",
					"script", "weight", HOOK_WEIGHT);

		if (one && events[i].escalate)
			json_object_set_new(one, "escalateprivs", json_integer(1));
		json_array_append_new(list, one);
	}
	return list;
}

static bool only_plain(struct slice s, const char *also)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && (!c || !strchr(also, c)))
			return false;
	}
	return true;
}

bool hookevent_user_fits(struct slice user)
{
	return user.n && user.n <= USER_MAX && user.p[0] != '-' && user.p[0] != '.' &&
	       only_plain(user, "._-");
}

bool hookevent_mailbox_fits(struct slice mailbox)
{
	struct slice domain = mailbox, local;

	return mailbox.n <= MAILBOX_MAX && slice_cut(&domain, '@', &local) && local.n &&
	       domain.n && local.p[0] != '-' && only_plain(local, "._+=~&'!#-") &&
	       only_plain(domain, ".-");
}

static const struct event *find_event(const json_t *context)
{
	for (size_t i = 0; i < EVENTS; i++)
		if (slice_eq(json_slice(context, "category"),
			     slice_str(events[i].category)) &&
		    slice_eq(json_slice(context, "event"), slice_str(events[i].name)))
			return &events[i];
	return NULL;
}

/* A number or a truth; numbers may come as texts. -1: it is neither yes nor no. */
static int said(const json_t *v)
{
	struct slice s = {json_string_value(v), json_string_length(v)};

	if (json_is_true(v) || (json_is_integer(v) && json_integer_value(v) == 1) ||
	    slice_eq(s, SLICE("1")))
		return 1;
	return json_is_false(v) || (json_is_integer(v) && json_integer_value(v) == 0) ||
			       slice_eq(s, SLICE("0"))
		       ? 0
		       : -1;
}

/* A call that failed changed nothing. UAPI's result may be a whole answer with its status. */
static bool has_failed(const struct event *ev, const json_t *data)
{
	const json_t *result = json_object_get(data, "result");
	int yes = said(json_is_object(result) ? json_object_get(result, "status")
					      : result);

	return ev->says_yes ? yes != 1 : yes == 0;
}

/* The mailbox: "email", or with the local part alone there, "domain" behind it. */
static bool put_mailbox(json_t *told, const json_t *args)
{
	struct slice email = json_slice(args, "email"),
		     domain = json_slice(args, "domain");
	char whole[MAILBOX_MAX + 1];

	if (email.n && !memchr(email.p, '@', email.n) &&
	    email.n + 1 + domain.n < sizeof(whole)) {
		memcpy(whole, email.p, email.n);
		whole[email.n] = '@';
		if (domain.n)
			memcpy(whole + email.n + 1, domain.p, domain.n);
		email = (struct slice){whole, email.n + 1 + domain.n};
	}
	return hookevent_mailbox_fits(email) &&
	       json_object_set_new(told, "mailbox", json_stringn(email.p, email.n)) == 0;
}

static bool fill(json_t *told, const struct event *ev, const json_t *data)
{
	const json_t *args = json_object_get(data, "args");
	bool on_mailbox = ev->in_args && ev->escalate;
	struct slice user = json_slice(ev->in_args && !on_mailbox ? args : data, "user");
	struct slice fresh = json_slice(data, "newuser");

	if (!hookevent_user_fits(user))
		return false;
	json_object_set_new(told, "user", json_stringn(user.p, user.n));
	if (strcmp(ev->told, "modified") == 0 && hookevent_user_fits(fresh) &&
	    !slice_eq(fresh, user)) {
		json_object_set_new(told, "event", json_string("renamed"));
		json_object_set_new(told, "newuser", json_stringn(fresh.p, fresh.n));
	}
	return !on_mailbox || put_mailbox(told, args);
}

json_t *hookevent_read(struct slice input)
{
	json_t *doc = input.n <= HOOKEVENT_INPUT_MAX
			      ? json_loadb(input.p ? input.p : "", input.n, 0, NULL)
			      : NULL;
	const json_t *context = json_object_get(doc, "context");
	const json_t *data = json_object_get(doc, "data");
	const struct event *ev = find_event(context);
	json_t *told = NULL;

	if (ev && slice_eq(json_slice(context, "stage"), SLICE("post")) &&
	    !has_failed(ev, data)) {
		told = json_pack("{s:s, s:s}", "do", "notice", "event", ev->told);
		if (told && !fill(told, ev, data)) {
			json_decref(told);
			told = NULL;
		}
	}
	json_decref(doc);
	return told;
}
