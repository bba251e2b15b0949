/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csflist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/file.h"

#define LOCK_LIMIT_MS 5000 /* csf holds a list for milliseconds, lfd too */
#define SHOWN 64

/* ---- one line ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static bool is_plain_text(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return s.n > 0;
}

static struct slice without_hash(struct slice s)
{
	s = slice_trim(s);
	while (s.n && s.p[0] == '#') {
		s.p++;
		s.n--;
		s = slice_trim(s);
	}
	return s;
}

/* "25,465,587", "1024_2048", "25;udp", an ICMP type such as "ping" */
static bool is_port_text(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			  (c >= 'A' && c <= 'Z') || (c && strchr(",_:;-/*", c));

		if (!ok)
			return false;
	}
	return s.n > 0;
}

static bool filter_owner(struct slice value, bool is_uid, struct csf_entry *e)
{
	uint64_t n;

	if (!is_uid) /* a group: no account of its own to compare with */
		return value.n > 0;
	if (!slice_u64(value, 0, UINT32_MAX - 1, &n))
		return false;
	e->has_uid = true;
	e->uid = (uid_t)n;
	return true;
}

/* s=, d=, u= or g=: a port, an address, an owner, told apart by what they hold. */
static bool filter_value(struct slice field, struct csf_entry *e)
{
	struct slice value = {field.p + 2, field.n - 2};
	struct addr net;

	if (field.p[0] == 'u' || field.p[0] == 'g')
		return filter_owner(value, field.p[0] == 'u', e);
	if ((memchr(value.p, '.', value.n) || memchr(value.p, ':', value.n)) &&
	    addr_parse_cidr(value, &net)) {
		if (e->net.family)
			return false;
		e->net = net;
		return true;
	}
	if (e->ports.n || !is_port_text(value))
		return false;
	e->ports = value;
	return true;
}

static bool filter_field(struct slice field, struct csf_entry *e)
{
	if (slice_eq_nocase(field, SLICE("tcp")) ||
	    slice_eq_nocase(field, SLICE("udp")) || slice_eq_nocase(field, SLICE("icmp")))
		e->protocol = field;
	else if (slice_eq_nocase(field, SLICE("in")))
		e->direction = FW_IN;
	else if (slice_eq_nocase(field, SLICE("out")))
		e->direction = FW_OUT;
	else if (field.n > 2 && field.p[1] == '=' && strchr("sdug", field.p[0]))
		return filter_value(field, e);
	else
		return false;
	return true;
}

/* An IPv6 address in the ":" form of a filter takes the rest of it: "tcp:in:d=25:s=2001:db8::1". */
static bool takes_the_rest(struct slice rest)
{
	struct addr net;

	return rest.n > 2 && rest.p[1] == '=' && (rest.p[0] == 's' || rest.p[0] == 'd') &&
	       addr_parse_cidr((struct slice){rest.p + 2, rest.n - 2}, &net);
}

static bool parse_filter(struct slice text, struct csf_entry *e)
{
	char sep = memchr(text.p, '|', text.n) ? '|' : ':';
	struct slice rest = text, field;

	e->is_filter = true;
	e->protocol = SLICE("tcp"); /* csf's own defaults */
	e->direction = FW_IN;
	if (!memchr(text.p, '=', text.n))
		return false;
	while (rest.n) {
		if (takes_the_rest(rest) || !slice_cut(&rest, sep, &field)) {
			field = rest;
			rest.n = 0;
		}
		if (!filter_field(field, e))
			return false;
	}
	return e->net.family || e->ports.n || e->has_uid;
}

static enum csf_form bad(const char **why, const char *text)
{
	*why = text;
	return CSF_LINE_BAD;
}

static enum csf_form parse_include(struct slice line, struct csf_entry *out,
				   const char **why)
{
	struct slice path = {line.p + 7, line.n - 7};

	path = slice_trim(path);
	if (!is_plain_text(path) || path.p[0] != '/' || path.n >= PATH_MAX)
		return bad(why, "Include needs one absolute path");
	out->text = path;
	return CSF_LINE_INCLUDE;
}

enum csf_form csflist_line(struct slice line, struct csf_entry *out, const char **why)
{
	struct slice s = slice_trim(line), text = s;

	*out = (struct csf_entry){.direction = FW_INOUT};
	if (s.n == 0 || s.p[0] == '#')
		return CSF_LINE_NONE;
	if (slice_starts(line, SLICE("Include")) && line.n > 7 && is_blank(line.p[7]))
		return parse_include(line, out, why);
	out->is_hidden = slice_find(s, SLICE("Include")) != SIZE_MAX;
	text.n = 0;
	while (text.n < s.n && !is_blank(s.p[text.n]))
		text.n++;
	out->text = text;
	out->comment = without_hash((struct slice){s.p + text.n, s.n - text.n});
	if (slice_eq(text, SLICE("Include")))
		return bad(why, "Include counts in the first column only");
	if (text.n > CSFLIST_ENTRY_MAX || !is_plain_text(text))
		return bad(why, "no address");
	if (memchr(text.p, '|', text.n) || !addr_parse_cidr(text, &out->net)) {
		if (!memchr(text.p, '|', text.n) && !memchr(text.p, '=', text.n))
			return bad(why,
				   "no address, prefix or filter (csf ignores names)");
		if (!parse_filter(text, out))
			return bad(why, "not a filter as csf has them");
	}
	return CSF_LINE_ENTRY;
}

static bool parse_direction(struct slice s, enum fw_direction *out)
{
	if (slice_eq(s, SLICE("in")))
		*out = FW_IN;
	else if (slice_eq(s, SLICE("out")))
		*out = FW_OUT;
	else if (slice_eq(s, SLICE("inout")))
		*out = FW_INOUT;
	else
		return false;
	return true;
}

enum csf_form csflist_temp_line(struct slice line, struct csf_entry *out,
				const char **why)
{
	struct slice rest = slice_trim(line), begun, ip, ports, direction, ttl;
	uint64_t at, length;

	*out = (struct csf_entry){0};
	if (rest.n == 0 || rest.p[0] == '#')
		return CSF_LINE_NONE;
	if (!slice_cut(&rest, '|', &begun) || !slice_cut(&rest, '|', &ip) ||
	    !slice_cut(&rest, '|', &ports) || !slice_cut(&rest, '|', &direction))
		return bad(why, "fewer fields than csf writes");
	if (!slice_cut(&rest, '|', &ttl)) { /* no message at all */
		ttl = rest;
		rest.n = 0;
	}
	if (!slice_u64(begun, 0, INT32_MAX * (uint64_t)1000, &at) ||
	    !slice_u64(ttl, 0, UINT32_MAX, &length))
		return bad(why, "no time");
	if (ip.n > CSFLIST_ENTRY_MAX || !addr_parse_cidr(ip, &out->net))
		return bad(why, "no address");
	if (!parse_direction(direction, &out->direction))
		return bad(why, "no direction");
	if (ports.n > CSFLIST_ENTRY_MAX || (ports.n && !is_port_text(ports)))
		return bad(why, "no ports");
	out->text = ip;
	out->ports = ports;
	out->begun_s = (int64_t)at;
	out->ttl_s = (int64_t)length;
	out->comment = slice_trim(rest);
	return CSF_LINE_ENTRY;
}

bool csflist_ports(struct slice text, uint16_t out[FW_PORTS_MAX], size_t *n)
{
	struct slice rest = text, one;
	uint64_t port;

	*n = 0;
	while (rest.n) {
		if (!slice_cut(&rest, ',', &one)) {
			one = rest;
			rest.n = 0;
		}
		if (*n == FW_PORTS_MAX || !slice_u64(one, 1, 65535, &port))
			return false;
		out[(*n)++] = (uint16_t)port;
	}
	return true;
}

struct slice csflist_without_date(struct slice comment)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	struct slice s = slice_trim(comment);
	size_t at = s.n - 27; /* " - " and ctime's 24 bytes */

	if (s.n < 27 || memcmp(s.p + at, " - ", 3) != 0 || s.p[at + 6] != ' ' ||
	    s.p[at + 16] != ':' || s.p[at + 19] != ':')
		return s;
	for (size_t d = 0; d < 7; d++)
		if (memcmp(s.p + at + 3, days + 3 * d, 3) == 0)
			return slice_trim((struct slice){s.p, at});
	return s;
}

/* ---- files ---- */

struct seen {
	dev_t dev;
	ino_t ino;
};

struct walk {
	struct csflist_read *r;
	bool is_temporary, stopped;
	size_t bytes;
	struct seen seen[CSFLIST_FILES_MAX];
	size_t seen_count;
	struct err *err;
};

static void problem(struct walk *w, const char *file, unsigned line, const char *text,
		    struct slice what)
{
	char said[256], shown[SHOWN + 1];
	size_t n = what.n < SHOWN ? what.n : SHOWN;

	w->r->problems++;
	if (!w->r->problem)
		return;
	for (size_t i = 0; i < n; i++)
		shown[i] = what.p[i] >= 0x20 && what.p[i] < 0x7f ? what.p[i] : '?';
	shown[n] = '\0';
	snprintf(said, sizeof(said), "%s: \"%s\"", text, shown);
	w->r->problem(file, line, said, w->r->ctx);
}

/* The file's bytes under csf's own lock; *out NULL when there is no such file. */
static bool read_locked(struct walk *w, const char *file, char **out, size_t *n,
			struct stat *st)
{
	char path[PATH_MAX];
	bool ok;
	int fd, rc;

	*out = NULL;
	if (!paths_at(w->r->paths, file, path, sizeof(path)))
		return err_set(w->err, ENAMETOOLONG, "%s: the path is too long", file);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ||
		       err_set(w->err, errno, "%s: %s", file, strerror(errno));
	rc = fstat(fd, st) != 0 ? -errno : !S_ISREG(st->st_mode) ? -EINVAL : 0;
	if (rc == 0)
		rc = file_flock(fd, LOCK_SH, LOCK_LIMIT_MS);
	ok = rc == 0 || err_set(w->err, -rc, "%s: %s", file,
				rc == -ETIMEDOUT ? "another program keeps it locked"
						 : strerror(-rc));
	ok = ok && (file_read_fd(fd, CSFLIST_BYTES_MAX - w->bytes, out, n, w->err) ||
		    err_prefix(w->err, "%s: ", file));
	close(fd);
	return ok;
}

static bool was_seen(struct walk *w, const struct stat *st)
{
	for (size_t i = 0; i < w->seen_count; i++)
		if (w->seen[i].dev == st->st_dev && w->seen[i].ino == st->st_ino)
			return true;
	return false;
}

static bool read_file(struct walk *w, const char *file, unsigned depth, bool *found);

static bool read_included(struct walk *w, const char *file, unsigned line,
			  struct slice path, unsigned depth)
{
	char name[PATH_MAX];
	bool found;

	if (depth == CSFLIST_DEPTH_MAX) {
		problem(w, file, line, "Include is too deep here", path);
		return true;
	}
	memcpy(name, path.p, path.n);
	name[path.n] = '\0';
	if (!read_file(w, name, depth + 1, &found))
		return err_prefix(w->err, "%s line %u: ", file, line);
	if (!found)
		problem(w, file, line, "there is no such file to include", path);
	return true;
}

static bool read_line(struct walk *w, const char *file, unsigned number,
		      struct slice line, unsigned depth)
{
	const char *why = "";
	struct csf_entry e;
	enum csf_form form = w->is_temporary ? csflist_temp_line(line, &e, &why)
					     : csflist_line(line, &e, &why);

	switch (form) {
	case CSF_LINE_NONE:
		break;
	case CSF_LINE_INCLUDE:
		return read_included(w, file, number, e.text, depth);
	case CSF_LINE_BAD:
		problem(w, file, number, why, slice_trim(line));
		break;
	case CSF_LINE_ENTRY:
		e.file = file;
		e.line = number;
		w->r->entries++;
		w->stopped = !w->r->each(&e, w->r->ctx);
		break;
	}
	return true;
}

static bool read_file(struct walk *w, const char *file, unsigned depth, bool *found)
{
	struct slice rest, line;
	struct stat st;
	unsigned number = 0;
	bool ok = true;
	size_t n = 0;
	char *text;

	if (!read_locked(w, file, &text, &n, &st))
		return false;
	*found = text != NULL;
	if (!text || was_seen(w, &st)) {
		free(text);
		return true;
	}
	if (w->seen_count == CSFLIST_FILES_MAX) {
		free(text);
		return err_set(w->err, EFBIG, "%s: more than %d files in one list", file,
			       CSFLIST_FILES_MAX);
	}
	w->seen[w->seen_count++] = (struct seen){st.st_dev, st.st_ino};
	w->bytes += n;
	rest = (struct slice){text, n};
	while (ok && rest.n && !w->stopped) {
		if (!slice_cut(&rest, '\n', &line)) {
			line = rest;
			rest.n = 0;
		}
		ok = read_line(w, file, ++number, line, depth);
	}
	free(text);
	return ok;
}

bool csflist_read(struct csflist_read *r, const char *file, struct err *err)
{
	struct walk w = {.r = r, .err = err};
	bool found;

	w.is_temporary =
		strcmp(file, CSF_TEMPBAN) == 0 || strcmp(file, CSF_TEMPALLOW) == 0;
	return read_file(&w, file, 0, &found);
}
