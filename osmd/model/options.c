/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/model/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "osmd/base/addr.h"
#include "osmd/model/csffile.h"
#include "osmd/model/options_table.h"

#define VALUE_SHOWN 64

static const char *const trigger_names[TRIGGER_COUNT] = {
	[TRIGGER_PACKET] = "packet",	 [TRIGGER_PACKET_CWD] = "packet:cwd",
	[TRIGGER_LOGLINE] = "logline",	 [TRIGGER_LOGLINE_SUBJECT] = "logline:subject",
	[TRIGGER_CWDCHECK] = "cwdcheck", [TRIGGER_CWDCHECK_CWD] = "cwdcheck:cwd",
};

static const char *const action_names[ACTION_COUNT] = {
	[ACTION_EMAIL] = "email",
	[ACTION_STORE] = "store",
	[ACTION_HOLD] = "hold",
	[ACTION_BLOCK_ACCOUNT] = "block_account",
	[ACTION_CUSTOM] = "custom",
	[ACTION_BLOCK_MAILBOX] = "block_mailbox",
	[ACTION_BLOCK_LOGIN] = "block_login",
	[ACTION_SUSPEND_MAILBOX] = "suspend_mailbox",
	[ACTION_SUSPEND_ACCOUNT] = "suspend_account",
	[ACTION_RENAME_PATH] = "rename_path",
	[ACTION_RENAME_SCRIPT] = "rename_script",
	[ACTION_FIREWALL] = "firewall",
	[ACTION_BLOCK_SMTP] = "block_smtp",
	[ACTION_STEPS] = "steps",
};

static int find_name(const char *const *names, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(name, slice_str(names[i])))
			return (int)i;
	return -1;
}

const char *trigger_name(enum trigger_id t)
{
	return (unsigned)t < TRIGGER_COUNT ? trigger_names[t] : "unknown";
}

int trigger_find(struct slice name)
{
	return find_name(trigger_names, TRIGGER_COUNT, name);
}

const char *action_name(enum action_id a)
{
	return (unsigned)a < ACTION_COUNT ? action_names[a] : "unknown";
}

int action_find(struct slice name)
{
	return find_name(action_names, ACTION_COUNT, name);
}

/* Text of the file as it may stand in a message: cut, without control bytes. */
static const char *shown(struct slice s, char out[VALUE_SHOWN + 4])
{
	size_t n = s.n < VALUE_SHOWN ? s.n : VALUE_SHOWN;

	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
	strcpy(out + n, s.n > n ? "..." : "");
	return out;
}

static bool unknown_action(struct slice word, struct err *e)
{
	char known[256] = "", text[VALUE_SHOWN + 4];
	size_t n = 0;

	for (int a = 0; a < ACTION_COUNT; a++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", a ? ", " : "",
				      action_names[a]);
	return err_set(e, EINVAL, "\"%s\" is no action (known are %s)", shown(word, text),
		       known);
}

bool actions_parse(struct slice list, unsigned *bits, struct err *e)
{
	struct slice rest = list, word;
	unsigned got = 0;
	bool more = slice_trim(list).n > 0;

	while (more) {
		int a;

		more = slice_cut(&rest, ',', &word);
		if (!more)
			word = rest;
		a = action_find(slice_trim(word));
		if (a < 0)
			return unknown_action(slice_trim(word), e);
		got |= ACTION_BIT(a);
	}
	*bits = got;
	return true;
}

/* Each once, and such as can be undone: the order of their strength is the administrator's. */
static bool steps_parse(struct slice list, struct action_steps *steps, struct err *e)
{
	const unsigned never = ACTION_BIT(ACTION_EMAIL) | ACTION_BIT(ACTION_STORE) |
			       ACTION_BIT(ACTION_CUSTOM) | ACTION_BIT(ACTION_STEPS);
	struct action_steps got = {0};
	struct slice rest = list, word;
	bool more = slice_trim(list).n > 0;
	unsigned seen = 0;

	while (more) {
		int a;

		more = slice_cut(&rest, ',', &word);
		if (!more)
			word = rest;
		a = action_find(slice_trim(word));
		if (a < 0)
			return unknown_action(slice_trim(word), e);
		if (ACTION_BIT(a) & never)
			return err_set(e, EINVAL, "%s is no step", action_names[a]);
		if (ACTION_BIT(a) & seen)
			return err_set(e, EINVAL, "%s is there twice", action_names[a]);
		if (got.n == STEPS_MAX)
			return err_set(e, EINVAL, "more than %d steps", STEPS_MAX);
		seen |= ACTION_BIT(a);
		got.list[got.n++] = (unsigned char)a;
	}
	*steps = got;
	return true;
}

static bool set_switch(void *field, struct slice value, struct err *e)
{
	if (!slice_eq(value, SLICE("0")) && !slice_eq(value, SLICE("1")))
		return err_set(e, EINVAL, "must be 0 or 1");
	*(bool *)field = value.p[0] == '1';
	return true;
}

static bool set_number(const struct option *o, void *field, struct slice value,
		       struct err *e)
{
	uint64_t v;

	if (!slice_u64(value, o->row.min, o->row.max, &v))
		return err_set(e, ERANGE, "must be a whole number from %u to %u",
			       o->row.min, o->row.max);
	*(unsigned *)field = (unsigned)v;
	return true;
}

static bool check_text(struct slice value, size_t max, struct err *e)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c < 0x20 || c == 0x7f)
			return err_set(e, EINVAL, "must not hold control characters");
		if (c == '"' || c == '\'' || c == '`')
			return err_set(e, EINVAL, "must not hold quotes");
	}
	if (value.n >= max)
		return err_set(e, ENAMETOOLONG, "must be shorter than %zu bytes", max);
	return true;
}

static void store_text(char *field, struct slice value)
{
	if (value.n)
		memcpy(field, value.p, value.n);
	field[value.n] = '\0';
}

/* "." and ".." would lead out of the folder that --root puts before the path. */
static bool has_dots(struct slice path)
{
	struct slice rest = path, part;
	bool more = true;

	while (more) {
		more = slice_cut(&rest, '/', &part);
		if (!more)
			part = rest;
		if (slice_eq(part, SLICE(".")) || slice_eq(part, SLICE("..")))
			return true;
	}
	return false;
}

static bool set_path(const struct option *o, char *field, struct slice value,
		     struct err *e)
{
	if (!o->required && value.n == 0) {
		field[0] = '\0';
		return true;
	}
	if (!slice_starts(value, SLICE("/")))
		return err_set(e, EINVAL, "must be an absolute path");
	if (!check_text(value, CONFIG_PATH_MAX, e))
		return false;
	if (has_dots(value))
		return err_set(e, EINVAL, "must not have \".\" or \"..\" as a part");
	while (value.n > 1 && value.p[value.n - 1] == '/')
		value.n--;
	store_text(field, value);
	return true;
}

static bool is_place(struct slice value)
{
	struct addr address;
	uint16_t port;

	return addr_parse_place(value, &address, &port) && port != 0;
}

/* Words end up in argument vectors, where a first "-" makes an option of them. */
static bool set_word(const struct option *o, char *field, struct slice value,
		     struct err *e)
{
	if (o->required && value.n == 0)
		return err_set(e, EINVAL, "must not be empty");
	if (!check_text(value, CONFIG_WORD_MAX, e))
		return false;
	if (slice_starts(value, SLICE("-")))
		return err_set(e, EINVAL, "must not begin with \"-\"");
	if (slice_find(value, SLICE(" ")) != SIZE_MAX)
		return err_set(e, EINVAL, "must not hold blanks");
	if (o->suffix && (value.n > 32 || !slice_starts(value, SLICE(".")) ||
			  value.n < 2 || slice_find(value, SLICE("/")) != SIZE_MAX))
		return err_set(e, EINVAL,
			       "must begin with a dot and hold at most 32 bytes and no "
			       "slash");
	if (o->place && value.n && !is_place(value))
		return err_set(e, EINVAL,
			       "must be a port of 127.0.0.1, or ADDRESS:PORT with an IPv6 "
			       "address in brackets; ports are 1 to 65535");
	store_text(field, value);
	return true;
}

static bool set_choice(const struct option *o, void *field, struct slice value,
		       struct err *e)
{
	struct slice rest = slice_str(o->row.choices), word;
	bool more = true;

	for (int i = 0; more; i++) {
		more = slice_cut(&rest, '|', &word);
		if (!more)
			word = rest;
		if (slice_eq(value, word)) {
			*(enum count_unit *)field = (enum count_unit)i;
			return true;
		}
	}
	return err_set(e, EINVAL, "must be one of %s", o->row.choices);
}

static bool set_ports(struct config_ports *out, struct slice value, struct err *e)
{
	struct config_ports got = {.count = 0};
	struct slice rest = value, word;
	bool more = true;
	uint64_t port;

	while (more) {
		more = slice_cut(&rest, ',', &word);
		if (!more)
			word = rest;
		if (!slice_u64(slice_trim(word), 1, UINT16_MAX, &port))
			return err_set(e, EINVAL,
				       "must be ports from 1 to 65535, parted by commas");
		if (got.count == CONFIG_PORTS_MAX)
			return err_set(e, E2BIG, "must be at most %d ports",
				       CONFIG_PORTS_MAX);
		got.port[got.count++] = (uint16_t)port;
	}
	*out = got;
	return true;
}

static bool set_value(const struct option *o, struct config *c, struct slice value,
		      struct err *e)
{
	void *field = (char *)c + o->offset;

	switch (o->kind) {
	case OPTION_SWITCH:
		return set_switch(field, value, e);
	case OPTION_NUMBER:
		return set_number(o, field, value, e);
	case OPTION_PATH:
		return set_path(o, field, value, e);
	case OPTION_WORD:
		return set_word(o, field, value, e);
	case OPTION_CHOICE:
		return set_choice(o, field, value, e);
	case OPTION_ACTIONS:
		return actions_parse(value, field, e);
	case OPTION_PORTS:
		return set_ports(field, value, e);
	case OPTION_STEPS:
		return steps_parse(value, field, e);
	}
	return false;
}

void options_defaults(struct config *c)
{
	const struct option *o;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; (o = option_at(i)); i++)
		set_value(o, c, slice_str(o->row.fallback), NULL);
}

struct loading {
	struct config config;
	options_problem_fn problem;
	void *ctx;
	size_t problems;
};

static void told(unsigned line, const char *text, void *ctx)
{
	struct loading *l = ctx;

	if (l->problem)
		l->problem(line, text, l->ctx);
}

static void wrong(struct loading *l, unsigned line, const char *text)
{
	l->problems++;
	told(line, text, l);
}

static const char *near_name(struct slice name)
{
	const struct option *o;

	for (size_t i = 0; (o = option_at(i)); i++)
		if (slice_eq_nocase(name, slice_str(o->row.name)))
			return o->row.name;
	return NULL;
}

static void unknown(struct loading *l, const struct csf_setting *s)
{
	char name[VALUE_SHOWN + 4], text[256];
	const char *near = near_name(s->key);

	shown(s->key, name);
	if (near)
		snprintf(text, sizeof(text), "%s: unknown setting (did you mean %s?)",
			 name, near);
	else
		snprintf(text, sizeof(text), "%s: unknown setting", name);
	wrong(l, s->line, text);
}

static void load_setting(const struct csf_setting *s, void *ctx)
{
	struct loading *l = ctx;
	const struct option *o = option_find(s->key);
	char value[VALUE_SHOWN + 4], text[sizeof(((struct err *)0)->msg) + 128];
	struct err e = {0};

	if (!o) {
		unknown(l, s);
		return;
	}
	if (set_value(o, &l->config, s->value, &e))
		return;
	snprintf(text, sizeof(text), "%s = \"%s\": %s (default: %s)", o->row.name,
		 shown(s->value, value), e.msg, o->row.fallback);
	wrong(l, s->line, text);
}

size_t options_load(struct slice text, struct config *c, options_problem_fn problem,
		    void *ctx)
{
	struct loading l = {.problem = problem, .ctx = ctx};

	options_defaults(&l.config);
	l.problems += csffile_read(text, load_setting, told, &l);
	if (l.problems == 0)
		*c = l.config;
	return l.problems;
}

size_t options_count(void)
{
	size_t n = 0;

	while (option_at(n))
		n++;
	return n;
}

const struct option_row *options_row(size_t i)
{
	const struct option *o = option_at(i);

	return o ? &o->row : NULL;
}
