/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/classify.h"

#include <string.h>

static const char *const reason_names[CLASS_COUNT] = {
	[CLASS_SUBMISSION] = "submission",     [CLASS_INBOUND] = "inbound",
	[CLASS_LOCALHOST] = "localhost",       [CLASS_BOUNCE] = "bounce",
	[CLASS_REPLY] = "autoreply",	       [CLASS_PANEL] = "panel",
	[CLASS_IGNORED_USER] = "ignored-user", [CLASS_UNKNOWN] = "no-account",
	[CLASS_PROGRAM] = "not-a-submission",  [CLASS_FOLDER] = "folder"};

const char *class_reason_name(enum class_reason r)
{
	return r < CLASS_COUNT ? reason_names[r] : "unknown";
}

void classify_init(struct classify *c, const struct accounts *accounts,
		   const struct config *config)
{
	struct slice list = slice_str(config->ignore_users), name;

	*c = (struct classify){.accounts = accounts,
			       .spool = slice_str(config->exim_spool)};
	while (list.n && c->ignored_count < CLASSIFY_IGNORED_MAX) {
		if (!slice_cut(&list, ',', &name)) {
			name = list;
			list.n = 0;
		}
		name = slice_trim(name);
		if (name.n)
			c->ignored[c->ignored_count++] = name;
	}
}

bool classify_is_ignored(const struct classify *c, struct slice user)
{
	for (size_t i = 0; i < c->ignored_count; i++)
		if (slice_eq(c->ignored[i], user))
			return true;
	return false;
}

bool classify_is_loopback(struct slice address)
{
	return slice_starts(address, SLICE("127.")) || slice_eq(address, SLICE("::1")) ||
	       slice_starts(address, SLICE("::ffff:127."));
}

/* ---- arrivals ---- */

static bool is_local_recipient(const struct classify *c, struct slice address)
{
	const char *at = memrchr(address.p, '@', address.n);
	struct slice domain;

	if (!at) /* a local user's name */
		return true;
	domain = (struct slice){at + 1, (size_t)(address.p + address.n - at - 1)};
	return accounts_is_local_domain(c->accounts, domain);
}

static bool is_local_only(const struct classify *c, const struct exim_line *line)
{
	struct slice rest = line->recipients, address;

	if (!rest.n || line->truncated)
		return false;
	while (eximline_recipient(&rest, &address))
		if (address.n && !is_local_recipient(c, address))
			return false;
	return true;
}

/* What stands before the domain of a login that has one. */
static const char *login_divider(struct slice login)
{
	static const char dividers[] = "@+%";
	const char *at = NULL;

	for (size_t i = 0; login.n && !at && i < sizeof(dividers) - 1; i++)
		at = memrchr(login.p, dividers[i], login.n);
	return at;
}

/* "Bob+Shop.Example" -> "bob@shop.example" when that domain is somebody's. One mailbox has
 * one name, however its thief types it. */
static void fold_login(const struct classify *c, struct slice typed,
		       struct classified *out)
{
	char *p = out->login_text;
	const char *divider;
	struct slice domain;

	for (size_t i = 0; i < typed.n; i++)
		p[i] = typed.p[i] >= 'A' && typed.p[i] <= 'Z' ? (char)(typed.p[i] | 0x20)
							      : typed.p[i];
	out->login = (struct slice){p, typed.n};
	divider = login_divider(out->login);
	if (!divider)
		return;
	domain = (struct slice){divider + 1, (size_t)(p + typed.n - divider - 1)};
	if (!accounts_by_domain(c->accounts, domain))
		return;
	p[divider - p] = '@';
	if (slice_ends(domain, SLICE(".")))
		out->login.n--;
}

/* The panel's own logins have no domain; a customer may name a mailbox like one. */
static bool is_panel_login(struct slice typed)
{
	return slice_starts(typed, SLICE("__cpanel__service__auth__")) &&
	       !login_divider(typed);
}

static enum class_reason charge_login(const struct classify *c, struct slice typed,
				      struct classified *out)
{
	const struct account *a;

	if (is_panel_login(typed))
		return CLASS_PANEL;
	if (typed.n > sizeof(out->login_text))
		return CLASS_UNKNOWN;
	fold_login(c, typed, out);
	if (classify_is_ignored(c, out->login))
		return CLASS_IGNORED_USER;
	a = accounts_by_login(c->accounts, out->login);
	if (a)
		out->event.account = a->name;
	if (memchr(out->login.p, '@', out->login.n))
		out->event.mailbox = out->login;
	else if (!a)
		return CLASS_UNKNOWN;
	out->key = out->event.mailbox.n ? out->event.mailbox : out->event.account;
	return CLASS_SUBMISSION;
}

static enum class_reason charge_user(const struct classify *c, struct slice user,
				     struct classified *out)
{
	const struct account *a;

	if (classify_is_ignored(c, user))
		return CLASS_IGNORED_USER;
	a = accounts_by_user(c->accounts, user);
	if (!a)
		return CLASS_UNKNOWN;
	out->event.account = out->key = a->name;
	return CLASS_SUBMISSION;
}

/* The web server sends for many. Without a line that says for whom, it is counted as
 * itself, as nobody's account. */
static enum class_reason charge_nobody(const struct classify *c,
				       const struct exim_line *line,
				       const struct classify_hint *hint,
				       struct classified *out)
{
	if (hint->nobody.n) {
		out->by_nobody = true;
		return charge_user(c, hint->nobody, out);
	}
	if (classify_is_ignored(c, line->user))
		return CLASS_IGNORED_USER;
	out->key = line->user;
	return CLASS_SUBMISSION;
}

static enum class_reason charge_local(const struct classify *c,
				      const struct exim_line *line,
				      const struct classify_hint *hint,
				      struct classified *out)
{
	if (line->cause.n && !line->sender.n && !hint->count_reply)
		return classify_is_ignored(c, line->user) ? CLASS_BOUNCE : CLASS_REPLY;
	if (slice_eq(line->user, SLICE("nobody")))
		return charge_nobody(c, line, hint, out);
	return charge_user(c, line->user, out);
}

static enum class_reason charge(const struct classify *c, const struct exim_line *line,
				const struct classify_hint *hint, struct classified *out)
{
	if (line->auth.n)
		return charge_login(c, line->auth, out);
	if (line->protocol == EXIM_PROTO_LOCAL)
		return charge_local(c, line, hint, out);
	if (!classify_is_loopback(line->address))
		return CLASS_INBOUND;
	out->by_connection = true;
	return hint->joined.n ? charge_user(c, hint->joined, out) : CLASS_LOCALHOST;
}

static void start(struct classified *out, enum event_type type)
{
	out->event = (struct event){.type = type, .certainty = CERTAINTY_CLAIMED};
	out->login = out->key = out->subject = (struct slice){NULL, 0};
	out->has_subject = out->by_connection = out->by_nobody = out->local_only = false;
}

void classify_arrival(const struct classify *c, const struct exim_line *line,
		      const struct classify_hint *hint, struct classified *out)
{
	start(out, EVENT_LOGLINE);
	out->reason = charge(c, line, hint, out);
	if (out->reason != CLASS_SUBMISSION)
		return;
	out->event.address = line->address;
	out->event.sender = line->sender;
	out->event.message_id = line->id;
	out->event.recipients = line->recipient_count;
	out->has_subject = line->has_subject;
	if (line->has_subject) {
		out->subject = subject_decode(line->subject, out->subject_text);
		out->event.subject = subject_fold(out->subject, out->folded_text);
	}
	out->local_only = is_local_only(c, line);
}

void classify_hidden(const struct classify *c, struct slice who,
		     const struct exim_line *line, struct classified *out)
{
	start(out, EVENT_LOGLINE);
	out->reason = login_divider(who) ? charge_login(c, who, out)
					 : charge_user(c, who, out);
	out->event.message_id = line->id;
	out->event.sender = line->sender;
}

/* ---- cwd= lines ---- */

/* Options whose value may be the next argument, where it must not be taken for an option of
 * its own: -F "-Mc" is a name. (exim(8), 4.96) */
static bool takes_next(struct slice arg)
{
	if (arg.n == 2)
		return memchr("fFrChLOX", arg.p[1], 8) != NULL;
	if (arg.p[1] != 'o' || arg.n < 3)
		return false;
	return arg.p[2] == 'M' ? arg.n > 3 : arg.n == 3 && memchr("ABPX", arg.p[2], 4);
}

/* Options with which Exim takes no message in: -M.. -q.. and these of -b.. */
static bool takes_no_message(struct slice arg)
{
	if (arg.p[1] == 'M' || arg.p[1] == 'q')
		return true;
	return arg.p[1] == 'b' && arg.n > 2 && memchr("pdPthvViwefFIrn", arg.p[2], 15);
}

/* The name under which Exim was started, when that alone says what it does. */
static bool is_queue_program(struct slice program)
{
	const char *slash = memrchr(program.p, '/', program.n);

	if (slash)
		program = (struct slice){slash + 1,
					 (size_t)(program.p + program.n - slash - 1)};
	return slice_eq(program, SLICE("mailq")) || slice_eq(program, SLICE("runq")) ||
	       slice_eq(program, SLICE("newaliases"));
}

struct call {
	unsigned args;
	bool refuses;	  /* an option that takes no message */
	bool submits;	  /* one that does, or a recipient */
	bool null_sender; /* -f <> */
	bool has_cause;	  /* -EID */
};

static void read_option(struct slice arg, struct exim_args *rest, struct call *call)
{
	struct slice value = {arg.p + 2, arg.n > 2 ? arg.n - 2 : 0};

	if (takes_no_message(arg)) {
		call->refuses = true;
		return;
	}
	if (slice_starts(arg, SLICE("-E")))
		call->has_cause = true;
	else
		call->submits = true;
	if (takes_next(arg)) {
		if (!eximline_argument(rest, &value))
			return;
		call->args++;
	}
	if (arg.p[1] == 'f' && slice_eq(value, SLICE("<>")))
		call->null_sender = true;
}

static void read_call(struct slice args, struct call *call)
{
	struct exim_args rest = {.rest = args};
	struct slice arg;
	bool options = true;

	if (!eximline_argument(&rest, &arg))
		return;
	call->args = 1;
	call->refuses = is_queue_program(arg);
	while (eximline_argument(&rest, &arg)) {
		call->args++;
		if (options && slice_eq(arg, SLICE("--")))
			options = false;
		else if (options && arg.n >= 2 && arg.p[0] == '-')
			read_option(arg, &rest, call);
		else
			call->submits = true; /* a recipient */
	}
}

static bool is_submission(const struct exim_line *line)
{
	struct call call = {0};

	read_call(line->args, &call);
	/* Quotes inside an argument aren't escaped, so one argument can look like several
	 * (-F 'x" -q "y'); then nothing that stands there excuses anything. */
	if (call.args != line->arg_count)
		return true;
	if (call.null_sender && call.has_cause) /* Exim's own bounce, or an autoreply */
		return false;
	return call.submits && !call.refuses;
}

static bool is_below(struct slice path, struct slice folder)
{
	return folder.n && slice_starts(path, folder) &&
	       (path.n == folder.n || path.p[folder.n] == '/');
}

/* The spool is also known by its name: replayed logs come from other servers. */
static bool is_spool(const struct classify *c, struct slice path)
{
	return is_below(path, c->spool) || is_below(path, SLICE("/var/spool/exim")) ||
	       is_below(path, SLICE("/var/spool/exim4"));
}

void classify_cwd(const struct classify *c, const struct exim_line *line,
		  struct classified *out)
{
	const struct account *a;

	start(out, EVENT_CWDCHECK);
	out->reason = CLASS_PROGRAM;
	if (!is_submission(line))
		return;
	out->reason = CLASS_FOLDER;
	if (is_spool(c, line->path) || is_below(line->path, SLICE("/usr/local/cpanel")) ||
	    is_below(line->path, SLICE("/root")))
		return;
	a = accounts_by_path(c->accounts, line->path);
	out->reason = a ? CLASS_SUBMISSION : CLASS_UNKNOWN;
	if (a)
		out->event.account = out->key = a->name;
	out->event.path = line->path;
	out->event.recipients = 0;
}

struct slice classify_delivery_id(const struct classify *c, const struct exim_line *line)
{
	static const struct slice none;
	struct exim_args rest = {.rest = line->args};
	struct slice program, option, id;

	if (line->path.n < 7 || !is_spool(c, line->path) ||
	    !eximline_argument(&rest, &program) || !eximline_argument(&rest, &option) ||
	    !slice_starts(option, SLICE("-Mc")) || !eximline_argument(&rest, &id) ||
	    !eximline_is_id(id))
		return none;
	return id;
}
