/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * osm-whm: the page, as a CGI program. WHM's osm.cgi runs it inside WHM's header and footer
 * (OSM_FRAME=whm); any other web server runs it alone. Only root passes: REMOTE_USER must be
 * root, told by the web server's own authentication, and the program must run as root.
 *
 * Nothing is taken from the command line: some servers put the address's query there.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/version.h"
#include "whm/lists.h"
#include "whm/site.h"
#include "whm/whatif.h"
#include "whm/words.h"

#define KEY_PATH PATH_STATE_DIR "/whm.key"
#define RAW_MAX (16 * 1024 * 1024)

/* CHANGES: only by POST with a token. KEEPS: the same, and it shows an old form again. */
struct route {
	const char *name, *title;
	const char *tab;  /* its name in the menu; NULL: not there */
	enum { LOOKS, CHANGES, KEEPS } kind;
	const char *type; /* NULL: HTML; else the content type of site.raw */
	site_page_fn show;
};

static const struct route routes[] = {
	{"overview", "Overview", "Overview", LOOKS, NULL, overview_page},
	{"checks", "What osm needs", NULL, LOOKS, NULL, checks_page},
	{"reports", "Reports", "Reports", LOOKS, NULL, reports_page},
	{"report", "Report", NULL, LOOKS, NULL, evidence_page},
	{"export", "Report", NULL, LOOKS, "application/json", evidence_export},
	{"inforce", "In Force", "In Force", LOOKS, NULL, inforce_page},
	{"settings", "Settings", "Settings", LOOKS, NULL, settings_page},
	{"settings-save", "Settings", NULL, KEEPS, NULL, settings_save},
	{"events", "Event Configuration", "Event Configuration", LOOKS, NULL, events_page},
	{"events-save", "Event Configuration", NULL, KEEPS, NULL, events_save},
	{"list-save", "Event Configuration", NULL, KEEPS, NULL, lists_save},
	{"list-add", "Event Configuration", NULL, KEEPS, NULL, lists_add},
	{"whatif", "What would have happened", NULL, LOOKS, NULL, whatif_page},
	{"whatif-start", "What would have happened", NULL, KEEPS, NULL, whatif_start},
	{"whatif-progress", "Trial", NULL, LOOKS, "application/json", whatif_progress},
	{"custom", "Custom Action", "Custom Action", LOOKS, NULL, custom_page},
	{"custom-save", "Custom Action", NULL, KEEPS, NULL, custom_save},
	{"custom-run", "Custom Action", NULL, KEEPS, NULL, custom_run_page},
	{"controls", "osmd Controls", "osmd Controls", LOOKS, NULL, controls_page},
	{"control", "osmd Controls", NULL, CHANGES, NULL, control_page},
	{"log", "Log", NULL, LOOKS, "text/plain; charset=utf-8", controls_log},
	{"held", "Held mail", NULL, LOOKS, NULL, held_page},
	{"held-delete", "Held mail", NULL, CHANGES, NULL, held_delete_page},
	{"undo", "Undo", NULL, CHANGES, NULL, undo_page},
	{"act", "Act", NULL, CHANGES, NULL, act_page},
};

static const struct route *find_route(const char *name)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(routes[i].name, name[0] ? name : "overview") == 0)
			return &routes[i];
	return NULL;
}

/* ---- around a page ---- */

static void menu(struct site *s, const struct route *now)
{
	page_open(s->page, "nav", "class", "tabs", "aria-label", "osm", NULL);
	page_open(s->page, "ul", NULL);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		char *address = routes[i].tab ? page_address(routes[i].name, NULL) : NULL;

		if (!address)
			continue;
		page_open(s->page, "li", NULL);
		page_put(s->page, "a", routes[i].tab, "href", address, "aria-current",
			 &routes[i] == now ? "page" : NULL, NULL);
		page_close(s->page);
		free(address);
	}
	page_close(s->page);
	page_close(s->page);
}

static void begin_document(struct site *s, const char *title)
{
	char text[128];

	page_doctype(s->page);
	page_open(s->page, "html", "lang", "en", NULL);
	page_open(s->page, "head", NULL);
	page_void(s->page, "meta", "charset", "utf-8", NULL);
	page_void(s->page, "meta", "name", "viewport", "content",
		  "width=device-width, initial-scale=1", NULL);
	snprintf(text, sizeof(text), "%s - ConfigServer Outgoing Spam Monitor", title);
	page_put(s->page, "title", text, NULL);
	page_void(s->page, "link", "rel", "stylesheet", "href", "osm/osm.css", NULL);
	page_void(s->page, "link", "rel", "icon", "href", "osm/osm.png", NULL);
	page_put(s->page, "script", "", "src", "osm/osm.js", "defer", PAGE_SET, NULL);
	page_close(s->page);
	page_open(s->page, "body", NULL);
}

/* WHM has a document, a header and a main part of its own. */
static void begin(struct site *s, const struct route *now, const char *title)
{
	if (s->is_part)
		return;
	if (!s->is_framed)
		begin_document(s, title);
	page_open(s->page, "div", "class", s->is_framed ? "osm framed" : "osm", NULL);
	if (s->is_framed) {
		page_void(s->page, "link", "rel", "stylesheet", "href", "osm/osm.css", NULL);
		page_put(s->page, "script", "", "src", "osm/osm.js", "defer", PAGE_SET, NULL);
	}
	page_open(s->page, s->is_framed ? "div" : "header", "class", "head", NULL);
	page_void(s->page, "img", "src", "osm/osm.png", "alt", "", "width", "48", "height", "48",
		  NULL);
	page_put(s->page, "p", "ConfigServer Outgoing Spam Monitor", "class",
		 "product", NULL);
	page_close(s->page);
	menu(s, now);
	page_open(s->page, s->is_framed ? "div" : "main", "class", "main", "id", "main", NULL);
	page_put(s->page, "h1", title, NULL);
}

static void end(struct site *s)
{
	char zone[WORDS_MAX];

	if (s->is_part)
		return;
	page_close(s->page);
	page_open(s->page, s->is_framed ? "div" : "footer", "class", "foot", NULL);
	page_textf(s->page, "osm v" OSM_VERSION ". Times are the server's: %s.",
		   words_zone(s->now_s, zone));
	page_close(s->page);
	page_close(s->page);
	if (s->is_framed)
		return;
	page_close(s->page);
	page_close(s->page);
}

/* ---- the answer ---- */

static const char *reason(int code)
{
	static const struct {
		int code;
		const char *words;
	} known[] = {{200, "OK"},
		     {400, "Bad Request"},
		     {403, "Forbidden"},
		     {404, "Not Found"},
		     {405, "Method Not Allowed"},
		     {411, "Length Required"},
		     {413, "Content Too Large"},
		     {414, "URI Too Long"},
		     {415, "Unsupported Media Type"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			return known[i].words;
	return "Internal Server Error";
}

static void headers(const struct site *s, const char *type)
{
	printf("Status: %d %s\r\nContent-Type: %s\r\n", s->code, reason(s->code), type);
	fputs("Cache-Control: no-store\r\n"
	      "X-Content-Type-Options: nosniff\r\n"
	      "Referrer-Policy: same-origin\r\n",
	      stdout);
	/* WHM's own pages need scripts and styles that this would forbid */
	if (!s->is_framed)
		fputs("X-Frame-Options: DENY\r\n"
		      "Content-Security-Policy: default-src 'none'; style-src 'self'; "
		      "script-src 'self'; img-src 'self'; connect-src 'self'; "
		      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n",
		      stdout);
	if (s->code == 405)
		fputs("Allow: GET, POST\r\n", stdout);
}

static int send_html(struct site *s)
{
	const char *html = page_html(s->page);

	if (!html) {
		fputs("Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n"
		      "osm: not enough memory for this page\n",
		      stdout);
		return 1;
	}
	headers(s, "text/html; charset=utf-8");
	/* osm.cgi then leaves WHM's header and footer away */
	if (s->is_part)
		fputs("X-Osm-Fragment: 1\r\n", stdout);
	fputs("\r\n", stdout);
	fputs(html, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int send_raw(const struct site *s, const char *type)
{
	headers(s, s->type ? s->type : type);
	/* the name is ours: letters, digits, "-", "." */
	if (s->attachment[0])
		printf("Content-Disposition: attachment; filename=\"%s\"\r\n", s->attachment);
	fputs("\r\n", stdout);
	fwrite(s->raw.p, 1, s->raw.n, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int refuse(struct site *s, int code, const char *why)
{
	s->code = code;
	begin(s, NULL, reason(code));
	page_callout_text(s->page, "bad", why);
	end(s);
	return send_html(s);
}

/* ---- one request ---- */

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static bool is_root(void)
{
	return strcmp(env("REMOTE_USER"), "root") == 0 && geteuid() == 0;
}

static int serve(struct site *s, const struct token_key *key)
{
	const char *user = env("REMOTE_USER"), *session = env("cp_security_token");
	const struct route *r = find_route(cgi_text(&s->cgi.query, "page"));
	struct slice token;
	bool changes;

	if (!r)
		return refuse(s, 404, "There is no such page.");
	changes = r->kind != LOOKS;
	if (s->cgi.is_post != changes)
		return refuse(s, 405,
			      changes ? "This changes something, and an address alone must not: "
					   "use the button on its page. Nothing was changed."
					 : "This page takes no form. Nothing was changed.");
	token = cgi_value(&s->cgi.form, "token");
	s->is_stale = r->kind == KEEPS && token_is_old(key, user, session, s->now_s, token);
	if (changes && !s->is_stale && !token_check(key, user, session, s->now_s, token))
		return refuse(s, 403,
			      "The form is older than half a day, or it was not made for this "
			      "session. Nothing was changed: open the page again and repeat it.");
	if (!token_make(key, user, session, s->now_s, s->token))
		return refuse(s, 500, "No token for this page's forms could be made.");
	s->is_part = r->show == checks_page && site_field(s, "part")[0];
	begin(s, r, r->title);
	/* what was just changed may have changed osmd's state */
	if (!r->type && !changes && !s->is_part)
		site_banner(s);
	r->show(s);
	if (changes)
		site_banner(s);
	end(s);
	return r->type && s->code == 200 ? send_raw(s, r->type) : send_html(s);
}

static int answer(struct site *s)
{
	const struct cgi_env request = {getenv("REQUEST_METHOD"), getenv("QUERY_STRING"),
					getenv("CONTENT_TYPE"), getenv("CONTENT_LENGTH")};
	char path[PATH_MAX], *body = NULL;
	struct token_key key;
	struct err e = {0};
	size_t n = 0;
	int code;

	if (!is_root())
		return refuse(s, 403,
			      geteuid() ? "The web server doesn't run this program as root."
					: "You do not have access to this feature: it is for root.");
	code = cgi_body(&request, STDIN_FILENO, &body, &n, &e);
	if (code == 0)
		code = cgi_parse(&request, (struct slice){body, n}, &s->cgi, &e);
	free(body);
	if (code)
		return refuse(s, code, e.msg);
	if (!token_key_load(site_path(s, KEY_PATH, path), &key, &e))
		return refuse(s, 500, e.msg);
	return serve(s, &key);
}

int main(void)
{
	struct site s = {.code = 200, .now_s = (int64_t)time(NULL)};
	int status = 1;

	/* a reader who goes away is seen when writing; a daemon likewise */
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	s.is_framed = strcmp(env("OSM_FRAME"), "whm") == 0;
	buf_init(&s.raw, RAW_MAX);
	s.page = page_new();
	if (s.page && paths_init(&s.paths, getenv("OSM_ROOT")))
		status = answer(&s);
	else
		fputs("Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n"
		      "osm: OSM_ROOT is no folder, or there is no memory\n",
		      stdout);
	page_free(s.page);
	store_close(s.store);
	cgi_clear(&s.cgi);
	buf_clear(&s.raw);
	return status;
}
