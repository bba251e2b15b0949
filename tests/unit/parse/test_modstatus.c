/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/parse/modstatus.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP                                                                              \
	"<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<html><head>\n"       \
	"<title>Apache Status</title>\n</head><body>\n<h1>Apache Server Status for "     \
	"localhost (via 127.0.0.1)</h1>\n\n<dl><dt>Server Version: Apache</dt></dl>\n"    \
	"<pre>__W_</pre>\n"
#define HEADS                                                                            \
	"<table border=\"0\"><tr><th>Srv</th><th>PID</th><th>Acc</th><th>M</th>"         \
	"<th>CPU\n</th><th>SS</th><th>Req</th><th>Dur</th><th>Conn</th><th>Child</th>"   \
	"<th>Slot</th><th>Client</th><th>Protocol</th><th>VHost</th><th>Request</th>"    \
	"</tr>\n\n"
#define ROW(mode, ss, client, vhost, request)                                            \
	"<tr><td><b>0-1</b></td><td>77</td><td>0/1/1</td><td>" mode                      \
	"\n</td><td>0.01</td><td>" ss                                                    \
	"</td><td>0</td><td>0</td><td>0.0</td><td>0.00</td><td>0.00\n</td><td>" client   \
	"</td><td>http/1.1</td><td nowrap>" vhost "</td><td nowrap>" request             \
	"</td></tr>\n\n"
#define ASYNC                                                                            \
	"<table rules=\"all\" cellpadding=\"1%\"><tr><th rowspan=\"2\">Slot</th>"        \
	"<th rowspan=\"2\">PID</th></tr><tr><td>0</td><td>77</td></tr></table>\n"
#define END "</table>\n</body></html>\n"

static char got[8192];

static void keep(const struct modstatus_row *r, void *ctx)
{
	size_t n = strlen(got);

	(void)ctx;
	snprintf(got + n, sizeof(got) - n, "%.*s|%.*s%s|%.*s|%.*s%s|%llu\n",
		 (int)r->client.n, r->client.p, (int)r->vhost.n, r->vhost.p,
		 r->vhost_cut ? "~" : "", (int)r->method.n, r->method.p ? r->method.p : "",
		 (int)r->target.n, r->target.p, r->target_cut ? "~" : "",
		 (unsigned long long)r->age_s);
}

static enum modstatus_page read_page(const char *html)
{
	got[0] = '\0';
	return modstatus_read(slice_str(html), keep, NULL);
}

static void expect(const char *html, const char *want)
{
	cr_expect_eq(read_page(html), MODSTATUS_TABLE, "%s", html);
	cr_expect_str_eq(got, want);
}

Test(modstatus, reads_the_requests_of_the_table)
{
	expect(TOP HEADS ROW("<b>W</b>", "3", "203.0.113.5", "bobs.example:443",
			     "POST /wp/x.php?a=1&amp;b=2 HTTP/1.1") END,
	       "203.0.113.5|bobs.example|POST|/wp/x.php?a=1&b=2|3\n");
	expect(TOP ASYNC HEADS ROW("R", "0", "2001:db8::5", "a.example:80",
				   "GET / HTTP/2.0") END,
	       "2001:db8::5|a.example|GET|/|0\n");
}

Test(modstatus, leaves_out_what_is_history)
{
	static const char *const modes[] = {"_", ".", "K", "D", "I", "S", "", "WW"};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		char html[4096];

		snprintf(html, sizeof(html),
			 TOP HEADS ROW("%s", "0", "192.0.2.1", "a.example:80",
				       "GET /old HTTP/1.1") END,
			 modes[i]);
		expect(html, "");
	}
}

/* Releases differ: columns are found by their heads. */
Test(modstatus, finds_columns_by_their_heads)
{
	expect(TOP "<table><tr><th>Request</th><th>VHost</th><th>ss</th><th>CLIENT</th>"
		   "<th> M </th></tr><tr><td>GET /x HTTP/1.1</td><td>a.example:80</td>"
		   "<td>7</td><td>192.0.2.9</td><td>L</td></tr></table></body></html>",
	       "192.0.2.9|a.example|GET|/x|7\n");
	expect(TOP "<table><thead><tr><th>M<th>SS<th>Client<th>VHost<th>Request</tr></thead>"
		   "<tbody><tr><td>W<td>1<td>192.0.2.9<td>a.example:80<td>GET /x HTTP/1.1"
		   "</tr></tbody></table>",
	       "192.0.2.9|a.example|GET|/x|1\n");
}

Test(modstatus, marks_what_may_be_cut)
{
	static const struct {
		const char *vhost, *request, *want;
	} rows[] = {
		/* 63 bytes of a request: its end is missing */
		{"a.example:80",
		 "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "GET|/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa~"},
		/* 63 bytes that happen to be all of it */
		{"a.example:80",
		 "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1",
		 "GET|/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		/* SeeRequestTail: its start is missing */
		{"a.example:80",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/x.php HTTP/1.1",
		 "|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/x.php~"},
		{"a.example:80", "GET /a b.php HTTP/1.1", "GET|/a b.php"},
		{"a.example:80", "GET /nothing-more", "GET|/nothing-more"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char html[4096], want[512];

		snprintf(html, sizeof(html),
			 TOP HEADS ROW("W", "1", "192.0.2.1", "%s", "%s") END,
			 rows[i].vhost, rows[i].request);
		snprintf(want, sizeof(want), "192.0.2.1|a.example|%s|1\n", rows[i].want);
		expect(html, want);
	}
	expect(TOP HEADS ROW("W", "1", "192.0.2.1", "a-name-of-thirty-one-bytes.exam",
			     "GET / HTTP/1.1") END,
	       "192.0.2.1|a-name-of-thirty-one-bytes.exam~|GET|/|1\n");
	/* the port is cut, so the name is whole */
	expect(TOP HEADS ROW("W", "1", "192.0.2.1", "a-name-of-28-bytes-x.example:44",
			     "GET / HTTP/1.1") END,
	       "192.0.2.1|a-name-of-28-bytes-x.example|GET|/|1\n");
}

Test(modstatus, undoes_both_kinds_of_escaping)
{
	expect(TOP HEADS ROW("W", "1", "192.0.2.1", "a.example:80",
			     "GET /&lt;b&gt;\\x41\\x0a\\\"\\\\\\xzz&quot; HTTP/1.1") END,
	       "192.0.2.1|a.example|GET|/<b>A\n\"\\xzz\"|1\n");
}

Test(modstatus, tells_other_pages_apart)
{
	cr_expect_eq(read_page(TOP "</body></html>"), MODSTATUS_NO_TABLE);
	cr_expect_eq(read_page(TOP ASYNC "</body></html>"), MODSTATUS_NO_TABLE);
	cr_expect_eq(read_page(""), MODSTATUS_OTHER);
	cr_expect_eq(read_page("<html><body>403 Forbidden</body></html>"), MODSTATUS_OTHER);
	cr_expect_eq(read_page("{\"nginx\":true}"), MODSTATUS_OTHER);
	/* a customer's page that only looks so */
	cr_expect_eq(read_page("<html><title>My shop</title>" HEADS END), MODSTATUS_OTHER);
}

Test(modstatus, survives_each_truncation)
{
	static const char page[] = TOP ASYNC HEADS ROW("W", "1", "192.0.2.1", "a.example:80",
						       "GET /x HTTP/1.1") END;

	for (size_t n = 0; n < sizeof(page); n++) {
		char *exact = malloc(n ? n : 1);

		memcpy(exact, page, n);
		got[0] = '\0';
		modstatus_read((struct slice){exact, n}, keep, NULL);
		free(exact);
	}
	cr_expect_str_eq(got, "192.0.2.1|a.example|GET|/x|1\n");
}
