/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * cgi: one request as the web server passes it on: its method, and the parameters of address
 * and body, decoded. Whoever sent it is a stranger until the token was checked: sizes and
 * numbers are bounded, a broken escape or a NUL byte is refused, and values are any other
 * bytes, UTF-8 or not. A refusal is an HTTP status and one sentence.
 */
#ifndef OSM_WHM_CGI_H
#define OSM_WHM_CGI_H

#include "osmd/base/err.h"
#include "osmd/base/slice.h"

/* osm.accounts and osm.ignore are sent whole by their editor. */
#define CGI_BODY_MAX (4 * 1024 * 1024)
#define CGI_QUERY_MAX 8192
#define CGI_PARAMS_MAX 2000

struct cgi_param {
	struct slice name, value; /* both end with a NUL that isn't counted */
};

struct cgi_params {
	struct cgi_param *list; /* owned */
	size_t n;
	char *memory; /* owned: the decoded bytes */
};

struct cgi {
	bool is_post;
	struct cgi_params query, form; /* of the address and of the body */
};

/* What a web server says of a request; borrowed, NULL where it says nothing. */
struct cgi_env {
	const char *method, *query, *content_type, *content_length;
};

/* 0, or the HTTP status to refuse with: 400, 405, 411, 413, 414, 415. */
int cgi_parse(const struct cgi_env *env, struct slice body, struct cgi *out,
	      struct err *e);
/* Read the body that content_length announces from fd; *body is owned by the caller. Reads
 * nothing for a GET. 0, or the status as above (400 when it ends early). */
int cgi_body(const struct cgi_env *env, int fd, char **body, size_t *n, struct err *e);
void cgi_clear(struct cgi *c);

/* The first value of that name; the empty slice when it isn't there. */
struct slice cgi_value(const struct cgi_params *p, const char *name);
bool cgi_has(const struct cgi_params *p, const char *name);
/* As text that ends with NUL; "" when it isn't there. */
const char *cgi_text(const struct cgi_params *p, const char *name);

#endif
