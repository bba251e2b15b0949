/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/command.h"

#include <string.h>

/* Options of an interpreter that take the next word along, and those that mean that the
 * program stands in the command line itself. */
struct interpreter {
	const char *name; /* the program's name begins so */
	const char *with_value;
	const char *inlined;
	const char *file; /* the next word is the script */
};

static const struct interpreter interpreters[] = {
	{"php", "-c -d -z -g -t -S -u", "-r -B -R -E -i -m -v", "-f -F"},
	{"perl", "-I", "-e -E -v -V", ""},
	{"python", "-W -X -Q", "-c -m -V", ""},
	{"ruby", "-I -r -C -E", "-e -v", ""},
	{"node", "-r --require", "-e -p --eval --print -v", ""},
	{"bash", "-O", "-c -s", ""},
	{"dash", "", "-c -s", ""},
	{"sh", "", "-c -s", ""},
};

static bool is_listed(const char *list, struct slice word)
{
	struct slice rest = slice_str(list), one;

	while (rest.n) {
		if (!slice_cut(&rest, ' ', &one)) {
			one = rest;
			rest.n = 0;
		}
		if (slice_eq(one, word))
			return true;
	}
	return false;
}

static struct slice base_name(struct slice path)
{
	size_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return path.n ? (struct slice){path.p + at, path.n - at} : path;
}

static const struct interpreter *find_interpreter(struct slice exe)
{
	const struct slice name = base_name(exe);

	/* As a CGI program it gets the words of a request's query as its arguments (RFC 3875,
	 * 4.4), so that whoever asks could name any script; its own stands in its environment. */
	if (slice_starts(name, SLICE("php-cgi")))
		return NULL;

	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++)
		if (slice_starts(name, slice_str(interpreters[i].name)))
			return &interpreters[i];
	return NULL;
}

static bool next_argument(struct slice *rest, struct slice *word)
{
	if (!rest->n)
		return false;
	if (!slice_cut(rest, '\0', word)) {
		*word = *rest;
		rest->n = 0;
	}
	return true;
}

static struct slice join(struct slice cwd, struct slice name, char *out, size_t size)
{
	const bool absolute = name.n && name.p[0] == '/';
	const size_t need = absolute ? name.n : cwd.n + 1 + name.n;
	size_t n = 0;

	while (!absolute && slice_starts(name, SLICE("./")))
		name = (struct slice){name.p + 2, name.n - 2};
	if (!name.n || need > size || (!absolute && (!cwd.n || cwd.p[0] != '/')))
		return (struct slice){out, 0};
	if (!absolute) {
		memcpy(out, cwd.p, cwd.n);
		n = cwd.n;
		if (out[n - 1] != '/')
			out[n++] = '/';
	}
	memcpy(out + n, name.p, name.n);
	return (struct slice){out, n + name.n};
}

struct slice command_script(struct slice exe, struct slice arguments, struct slice cwd,
			    char *out, size_t size)
{
	const struct interpreter *i = find_interpreter(exe);
	const struct slice none = {out, 0};
	struct slice word;

	if (!i || !next_argument(&arguments, &word))
		return none;
	/* a title that a process gave itself, such as "php-fpm: pool alice" */
	if (slice_find(word, SLICE(": ")) != SIZE_MAX)
		return none;
	while (next_argument(&arguments, &word)) {
		if (is_listed(i->inlined, word))
			return none;
		if (is_listed(i->file, word) || slice_eq(word, SLICE("--")))
			return next_argument(&arguments, &word)
				       ? join(cwd, word, out, size)
				       : none;
		if (is_listed(i->with_value, word)) {
			next_argument(&arguments, &word);
			continue;
		}
		if (word.n && word.p[0] != '-')
			return join(cwd, word, out, size);
		if (slice_eq(word, SLICE("-")))
			return none; /* from its input */
	}
	return none;
}

struct slice command_text(struct slice arguments, char *out, size_t size)
{
	struct slice text = {out, arguments.n < size ? arguments.n : size};

	for (size_t i = 0; i < text.n; i++)
		out[i] = arguments.p[i] ? arguments.p[i] : ' ';
	while (text.n && out[text.n - 1] == ' ')
		text.n--;
	return text;
}
