/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csfcall.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "osmd/base/buf.h"

#define OURS "osm: "

/* ---- the comment ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* No quotes, no shell's signs, no "|": csf hands comments on to scripts and other servers. */
static char plain(char c)
{
	if (is_letter(c) || (c >= '0' && c <= '9') ||
	    (c && strchr(" .,:@/_+=()[]-%#", c)))
		return c;
	return (unsigned char)c <= 0x20 ? ' ' : '_';
}

/* Every place of word, in any case, gets '_' for its blanks, so that it is no word of csf's. */
static void join_word(char *text, const char *word)
{
	char *at = text;

	while ((at = strcasestr(at, word))) {
		for (size_t i = 0; word[i]; i++, at++)
			if (*at == ' ')
				*at = '_';
	}
}

static void defuse(char *text)
{
	char *at;

	for (at = text; *at; at++)
		if (*at == '-' && at[1] && strchr("pPdD", at[1]))
			*at = '_';
	for (at = text; (at = strstr(at, "Include")); at++)
		*at = 'i';
	join_word(text, "do not delete");
}

void csfcall_comment(struct slice reason, bool is_foreign, char out[FW_REASON_MAX])
{
	size_t n = 0;

	if (!is_foreign) {
		memcpy(out, OURS, sizeof(OURS) - 1);
		n = sizeof(OURS) - 1;
	}
	reason = slice_trim(reason);
	for (size_t i = 0; i < reason.n && n + 1 < FW_REASON_MAX; i++) {
		char c = plain(reason.p[i]);

		if (c != ' ' || (n && out[n - 1] != ' '))
			out[n++] = c;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	defuse(out);
}

bool csfcall_is_ours(struct slice comment, struct slice *reason)
{
	struct slice s = slice_trim(comment);

	if (!slice_starts(s, SLICE("osm:")))
		return false;
	*reason = slice_trim((struct slice){s.p + 4, s.n - 4});
	return true;
}

/* ---- arguments ---- */

const char *csfcall_ports(const uint16_t *ports, size_t count, char out[CSF_PORTS_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count && i < FW_PORTS_MAX; i++)
		n += (size_t)snprintf(out + n, CSF_PORTS_MAX - n, "%s%u", i ? "," : "",
				      (unsigned)ports[i]);
	return out;
}

bool csfcall_uid_filter(uid_t uid, struct slice ports, char out[CSF_FILTER_MAX])
{
	int n = snprintf(out, CSF_FILTER_MAX, "tcp|out|d=%.*s|u=%u", (int)ports.n,
			 ports.p, (unsigned)uid);

	return ports.n > 0 && n < CSF_FILTER_MAX;
}

bool csfcall_port_filter(const struct addr *net, enum fw_direction one,
			 struct slice ports, char out[CSF_FILTER_MAX])
{
	char text[ADDR_TEXT_MAX];
	int n = snprintf(out, CSF_FILTER_MAX, "tcp|%s|d=%.*s|%s=%s",
			 one == FW_IN ? "in" : "out", (int)ports.n, ports.p,
			 one == FW_IN ? "s" : "d", addr_print(net, text));

	return ports.n > 0 && n < CSF_FILTER_MAX;
}

static bool put_arg(struct csf_command *out, size_t *argc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static bool put_arg(struct csf_command *out, size_t *argc, const char *fmt, ...)
{
	size_t room = sizeof(out->text) - out->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out->text + out->used, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		return false;
	out->argv[(*argc)++] = out->text + out->used;
	out->used += (size_t)n + 1;
	return true;
}

static const char *direction_word(enum fw_direction d)
{
	return d == FW_IN ? "in" : d == FW_OUT ? "out" : "inout";
}

/* "-p 25,465 -d inout osm: text": the direction is always given, so that nothing that
 * follows can be taken for one. */
static bool put_options(struct csf_command *out, size_t *argc, const struct csf_wanted *w,
			const char *comment)
{
	bool has_ports = w->ports.n > 0;

	return put_arg(out, argc, "%s%.*s%s-d %s %s", has_ports ? "-p " : "",
		       (int)w->ports.n, has_ports ? w->ports.p : "", has_ports ? " " : "",
		       direction_word(w->direction), comment);
}

bool csfcall_build(const struct paths *paths, const struct csf_wanted *wanted,
		   struct csf_command *out, struct err *err)
{
	static const char *const verbs[] = {"-d", "-dr", "-td", "-trd"};
	char program[PATH_MAX], comment[FW_REASON_MAX];
	size_t argc = 0;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (!paths_at(paths, CSF_PROGRAM, program, sizeof(program)))
		return err_set(err, ENAMETOOLONG, "csf's path is too long");
	csfcall_comment(wanted->comment, wanted->is_foreign, comment);
	ok = put_arg(out, &argc, "%s", program) &&
	     put_arg(out, &argc, "%s", verbs[wanted->verb]) &&
	     put_arg(out, &argc, "%.*s", (int)wanted->entry.n, wanted->entry.p);
	if (wanted->verb == CSF_TEMP_ADD) {
		ok = ok &&
		     put_arg(out, &argc, "%" PRId64,
			     wanted->ttl < CSF_TEMP_MIN_S ? CSF_TEMP_MIN_S : wanted->ttl);
		ok = ok && put_options(out, &argc, wanted, comment);
	} else if (wanted->verb == CSF_DENY_ADD) {
		ok = ok && put_arg(out, &argc, "%s", comment);
	}
	return ok || err_set(err, E2BIG, "csf: the arguments are too long");
}

/* ---- the answer ---- */

/* One thing that csf says, and what it means. The first row whose words stand in the output
 * wins: with IPv6 off, -td prints that it failed and then that it blocked. */
struct saying {
	const char *words;
	enum csf_answer means;
	unsigned verbs; /* bit per csf_verb; 0: all */
};

#define V(verb) (1u << (verb))
#define ADDS (V(CSF_DENY_ADD) | V(CSF_TEMP_ADD))

static const struct saying sayings[] = {
	/* [U] 15.00, [A] 15.10 and [C] 16.07 of docs/firewall-csf.md */
	{"csf and lfd have been disabled", CSF_UNABLE, 0},
	{"You have an unresolved error when starting csf", CSF_UNABLE, 0},
	{"csf is being restarted", CSF_UNABLE, 0},
	{"*Error*", CSF_UNABLE, 0},
	{"Error:", CSF_UNABLE, 0},
	{"only while in TESTING mode", CSF_NOT_IN_FORCE, ADDS},
	{"IPV6 is not enabled", CSF_REFUSED, 0},
	{"is one of this servers addresses", CSF_REFUSED, 0},
	{"is not a valid PUBLIC IP", CSF_REFUSED, 0},
	{"is in the allow file", CSF_REFUSED, 0},
	{"is in the ignore file", CSF_REFUSED, 0},
	{"set as \"do not delete\"", CSF_REFUSED, 0},
	{"is in already in the deny file", CSF_ALREADY, V(CSF_DENY_ADD)},
	{"is already permanently blocked", CSF_ALREADY, V(CSF_TEMP_ADD)},
	{"is already temporarily blocked", CSF_ALREADY, V(CSF_TEMP_ADD)},
	{"not found in csf.deny", CSF_ALREADY, V(CSF_DENY_REMOVE)},
	{"not found in temporary bans", CSF_ALREADY, V(CSF_TEMP_REMOVE)},
	{"There are no temporary IP bans", CSF_ALREADY, V(CSF_TEMP_REMOVE)},
	{"deny failed:", CSF_REFUSED, 0},
	/* iptables' and ipset's own words, between csf's */
	{"does a matching rule exist", CSF_NOT_IN_FORCE, 0},
	{"No chain/target/match", CSF_NOT_IN_FORCE, 0},
	{"does not exist", CSF_NOT_IN_FORCE, 0},
	{"Try `iptables -h'", CSF_NOT_IN_FORCE, 0},
	{"Try `ip6tables -h'", CSF_NOT_IN_FORCE, 0},
	{"it's not added", CSF_NOT_IN_FORCE, 0},
	{"Set cannot be", CSF_NOT_IN_FORCE, 0},
	{"is full", CSF_NOT_IN_FORCE, ADDS}, /* ipset: LF_IPSET_MAXELEM reached */
	/* and at last success */
	{"to csf.deny and iptables DROP", CSF_DONE, V(CSF_DENY_ADD)},
	{"Removing rule", CSF_DONE, V(CSF_DENY_REMOVE)},
	{"blocked on port", CSF_DONE, V(CSF_TEMP_ADD)},
	{"temporary block removed", CSF_DONE, V(CSF_TEMP_REMOVE)},
};

/* The output without colours (ESC [ ... letter) and with every other odd byte as a blank. */
static void to_plain(struct slice output, struct buf *out)
{
	for (size_t i = 0; i < output.n; i++) {
		char c = output.p[i];

		if (c == 0x1b) {
			i++;
			while (i < output.n && !is_letter(output.p[i]))
				i++;
			continue;
		}
		buf_putc(out, c == '\n' || (c >= 0x20 && c < 0x7f) ? c : ' ');
	}
}

/* At its DENY_IP_LIMIT csf shows the entries that it took out, with whatever their comments
 * say; and before each answer it may warn of its own configuration. Neither is an answer. */
static bool is_answer(struct slice line)
{
	return slice_find(line, SLICE(" # ")) == SIZE_MAX &&
	       slice_find(line, SLICE("*WARNING*")) == SIZE_MAX;
}

static void keep_answers(struct slice all, struct buf *out)
{
	struct slice line;

	while (all.n) {
		if (!slice_cut(&all, '\n', &line)) {
			line = all;
			all.n = 0;
		}
		if (is_answer(line)) {
			buf_slice(out, line);
			buf_putc(out, '\n');
		}
	}
}

static void copy_line(const char *text, const char *at, char why[CSF_WHY_MAX])
{
	const char *begin = at, *end = strchr(at, '\n');
	struct slice line;

	while (begin > text && begin[-1] != '\n')
		begin--;
	line = slice_trim(
		(struct slice){begin, end ? (size_t)(end - begin) : strlen(begin)});
	snprintf(why, CSF_WHY_MAX, "%.*s", (int)line.n, line.p);
}

static enum csf_answer judge_text(enum csf_verb verb, const char *text,
				  char why[CSF_WHY_MAX])
{
	const char *first = text + strspn(text, " \n"), *at;

	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
		const struct saying *s = &sayings[i];

		if ((s->verbs && !(s->verbs & V(verb))) || !(at = strstr(text, s->words)))
			continue;
		if (s->means != CSF_DONE)
			copy_line(text, at, why);
		return s->means;
	}
	if (*first)
		copy_line(text, first, why);
	else
		snprintf(why, CSF_WHY_MAX, "csf said nothing");
	return CSF_UNABLE;
}

enum csf_answer csfcall_judge(enum csf_verb verb, struct slice output,
			      char why[CSF_WHY_MAX])
{
	enum csf_answer answer = CSF_UNABLE;
	struct buf text, answers;

	why[0] = '\0';
	buf_init(&text, output.n + 1);
	buf_init(&answers, output.n + 2);
	to_plain(output, &text);
	keep_answers(buf_view(&text), &answers);
	if (buf_ok(&text) && buf_ok(&answers))
		answer = judge_text(verb, buf_str(&answers), why);
	else
		snprintf(why, CSF_WHY_MAX, "no memory to read csf's answer");
	buf_clear(&text);
	buf_clear(&answers);
	return answer;
}
