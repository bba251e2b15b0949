/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/sys/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

/* Refused with EPERM. Names that this machine's libseccomp doesn't know are calls that its
 * kernel headers don't know either; those must be in `required` to be an error. */
static const char *const required[] = {
	"execve",
	"ptrace",
	"mount",
	"umount2",
	"pivot_root",
	"chroot",
	"init_module",
	"delete_module",
	"finit_module",
	"kexec_load",
	"setuid",
	"setgid",
	"setreuid",
	"setregid",
	"setresuid",
	"setresgid",
	"setgroups",
	"setfsuid",
	"setfsgid",
	"capset",
	"clone",
	"unshare",
	"setns",
	"kill",
	"tkill",
	"fchmod",
	"fchmodat",
	"fchown",
	"fchownat",
	"reboot",
	"swapon",
	"swapoff",
	"sethostname",
	"setdomainname",
	"settimeofday",
	"clock_settime",
	"adjtimex",
	"acct",
	"quotactl",
	"add_key",
	"request_key",
	"keyctl",
	"perf_event_open",
	"mknodat",
	"personality",
	"process_vm_readv",
	"process_vm_writev",
	"rt_sigqueueinfo",
	"rt_tgsigqueueinfo",
	"vhangup",
	"symlinkat",
	"linkat",
};
static const char *const where_known[] = {
	"execveat",
	"fork",
	"vfork",
	"clone3",
	"kexec_file_load",
	"bpf",
	"userfaultfd",
	"open_tree",
	"move_mount",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"mount_setattr",
	"pidfd_send_signal",
	"pidfd_getfd",
	"process_madvise",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"chmod",
	"chown",
	"lchown",
	"fchmodat2",
	"mknod",
	"iopl",
	"ioperm",
	"modify_ldt",
	"clock_adjtime",
	"open_by_handle_at",
	"umount",
	"stime",
	"uselib",
	"lookup_dcookie",
	"nfsservctl",
	"syslog",
	"symlink",
	"link",
	"setxattr",
	"lsetxattr",
	"fsetxattr",
};

static bool refuse(scmp_filter_ctx ctx, const char *name, bool needed, struct err *e)
{
	int call = seccomp_syscall_resolve_name(name);
	int rc;

	if (call == __NR_SCMP_ERROR)
		return !needed || err_set(e, ENOSYS, "sandbox: no system call %s", name);
	rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), call, 0);
	/* a negative number is a call of another architecture */
	if (rc < 0 && (needed || call >= 0))
		return err_set(e, -rc, "sandbox: refuse %s: %s", name, strerror(-rc));
	return true;
}

/* Signals only to itself (abort); sockets only local datagrams (sd_notify): over a stream
 * systemd's or D-Bus's socket would do for root what is refused here. */
static int refuse_by_argument(scmp_filter_ctx ctx)
{
	static const uint64_t streams[] = {SOCK_STREAM, SOCK_RAW, SOCK_RDM,
					   SOCK_SEQPACKET};
	struct scmp_arg_cmp not_local = {0, SCMP_CMP_NE, AF_UNIX, 0};
	struct scmp_arg_cmp not_self = {0, SCMP_CMP_NE, (scmp_datum_t)getpid(), 0};
	const uint32_t no = SCMP_ACT_ERRNO(EPERM);
	int rc = seccomp_rule_add_array(ctx, no, SCMP_SYS(socket), 1, &not_local);

	for (size_t i = 0; rc == 0 && i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct scmp_arg_cmp type = {1, SCMP_CMP_MASKED_EQ, 0xf, streams[i]};

		rc = seccomp_rule_add_array(ctx, no, SCMP_SYS(socket), 1, &type);
	}
	if (rc == 0)
		rc = seccomp_rule_add_array(ctx, no, SCMP_SYS(tgkill), 1, &not_self);
	return rc;
}

static bool filter_calls(struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	bool ok = ctx != NULL || err_set(e, ENOMEM, "sandbox: no memory");
	int rc = 0;

	for (size_t i = 0; ok && i < sizeof(required) / sizeof(required[0]); i++)
		ok = refuse(ctx, required[i], true, e);
	for (size_t i = 0; ok && i < sizeof(where_known) / sizeof(where_known[0]); i++)
		ok = refuse(ctx, where_known[i], false, e);
	if (ok)
		rc = refuse_by_argument(ctx);
	if (ok && rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
				      SCMP_ACT_KILL_PROCESS);
	if (ok && rc == 0)
		rc = seccomp_load(ctx);
	if (ok && rc < 0)
		ok = err_set(e, -rc, "sandbox: system call filter: %s", strerror(-rc));
	seccomp_release(ctx);
	return ok;
}

/* All that the packet reader needs. Reading files is below, with its flags. */
static const char *const reading[] = {
	"read",		 "pread64",	    "write",	      "close",
	"fstat",	 "newfstatat",	    "fstatat64",      "stat",
	"lstat",	 "statx",	    "readlink",	      "readlinkat",
	"getdents64",	 "lseek",	    "fcntl",	      "poll",
	"ppoll",	 "epoll_wait",	    "epoll_pwait",    "recvfrom",
	"recvmsg",	 "sendto",	    "sendmsg",	      "getsockopt",
	"clock_gettime", "gettimeofday",    "time",	      "mmap",
	"munmap",	 "mremap",	    "madvise",	      "mprotect",
	"brk",		 "futex",	    "getrandom",      "getpid",
	"gettid",	 "rt_sigaction",    "rt_sigprocmask", "rt_sigreturn",
	"sigaltstack",	 "restart_syscall", "exit",	      "exit_group",
};

static int allow_reading(scmp_filter_ctx ctx)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
	struct scmp_arg_cmp open_flags = {1, SCMP_CMP_MASKED_EQ, writing, O_RDONLY};
	struct scmp_arg_cmp openat_flags = {2, SCMP_CMP_MASKED_EQ, writing, O_RDONLY};
	struct scmp_arg_cmp self = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
	int call = seccomp_syscall_resolve_name("open");
	int rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
					&openat_flags);

	if (rc == 0 && call >= 0) /* newer architectures have none */
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, 1, &open_flags);
	if (rc == 0)
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
					    &self);
	for (size_t i = 0; rc == 0 && i < sizeof(reading) / sizeof(reading[0]); i++) {
		call = seccomp_syscall_resolve_name(reading[i]);
		if (call >= 0)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 0);
	}
	return rc;
}

static bool filter_all_but_reading(struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = ctx ? allow_reading(ctx) : -ENOMEM;

	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
				      SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ||
	       err_set(e, -rc, "sandbox: system call filter: %s", strerror(-rc));
}

/* ptrace: keep CAP_SYS_PTRACE, too. */
static bool drop_capabilities(bool ptrace, struct err *e)
{
	const capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED;

	if (geteuid() != 0)
		return true; /* a lab run without root has none to drop */
	/* the ambient ones by hand: libcap-ng before 0.8 knows none */
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_update(CAPNG_ADD, sets, CAP_DAC_READ_SEARCH) < 0 ||
	    (ptrace && capng_update(CAPNG_ADD, sets, CAP_SYS_PTRACE) < 0) ||
	    capng_apply(CAPNG_SELECT_BOTH) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_set(e, EPERM, "sandbox: can't drop capabilities");
	if (capng_get_caps_process() < 0 ||
	    capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_OVERRIDE) ||
	    capng_have_capability(CAPNG_BOUNDING_SET, CAP_SYS_ADMIN))
		return err_set(e, EPERM, "sandbox: capabilities are still there");
	return true;
}

#ifdef LANDLOCK_ACCESS_FS_WRITE_FILE

#define WRITING                                                                          \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                   \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR |                    \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK |                  \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM |                    \
	 LANDLOCK_ACCESS_FS_EXECUTE)
#define WRITING_HERE                                                                     \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                \
	 LANDLOCK_ACCESS_FS_MAKE_REG)

static bool allow_writing(int rules, const char *folder, struct err *e)
{
	struct landlock_path_beneath_attr here = {.allowed_access = WRITING_HERE};
	bool ok;

	here.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (here.parent_fd < 0)
		return errno == ENOENT ||
		       err_set(e, errno, "sandbox: %s: %s", folder, strerror(errno));
	ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &here,
		     0) == 0 ||
	     err_set(e, errno, "sandbox: confine to %s: %s", folder, strerror(errno));
	close(here.parent_fd);
	return ok;
}

static bool confine_writing(const char *const *writable, bool *confined, struct err *e)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = WRITING};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	bool ok = true;

	if (rules < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ||
		       err_set(e, errno, "sandbox: landlock: %s", strerror(errno));
	for (; ok && *writable; writable++)
		ok = allow_writing(rules, *writable, e);
	if (ok && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		ok = err_set(e, errno, "sandbox: landlock: %s", strerror(errno));
	close(rules);
	*confined = ok;
	return ok;
}

#else

static bool confine_writing(const char *const *writable, bool *confined, struct err *e)
{
	(void)writable;
	(void)e;
	*confined = false;
	return true;
}

#endif

bool sandbox_enter(const char *const *writable, struct sandbox_state *out, struct err *e)
{
	struct sandbox_state state = {0};

	if (!drop_capabilities(false, e))
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "sandbox: no_new_privs: %s", strerror(errno));
	if (!confine_writing(writable, &state.writes_confined, e) || !filter_calls(e))
		return false;
	if (out)
		*out = state;
	return true;
}

bool sandbox_enter_reader(struct err *e)
{
	if (!drop_capabilities(true, e))
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "sandbox: no_new_privs: %s", strerror(errno));
	return filter_all_but_reading(e);
}
