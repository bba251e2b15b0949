/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "osmd/base/addr.h"
#include "osmd/parse/address.h"
#include "osmd/parse/eximline.h"

/* The variables that are looked for stand in the first kilobytes; ACL variables may come
 * before them. */
#define HEADER_BYTES (32 * 1024)
/* With a split spool the folder is the last character of the id's time (spool_in.c). */
#define SPLIT_AT 5
#define WHO_BYTES 72
/* Entries looked at in one folder: a customer may fill it. */
#define ENTRIES_MAX 20000

/* What the -H file says of a submission. Slices lie in the text that was read. */
struct submitter {
	struct slice login;   /* line 2: the real user of the process */
	uint64_t uid;	      /* the same */
	struct slice auth_id; /* -auth_id: the login of an authenticated client */
	struct slice address; /* -host_address: it came over a connection */
};

static bool open_header(const char *spool, struct slice id, int *fd)
{
	char path[PATH_MAX];
	int n = (int)id.n;

	if (snprintf(path, sizeof(path), "%s/input/%.*s-H", spool, n, id.p) >=
	    (int)sizeof(path))
		return false;
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (*fd >= 0)
		return true;
	if (snprintf(path, sizeof(path), "%s/input/%c/%.*s-H", spool, id.p[SPLIT_AT], n,
		     id.p) >= (int)sizeof(path))
		return false;
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return *fd >= 0;
}

bool spool_has(const char *spool, struct slice message_id)
{
	int fd = -1;

	if (!eximline_is_id(message_id) || !open_header(spool, message_id, &fd))
		return false;
	close(fd);
	return true;
}

/* "login uid gid"; the login has no blank that we would believe. */
static bool read_login(struct slice line, struct submitter *out)
{
	struct slice rest = line, gid;
	uint64_t number;

	return slice_cut(&rest, ' ', &out->login) && slice_cut(&rest, ' ', &gid) &&
	       out->login.n && slice_u64(gid, 0, UINT32_MAX, &out->uid) &&
	       slice_u64(rest, 0, UINT32_MAX, &number);
}

/* "-name value", "--name value" (tainted), "-(quoter)name value"; true if it is a variable. */
static bool read_variable(struct slice line, struct slice *name, struct slice *value)
{
	struct slice rest = line, quoter;

	if (!rest.n || rest.p[0] != '-')
		return false;
	for (int i = 0; i < 2 && rest.n && rest.p[0] == '-'; i++)
		rest = (struct slice){rest.p + 1, rest.n - 1};
	if (rest.n && rest.p[0] == '(' && !slice_cut(&rest, ')', &quoter))
		return false;
	*value = rest;
	if (!slice_cut(value, ' ', name)) {
		*name = rest;
		*value = (struct slice){NULL, 0};
	}
	return name->n > 0;
}

/* An ACL variable's value follows on its own line, with a length, and may hold newlines:
 * text of the sender that must not be read as variables. */
static bool skip_acl_value(struct slice *rest, struct slice value)
{
	struct slice name;
	uint64_t n;

	if (!slice_cut(&value, ' ', &name) || !slice_u64(value, 0, SIZE_MAX - 1, &n) ||
	    rest->n < n + 1)
		return false;
	rest->p += n + 1;
	rest->n -= (size_t)n + 1;
	return true;
}

static void read_variables(struct slice rest, struct submitter *out)
{
	struct slice line, name, value;

	while (slice_cut(&rest, '\n', &line) && read_variable(line, &name, &value)) {
		if (slice_eq(name, SLICE("aclc")) || slice_eq(name, SLICE("aclm")) ||
		    slice_eq(name, SLICE("acl"))) {
			if (!skip_acl_value(&rest, value))
				return;
		} else if (slice_eq(name, SLICE("auth_id"))) {
			out->auth_id = value;
		} else if (slice_eq(name, SLICE("host_address"))) {
			out->address = value;
		}
	}
}

/* Line 1 "ID-H", 2 "login uid gid", 3 "<sender>", 4 "time warnings", then variables. A
 * local user's sender may hold newlines and with them false variables; but line 2 names him,
 * and he has no variables that we need. Only what Exim itself took in (by a process of the
 * file's owner, or root's) has a login. What doesn't fit (`whole` is false) is believed up to
 * line 2. */
static bool read_header(struct slice text, struct slice id, struct submitter *out,
			uid_t exim, bool *whole)
{
	struct slice rest = text, line, sender, times, first;
	uint64_t n;

	if (!slice_cut(&rest, '\n', &line) || line.n != id.n + 2 ||
	    !slice_starts(line, id) || !slice_ends(line, SLICE("-H")))
		return false;
	if (!slice_cut(&rest, '\n', &line) || !read_login(line, out))
		return false;
	*whole = true;
	if (out->uid != exim && out->uid != 0)
		return true;
	*whole = slice_cut(&rest, '\n', &sender) && slice_starts(sender, SLICE("<")) &&
		 slice_ends(sender, SLICE(">")) && slice_cut(&rest, '\n', &times) &&
		 slice_cut(&times, ' ', &first) && slice_u64(first, 0, INT64_MAX, &n) &&
		 slice_u64(times, 0, INT64_MAX, &n);
	if (*whole)
		read_variables(rest, out);
	return true;
}

static struct slice without_dot(struct slice login)
{
	login.n -= slice_ends(login, SLICE("."));
	return login;
}

/* Logins are typed in any case, with @, + or % before the domain and a dot behind it. */
static bool same_login(struct slice a, struct slice b)
{
	a = without_dot(a);
	b = without_dot(b);
	if (a.n != b.n || !a.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		char x = a.p[i], y = b.p[i];

		if (x >= 'A' && x <= 'Z')
			x = (char)(x - 'A' + 'a');
		if (y >= 'A' && y <= 'Z')
			y = (char)(y - 'A' + 'a');
		if (x != y && !(strchr("@+%", x) && strchr("@+%", y) && x && y))
			return false;
	}
	return true;
}

static void name_into(struct slice s, char who[WHO_BYTES])
{
	snprintf(who, WHO_BYTES, "%.*s", (int)(s.n < WHO_BYTES ? s.n : WHO_BYTES - 1),
		 s.n ? s.p : "");
}

/* "[127.0.0.1]:25", or "127.0.0.1.25" from older versions. */
static bool is_loopback(struct slice address)
{
	if (slice_starts(address, SLICE("[")))
		address = (struct slice){address.p + 1, address.n - 1};
	return slice_starts(address, SLICE("127.")) ||
	       slice_starts(address, SLICE("::1"));
}

/* The spool's "[2001:db8::1]:25" or "192.0.2.7.25" is this address, whatever its form. */
static bool is_host(struct slice spooled, struct slice address)
{
	struct slice host = spooled, port;
	struct addr a, b;

	if (slice_starts(host, SLICE("["))) {
		host = (struct slice){host.p + 1, host.n - 1};
		if (!slice_cut(&host, ']', &port))
			return false;
		host = port;
	} else if (!addr_parse(host, &a)) {
		const char *dot = host.n ? memrchr(host.p, '.', host.n) : NULL;

		host.n = dot ? (size_t)(dot - host.p) : 0;
	}
	return addr_parse(host, &a) && addr_parse(address, &b) && addr_eq(&a, &b);
}

static enum spool_answer judge(const struct submitter *s, bool whole, struct slice user,
			       struct slice login, struct slice address,
			       char who[WHO_BYTES])
{
	bool by_connection = s->address.n > 0;

	if (s->auth_id.n)
		name_into(s->auth_id, who);
	else if (!by_connection)
		name_into(s->login, who); /* else it is Exim's own user: nobody's name */
	if (!whole) {
		/* who wrote such a sender is a local user, and line 2 names him */
		if (!login.n && user.n && slice_eq(user, s->login))
			return SPOOL_CONFIRMS;
		return user.n || login.n ? SPOOL_ABSENT : SPOOL_CONFIRMS;
	}
	if (login.n && !same_login(login, s->auth_id))
		return SPOOL_REFUTES;
	/* the same message, but not from there: its id may have been overheard */
	if (login.n && address.n && by_connection && !is_host(s->address, address))
		return SPOOL_ABSENT;
	if (login.n)
		return SPOOL_CONFIRMS;
	if (!user.n || slice_eq(user, s->login))
		return SPOOL_CONFIRMS;
	/* a script's connection to localhost: its owner is in no file of the spool */
	if (by_connection && !s->auth_id.n && is_loopback(s->address))
		return SPOOL_ABSENT;
	return SPOOL_REFUTES;
}

enum spool_answer spool_ask(const char *spool, struct slice message_id, struct slice user,
			    struct slice login, struct slice address, char who[72])
{
	enum spool_answer answer = SPOOL_ABSENT;
	struct submitter s = {0};
	bool whole = false;
	struct stat st;
	char *text;
	ssize_t n;
	int fd;

	who[0] = '\0';
	if (!eximline_is_id(message_id) || !open_header(spool, message_id, &fd))
		return SPOOL_ABSENT;
	text = malloc(HEADER_BYTES);
	n = text && fstat(fd, &st) == 0 ? read(fd, text, HEADER_BYTES) : -1;
	close(fd);
	if (n > 0 && read_header((struct slice){text, (size_t)n}, message_id, &s,
				 st.st_uid, &whole))
		answer = judge(&s, whole, user, login, address, who);
	free(text);
	return answer;
}

/* Line 3 of a header, "<sender>", when the sender doesn't end in it. */
static bool is_open_sender(struct slice text, struct slice id, struct submitter *out)
{
	struct slice rest = text, line;
	bool whole;

	/* whoever owns the file: read up to line 2 */
	if (!read_header(text, id, out, (uid_t)-1, &whole))
		return false;
	return slice_cut(&rest, '\n', &line) && slice_cut(&rest, '\n', &line) &&
	       slice_cut(&rest, '\n', &line) && slice_starts(line, SLICE("<")) &&
	       !address_skip_local(line.p + 1, line.p + line.n);
}

bool spool_newline_sender(const char *spool, struct slice message_id, char who[72])
{
	struct submitter s = {0};
	bool found = false;
	char *text;
	ssize_t n;
	int fd;

	who[0] = '\0';
	if (!eximline_is_id(message_id) || !open_header(spool, message_id, &fd))
		return false;
	text = malloc(HEADER_BYTES);
	n = text ? read(fd, text, HEADER_BYTES) : -1;
	close(fd);
	if (n > 0)
		found = is_open_sender((struct slice){text, (size_t)n}, message_id, &s);
	if (found)
		name_into(s.login, who);
	free(text);
	return found;
}

/* Open an absolute folder below root, component by component, following no link. */
static int walk(const char *root, struct slice folder)
{
	struct slice rest = folder, part;
	char name[NAME_MAX + 1];
	int next, fd;

	fd = open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && rest.n) {
		if (!slice_cut(&rest, '/', &part)) {
			part = rest;
			rest.n = 0;
		}
		if (!part.n)
			continue;
		if (part.n > NAME_MAX || memchr(part.p, '\0', part.n)) {
			close(fd);
			return -1;
		}
		memcpy(name, part.p, part.n);
		name[part.n] = '\0';
		next = strcmp(name, "..") == 0
			       ? -1
			       : openat(fd, name,
					O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	if (fd < 0)
		return -1;
	next = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	close(fd);
	return next;
}

/* The account that owns a folder in dir whose name is `base`, a newline, and more. Only its
 * owner can have made it: nobody can give a file away. */
static const struct account *find_maker(DIR *dir, const struct accounts *accounts,
					struct slice base)
{
	const struct account *found;
	struct dirent *d;
	struct stat st;

	for (unsigned i = 0; i < ENTRIES_MAX && (d = readdir(dir)); i++) {
		if (strncmp(d->d_name, base.p, base.n) != 0 || d->d_name[base.n] != '\n')
			continue;
		if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		found = accounts_by_uid(accounts, st.st_uid);
		if (found)
			return found;
	}
	return NULL;
}

bool spool_newline_path(const char *root, const struct accounts *accounts,
			struct slice printed, char who[72])
{
	const struct account *maker;
	struct slice parent = printed, base, prefix = slice_str(root);
	const char *slash;
	DIR *dir;
	int fd;

	who[0] = '\0';
	if (prefix.n && slice_starts(parent, prefix))
		parent = (struct slice){parent.p + prefix.n, parent.n - prefix.n};
	slash = parent.n ? memrchr(parent.p, '/', parent.n) : NULL;
	if (!slash || parent.p[0] != '/')
		return false;
	base = (struct slice){slash + 1, (size_t)(parent.p + parent.n - slash - 1)};
	parent.n = (size_t)(slash - parent.p);
	if (base.n >= NAME_MAX || (base.n && memchr(base.p, '\0', base.n)))
		return false;
	fd = walk(root, parent);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	maker = find_maker(dir, accounts, base);
	closedir(dir);
	if (maker)
		name_into(maker->name, who);
	return maker != NULL;
}
