/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/address.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	ENDS_LOCAL = 1,	 /* never in a plain word of a local part */
	ENDS_DOMAIN = 2, /* never in a domain */
	NOT_BARE = 4	 /* not in a user name without a domain: what Exim writes after a
			  * HELO ("[ip]:port P=esmtp S=1") must not read as names */
};

#define ALL (ENDS_LOCAL | ENDS_DOMAIN | NOT_BARE)

static const uint8_t class_of[256] = {
	[0 ... ' '] = ALL, [127] = ALL,	     ['"'] = ALL,      ['@'] = ALL,
	['<'] = ALL,	   ['>'] = ALL,	     ['\\'] = ALL,     ['='] = NOT_BARE,
	['['] = NOT_BARE,  [']'] = NOT_BARE, ['('] = NOT_BARE, [')'] = NOT_BARE,
	[':'] = NOT_BARE,
};

static unsigned class_at(const char *p)
{
	return class_of[(unsigned char)*p];
}

const char *address_skip_quoted(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

const char *address_skip_local(const char *p, const char *end)
{
	bool at_start = true; /* of a word: only here a quote may open */

	while (p < end) {
		if (!(class_at(p) & ENDS_LOCAL)) {
			at_start = *p++ == '.';
		} else if (*p == '\\') {
			if (end - p < 2)
				return NULL;
			p += 2;
			at_start = false;
		} else if (*p == '"' && at_start) {
			p = address_skip_quoted(p + 1, end);
			if (!p || p == end || *p != '.')
				return p;
		} else {
			return p;
		}
	}
	return p;
}

const char *address_skip_domain(const char *p, const char *end)
{
	while (p < end && !(class_at(p) & ENDS_DOMAIN))
		p++;
	return p;
}

static bool is_bare(const char *p, const char *end)
{
	if (*p == '"')
		return true;
	for (; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (class_at(p) & NOT_BARE)
			return false;
	}
	return true;
}

const char *address_skip(const char *p, const char *end)
{
	const char *at = address_skip_local(p, end);
	const char *after = at;

	if (!at || at == p)
		return NULL;
	if (at < end && *at == '@') {
		after = address_skip_domain(at + 1, end);
		if (after == at + 1)
			return NULL;
	} else if (!is_bare(p, at)) {
		return NULL;
	}
	return after == end || *after == ' ' || *after == '>' ? after : NULL;
}
