/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "whm/cgi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char form_type[] = "application/x-www-form-urlencoded";

static int refuse(struct err *e, int status, const char *why)
{
	err_set(e, EINVAL, "%s", why);
	return status;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decoded to the place *at, which moves on; the result is never longer than the input. */
static bool decode(struct slice in, char **at, struct slice *out)
{
	char *to = *at;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = in.n - i > 2 ? hex(in.p[i + 1]) : -1;
			int low = in.n - i > 2 ? hex(in.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0')
			return false;
		*to++ = c;
	}
	*to = '\0';
	*out = (struct slice){*at, (size_t)(to - *at)};
	*at = to + 1;
	return true;
}

static bool take_pair(struct slice pair, char **at, struct cgi_param *out)
{
	struct slice name, value = pair;

	if (!slice_cut(&value, '=', &name)) {
		name = pair;
		value = (struct slice){NULL, 0};
	}
	return decode(name, at, &out->name) && decode(value, at, &out->value);
}

static int parse_params(struct slice text, struct cgi_params *p, struct err *e)
{
	size_t pairs = 1;
	char *at;

	if (text.n == 0)
		return 0;
	for (size_t i = 0; i < text.n; i++)
		pairs += text.p[i] == '&';
	if (pairs > CGI_PARAMS_MAX)
		return refuse(e, 413, "The request has too many fields.");
	p->list = calloc(pairs, sizeof(*p->list));
	p->memory = at = malloc(text.n + 2 * pairs);
	if (!p->list || !p->memory)
		return refuse(e, 500, "There is no memory for this request.");
	while (text.n) {
		struct slice pair;

		if (!slice_cut(&text, '&', &pair)) {
			pair = text;
			text.n = 0;
		}
		if (pair.n == 0)
			continue;
		if (!take_pair(pair, &at, &p->list[p->n]))
			return refuse(e, 400, "The request's fields are not encoded as a form's are.");
		p->n++;
	}
	return 0;
}

static bool is_form(const char *type)
{
	size_t n = sizeof(form_type) - 1;

	return type && strncasecmp(type, form_type, n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

/* Fills out->is_post. */
static int check_method(const struct cgi_env *env, struct cgi *out, struct err *e)
{
	const char *method = env->method ? env->method : "";

	out->is_post = strcmp(method, "POST") == 0;
	if (!out->is_post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return refuse(e, 405, "Only GET and POST are known here.");
	return 0;
}

int cgi_parse(const struct cgi_env *env, struct slice body, struct cgi *out,
	      struct err *e)
{
	struct slice query = slice_str(env->query);
	int status;

	*out = (struct cgi){0};
	status = check_method(env, out, e);
	if (status == 0 && query.n > CGI_QUERY_MAX)
		status = refuse(e, 414, "The address is too long.");
	if (status == 0)
		status = parse_params(query, &out->query, e);
	if (status == 0 && out->is_post && !is_form(env->content_type))
		status = refuse(e, 415, "The request's body is not a form.");
	if (status == 0 && out->is_post && body.n > CGI_BODY_MAX)
		status = refuse(e, 413, "The request is too large.");
	if (status == 0 && out->is_post)
		status = parse_params(body, &out->form, e);
	if (status)
		cgi_clear(out);
	return status;
}

static int read_body(int fd, char *to, size_t need, struct err *e)
{
	size_t have = 0;

	while (have < need) {
		ssize_t n = read(fd, to + have, need - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return refuse(e, 400, "The request ended before its announced length.");
		have += (size_t)n;
	}
	return 0;
}

int cgi_body(const struct cgi_env *env, int fd, char **body, size_t *n, struct err *e)
{
	uint64_t length;
	int status;

	*body = NULL;
	*n = 0;
	if (!env->method || strcmp(env->method, "POST") != 0)
		return 0;
	if (!env->content_length || !env->content_length[0])
		return refuse(e, 411, "The request does not say how long it is.");
	if (!slice_u64(slice_str(env->content_length), 0, UINT64_MAX, &length))
		return refuse(e, 400, "The request's length is not a number.");
	if (length > CGI_BODY_MAX)
		return refuse(e, 413, "The request is too large.");
	*body = malloc(length + 1);
	if (!*body)
		return refuse(e, 500, "There is no memory for this request.");
	status = read_body(fd, *body, length, e);
	(*body)[status ? 0 : length] = '\0';
	*n = status ? 0 : length;
	return status;
}

static void params_clear(struct cgi_params *p)
{
	free(p->list);
	free(p->memory);
	*p = (struct cgi_params){0};
}

void cgi_clear(struct cgi *c)
{
	params_clear(&c->query);
	params_clear(&c->form);
}

static const struct cgi_param *find(const struct cgi_params *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (slice_eq(p->list[i].name, slice_str(name)))
			return &p->list[i];
	return NULL;
}

struct slice cgi_value(const struct cgi_params *p, const char *name)
{
	const struct cgi_param *found = find(p, name);

	return found ? found->value : (struct slice){"", 0};
}

bool cgi_has(const struct cgi_params *p, const char *name)
{
	return find(p, name) != NULL;
}

const char *cgi_text(const struct cgi_params *p, const char *name)
{
	return cgi_value(p, name).p;
}
