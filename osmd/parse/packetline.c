/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/packetline.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define STAMP_SIZE 24
#define TIME_LAST INT64_C(253402300799) /* the end of 9999 */

static const char *const sure_names[] = {
	[PACKET_UNKNOWN] = "unknown",	[PACKET_UID_ONLY] = "uid-only",
	[PACKET_PROBABLE] = "probable", [PACKET_SOCKET] = "socket",
	[PACKET_KERNEL] = "kernel",
};

const char *packet_sure_name(enum packet_sure s)
{
	return s <= PACKET_KERNEL ? sure_names[s] : "unknown";
}

static const char *const where_names[] = {
	[PACKET_REMOTE] = "remote",
	[PACKET_LOCALHOST] = "localhost",
	[PACKET_UNSURE] = "unsure",
};

enum packet_where packet_where_of(int is_local)
{
	if (is_local < 0)
		return PACKET_UNSURE;
	return is_local ? PACKET_LOCALHOST : PACKET_REMOTE;
}

/* ---- printing ---- */

static void print_text(struct buf *out, const char *name, struct slice s, size_t max)
{
	buf_printf(out, " %s=\"", name);
	for (size_t i = 0; i < s.n && s.n <= max; i++) {
		const unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, (char)c);
	}
	buf_putc(out, '"');
}

static void print_id(struct buf *out, const char *name, int64_t id)
{
	if (id < 0)
		buf_printf(out, " %s=-", name);
	else
		buf_printf(out, " %s=%lld", name, (long long)id);
}

static void print_end(struct buf *out, const struct addr *a, uint16_t port)
{
	char text[ADDR_TEXT_MAX];

	if (a->family == 0)
		buf_puts(out, "-");
	else
		buf_printf(out, a->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			   addr_print(a, text), port);
}

void packetline_print(const struct packet *p, struct buf *out)
{
	time_t at = (time_t)(p->at_s < 0 ? 0 : p->at_s > TIME_LAST ? TIME_LAST : p->at_s);
	struct slice command = p->command, parents = p->parents;
	char stamp[STAMP_SIZE] = "";
	struct tm tm;

	if (command.n > PACKET_COMMAND_MAX)
		command.n = PACKET_COMMAND_MAX;
	if (parents.n > PACKET_PARENTS_MAX)
		parents.n = PACKET_PARENTS_MAX;
	if (gmtime_r(&at, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_printf(out, "packet %s ", stamp);
	print_end(out, &p->from, p->from_port);
	buf_puts(out, " > ");
	print_end(out, &p->to, p->to_port);
	buf_printf(out, " %s %s", where_names[p->where], packet_sure_name(p->sure));
	print_id(out, "uid", p->uid);
	print_id(out, "gid", p->gid);
	print_id(out, "pid", p->pid);
	print_text(out, "exe", p->exe, PACKET_EXE_MAX);
	print_text(out, "cwd", p->cwd, PACKET_CWD_MAX);
	print_text(out, "script", p->script, PACKET_SCRIPT_MAX);
	print_text(out, "cmd", command, PACKET_COMMAND_MAX);
	if (parents.n)
		print_text(out, "parents", parents, PACKET_PARENTS_MAX);
}

/* ---- reading ---- */

/* The next part, up to a blank or the end. */
static bool next_part(struct slice *rest, struct slice *part)
{
	if (!rest->n)
		return false;
	if (!slice_cut(rest, ' ', part)) {
		*part = *rest;
		rest->n = 0;
	}
	return part->n > 0;
}

static bool take_word(struct slice *rest, const char *word)
{
	struct slice part;

	return next_part(rest, &part) && slice_eq(part, slice_str(word));
}

/* YYYY-MM-DDThh:mm:ssZ, as print makes it: what prints differently is none. */
static bool take_time(struct slice *rest, int64_t *at_s)
{
	static const struct {
		unsigned at, n, min, max;
	} parts[] = {{0, 4, 1970, 9999}, {5, 2, 1, 12},	 {8, 2, 1, 31},
		     {11, 2, 0, 23},	 {14, 2, 0, 59}, {17, 2, 0, 59}};
	char again[STAMP_SIZE];
	struct slice part;
	uint64_t v[6];
	struct tm tm;
	time_t at;

	if (!next_part(rest, &part) || part.n != 20)
		return false;
	for (size_t i = 0; i < 6; i++)
		if (!slice_u64((struct slice){part.p + parts[i].at, parts[i].n},
			       parts[i].min, parts[i].max, &v[i]))
			return false;
	tm = (struct tm){.tm_year = (int)v[0] - 1900,
			 .tm_mon = (int)v[1] - 1,
			 .tm_mday = (int)v[2],
			 .tm_hour = (int)v[3],
			 .tm_min = (int)v[4],
			 .tm_sec = (int)v[5]};
	at = timegm(&tm);
	if (!gmtime_r(&at, &tm) ||
	    !strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%SZ", &tm) ||
	    !slice_eq(part, slice_str(again)))
		return false;
	*at_s = (int64_t)at;
	return true;
}

static bool take_end(struct slice *rest, struct addr *a, uint16_t *port)
{
	struct slice part, host, number;
	uint64_t n;
	size_t colon;

	if (!next_part(rest, &part))
		return false;
	if (slice_eq(part, SLICE("-")))
		return true;
	for (colon = part.n; colon > 0 && part.p[colon - 1] != ':'; colon--)
		;
	if (colon < 2)
		return false;
	host = (struct slice){part.p, colon - 1};
	number = (struct slice){part.p + colon, part.n - colon};
	if (host.p[0] == '[') {
		if (host.n < 2 || host.p[host.n - 1] != ']')
			return false;
		host = (struct slice){host.p + 1, host.n - 2};
	}
	if (!slice_u64(number, 0, UINT16_MAX, &n) || !addr_parse(host, a))
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool take_value(struct slice *rest, const char *name, struct slice *value)
{
	struct slice part, head;

	if (!next_part(rest, &part) || !slice_cut(&part, '=', &head) ||
	    !slice_eq(head, slice_str(name)))
		return false;
	*value = part;
	return true;
}

static bool take_id(struct slice *rest, const char *name, int64_t *out)
{
	struct slice value;
	uint64_t n;

	*out = PACKET_ID_NONE;
	if (!take_value(rest, name, &value))
		return false;
	if (slice_eq(value, SLICE("-")))
		return true;
	if (!slice_u64(value, 0, UINT32_MAX, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of a quoted text; false at its end or where it is wrong. */
static bool take_byte(struct slice *s, char *out)
{
	int high, low;

	if (!s->n || s->p[0] == '"' || (unsigned char)s->p[0] < 0x20 ||
	    (unsigned char)s->p[0] >= 0x7f)
		return false;
	*out = s->p[0];
	if (*out != '\\') {
		*s = (struct slice){s->p + 1, s->n - 1};
		return true;
	}
	if (s->n < 4 || s->p[1] != 'x')
		return false;
	high = hex_digit(s->p[2]);
	low = hex_digit(s->p[3]);
	if (high < 0 || low < 0)
		return false;
	*out = (char)(high << 4 | low);
	*s = (struct slice){s->p + 4, s->n - 4};
	return true;
}

/* name="..." and the blank behind it, unless it is the last. */
static bool take_text(struct slice *rest, const char *name, size_t max, char **space,
		      struct slice *out)
{
	const size_t n = strlen(name);
	char c;

	*out = (struct slice){*space, 0};
	if (rest->n < n + 3 || memcmp(rest->p, name, n) != 0 || rest->p[n] != '=' ||
	    rest->p[n + 1] != '"')
		return false;
	*rest = (struct slice){rest->p + n + 2, rest->n - n - 2};
	while (take_byte(rest, &c)) {
		if (out->n == max)
			return false;
		(*space)[out->n++] = c;
	}
	*space += out->n;
	if (!rest->n || rest->p[0] != '"')
		return false;
	*rest = (struct slice){rest->p + 1, rest->n - 1};
	if (!rest->n)
		return true;
	if (rest->p[0] != ' ')
		return false;
	*rest = (struct slice){rest->p + 1, rest->n - 1};
	return rest->n > 0;
}

static bool take_where(struct slice *rest, enum packet_where *where)
{
	struct slice part;

	if (!next_part(rest, &part))
		return false;
	for (int w = PACKET_REMOTE; w <= PACKET_UNSURE; w++)
		if (slice_eq(part, slice_str(where_names[w]))) {
			*where = (enum packet_where)w;
			return true;
		}
	return false;
}

static bool take_sure(struct slice *rest, enum packet_sure *sure)
{
	struct slice part;

	if (!next_part(rest, &part))
		return false;
	for (int s = PACKET_UNKNOWN; s <= PACKET_KERNEL; s++)
		if (slice_eq(part, slice_str(sure_names[s]))) {
			*sure = (enum packet_sure)s;
			return true;
		}
	return false;
}

bool packetline_parse(struct slice line, struct packet *out, char text[PACKET_TEXT_MAX])
{
	struct slice rest = line;
	char *space = text;

	*out = (struct packet){.at_s = 0};
	if (line.n > PACKET_LINE_MAX)
		return false;
	return take_word(&rest, "packet") && take_time(&rest, &out->at_s) &&
	       take_end(&rest, &out->from, &out->from_port) && take_word(&rest, ">") &&
	       take_end(&rest, &out->to, &out->to_port) && out->to.family &&
	       take_where(&rest, &out->where) && take_sure(&rest, &out->sure) &&
	       take_id(&rest, "uid", &out->uid) && take_id(&rest, "gid", &out->gid) &&
	       take_id(&rest, "pid", &out->pid) &&
	       take_text(&rest, "exe", PACKET_EXE_MAX, &space, &out->exe) &&
	       take_text(&rest, "cwd", PACKET_CWD_MAX, &space, &out->cwd) &&
	       take_text(&rest, "script", PACKET_SCRIPT_MAX, &space, &out->script) &&
	       take_text(&rest, "cmd", PACKET_COMMAND_MAX, &space, &out->command) &&
	       (rest.n == 0 ||
		(take_text(&rest, "parents", PACKET_PARENTS_MAX, &space, &out->parents) &&
		 rest.n == 0 && out->parents.n > 0));
}
