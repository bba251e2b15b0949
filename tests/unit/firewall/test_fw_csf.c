/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * The csf backend against a csf that is played here: it keeps the two lists as csf does and
 * says what csf says. (The double of the lab and a real csf: tests/system/71_csf.bats,
 * docs/firewall-csf.md.)
 */
#include "firewall/fw_csf.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <time.h>

#include "firewall/csfhost.h"
#include "firewall/csflist.h"
#include "tests/unit/firewall/lab.h"

/* ---- csf ---- */

static struct {
	char calls[8192];    /* a line each */
	const char *instead; /* said instead of anything done */
	const char *after;   /* said after what was done */
	const char *fail_on; /* a call with this in it is answered by instead */
	bool is_deaf;	     /* says success, does nothing */
	bool is_hanging;
} csf;

static void rewrite_without(const char *file, const char *text, int field)
{
	char out[65536] = "", line[1024], key[1024];
	const char *at = lab_get(file);

	while (*at) {
		size_t n = strcspn(at, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)n, at);
		if (field)
			snprintf(key, sizeof(key), "%.*s",
				 (int)strcspn(strchr(line, '|') + 1, "|"),
				 strchr(line, '|') + 1);
		else
			snprintf(key, sizeof(key), "%.*s", (int)strcspn(line, " "), line);
		if (strcmp(key, text) != 0)
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s\n",
				 line);
		at += n + (at[n] == '\n');
	}
	lab_put(file, out);
}

static void append(const char *file, const char *text)
{
	FILE *f = fopen(lab_at(file), "a");

	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static void play_temp_add(const char *const *argv, struct buf *output)
{
	char line[1024], ports[128] = "", way[16] = "in";
	const char *rest = argv[4];

	if (sscanf(rest, "-p %127s", ports) == 1)
		rest = strstr(rest, ports) + strlen(ports) + 1;
	cr_assert_eq(sscanf(rest, "-d %15s", way), 1, "%s", argv[4]);
	rest += 3 + strlen(way);
	snprintf(line, sizeof(line), "%ld|%s|%s|%s|%s|%s\n", (long)time(NULL), argv[2],
		 ports, way, argv[3], *rest ? rest + 1 : "");
	if (!csf.is_deaf)
		append(CSF_TEMPBAN, line);
	buf_printf(output, "csf: %s blocked on port * for %s seconds\n", argv[2],
		   argv[3]);
}

static void play(const char *const *argv, struct buf *output)
{
	char line[1024];

	if (!strcmp(argv[1], "-d")) {
		snprintf(line, sizeof(line), "%s # %s - Wed Nov 25 06:52:53 2026\n",
			 argv[2], argv[3]);
		if (!csf.is_deaf)
			append(CSF_DENY, line);
		buf_printf(output, "Adding %s to csf.deny and iptables DROP...\n",
			   argv[2]);
	} else if (!strcmp(argv[1], "-dr")) {
		if (!csf.is_deaf)
			rewrite_without(CSF_DENY, argv[2], 0);
		buf_puts(output, "Removing rule...\n");
	} else if (!strcmp(argv[1], "-trd")) {
		if (!csf.is_deaf)
			rewrite_without(CSF_TEMPBAN, argv[2], 1);
		buf_printf(output, "csf: %s temporary block removed\n", argv[2]);
	} else {
		cr_assert_str_eq(argv[1], "-td");
		play_temp_add(argv, output);
	}
}

static bool run_csf(const char *const *argv, unsigned timeout_s, struct buf *output,
		    void *ctx, struct err *err)
{
	int lock = open(lab_at(CSF_LOCK), O_RDWR);
	char call[1024] = "";

	(void)ctx;
	cr_expect(timeout_s > 0 && timeout_s <= 60);
	/* a restart could not begin now, another call could */
	cr_expect(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0 &&
			  flock(lock, LOCK_SH | LOCK_NB) == 0,
		  "a call without the shared lock on csf.lock");
	if (lock >= 0)
		close(lock);
	for (size_t i = 1; argv[i]; i++)
		snprintf(call + strlen(call), sizeof(call) - strlen(call), "%s%s",
			 i > 1 ? "," : "", argv[i]);
	snprintf(csf.calls + strlen(csf.calls), sizeof(csf.calls) - strlen(csf.calls),
		 "%s\n", call);
	if (csf.is_hanging)
		return err_set(err, ETIMEDOUT, "did not end within %u seconds",
			       timeout_s);
	if (csf.instead && (!csf.fail_on || strstr(call, csf.fail_on)))
		buf_puts(output, csf.instead);
	else
		play(argv, output);
	if (csf.after)
		buf_puts(output, csf.after);
	return true;
}

/* ---- the backend beside it, and what is said ---- */

static struct {
	char log[1024], said[2048];
	bool fails;
} beside;

static struct fw *beside_init(const struct fw_settings *settings, struct err *err)
{
	if (beside.fails)
		err_set(err, EPERM, "no permission");
	return beside.fails ? NULL : (struct fw *)(uintptr_t)settings;
}

static void note(const char *verb, const struct fw_block *blocks, size_t count)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < count; i++)
		snprintf(beside.log + strlen(beside.log),
			 sizeof(beside.log) - strlen(beside.log), "%s %s@%zu ", verb,
			 blocks[i].net.family ? addr_print(&blocks[i].net, text) : "uid",
			 strlen(csf.calls) ? (size_t)1 : 0);
}

static bool beside_block(struct fw *fw, const struct fw_block *blocks, size_t count,
			 struct err *err)
{
	(void)fw;
	note("+", blocks, count);
	return !beside.fails || err_set(err, EPERM, "the kernel refused");
}

static bool beside_release(struct fw *fw, const struct fw_block *blocks, size_t count,
			   struct err *err)
{
	(void)fw;
	(void)err;
	note("-", blocks, count);
	return true;
}

static bool beside_flush(struct fw *fw, struct err *err)
{
	(void)fw;
	(void)err;
	strcat(beside.log, "flush ");
	return true;
}

static void beside_close(struct fw *fw)
{
	(void)fw;
	strcat(beside.log, "close ");
}

static const struct fw_backend fake = {.name = "fake",
				       .init = beside_init,
				       .block = beside_block,
				       .release = beside_release,
				       .flush = beside_flush,
				       .close = beside_close};

static void hear(const char *text, void *ctx)
{
	(void)ctx;
	strcat(beside.said, text);
	strcat(beside.said, "\n");
}

/* ---- a host with csf ---- */

static struct fw_settings settings;
static struct fw *fw;
static struct err err;

static void begin(void)
{
	lab_make();
	lab_put("/usr/sbin/csf", "#!/bin/false\n");
	chmod(lab_at("/usr/sbin/csf"), 0700);
	lab_put("/etc/csf/csf.conf",
		"TESTING = \"0\"\nIPV6 = \"1\"\nLF_BLOCKINONLY = \"0\"\n");
	settings = (struct fw_settings){.paths = &lab,
					.smtp_ports = {25, 465, 587},
					.smtp_port_count = 3,
					.run = run_csf,
					.say = hear};
	fw = fw_csf.init(&settings, &err);
	cr_assert(fw, "%s", err.msg);
}

static void begin_native(void)
{
	begin();
	fw_csf.close(fw);
	settings.native = true;
	settings.beside = &fake;
	fw = fw_csf.init(&settings, &err);
	cr_assert(fw, "%s", err.msg);
}

static void end(void)
{
	fw_csf.close(fw);
	lab_remove();
}

TestSuite(fw_csf, .init = begin, .fini = end);
TestSuite(fw_csf_native, .init = begin_native, .fini = end);

static struct fw_block block_of(const char *net, int64_t ttl, enum fw_direction direction)
{
	struct fw_block b = {
		.ttl = ttl, .direction = direction, .reason = "too much mail"};

	cr_assert(addr_parse_cidr(slice_str(net), &b.net), "%s", net);
	return b;
}

static bool do_block(const struct fw_block *b)
{
	csf.calls[0] = '\0';
	err = (struct err){0};
	return fw_csf.block(fw, b, 1, &err);
}

static bool do_release(const struct fw_block *b)
{
	csf.calls[0] = '\0';
	err = (struct err){0};
	return fw_csf.release(fw, b, 1, &err);
}

static void expect_calls(const char *want)
{
	cr_expect_str_eq(csf.calls, want, "called:\n%swanted:\n%s", csf.calls, want);
}

/* ---- what is called ---- */

Test(fw_csf, an_address_for_a_time_and_for_good)
{
	struct fw_block b = block_of("2001:DB8::7", 3600, FW_IN);

	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-td,2001:db8::7,3600,-d in osm: too much mail\n");
	b = block_of("203.0.113.77/24", 0, FW_INOUT);
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-d,203.0.113.0/24,osm: too much mail\n");
	b = block_of("198.51.100.1", 60, FW_INOUT);
	b.ports[0] = 25;
	b.ports[1] = 587;
	b.port_count = 2;
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-td,198.51.100.1,60,-p 25,587 -d inout osm: too much mail\n");
	b.ttl = 0;
	b.net.bytes[3] = 2;
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-d,tcp|in|d=25,587|s=198.51.100.2,osm: too much mail\n"
		     "-d,tcp|out|d=25,587|d=198.51.100.2,osm: too much mail\n");
	cr_expect(do_release(&b), "%s", err.msg);
	expect_calls("-dr,tcp|in|d=25,587|s=198.51.100.2\n-dr,tcp|out|d=25,587|d=198.51."
		     "100.2\n");
}

Test(fw_csf, a_uid_is_a_filter_in_csf_deny)
{
	struct fw_block b = {
		.uid = 1001, .ttl = 600, .direction = FW_OUT, .reason = "bad script"};

	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-d,tcp|out|d=25,465,587|u=1001,osm: bad script\n");
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls(""); /* is there */
	cr_expect(do_release(&b), "%s", err.msg);
	expect_calls("-dr,tcp|out|d=25,465,587|u=1001\n");
	cr_expect_str_eq(lab_get(CSF_DENY), "");
	cr_expect(do_release(&b), "%s", err.msg);
	expect_calls(""); /* is not there */
}

Test(fw_csf, blocking_again_renews)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	cr_assert(do_block(&b));
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls(""); /* the same time: nothing to renew */
	b.ttl = 600;
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls(
		"-trd,198.51.100.1\n-td,198.51.100.1,600,-d in osm: too much mail\n");
	b.ttl = 0; /* csf -d does not mind the temporary one */
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-d,198.51.100.1,osm: too much mail\n");
	b.ttl = 30; /* -td would say that it is blocked for good */
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-dr,198.51.100.1\n-trd,198.51.100.1\n"
		     "-td,198.51.100.1,30,-d in osm: too much mail\n");
	cr_expect(do_release(&b));
	expect_calls("-trd,198.51.100.1\n");
	cr_expect_str_eq(lab_get(CSF_DENY), "");
	cr_expect_str_eq(lab_get(CSF_TEMPBAN), "");
}

static void put_ban(const char *net, const char *ports, const char *way, int left,
		    const char *message)
{
	char line[512];

	snprintf(line, sizeof(line), "%ld|%s|%s|%s|%d|%s\n", (long)time(NULL) - 40, net,
		 ports, way, left + 40, message);
	append(CSF_TEMPBAN, line);
}

Test(fw_csf, what_others_block_is_left_or_taken_in_and_put_back)
{
	struct fw_block b = block_of("198.51.100.1", 600, FW_IN);

	put_ban("198.51.100.1", "", "inout", 3600, "lfd - (sshd) x");
	cr_expect(do_block(&b));
	expect_calls(""); /* theirs blocks more and longer */
	cr_expect(do_release(&b));
	expect_calls(""); /* and is not osm's to take away */

	lab_put(CSF_TEMPBAN, "");
	put_ban("198.51.100.1", "", "out", 300, "lfd - (sshd) x");
	put_ban("198.51.100.1", "22", "in", 900, "lfd - (sshd) -p y");
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-trd,198.51.100.1\n"
		     "-td,198.51.100.1,600,-d inout osm: too much mail\n"
		     "-td,198.51.100.1,900,-p 22 -d in lfd - (sshd) _p y\n");
	cr_expect(do_release(&b), "%s", err.msg);
	expect_calls("-trd,198.51.100.1\n"
		     "-td,198.51.100.1,900,-p 22 -d in lfd - (sshd) _p y\n");
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "|22|in|900|lfd - (sshd) _p y\n"));

	lab_put(CSF_TEMPBAN, ""); /* longer, but the other way */
	put_ban("198.51.100.1", "", "out", 3600, "lfd - (sshd) x");
	cr_expect(do_block(&b), "%s", err.msg);
	expect_calls("-trd,198.51.100.1\n"
		     "-td,198.51.100.1,3600,-d inout osm: too much mail\n");

	lab_put(CSF_TEMPBAN, "");
	lab_put(CSF_DENY, "198.51.100.1 # by hand\n");
	cr_expect(do_block(&b));
	cr_expect(do_release(&b));
	expect_calls("");
	cr_expect_str_eq(lab_get(CSF_DENY), "198.51.100.1 # by hand\n");
}

/* csf has taken them out, then it fails: they are not osm's to lose. */
Test(fw_csf, what_others_block_is_put_back_when_csf_fails_in_between)
{
	struct fw_block b = block_of("198.51.100.1", 600, FW_IN);

	put_ban("198.51.100.1", "", "out", 300, "lfd - (sshd) x");
	put_ban("198.51.100.1", "22", "in", 900, "lfd - (sshd) y");
	csf.instead = "iptables: Resource temporarily unavailable.\n";
	csf.fail_on = "osm: too much mail";
	cr_expect_not(do_block(&b));
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "||out|300|lfd - (sshd) x\n"), "%s",
		  lab_get(CSF_TEMPBAN));
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "|22|in|900|lfd - (sshd) y\n"));
	csf.instead = NULL;
	lab_put(CSF_TEMPBAN, "");
	b.port_count = 1;
	b.ports[0] = 587;
	cr_assert(do_block(&b));
	put_ban("198.51.100.1", "", "out", 300, "lfd - (sshd) x");
	put_ban("198.51.100.1", "22", "in", 900, "lfd - (sshd) y");
	csf.instead = "iptables: Resource temporarily unavailable.\n";
	csf.fail_on = "300,-d out lfd";
	cr_expect_not(do_release(&b));
	cr_expect(strstr(err.msg, "could not be put back"), "%s", err.msg);
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "|22|in|900|lfd - (sshd) y\n"),
		  "the other one is");
	csf.instead = NULL;
}

Test(fw_csf, an_entry_that_others_wrote_differently_is_found_and_removed_as_written)
{
	struct fw_block b = block_of("203.0.113.0/24", 0, FW_INOUT);

	lab_put(CSF_DENY, "203.0.113.77/24 # osm: older - Wed Nov 25 06:52:53 2026\n");
	cr_expect(do_block(&b));
	expect_calls("");
	cr_expect(do_release(&b), "%s", err.msg);
	expect_calls("-dr,203.0.113.77/24\n");
}

Test(fw_csf, a_list_without_a_last_line_end_gets_one)
{
	struct fw_block b = block_of("198.51.100.1", 0, FW_INOUT);

	lab_put(CSF_DENY, "192.0.2.9 # no line end");
	cr_expect(do_block(&b), "%s", err.msg);
	cr_expect(strstr(lab_get(CSF_DENY),
			 "192.0.2.9 # no line end\n198.51.100.1 # osm:"));
	cr_expect_eq(strncmp(lab_get(CSF_DENY), "192.0.2.9", 9), 0);
}

/* ---- what goes wrong ---- */

Test(fw_csf, a_csf_that_refuses_or_only_says_that_it_did)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	csf.instead =
		"deny failed: 198.51.100.1 is in the allow file /etc/csf/csf.allow\n";
	cr_expect_not(do_block(&b));
	cr_expect_eq(err.code, EPERM);
	cr_expect_str_eq(err.msg,
			 "198.51.100.1: csf refused: deny failed: 198.51.100.1 is in the "
			 "allow file /etc/csf/csf.allow");
	csf.instead = NULL;
	csf.is_deaf = true;
	cr_expect_not(do_block(&b));
	cr_expect(strstr(err.msg, "its list does not hold it"), "%s", err.msg);
	csf.is_deaf = false;
	cr_assert(do_block(&b));
	csf.is_deaf = true;
	cr_expect_not(do_release(&b));
	cr_expect(strstr(err.msg, "its list still holds it"), "%s", err.msg);
	csf.is_deaf = false;
	csf.is_hanging = true;
	cr_expect_not(do_release(&b));
	cr_expect_eq(err.code, ETIMEDOUT);
	cr_expect_str_eq(err.msg,
			 "198.51.100.1: csf -trd: did not end within 60 seconds");
}

Test(fw_csf, a_block_that_is_noted_and_not_in_force_is_taken_back)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	csf.after = "iptables: No chain/target/match by that name.\n";
	cr_expect_not(do_block(&b));
	cr_expect(strstr(err.msg, "its firewall did not take it"), "%s", err.msg);
	cr_expect_str_eq(lab_get(CSF_TEMPBAN), "");
	b.ttl = 0;
	cr_expect_not(do_block(&b));
	cr_expect_str_eq(lab_get(CSF_DENY), "");
}

Test(fw_csf, of_a_batch_all_or_nothing_and_what_was_there_stays)
{
	struct fw_block b[3] = {block_of("198.51.100.1", 60, FW_IN),
				block_of("198.51.100.2", 60, FW_IN),
				block_of("198.51.100.3", 60, FW_IN)};

	cr_assert(do_block(&b[0]));
	csf.instead = "deny failed: [198.51.100.3] is one of this servers addresses!\n";
	csf.fail_on = "198.51.100.3";
	cr_expect_not(fw_csf.block(fw, b, 3, &err));
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "198.51.100.1|"));
	cr_expect_not(strstr(lab_get(CSF_TEMPBAN), "198.51.100.2|"));
	csf.instead = NULL;
	cr_expect(fw_csf.block(fw, b, 3, &err), "%s", err.msg);
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "198.51.100.3|"));
}

Test(fw_csf, what_makes_no_sense_is_refused_before_anything_is_called)
{
	static const struct {
		struct fw_block block;
		const char *why;
	} rows[] = {
		{{.uid = 0, .direction = FW_OUT},
		 "neither an address nor an account's uid"},
		{{.net = {.family = AF_INET}, .direction = FW_IN},
		 "a prefix of length 0 is everybody"},
		{{.net = {.family = AF_INET, .prefix = 32},
		  .ttl = -1,
		  .direction = FW_IN},
		 "a time of -1 seconds"},
		{{.net = {.family = AF_INET, .prefix = 32},
		  .port_count = 16,
		  .direction = FW_IN},
		 "16 ports, at most 15"},
		{{.net = {.family = AF_INET, .prefix = 32}}, "neither in nor out"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_not(do_block(&rows[i].block), "row %zu", i);
		cr_expect_str_eq(err.msg, rows[i].why);
		expect_calls("");
	}
}

Test(fw_csf, csf_that_may_not_be_called_is_not_called)
{
	static const struct {
		const char *file, *text, *why;
	} rows[] = {
		{CSF_DISABLE, "", "csf is disabled (csf -e enables it)"},
		{CSF_ERROR, "x", "csf's last start failed"},
		{"/etc/csf/csf.conf", "TESTING = \"1\"\n", "csf is in TESTING mode"},
		{"/usr/sbin/csf", NULL, "csf is not installed"},
	};
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN),
			old = block_of("198.51.100.2", 60, FW_IN);
	struct err why = {0};

	cr_assert(do_block(&old));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].text)
			lab_put(rows[i].file, rows[i].text);
		else
			unlink(lab_at(rows[i].file));
		cr_expect_not(do_block(&b));
		cr_expect(strstr(err.msg, rows[i].why), "%s", err.msg);
		cr_expect_not(do_release(&old));
		cr_expect(strstr(err.msg, rows[i].why), "%s", err.msg);
		cr_expect(do_release(&b), "what is not there is released: %s", err.msg);
		expect_calls("");
		cr_expect_not(fw_csf_usable(&settings, &why));
		cr_expect_null(fw_csf.init(&settings, &why));
		cr_expect(strstr(why.msg, rows[i].why), "%s", why.msg);
		unlink(lab_at(rows[i].file));
		lab_put("/etc/csf/csf.conf", "TESTING = \"0\"\nIPV6 = \"1\"\n");
	}
}

static void *disable_and_let_go(void *fd)
{
	usleep(150000);
	append(CSF_DISABLE, "");
	flock(*(int *)fd, LOCK_UN);
	return NULL;
}

Test(fw_csf, after_a_restart_that_was_waited_for_it_looks_again)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);
	int lock = open(lab_at(CSF_LOCK), O_RDWR | O_CREAT, 0600);
	pthread_t t;

	cr_assert_eq(flock(lock, LOCK_EX), 0);
	cr_assert_eq(pthread_create(&t, NULL, disable_and_let_go, &lock), 0);
	cr_expect_not(do_block(&b));
	cr_expect(strstr(err.msg, "csf is disabled"), "%s", err.msg);
	expect_calls("");
	pthread_join(t, NULL);
	close(lock);
}

Test(fw_csf, csf_conf_decides_what_csf_can_do)
{
	struct fw_block v6 = block_of("2001:db8::7", 60, FW_IN),
			out = block_of("198.51.100.1", 0, FW_INOUT);

	lab_put("/etc/csf/csf.conf",
		"TESTING = \"0\"\nIPV6 = \"0\"\nLF_BLOCKINONLY = \"1\"\n");
	cr_expect_not(do_block(&v6));
	cr_expect_str_eq(err.msg,
			 "2001:db8::7: csf leaves IPv6 alone (IPV6 in csf.conf)");
	cr_expect_not(do_block(&out));
	cr_expect(strstr(err.msg, "LF_BLOCKINONLY"), "%s", err.msg);
	expect_calls("");
	out.direction = FW_IN;
	cr_expect(do_block(&out), "%s", err.msg);
}

/* ---- list, flush, removed ---- */

struct found {
	char text[1024];
};

static bool collect(const struct fw_block *b, void *ctx)
{
	struct found *f = ctx;
	char net[ADDR_TEXT_MAX];
	size_t n = strlen(f->text);

	snprintf(f->text + n, sizeof(f->text) - n, "%s/%u dir%d %s ports%zu %s; ",
		 b->net.family ? addr_print(&b->net, net) : "uid",
		 b->net.family ? 0 : (unsigned)b->uid, (int)b->direction,
		 b->ttl > 0 ? "ttl" : "good", b->port_count, b->reason);
	return true;
}

Test(fw_csf, lists_and_flushes_its_own)
{
	static const char foreign[] = "192.0.2.1 # by hand\n";
	struct found f = {""};
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	lab_put(CSF_DENY, "192.0.2.1 # by hand\n"
			  "198.51.100.9 # osm: x - Wed Nov 25 06:52:53 2026\n"
			  "tcp|out|d=25,465|u=1001 # osm: script\n"
			  "198.51.100.8 # osm: csf skips a line with Include in it\n");
	put_ban("192.0.2.2", "", "in", 100, "lfd - y");
	put_ban("192.0.2.3", "", "in", -10, "osm: over");
	cr_assert(do_block(&b));
	cr_assert(fw_csf.list(fw, collect, &f, &err));
	cr_expect_str_eq(f.text,
			 "198.51.100.9/0 dir3 good ports0 x; "
			 "uid/1001 dir2 good ports2 script; "
			 "198.51.100.1/0 dir1 ttl ports0 too much mail; ",
			 "%s", f.text);
	cr_expect(fw_csf.flush(fw, &err), "%s", err.msg);
	cr_expect_eq(strncmp(lab_get(CSF_DENY), foreign, strlen(foreign)), 0);
	cr_expect_not(strstr(lab_get(CSF_DENY), "osm: x"));
	cr_expect_not(strstr(lab_get(CSF_DENY), "u=1001"));
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "lfd - y"));
	cr_expect_not(strstr(lab_get(CSF_TEMPBAN), "osm:"));
}

Test(fw_csf, says_what_the_administrator_took_out)
{
	struct fw_block b[4] = {block_of("198.51.100.1", 60, FW_IN),
				block_of("198.51.100.2", 0, FW_IN),
				block_of("2001:db8::/48", 60, FW_IN),
				{.uid = 1001, .direction = FW_OUT, .reason = "x"}};
	struct found f = {""};

	cr_assert(fw_csf.block(fw, b, 4, &err), "%s", err.msg);
	cr_expect(fw_csf_removed(&lab, b, 4, collect, &f, &err));
	cr_expect_str_eq(f.text, "");
	rewrite_without(CSF_TEMPBAN, "198.51.100.1", 1);
	rewrite_without(CSF_DENY, "tcp|out|d=25,465,587|u=1001", 0);
	/* one port of it, by somebody else, is not that block */
	append(CSF_DENY, "tcp|in|d=22|s=198.51.100.1 # lfd: x\n");
	cr_expect(fw_csf_removed(&lab, b, 4, collect, &f, &err));
	cr_expect(strstr(f.text, "198.51.100.1/0") == f.text &&
			  strstr(f.text, "; uid/1001"),
		  "%s", f.text);
	cr_expect_not(strstr(f.text, "198.51.100.2"));
	cr_expect_not(strstr(f.text, "2001:db8"));
	/* the administrator made it permanent: still blocked */
	append(CSF_DENY, "198.51.100.1 # mine now\n");
	f.text[0] = '\0';
	cr_expect(fw_csf_removed(&lab, b, 3, collect, &f, &err));
	cr_expect_str_eq(f.text, "");
	/* no csf.deny, no conclusion */
	unlink(lab_at(CSF_DENY));
	cr_expect_not(fw_csf_removed(&lab, b, 4, collect, &f, &err));
	cr_expect_eq(err.code, ENOENT);
	cr_expect_str_eq(f.text, "");
	lab_put(CSF_DENY, "");
}

/* They are put behind what is searched, and must not be searched as well. */
Test(fw_csf, filters_of_others_hide_nothing_of_osms)
{
	struct fw_block b[6];
	struct found f = {""};
	char line[128];

	for (size_t i = 0; i < 6; i++) {
		snprintf(line, sizeof(line), "198.51.100.%zu", i + 100);
		b[i] = block_of(line, 0, FW_IN);
	}
	cr_assert(fw_csf.block(fw, b, 6, &err), "%s", err.msg);
	for (size_t others = 0; others < 40; others++) {
		cr_expect(fw_csf_removed(&lab, b, 6, collect, &f, &err));
		cr_expect_str_eq(f.text, "", "%zu filters: %s", others, f.text);
		f.text[0] = '\0';
		snprintf(line, sizeof(line), "tcp|in|d=22|s=%d.51.100.%zu # by hand\n",
			 others % 2 ? 198 : 9, others);
		append(CSF_DENY, line);
	}
}

/* ---- the kernel first ---- */

Test(fw_csf_native, the_kernel_is_told_first_and_csf_after)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	cr_expect(do_block(&b), "%s", err.msg);
	cr_expect_str_eq(beside.log, "+ 198.51.100.1@0 ");
	expect_calls("-td,198.51.100.1,60,-d in osm: too much mail\n");
	cr_expect(do_release(&b));
	cr_expect_str_eq(beside.log, "+ 198.51.100.1@0 - 198.51.100.1@1 ", "%s",
			 beside.log);
}

Test(fw_csf_native, what_csf_refuses_is_taken_back_from_the_kernel)
{
	struct fw_block b[2] = {block_of("198.51.100.1", 60, FW_IN),
				block_of("198.51.100.2", 60, FW_IN)};

	csf.instead =
		"deny failed: 198.51.100.2 is in the allow file /etc/csf/csf.allow\n";
	csf.fail_on = "198.51.100.2";
	cr_expect_not(fw_csf.block(fw, b, 2, &err));
	cr_expect_str_eq(beside.log,
			 "+ 198.51.100.1@0 + 198.51.100.2@0 - 198.51.100.1@1 "
			 "- 198.51.100.2@1 ",
			 "%s", beside.log);
	cr_expect_str_eq(err.msg,
			 "the block was taken back from the kernel: 198.51.100.2: csf "
			 "refused: deny failed: 198.51.100.2 is in the allow file "
			 "/etc/csf/csf.allow");
	cr_expect_str_eq(lab_get(CSF_TEMPBAN), "");
}

Test(fw_csf_native, what_was_blocked_before_stays_when_csf_fails_to_renew)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	cr_assert(do_block(&b));
	beside.log[0] = '\0';
	b.ttl = 600;
	csf.is_hanging = true;
	cr_expect_not(do_block(&b));
	cr_expect_not(strchr(beside.log, '-'), "%s", beside.log);
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "198.51.100.1|"));
}

Test(fw_csf_native, a_csf_whose_firewall_is_down_keeps_the_note_and_it_is_said)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	csf.after = "iptables: No chain/target/match by that name.\n";
	cr_expect(do_block(&b), "%s", err.msg);
	cr_expect(strstr(lab_get(CSF_TEMPBAN), "198.51.100.1|"));
	cr_expect(strstr(beside.said, "198.51.100.1: csf's own firewall did not follow"),
		  "%s", beside.said);
}

Test(fw_csf_native, what_the_kernel_refuses_never_reaches_csf)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	beside.fails = true;
	cr_expect_not(do_block(&b));
	cr_expect_str_eq(err.msg, "the kernel refused");
	expect_calls("");
	cr_expect_null(fw_csf.init(&settings, &err));
	cr_expect_str_eq(err.msg, "fake beside csf: no permission");
	settings.beside = NULL;
	cr_expect_null(fw_csf.init(&settings, &err));
}

Test(fw_csf_native, what_csf_keeps_stays_blocked_in_the_kernel)
{
	struct fw_block b = block_of("198.51.100.1", 60, FW_IN);

	cr_assert(do_block(&b));
	beside.log[0] = '\0';
	lab_put(CSF_DISABLE, "");
	cr_expect_not(do_release(&b));
	cr_expect_str_eq(beside.log, "");
	unlink(lab_at(CSF_DISABLE));
	cr_expect(fw_csf.flush(fw, &err));
	cr_expect(strstr(beside.log, "flush"));
}
