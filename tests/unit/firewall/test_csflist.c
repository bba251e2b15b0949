/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "firewall/csflist.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>

#include "osmd/base/file.h"
#include "tests/unit/firewall/lab.h"

TestSuite(csflist, .init = lab_make, .fini = lab_remove);

static const char *printed(const struct csf_entry *e, char out[512])
{
	char net[ADDR_TEXT_MAX];
	char uid[24] = "";

	if (e->has_uid)
		snprintf(uid, sizeof(uid), " uid=%u", (unsigned)e->uid);
	snprintf(out, 512, "%s%s dir=%d ports=%.*s%s%s", e->is_filter ? "filter " : "",
		 addr_print(&e->net, net), (int)e->direction, (int)e->ports.n,
		 e->ports.n ? e->ports.p : "", uid, e->is_hidden ? " hidden" : "");
	return out;
}

Test(csflist, reads_each_form_of_a_line)
{
	static const struct {
		const char *line;
		enum csf_form form;
		const char *want;
	} rows[] = {
		{"", CSF_LINE_NONE, NULL},
		{"   ", CSF_LINE_NONE, NULL},
		{"# 192.0.2.1", CSF_LINE_NONE, NULL},
		{"  # Include /x", CSF_LINE_NONE, NULL},
		{"192.0.2.1", CSF_LINE_ENTRY, "192.0.2.1 dir=3 ports="},
		{" 192.0.2.1 \r", CSF_LINE_ENTRY, "192.0.2.1 dir=3 ports="},
		{"192.0.2.1 # why - Wed", CSF_LINE_ENTRY, "192.0.2.1 dir=3 ports="},
		{"192.0.2.1\tno hash", CSF_LINE_ENTRY, "192.0.2.1 dir=3 ports="},
		{"192.0.2.77/24", CSF_LINE_ENTRY, "192.0.2.0/24 dir=3 ports="},
		{"2001:DB8::1 # x", CSF_LINE_ENTRY, "2001:db8::1 dir=3 ports="},
		{"2001:db8::/32", CSF_LINE_ENTRY, "2001:db8::/32 dir=3 ports="},
		{"192.0.2.1 # may Include more", CSF_LINE_ENTRY,
		 "192.0.2.1 dir=3 ports= hidden"},
		{"192.0.2.1#glued", CSF_LINE_BAD, NULL},
		{"192.0.2.1-192.0.2.9", CSF_LINE_BAD, NULL},
		{"host.example.com", CSF_LINE_BAD, NULL},
		{"1.2.3", CSF_LINE_BAD, NULL},
		{"192.0.2.0/33", CSF_LINE_BAD, NULL},
		{"tcp|in|d=22|s=192.0.2.7", CSF_LINE_ENTRY,
		 "filter 192.0.2.7 dir=1 ports=22"},
		{"tcp:in:d=22:s=192.0.2.7", CSF_LINE_ENTRY,
		 "filter 192.0.2.7 dir=1 ports=22"},
		{"tcp|out|d=25,465|d=192.0.2.0/24", CSF_LINE_ENTRY,
		 "filter 192.0.2.0/24 dir=2 ports=25,465"},
		{"tcp|in|d=1024_2048|s=2001:db8::1", CSF_LINE_ENTRY,
		 "filter 2001:db8::1 dir=1 ports=1024_2048"},
		{"tcp:in:d=22:s=2001:db8::1", CSF_LINE_ENTRY,
		 "filter 2001:db8::1 dir=1 ports=22"},
		{"d=22|s=192.0.2.7", CSF_LINE_ENTRY, "filter 192.0.2.7 dir=1 ports=22"},
		{"tcp|out|d=25,465,587|u=1001 # osm: x", CSF_LINE_ENTRY,
		 "filter  dir=2 ports=25,465,587 uid=1001"},
		{"tcp|out|d=25|g=12", CSF_LINE_ENTRY, "filter  dir=2 ports=25"},
		{"icmp|in|s=ping|s=192.0.2.7", CSF_LINE_ENTRY,
		 "filter 192.0.2.7 dir=1 ports=ping"},
		{"tcp|out|d=25|u=root", CSF_LINE_BAD, NULL},
		{"tcp|sideways|d=25|s=192.0.2.7", CSF_LINE_BAD, NULL},
		{"tcp|in", CSF_LINE_BAD, NULL},
		{"|||", CSF_LINE_BAD, NULL},
		{"tcp|in|s=192.0.2.1|d=192.0.2.2", CSF_LINE_BAD, NULL},
		{"Include /etc/csf/more", CSF_LINE_INCLUDE, NULL},
		{"Include", CSF_LINE_BAD, NULL},
		{"Include relative", CSF_LINE_BAD, NULL},
		{" Include /etc/csf/more", CSF_LINE_BAD, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why = NULL;
		struct csf_entry e;
		char out[512];
		enum csf_form form = csflist_line(slice_str(rows[i].line), &e, &why);

		cr_expect_eq(form, rows[i].form, "\"%s\": form %d", rows[i].line,
			     (int)form);
		if (form == CSF_LINE_ENTRY && rows[i].want)
			cr_expect_str_eq(printed(&e, out), rows[i].want, "\"%s\": %s",
					 rows[i].line, out);
		if (form == CSF_LINE_BAD)
			cr_expect(why && *why, "\"%s\" is bad without a reason",
				  rows[i].line);
	}
}

Test(csflist, the_comment_is_what_follows_without_its_hash_and_date)
{
	const char *why;
	struct csf_entry e;
	struct slice s;

	csflist_line(SLICE("192.0.2.1 # osm: a - b - Wed Nov 25 06:52:53 2026"), &e,
		     &why);
	s = csflist_without_date(e.comment);
	cr_expect(slice_eq(s, SLICE("osm: a - b")), "%.*s", (int)s.n, s.p);
	s = csflist_without_date(SLICE("x - Wed Nov  5 06:52:53 2026"));
	cr_expect(slice_eq(s, SLICE("x")), "a padded day: %.*s", (int)s.n, s.p);
	s = csflist_without_date(SLICE("no date - here at all, at all"));
	cr_expect(slice_eq(s, SLICE("no date - here at all, at all")));
	s = csflist_without_date(SLICE(""));
	cr_expect_eq(s.n, 0);
}

Test(csflist, reads_temporary_lines)
{
	static const struct {
		const char *line;
		enum csf_form form;
		const char *want;
		long ttl;
	} rows[] = {
		{"1795589571|198.51.100.6|25,465,587|inout|3600|osm: text",
		 CSF_LINE_ENTRY, "198.51.100.6 dir=3 ports=25,465,587", 3600},
		{"1795589571|198.51.100.6||in|60|lfd - (x) a | b", CSF_LINE_ENTRY,
		 "198.51.100.6 dir=1 ports=", 60},
		{"1795589571|2001:db8::1|25;udp|out|60|", CSF_LINE_ENTRY,
		 "2001:db8::1 dir=2 ports=25;udp", 60},
		{"1795589571|203.0.113.0/24||in|60", CSF_LINE_ENTRY,
		 "203.0.113.0/24 dir=1 ports=", 60},
		{"", CSF_LINE_NONE, NULL, 0},
		{"1795589571|198.51.100.6||in", CSF_LINE_BAD, NULL, 0},
		{"then|198.51.100.6||in|60|x", CSF_LINE_BAD, NULL, 0},
		{"1|198.51.100.6||in|-1|x", CSF_LINE_BAD, NULL, 0},
		{"1|198.51.100.6||both|60|x", CSF_LINE_BAD, NULL, 0},
		{"1|somewhere||in|60|x", CSF_LINE_BAD, NULL, 0},
		{"1|198.51.100.6|2 5|in|60|x", CSF_LINE_BAD, NULL, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why;
		struct csf_entry e;
		char out[512];
		enum csf_form form = csflist_temp_line(slice_str(rows[i].line), &e, &why);

		cr_expect_eq(form, rows[i].form, "\"%s\": form %d", rows[i].line,
			     (int)form);
		if (form != CSF_LINE_ENTRY)
			continue;
		cr_expect_str_eq(printed(&e, out), rows[i].want, "%s", out);
		cr_expect_eq(e.ttl_s, rows[i].ttl);
	}
}

Test(csflist, ports_are_numbers_and_no_more_than_fifteen)
{
	uint16_t out[FW_PORTS_MAX];
	size_t n;

	cr_expect(csflist_ports(SLICE("25,465,65535"), out, &n) && n == 3 &&
		  out[2] == 65535);
	cr_expect(csflist_ports(SLICE(""), out, &n) && n == 0);
	cr_expect(csflist_ports(SLICE("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"), out, &n) &&
		  n == 15);
	cr_expect_not(
		csflist_ports(SLICE("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"), out, &n));
	cr_expect_not(csflist_ports(SLICE("0"), out, &n));
	cr_expect_not(csflist_ports(SLICE("65536"), out, &n));
	cr_expect_not(csflist_ports(SLICE("1024_2048"), out, &n));
	cr_expect_not(csflist_ports(SLICE("25,,26"), out, &n));
}

/* ---- files ---- */

struct heard {
	char entries[4096], problems[4096];
	size_t stop_after;
};

static bool on_entry(const struct csf_entry *e, void *ctx)
{
	struct heard *h = ctx;
	size_t n = strlen(h->entries);
	char net[ADDR_TEXT_MAX];

	snprintf(h->entries + n, sizeof(h->entries) - n, "%s@%s:%u ",
		 addr_print(&e->net, net), strrchr(e->file, '/') + 1, e->line);
	return !h->stop_after || --h->stop_after > 0;
}

static void on_problem(const char *file, unsigned line, const char *text, void *ctx)
{
	struct heard *h = ctx;
	size_t n = strlen(h->problems);

	snprintf(h->problems + n, sizeof(h->problems) - n, "%s:%u %s\n",
		 strrchr(file, '/') + 1, line, text);
}

static bool hear(const char *file, struct heard *h, struct csflist_read *r,
		 struct err *err)
{
	size_t stop_after = h->stop_after;

	*h = (struct heard){.stop_after = stop_after};
	*r = (struct csflist_read){
		.paths = &lab, .each = on_entry, .problem = on_problem, .ctx = h};
	return csflist_read(r, file, err);
}

Test(csflist, includes_are_followed_and_end)
{
	struct csflist_read r;
	struct heard h = {0};
	struct err err = {0};

	lab_put("/etc/csf/csf.allow",
		"192.0.2.1\nInclude /etc/csf/a\nInclude /etc/csf/none\n"
		"nonsense\n192.0.2.2");
	lab_put("/etc/csf/a", "Include /etc/csf/b\n192.0.2.3\n");
	lab_put("/etc/csf/b",
		"# loop\nInclude /etc/csf/csf.allow\nInclude /etc/csf/a\n192.0.2.4\n");
	cr_assert(hear(CSF_ALLOW, &h, &r, &err), "%s", err.msg);
	cr_expect_str_eq(h.entries, "192.0.2.1@csf.allow:1 192.0.2.4@b:4 192.0.2.3@a:2 "
				    "192.0.2.2@csf.allow:5 ");
	cr_expect_str_eq(
		h.problems,
		"csf.allow:3 there is no such file to include: \"/etc/csf/none\"\n"
		"csf.allow:4 no address, prefix or filter (csf ignores names): "
		"\"nonsense\"\n");
	cr_expect_eq(r.entries, 4);
	cr_expect_eq(r.problems, 2);
}

Test(csflist, depth_is_bounded)
{
	struct csflist_read r;
	struct heard h = {0};
	char name[64], text[128];

	for (int i = 0; i <= CSFLIST_DEPTH_MAX + 1; i++) {
		snprintf(name, sizeof(name), "/etc/csf/deep%d", i);
		snprintf(text, sizeof(text), "192.0.2.%d\nInclude /etc/csf/deep%d\n", i,
			 i + 1);
		lab_put(name, text);
	}
	cr_assert(hear("/etc/csf/deep0", &h, &r, NULL));
	cr_expect_eq(r.entries, CSFLIST_DEPTH_MAX + 1);
	cr_expect_eq(r.problems, 1);
	cr_expect(strstr(h.problems, "deep8:2 Include is too deep here"), "%s",
		  h.problems);
}

Test(csflist, too_many_files_or_bytes_are_an_error_and_conclude_nothing)
{
	struct csflist_read r;
	struct heard h = {0};
	struct err err = {0};
	char name[32], all[CSFLIST_FILES_MAX * 48 + 1] = "";

	for (int i = 0; i < CSFLIST_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "/etc/csf/many%d", i);
		lab_put(name, "");
		snprintf(all + strlen(all), 48, "Include %s\n", name);
	}
	lab_put("/etc/csf/csf.allow", all);
	cr_expect_not(hear(CSF_ALLOW, &h, &r, &err));
	cr_expect_eq(err.code, EFBIG);
	cr_expect(strstr(err.msg, "/etc/csf/csf.allow line 64"), "%s", err.msg);

	lab_put("/etc/csf/csf.allow", "192.0.2.1\n");
	cr_assert_eq(truncate(lab_at(CSF_ALLOW), (off_t)CSFLIST_BYTES_MAX + 1), 0);
	cr_expect_not(hear(CSF_ALLOW, &h, &r, &err));
	cr_expect_str_eq(h.entries, "");
}

Test(csflist, a_missing_file_is_an_empty_list_and_a_folder_an_error)
{
	struct csflist_read r;
	struct heard h = {0};
	struct err err = {0};

	cr_expect(hear("/etc/csf/csf.ignore", &h, &r, &err));
	cr_expect_eq(r.entries, 0);
	cr_expect_not(hear("/etc/csf", &h, &r, &err));
	cr_expect(strstr(err.msg, "/etc/csf"), "%s", err.msg);
}

Test(csflist, the_reader_may_stop)
{
	struct csflist_read r;
	struct heard h = {.stop_after = 2};

	lab_put("/etc/csf/csf.deny", "192.0.2.1\n192.0.2.2\n192.0.2.3\n");
	cr_assert(hear(CSF_DENY, &h, &r, NULL));
	cr_expect_str_eq(h.entries, "192.0.2.1@csf.deny:1 192.0.2.2@csf.deny:2 ");
}

static void *let_go(void *fd)
{
	usleep(120000);
	flock(*(int *)fd, LOCK_UN);
	return NULL;
}

Test(csflist, a_lock_of_csf_is_waited_for_and_not_forever)
{
	int ours = open(lab_at(CSF_DENY), O_RDONLY),
	    theirs = open(lab_at(CSF_DENY), O_RDONLY);
	struct csflist_read r;
	struct heard h = {0};
	pthread_t t;

	lab_put(CSF_DENY, "192.0.2.1\n");
	cr_assert_eq(flock(theirs, LOCK_EX), 0);
	cr_expect_eq(file_flock(ours, LOCK_SH, 40), -ETIMEDOUT);
	cr_assert_eq(pthread_create(&t, NULL, let_go, &theirs), 0);
	cr_expect(hear(CSF_DENY, &h, &r, NULL));
	cr_expect_str_eq(h.entries, "192.0.2.1@csf.deny:1 ");
	pthread_join(t, NULL);
	close(ours);
	close(theirs);
}

Test(csflist, no_truncation_of_a_line_reads_past_its_end)
{
	static const char *const lines[] = {
		"tcp|out|d=25,465,587|u=1001 # osm: x - Wed Nov 25 06:52:53 2026",
		"tcp:in:d=22:s=2001:db8::1", "Include /etc/csf/more",
		"1795589571|198.51.100.6|25,465,587|inout|3600|osm: text"};

	for (size_t i = 0; i < 4; i++)
		for (size_t n = 0; n <= strlen(lines[i]); n++) {
			char *exact = malloc(n ? n : 1);
			struct csf_entry e;
			const char *why;

			memcpy(exact, lines[i], n);
			if (csflist_line((struct slice){exact, n}, &e, &why) ==
			    CSF_LINE_ENTRY)
				cr_expect(e.text.n <= n &&
					  csflist_without_date(e.comment).n <= n);
			csflist_temp_line((struct slice){exact, n}, &e, &why);
			free(exact);
		}
}
