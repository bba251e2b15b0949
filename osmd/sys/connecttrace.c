/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/connecttrace.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "osmd/sys/connect.bpf.h"
#include "osmd/sys/proc.h"

/* The program, as clang made it of connect.bpf.c (see the Makefile). */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"connecttrace_object: .incbin \"build/bpf/connect.bpf.o\"\n"
	"connecttrace_object_end:\n"
	".popsection\n");
extern const char connecttrace_object[] __attribute__((visibility("hidden")));
extern const char connecttrace_object_end[] __attribute__((visibility("hidden")));

#define TEST_WAIT_MS 2000
#define PORTS_MAX 31		       /* and the self-test's */
#define FIRST_PID_NAMESPACE 0xeffffffc /* PROC_PID_INIT_INO, linux/proc_ns.h */
#define STOP (-1)		       /* enough for now */

struct connecttrace {
	struct bpf_object *object;
	struct bpf_link *link, *queue_link;
	struct ring_buffer *ring;
	const volatile struct connect_counts *counts; /* shared with the kernel */
	const volatile uint64_t *fates;		      /* the same */
	uint64_t malformed;
	/* of the call under way */
	connecttrace_fn fn;
	void *ctx;
	int taken, max;
};

/* ---- one event ---- */

/* "b\0a\0" is /a/b. */
static struct slice turn_path(struct slice names, char out[CONNECT_PATH_MAX + 1])
{
	size_t n = 0;

	if (!names.n || names.p[names.n - 1] != '\0' || names.n > CONNECT_PATH_MAX)
		return (struct slice){out, 0};
	for (size_t end = names.n - 1;;) {
		size_t from = end;

		while (from > 0 && names.p[from - 1] != '\0')
			from--;
		out[n++] = '/';
		memcpy(out + n, names.p + from, end - from);
		n += end - from;
		if (from == 0)
			return (struct slice){out, n};
		end = from - 1;
	}
}

/* The root of all has no names; a cut path is another path. */
static struct slice path_of(struct slice names, bool is_cut,
			    char out[CONNECT_PATH_MAX + 1])
{
	if (is_cut)
		return (struct slice){out, 0};
	if (names.n)
		return turn_path(names, out);
	out[0] = '/';
	return (struct slice){out, 1};
}

static bool read_ends(const struct connect_record *r, struct connecttrace_event *ev)
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0,	   0,
						 0, 0, 0, 0, 0xff, 0xff};

	if (r->family != AF_INET && r->family != AF_INET6)
		return false;
	ev->to = addr_of_bytes(r->family, r->to);
	ev->from = addr_of_bytes(r->family, r->from);
	/* of a v4-mapped connection the source is not told yet */
	if (r->family == AF_INET6 && memcmp(r->to, mapped, sizeof(mapped)) == 0 &&
	    ev->from.family != AF_INET)
		ev->from = (struct addr){.family = 0};
	ev->from_port = r->from_port;
	ev->serial = r->serial;
	ev->to_port = ntohs(r->port);
	return true;
}

static bool give(struct connecttrace *t, const char *data, size_t size)
{
	char cwd[CONNECT_PATH_MAX + 1], exe[CONNECT_PATH_MAX + 1];
	struct connecttrace_event ev = {.pid = 0};
	struct connect_record r;
	const char *body = data + sizeof(r);

	if (size < sizeof(r))
		return false;
	memcpy(&r, data, sizeof(r));
	if ((size_t)r.args_n + r.cwd_n + r.exe_n > size - sizeof(r) ||
	    !read_ends(&r, &ev))
		return false;
	ev.uid = ev.real_uid = ev.gid = -1;
	if (!(r.flags & CONNECT_KTHREAD)) {
		ev.uid = r.uid;
		ev.real_uid = r.real_uid;
		ev.gid = r.gid;
		ev.pid = r.pid;
		ev.parent = r.parent;
		ev.arguments = (struct slice){body, r.args_n};
		ev.cwd = path_of((struct slice){body + r.args_n, r.cwd_n},
				 r.flags & CONNECT_CWD_CUT, cwd);
		ev.exe = path_of((struct slice){body + r.args_n + r.cwd_n, r.exe_n},
				 r.flags & CONNECT_EXE_CUT, exe);
	}
	t->fn(&ev, t->ctx);
	return true;
}

static int on_sample(void *ctx, void *data, size_t size)
{
	struct connecttrace *t = ctx;

	t->malformed += !give(t, data, size);
	return ++t->taken == t->max ? STOP : 0;
}

int connecttrace_take(struct connecttrace *t, int max, connecttrace_fn fn, void *ctx)
{
	int rc;

	t->fn = fn;
	t->ctx = ctx;
	t->taken = 0;
	t->max = max;
	rc = ring_buffer__consume(t->ring);
	return rc < 0 && t->taken < max ? rc : t->taken;
}

/* ---- the self-test ---- */

struct proof {
	uint16_t port;
	bool seen;
	uint32_t serial;
	char why[64]; /* what was told wrong */
};

static bool is_same_link(const char *name, struct slice told)
{
	char text[PATH_MAX];
	ssize_t n = readlink(name, text, sizeof(text));

	return n > 0 && slice_eq(told, proc_link_name((struct slice){text, (size_t)n}));
}

static bool is_own_title(struct slice told)
{
	char text[CONNECT_ARGS_MAX];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	return n >= 0 && slice_eq(told, (struct slice){text, (size_t)n});
}

static void on_proof(const struct connecttrace_event *ev, void *ctx)
{
	struct proof *p = ctx;
	const char *wrong = "";

	if (ev->to_port != p->port || ev->pid != getpid())
		return;
	p->seen = true;
	p->serial = ev->serial;
	if (ev->uid != geteuid() || ev->real_uid != getuid() || ev->gid != getegid())
		wrong = "user";
	else if (!is_same_link("/proc/self/cwd", ev->cwd))
		wrong = "directory";
	else if (!is_same_link("/proc/self/exe", ev->exe))
		wrong = "program";
	else if (!is_own_title(ev->arguments))
		wrong = "command line";
	else if (!addr_is_loopback(&ev->to))
		wrong = "address";
	strcpy(p->why, wrong);
}

static int ports_map(const struct connecttrace *t)
{
	return bpf_object__find_map_fd_by_name(t->object, "ports");
}

static bool set_port(const struct connecttrace *t, uint16_t port)
{
	const uint16_t key = htons(port);
	const uint8_t one = 1;

	return bpf_map_update_elem(ports_map(t), &key, &one, BPF_ANY) == 0;
}

/* A connection of one's own, to oneself. */
static bool connect_self(struct connecttrace *t, struct proof *p, int listener,
			 int client)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd fd = {.fd = connecttrace_fd(t), .events = POLLIN};
	socklen_t n = sizeof(at);

	if (listener < 0 || client < 0 ||
	    bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &n) < 0)
		return false;
	p->port = ntohs(at.sin_port);
	if (!set_port(t, p->port) ||
	    (connect(client, (struct sockaddr *)&at, sizeof(at)) < 0 &&
	     errno != EINPROGRESS))
		return false;
	while (!p->seen && poll(&fd, 1, TEST_WAIT_MS) > 0)
		if (connecttrace_take(t, 64, on_proof, p) < 0)
			return false;
	return true;
}

static bool prove(struct connecttrace *t, struct err *e)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct proof p = {.seen = false};
	uint16_t key;
	bool ok = connect_self(t, &p, listener, client);

	close(listener);
	close(client);
	key = htons(p.port);
	bpf_map_delete_elem(ports_map(t), &key);
	if (!ok)
		return err_set(e, errno, "self-test: %s", strerror(errno));
	if (!p.seen)
		return err_set(e, ENODATA, "self-test: its own connection was not told");
	if (connecttrace_fate(t, p.serial, &key) != CONNECTTRACE_LOCAL)
		return err_set(e, ENODATA, "self-test: its own packet was not seen");
	return !p.why[0] || err_set(e, EPROTO, "self-test: the %s was told wrong", p.why);
}

/* ---- opening ---- */

static struct bpf_map *section(const struct connecttrace *t, const char *name)
{
	struct bpf_map *map;

	/* libbpf puts the object's name before */
	bpf_object__for_each_map(map,
				 t->object) if (slice_ends(slice_str(bpf_map__name(map)),
							   slice_str(name))) return map;
	return NULL;
}

static bool set_reader(const struct connecttrace *t, struct err *e)
{
	struct connect_reader r = {.is_first = 0};
	struct bpf_map *map = section(t, ".rodata");
	struct stat net, pid;

	if (stat("/proc/self/ns/net", &net) < 0 || stat("/proc/self/ns/pid", &pid) < 0)
		return err_set(e, errno, "/proc/self/ns: %s", strerror(errno));
	r.net_inum = (__u32)net.st_ino;
	r.pid_inum = pid.st_ino;
	r.is_first = pid.st_ino == FIRST_PID_NAMESPACE;
	for (r.cpus = 1; r.cpus < (unsigned)libbpf_num_possible_cpus(); r.cpus *= 2)
		;
	r.pid_dev =
		(__u64)major(pid.st_dev) << 20 | minor(pid.st_dev); /* linux/kdev_t.h */
	return (map && bpf_map__set_initial_value(map, &r, sizeof(r)) == 0) ||
	       err_set(e, EPROTO, "the program has another form");
}

/* libbpf tells people on stderr; what it returns is enough here. */
static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static bool load(struct connecttrace *t, struct err *e)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	int rc;

	libbpf_set_print(say_nothing);
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return err_set(e, errno,
			       "no types of this kernel (/sys/kernel/btf/vmlinux)");
	setrlimit(RLIMIT_MEMLOCK, &all); /* maps are counted by it before Linux 5.11 */
	t->object = bpf_object__open_mem(
		connecttrace_object,
		(size_t)(connecttrace_object_end - connecttrace_object), NULL);
	rc = (int)libbpf_get_error(t->object);
	if (rc) {
		t->object = NULL;
		return err_set(e, -rc, "open the program: %s", strerror(-rc));
	}
	if (!set_reader(t, e))
		return false;
	rc = bpf_object__load(t->object);
	return rc == 0 || err_set(e, -rc, "load the program: %s", strerror(-rc));
}

static bool share_fates(struct connecttrace *t)
{
	const int fd = bpf_object__find_map_fd_by_name(t->object, "fates");
	void *at = fd < 0 ? MAP_FAILED
			  : mmap(NULL, CONNECT_FATES * sizeof(*t->fates), PROT_READ,
				 MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return false;
	t->fates = at;
	return true;
}

static bool share_counts(struct connecttrace *t)
{
	const struct bpf_map *bss = section(t, ".bss");
	void *at = bss ? mmap(NULL, sizeof(*t->counts), PROT_READ, MAP_SHARED,
			      bpf_map__fd(bss), 0)
		       : MAP_FAILED;

	if (at == MAP_FAILED)
		return false;
	t->counts = at;
	return true;
}

static struct bpf_link *attach_one(const struct connecttrace *t, const char *program,
				   struct err *e)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->object, program);
	struct bpf_link *link;
	int rc;

	if (!p) {
		err_set(e, EPROTO, "the program has another form");
		return NULL;
	}
	link = bpf_program__attach(p);
	rc = (int)libbpf_get_error(link);
	if (rc == 0)
		return link;
	err_set(e, -rc, "attach to the tracepoint (%s): %s", program, strerror(-rc));
	return NULL;
}

static bool attach(struct connecttrace *t, struct err *e)
{
	int rc, events = bpf_object__find_map_fd_by_name(t->object, "events");

	if (events < 0 || !share_counts(t) || !share_fates(t))
		return err_set(e, EPROTO, "the program has another form");
	t->ring = ring_buffer__new(events, on_sample, t, NULL);
	rc = (int)libbpf_get_error(t->ring);
	if (rc) {
		t->ring = NULL;
		return err_set(e, -rc, "ring buffer: %s", strerror(-rc));
	}
	t->queue_link = attach_one(t, "on_queue", e);
	t->link = t->queue_link ? attach_one(t, "on_state", e) : NULL;
	return t->link != NULL;
}

struct connecttrace *connecttrace_open(const uint16_t *ports, size_t count, struct err *e)
{
	struct connecttrace *t = calloc(1, sizeof(*t));
	bool ok = t || err_set(e, ENOMEM, "no memory");

	if (count > PORTS_MAX)
		ok = err_set(e, E2BIG, "too many ports");
	/* proven before it watches anything else, so that nothing is taken for the proof */
	ok = ok && load(t, e) && attach(t, e) && prove(t, e);
	for (size_t i = 0; ok && i < count; i++)
		ok = set_port(t, ports[i]) ||
		     err_set(e, errno, "port list: %s", strerror(errno));
	if (ok)
		return t;
	connecttrace_close(t);
	return NULL;
}

void connecttrace_close(struct connecttrace *t)
{
	if (!t)
		return;
	bpf_link__destroy(t->link);
	bpf_link__destroy(t->queue_link);
	ring_buffer__free(t->ring);
	bpf_object__close(t->object);
	if (t->counts)
		munmap((void *)t->counts, sizeof(*t->counts));
	if (t->fates)
		munmap((void *)t->fates, CONNECT_FATES * sizeof(*t->fates));
	free(t);
}

enum connecttrace_fate connecttrace_fate(const struct connecttrace *t, uint32_t serial,
					 uint16_t *from_port)
{
	const uint64_t fate = t->fates[serial % CONNECT_FATES];

	if (fate >> 32 != serial)
		return CONNECTTRACE_LOST; /* of a later one by now */
	switch (fate & 0xffff) {
	case CONNECT_WAITS:
		return CONNECTTRACE_WAITS;
	case CONNECT_LOCAL:
	case CONNECT_AWAY:
	case CONNECT_ENDED:
		*from_port = (uint16_t)(fate >> 16);
		return (fate & 0xffff) == CONNECT_LOCAL	 ? CONNECTTRACE_LOCAL
		       : (fate & 0xffff) == CONNECT_AWAY ? CONNECTTRACE_AWAY
							 : CONNECTTRACE_ENDED;
	default:
		return CONNECTTRACE_LOST;
	}
}

int connecttrace_fd(const struct connecttrace *t)
{
	return ring_buffer__epoll_fd(t->ring);
}

void connecttrace_stats(const struct connecttrace *t, struct connecttrace_stats *out)
{
	*out = (struct connecttrace_stats){.received = t->counts->seen,
					   .dropped = t->counts->dropped,
					   .malformed = t->malformed};
}
