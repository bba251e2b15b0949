/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/* What the kernel's program (connect.bpf.c) and its reader (connecttrace.c) must agree on. */
#ifndef OSM_SYS_CONNECT_BPF_H
#define OSM_SYS_CONNECT_BPF_H

#define CONNECT_ARGS_MAX 512
/* Names of a path, the last one first, a NUL behind each. A path of more bytes or names is
 * cut, and says so. */
#define CONNECT_PATH_MAX 1024
#define CONNECT_NAMES_MAX 40
#define CONNECT_NAME_MAX 256 /* NAME_MAX and its NUL */

#define CONNECT_KTHREAD 1u /* no process of anybody's: its user says nothing */
#define CONNECT_CWD_CUT 2u /* the path is longer */
#define CONNECT_EXE_CUT 4u

/* Followed by args_n bytes of arguments (a NUL behind each), cwd_n of the working directory
 * and exe_n of the program. */
struct connect_record {
	__u32 uid, real_uid; /* effective and real, of the first user namespace */
	__u32 gid;	     /* effective */
	__u32 pid; /* of the whole process, in the reader's namespace; 0: in another */
	__u32 parent; /* the same, of its parent; 0 also unless the reader's is the first one */
	__u32 flags;
	__u32 serial;		/* its fate is at serial % CONNECT_FATES */
	__u16 family;	       /* AF_INET or AF_INET6 */
	__u16 port;	       /* network order */
	__u16 from_port;       /* host order; 0: not chosen yet */
	__u16 args_n, cwd_n, exe_n;
	__u8 from[16], to[16]; /* network order; IPv4: the first four */
};

/* What became of a connection's first packet, in a table that both see, so that it can't be lost
 * for want of room: serial << 32 | source port << 16 | one of these. It is decided within
 * connect(), some microseconds behind the record, unless the packet is refused or held up. */
#define CONNECT_WAITS 0u  /* it has not left yet */
#define CONNECT_LOCAL 1u  /* it left by the loopback interface, wherever it was meant to go */
#define CONNECT_AWAY 2u	  /* by another one */
#define CONNECT_ENDED 3u  /* the socket was closed before: it was refused */
#define CONNECT_UNSEEN 4u /* there is a connection, and the packet was not seen */
#define CONNECT_FATES 65536u

/* Whom the program works for; set before it is loaded. */
struct connect_reader {
	__u64 pid_dev, pid_inum; /* pid namespace, device as the kernel writes it */
	__u32 net_inum;		 /* network namespace */
	__u32 is_first;		 /* the pid namespace is the first one */
	__u32 cpus;		 /* a power of two, not less than there may be */
};

/* Read without a system call. */
struct connect_counts {
	__u64 seen, dropped;
	__u64 waiting; /* about so many first packets have not left yet */
};

#endif
