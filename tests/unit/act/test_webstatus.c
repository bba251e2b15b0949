/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/act/webstatus.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "osmd/act/webfetch.h"
#include "tests/unit/act/lab.h"

#define KEY "Geheim-Geheim-0123456789"

/* A web server: answers each path with a file of the lab ("PATH" -> /web/NAME), else 404; with
 * /web/hang it takes questions and never answers. It writes what it was asked. */
static const char server[] =
	"import http.server, os, sys, time\n"
	"root = sys.argv[1]\n"
	"class H(http.server.BaseHTTPRequestHandler):\n"
	"    def do_GET(self):\n"
	"        with open(root + '/asked', 'a') as f:\n"
	"            f.write(self.path + ' ' + self.headers.get('Host', '') + '\\n')\n"
	"        if os.path.exists(root + '/web/hang'): time.sleep(60)\n"
	"        name = root + '/web/' + self.path[1:].replace('/', '_').replace('?', '_')\n"
	"        code = 200 if os.path.exists(name) else 404\n"
	"        if os.path.exists(root + '/web/forbid'): code = 403\n"
	"        body = open(name, 'rb').read() if code == 200 else b'no'\n"
	"        self.send_response(code)\n"
	"        self.send_header('Content-Length', str(len(body)))\n"
	"        self.end_headers()\n"
	"        self.wfile.write(body)\n"
	"    def log_message(self, *a): pass\n"
	"s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)\n"
	"open(root + '/port', 'w').write(str(s.server_port))\n"
	"s.handle_error = lambda *a: None\n"
	"s.serve_forever()\n";

static const char page[] =
	"<html><title>Apache Status</title><h1>Apache Server Status</h1><table><tr>"
	"<th>M</th><th>SS</th><th>Client</th><th>VHost</th><th>Request</th></tr>"
	"<tr><td>W<td>1<td>203.0.113.5<td>example.com:80<td>POST /wp/x.php?a HTTP/1.1</tr>"
	"<tr><td>W<td>1<td>203.0.113.5<td>example.com:80<td>POST /wp/x.php?a HTTP/1.1</tr>"
	"<tr><td>W<td>1<td>203.0.113.6<td>shop.example.com:80<td>GET /idle.php HTTP/1.1</tr>"
	"<tr><td>W<td>1<td>203.0.113.7<td>other.example:80<td>GET /theirs HTTP/1.1</tr>"
	"<tr><td>W<td>1<td>203.0.113.8<td>host.example:80<td>GET /~acct/me HTTP/1.1</tr>"
	"<tr><td>W<td>1<td>127.0.0.1<td>example.com:80<td>GET /" KEY " HTTP/1.1</tr>"
	"<tr><td>W<td>1<td>127.0.0.1<td>example.com:80<td>GET /whm-server-status?key=Geheim-"
	"Geheim-012345678901234567890123</tr></table></html>";

static pid_t web;
static struct accounts *accounts;
static struct webstatus *status;

static void start_web(void)
{
	make_lab();
	cr_assert(file_mkdirs(at("/web"), 0755, NULL));
	cr_assert(file_mkdirs(at("/var/cpanel"), 0755, NULL));
	put("/server.py", server);
	web = fork();
	if (web == 0) {
		execlp("python3", "python3", at("/server.py"), lab.root, NULL);
		_exit(127);
	}
	for (int i = 0; i < 200 && access(at("/port"), F_OK) < 0; i++)
		usleep(50000);
	usleep(50000);
	config.apachestatus = true;
	accounts = accounts_load(&lab, NULL);
	status = webstatus_new();
}

static void stop_web(void)
{
	kill(web, SIGKILL);
	waitpid(web, NULL, 0);
	webstatus_free(status);
	accounts_free(accounts);
	remove_lab();
}

TestSuite(webstatus, .init = start_web, .fini = stop_web, .timeout = 60);

/* The port stands where cPanel keeps it. */
static void use_port(void)
{
	char *port = get("/port"), text[64];

	snprintf(text, sizeof(text), "a=b\napache_port=0.0.0.0:%s\n", port);
	put("/var/cpanel/cpanel.config", text);
	free(port);
}

static bool look(json_t **requests, json_t **scripts, char why[256])
{
	json_t *paths = json_pack("[{s:s, s:i}]", "value", "/home/acct/public_html/wp",
				  "count", 3);
	const struct webstatus_want want = {paths, NOW - 60, NOW};
	bool ok = webstatus_of(status, &lab, &config, accounts,
			       accounts_by_user(accounts, SLICE("acct")), &want, requests,
			       scripts, why);

	json_decref(paths);
	return ok;
}

static const char *value(const json_t *list, size_t i)
{
	const char *s = json_string_value(
		json_object_get(json_array_get(list, i), "value"));

	return s ? s : "(none)";
}

Test(webstatus, lists_the_accounts_requests_and_the_script_of_the_folder)
{
	json_t *requests, *scripts;
	char why[256];

	put("/web/" KEY, page);
	put("/var/cpanel/whm_server_status_key", KEY);
	use_port();
	cr_assert(look(&requests, &scripts, why), "%s", why);
	cr_expect_eq(json_array_size(requests), 3);
	cr_expect_str_eq(value(requests, 0), "POST example.com/wp/x.php?a from 203.0.113.5");
	cr_expect_eq(json_integer_value(json_object_get(json_array_get(requests, 0),
							"count")),
		     2);
	cr_expect_str_eq(value(requests, 1), "GET shop.example.com/idle.php from 203.0.113.6");
	cr_expect_str_eq(value(requests, 2), "GET host.example/~acct/me from 203.0.113.8");
	cr_expect_eq(json_array_size(scripts), 1, "no mail came from the others' folder");
	cr_expect_str_eq(value(scripts, 0), "/home/acct/public_html/wp/x.php");
	cr_expect(has_text("/asked", "/" KEY " localhost\n"));
	json_decref(requests);
	json_decref(scripts);
}

Test(webstatus, goes_by_the_key_and_never_shows_it)
{
	static const char *const names[] = {"/web/" KEY, "/web/whm-server-status_key=" KEY,
					    "/web/whm-server-status"};

	use_port();
	put("/var/cpanel/whm_server_status_key", KEY "\n");
	for (size_t i = 0; i < 3; i++) {
		json_t *requests, *scripts;
		char why[256], *text;

		put("/asked", "");
		put(names[i], page);
		webstatus_free(status);
		status = webstatus_new();
		cr_assert(look(&requests, &scripts, why), "%s", why);
		cr_expect_eq(count_lines("/asked"), i + 1, "one way after the other");
		cr_expect_eq(json_array_size(requests), 3);
		text = json_dumps(requests, 0);
		cr_expect_null(strstr(text, "Geheim"), "%s", text);
		free(text);
		unlink(at(names[i]));
		json_decref(requests);
		json_decref(scripts);
	}
}

/* A spammer's query must not take the request out of the evidence. */
Test(webstatus, hides_nothing_that_has_the_pages_name_in_it)
{
	static const char rows[] =
		"<html><title>Apache Status</title><table><tr><th>M</th><th>SS</th>"
		"<th>Client</th><th>VHost</th><th>Request</th></tr>"
		"<tr><td>W<td>1<td>192.0.2.1<td>example.com:80<td>GET "
		"/wp/x.php?/whm-server-status HTTP/1.1</tr>"
		"<tr><td>W<td>1<td>192.0.2.1<td>example.com:80<td>GET "
		"/whm-server-status-x/y.php HTTP/1.1</tr>"
		"<tr><td>W<td>1<td>127.0.0.1<td>example.com:80<td>GET "
		"/whm-server-status?key=zzz HTTP/1.1</tr>"
		"<tr><td>W<td>1<td>127.0.0.1<td>example.com:80<td>"
		"a/whm-server-status?key=zzz HTTP/1.1</tr></table></html>";
	json_t *requests, *scripts;
	char why[256];

	put("/web/whm-server-status", rows);
	use_port();
	cr_assert(look(&requests, &scripts, why), "%s", why);
	cr_expect_eq(json_array_size(requests), 2);
	cr_expect_str_eq(value(requests, 0),
			 "GET example.com/wp/x.php?/whm-server-status from 192.0.2.1");
	cr_expect_str_eq(value(scripts, 0), "/home/acct/public_html/wp/x.php");
	json_decref(requests);
	json_decref(scripts);
}

Test(webstatus, takes_no_key_that_is_none)
{
	json_t *requests, *scripts;
	char why[256];

	use_port();
	put("/var/cpanel/whm_server_status_key", "x y\r\nHost: evil\n");
	put("/web/whm-server-status", page);
	cr_expect(look(&requests, &scripts, why), "%s", why);
	cr_expect_eq(count_lines("/asked"), 1);
	json_decref(requests);
	json_decref(scripts);
}

Test(webstatus, asks_at_most_once_a_second)
{
	json_t *requests, *scripts;
	char why[256];

	put("/web/whm-server-status", page);
	use_port();
	for (int i = 0; i < 50; i++) {
		cr_expect(look(&requests, &scripts, why));
		json_decref(requests);
		json_decref(scripts);
	}
	cr_expect_leq(count_lines("/asked"), 2);
}

Test(webstatus, says_what_is_wrong_and_loses_nothing_else)
{
	static const struct {
		const char *url, *file, *text, *why;
	} rows[] = {
		{"http://127.0.0.1/whm-server-status", "/web/forbid", "", "answered with 403"},
		{"http://127.0.0.1/none", "/web/x", "", "answered with 404"},
		{"http://127.0.0.1:1/x", "/web/x", "", "nobody answers"},
		{"http://shop.example/x", "/web/x", "", "no http:// with an address"},
		{"https://127.0.0.1/x", "/web/x", "", "no http:// with an address"},
		{"nonsense", "/web/x", "", "no http:// with an address"},
		{"http://localhost/page", "/web/page", "<html>nginx", "no status page"},
		{"http://127.0.0.1/off", "/web/off",
		 "<html><title>Apache Status</title></html>", "ExtendedStatus is off"},
	};

	use_port();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *requests, *scripts;
		char why[256] = "";

		put(rows[i].file, rows[i].text);
		snprintf(config.apachestatus_url, sizeof(config.apachestatus_url), "%s",
			 rows[i].url);
		webstatus_free(status);
		status = webstatus_new();
		cr_expect_not(look(&requests, &scripts, why), "%s", rows[i].url);
		cr_expect_not_null(strstr(why, rows[i].why), "%s: %s", rows[i].url, why);
		cr_expect_eq(json_array_size(requests) + json_array_size(scripts), 0);
		unlink(at(rows[i].file));
		json_decref(requests);
		json_decref(scripts);
	}
}

Test(webstatus, waits_for_nobody_and_rests_then)
{
	json_t *requests, *scripts;
	char why[256];
	time_t begun = time(NULL);

	use_port();
	put("/web/hang", "");
	for (int i = 0; i < 5; i++) {
		cr_expect_not(look(&requests, &scripts, why));
		cr_expect_not_null(strstr(why, "no answer in 2000 ms"), "%s", why);
		json_decref(requests);
		json_decref(scripts);
		usleep(1100000 / 5);
	}
	cr_expect_leq(time(NULL) - begun, 6);
	cr_expect_eq(count_lines("/asked"), 1);
}

Test(webstatus, takes_no_page_without_end)
{
	json_t *requests, *scripts;
	char why[256];

	use_port();
	put("/web/whm-server-status", "<html><title>Apache Status</title>");
	cr_assert_eq(truncate(at("/web/whm-server-status"), 20 * 1024 * 1024), 0);
	cr_expect_not(look(&requests, &scripts, why));
	json_decref(requests);
	json_decref(scripts);
}

Test(webstatus, is_in_the_report_and_its_trouble_too)
{
	json_t *report = report_of("acct", "", NOW), *stored, *answer;
	struct store *s;
	const char *note;

	put("/web/" KEY, page);
	put("/var/cpanel/whm_server_status_key", KEY);
	use_port();
	restart();
	answer = send_report(report, "store", true, NOW);
	s = store_open(at(PATH_DB), false, NULL);
	stored = store_report_read(
		s, json_string_value(json_object_get(report, "id")), NULL);
	cr_expect_eq(json_array_size(json_object_get(stored, "requests")), 3);
	cr_expect(report_valid(stored, NULL));
	json_decref(stored);
	json_decref(answer);
	json_decref(report);
	put("/web/forbid", "");
	restart();
	report = report_of("acct", "", NOW + 100);
	answer = send_report(report, "store,hold", true, NOW);
	cr_expect_str_eq(action_field(answer, 1, "state"), "done");
	stored = store_report_read(
		s, json_string_value(json_object_get(report, "id")), NULL);
	note = json_string_value(json_array_get(json_object_get(stored, "notes"), 0));
	cr_expect_not_null(note && strstr(note, "Apache's status page could not be used: it was "
						"answered with 403 by BaseHTTP"));
	store_close(s);
	json_decref(stored);
	json_decref(answer);
	json_decref(report);
}

Test(webstatus, keeps_what_was_asked_while_the_counts_rose)
{
	json_t *report = report_of("acct", "", NOW), *stored, *answer;
	struct store *s;

	put("/web/" KEY, page);
	put("/var/cpanel/whm_server_status_key", KEY);
	use_port();
	restart();
	answer = ask(NOW, "{\"do\":\"look\",\"accounts\":[\"acct\",\"nobody\",5]}");
	cr_expect(is_ok(answer));
	json_decref(answer);
	put("/web/forbid", "");
	usleep(1100000);
	answer = send_report(report, "store", true, NOW + 3);
	s = store_open(at(PATH_DB), false, NULL);
	stored = store_report_read(
		s, json_string_value(json_object_get(report, "id")), NULL);
	cr_expect_eq(json_array_size(json_object_get(stored, "requests")), 3);
	cr_expect_eq(json_array_size(json_object_get(stored, "notes")), 1,
		     "and that it isn't there now");
	store_close(s);
	json_decref(stored);
	json_decref(answer);
	json_decref(report);
	answer = ask(NOW, "{\"do\":\"look\"}");
	cr_expect_not(is_ok(answer));
	json_decref(answer);
}
