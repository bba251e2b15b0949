/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/engine/owner.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/sys/connection.h"

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

static bool always(void *ctx)
{
	++*(unsigned *)ctx;
	return true;
}

static struct owner_question question_of(const struct connection *c, int64_t uid)
{
	return (struct owner_question){.flow = {.from = c->from,
						.to = c->to,
						.from_port = c->from_port,
						.to_port = c->to_port},
				       .uid = uid};
}

struct fixture {
	struct sockdiag *diag;
	struct owner *owner;
	struct connection c;
};

static void begin(struct fixture *f, int family)
{
	struct err e = {0};

	f->diag = sockdiag_open(&e);
	cr_assert(f->diag, "%s", e.msg);
	f->owner = owner_new(f->diag);
	connection_make(&f->c, family, false);
}

static void finish(struct fixture *f)
{
	connection_end(&f->c);
	owner_free(f->owner);
	sockdiag_close(f->diag);
}

/* By both looks, whichever it needs. */
static struct owner_answer ask(struct fixture *f, int64_t uid)
{
	struct owner_question q = question_of(&f->c, uid);
	struct owner_answer a;

	if (!owner_find(f->owner, &q, &a))
		cr_assert(owner_search(f->owner, &q, never, NULL, &a));
	return a;
}

Test(owner, names_the_process_that_has_the_socket)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < 2; i++) {
		struct owner_answer a;
		struct fixture f;

		begin(&f, families[i]);
		a = ask(&f, -1);
		cr_expect_eq(a.sure, PACKET_SOCKET);
		cr_expect_eq(a.uid, geteuid());
		cr_expect_eq(a.facts.pid, getpid());
		cr_expect(a.facts.cwd_n && a.facts.exe_n);
		finish(&f);
	}
}

Test(owner, a_second_connection_is_found_without_a_search)
{
	struct owner_stats stats;
	struct owner_answer a;
	struct owner_question q;
	struct fixture f;

	begin(&f, AF_INET);
	ask(&f, -1);
	q = question_of(&f.c, -1);
	cr_expect(owner_find(f.owner, &q, &a));
	cr_expect_eq(a.sure, PACKET_SOCKET);
	owner_stats(f.owner, &stats);
	cr_expect_eq(stats.asked, 2);
	finish(&f);
}

Test(owner, a_closed_socket_has_no_process_and_inode_0_is_not_root)
{
	struct owner_answer a;
	struct fixture f;

	begin(&f, AF_INET);
	shutdown(f.c.client, SHUT_RDWR);
	close(f.c.client);
	f.c.client = -1;
	a = ask(&f, -1);
	cr_expect_eq(a.sure, PACKET_UNKNOWN);
	cr_expect_eq(a.uid, -1);
	cr_expect_eq(a.facts.pid, 0);
	a = ask(&f, 1234);
	cr_expect_eq(a.sure, PACKET_UID_ONLY, "netfilter had told");
	cr_expect_eq(a.uid, 1234);
	finish(&f);
}

Test(owner, a_connection_of_another_user_by_now_names_nobody)
{
	struct owner_answer a;
	struct fixture f;

	begin(&f, AF_INET);
	a = ask(&f, (int64_t)geteuid() + 1);
	cr_expect_eq(a.sure, PACKET_UID_ONLY);
	cr_expect_eq(a.uid, (int64_t)geteuid() + 1);
	cr_expect_eq(a.facts.pid, 0);
	finish(&f);
}

Test(owner, a_child_that_shares_the_socket_is_not_named_but_its_parent)
{
	struct owner_answer a;
	struct fixture f;
	pid_t pid;

	begin(&f, AF_INET);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	a = ask(&f, -1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_expect_eq(a.sure, PACKET_SOCKET);
	cr_expect_eq(a.facts.pid, getpid());
	finish(&f);
}

/* A socket that the root of this test handed to a process of another user. */
Test(owner, a_socket_that_was_handed_on_is_at_most_probable)
{
	struct owner_answer a;
	struct fixture f;
	int up[2];
	pid_t pid;
	char byte;

	if (geteuid() != 0)
		cr_skip_test("needs root");
	begin(&f, AF_INET);
	cr_assert_eq(pipe(up), 0);
	pid = fork();
	if (pid == 0) {
		if (setresgid(54321, 54321, 54321) == 0 &&
		    setresuid(54321, 54321, 54321) == 0 && write(up[1], "u", 1) == 1)
			pause();
		_exit(0);
	}
	cr_assert_eq(read(up[0], &byte, 1), 1);
	close(f.c.client);
	f.c.client = -1;
	a = ask(&f, -1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_expect_eq(a.sure, PACKET_PROBABLE);
	cr_expect_eq(a.uid, 54321, "who works with it, not root");
	cr_expect_eq(a.facts.pid, pid);
	finish(&f);
}

Test(owner, a_search_gives_way_to_what_waits)
{
	struct owner_question q;
	struct owner_answer a;
	struct fixture f;
	unsigned asked = 0;
	int up[2];
	char byte;
	pid_t pid;

	begin(&f, AF_INET);
	cr_assert_eq(pipe(up), 0);
	pid = fork(); /* of the same user, newer, and without the socket */
	if (pid == 0) {
		close(f.c.client);
		if (write(up[1], "u", 1) == 1)
			pause();
		_exit(0);
	}
	cr_assert_eq(read(up[0], &byte, 1), 1);
	q = question_of(&f.c, geteuid());
	cr_expect_not(owner_search(f.owner, &q, always, &asked, &a));
	cr_expect_eq(asked, 1);
	cr_expect(owner_search(f.owner, &q, never, NULL, &a));
	cr_expect_eq(a.facts.pid, getpid());
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	finish(&f);
}

Test(owner, a_parents_command_line_names_the_script)
{
	char name[] = "/tmp/osm-script-XXXXXX", out[256];
	int fd = mkstemp(name), hold[2], ready[2];
	struct slice script;
	char byte;
	pid_t pid;

	cr_assert(fd >= 0 && pipe(hold) == 0 && pipe(ready) == 0);
	cr_assert_eq(write(fd, "echo; read x\n", 13), 13);
	close(fd);
	pid = fork();
	if (pid == 0) {
		dup2(hold[0], STDIN_FILENO);
		dup2(ready[1], STDOUT_FILENO);
		close(hold[1]);
		execl("/bin/bash", "bash", name, (char *)NULL);
		_exit(1);
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	script = owner_parent_script(pid, geteuid(), out, sizeof(out));
	cr_expect(slice_eq(script, slice_str(name)), "%.*s", (int)script.n, script.p);
	script = owner_parent_script(pid, (int64_t)geteuid() + 1, out, sizeof(out));
	cr_expect_eq(script.n, 0, "a parent of another user's says nothing");
	script = owner_parent_script(0, geteuid(), out, sizeof(out));
	cr_expect_eq(script.n, 0);
	close(hold[1]);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	unlink(name);
}

Test(owner, tells_who_started_a_process_and_not_too_often)
{
	struct owner_pace pace = {.at_s = 0};
	char space[PACKET_PARENTS_MAX], few[5];
	struct slice own, other;

	own = owner_parents(&pace, 1, getpid(), getuid(), space, sizeof(space));
	cr_expect_neq(slice_find(own, SLICE("test_owner")), SIZE_MAX, "%.*s", (int)own.n,
		      own.p);
	cr_expect_eq(owner_parents(&pace, 1, getpid(), getuid(), few, sizeof(few)).n, 5);
	other = owner_parents(&pace, 1, getpid(), 61777, space, sizeof(space));
	cr_expect(slice_ends(other, SLICE("/test_owner")), "another user's program only");
	cr_expect_eq(slice_find(other, SLICE(" < ")), SIZE_MAX, "and nobody above it");
	cr_expect_eq(owner_parents(&pace, 1, 1, 0, space, sizeof(space)).n, 0);
	cr_expect_eq(owner_parents(&pace, 1, 0, 0, space, sizeof(space)).n, 0);
	for (int i = 0; i < OWNER_PARENTS_A_SECOND; i++)
		own = owner_parents(&pace, 1, getpid(), getuid(), space, sizeof(space));
	cr_expect_eq(own.n, 0, "enough for this second");
	own = owner_parents(&pace, 2, getpid(), getuid(), space, sizeof(space));
	cr_expect_gt(own.n, 0);
}
