/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
/*
 * connect.bpf: runs in the kernel when a TCP socket enters SYN_SENT, that is inside connect()
 * and in the context of who calls it: nothing can be gone yet, and nothing can be denied. It
 * hands over who that is and where it stands. Connections to other ports, and of other network
 * namespaces, cost a few comparisons.
 *
 * A second program sees that connection's first packet off, behind all that a firewall does to it:
 * if it leaves by the loopback interface, the connection is one to this machine, wherever it was
 * meant to go. As long as no first packet is awaited, it costs a comparison for each packet.
 *
 * Kernel structures are declared with the members that are used here only; where they are is
 * found out by libbpf when it is loaded (CO-RE).
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "osmd/sys/connect.bpf.h"

#define TCP_SYN_SENT 2
#define TCP_CLOSE 7
#define LOOPBACK_IFINDEX 1
#define WAITING_MAX 16384
#define IPPROTO_TCP 6
#define AF_INET 2
#define AF_INET6 10
#define PF_KTHREAD 0x00200000
#define RING_BYTES (16 * 1024 * 1024)

/* libbpf before 0.6 (Ubuntu 22.04, EL8) has it only for the other way to name a member */
#ifndef bpf_core_field_offset
#define bpf_core_field_offset(type, member)                                              \
	__builtin_preserve_field_info(((type *)0)->member, BPF_FIELD_BYTE_OFFSET)
#endif

#define KERNEL __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} KERNEL;

struct net {
	struct ns_common ns;
} KERNEL;

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
} KERNEL;

struct sock_common {
	__u32 skc_daddr, skc_rcv_saddr;
	__u16 skc_dport, skc_num;
	unsigned short skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
} KERNEL;

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol; /* before Linux 5.6: a bit field */
} KERNEL;

struct net_device {
	int ifindex;
} KERNEL;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
} KERNEL;

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct cred {
	kuid_t uid, euid;
	kgid_t egid;
} KERNEL;

struct qstr {
	const unsigned char *name;
} KERNEL;

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
} KERNEL;

struct vfsmount {
	struct dentry *mnt_root;
} KERNEL;

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
} KERNEL;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
} KERNEL;

struct file {
	struct path f_path;
} KERNEL;

struct fs_struct {
	struct path pwd;
} KERNEL;

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start, arg_end;
} KERNEL;

struct task_struct {
	unsigned int flags;
	struct mm_struct *mm;
	struct fs_struct *fs;
	const struct cred *cred;
	struct task_struct *real_parent;
	int tgid;
} KERNEL;

/* A record as it grows; too large for the stack. For the verifier every place is masked, and
 * behind the last one is room for a name. */
#define BODY_BYTES 4096
struct scratch {
	__u32 count; /* of this CPU's records */
	__u32 at, left; /* put_path's; in memory, so that the verifier doesn't follow them */
	struct connect_record head;
	__u8 body[BODY_BYTES + CONNECT_NAME_MAX];
};
_Static_assert(CONNECT_ARGS_MAX + 2 * CONNECT_PATH_MAX < BODY_BYTES,
	       "the mask never changes a place");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

/* Destination ports, network order. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32);
	__type(key, __u16);
	__type(value, __u8);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} events SEC(".maps");

/* Sockets whose first packet has not left yet, and their serial. When it is full, the oldest go:
 * those are not about to leave any more. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, WAITING_MAX);
	__type(key, __u64);
	__type(value, __u32);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, CONNECT_FATES);
	__type(key, __u32);
	__type(value, __u64);
} fates SEC(".maps");

const volatile struct connect_reader reader = {};
struct connect_counts counts = {};

static __always_inline bool is_ours(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) == reader.net_inum;
}

/* Multipath TCP tells of its own socket, too, besides that of the connection below it. */
static __always_inline bool is_tcp(const struct sock *sk)
{
	return BPF_CORE_READ_BITFIELD_PROBED(sk, sk_protocol) == IPPROTO_TCP;
}

static __always_inline bool is_watched(const struct sock *sk)
{
	__u16 port = BPF_CORE_READ(sk, __sk_common.skc_dport);

	return bpf_map_lookup_elem(&ports, &port) != NULL;
}

static __always_inline void put_ends(struct connect_record *r, const struct sock *sk)
{
	r->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	r->port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	r->from_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (r->family == AF_INET) {
		BPF_CORE_READ_INTO((__u32 *)r->from, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)r->to, sk, __sk_common.skc_daddr);
		return;
	}
	BPF_CORE_READ_INTO(&r->from, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
	BPF_CORE_READ_INTO(&r->to, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
}

static __always_inline void put_who(struct connect_record *r, struct task_struct *task)
{
	struct bpf_pidns_info ns = {};

	r->uid = BPF_CORE_READ(task, cred, euid.val);
	r->real_uid = BPF_CORE_READ(task, cred, uid.val);
	r->gid = BPF_CORE_READ(task, cred, egid.val);
	r->pid = 0;
	if (bpf_get_ns_current_pid_tgid(reader.pid_dev, reader.pid_inum, &ns, sizeof(ns)) == 0)
		r->pid = ns.tgid;
	if (reader.is_first)
		r->parent = BPF_CORE_READ(task, real_parent, tgid);
}

/* Cut at arg_end: behind it lies the environment, which holds secrets. */
static __always_inline __u32 put_args(__u8 *body, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	unsigned long start = BPF_CORE_READ(mm, arg_start);
	unsigned long n = BPF_CORE_READ(mm, arg_end) - start;

	if (n > CONNECT_ARGS_MAX)
		n = CONNECT_ARGS_MAX;
	n &= 1023; /* for the verifier */
	return bpf_probe_read_user(body, n, (void *)start) == 0 ? n : 0;
}

/* One path from its end up to the root, across mounts, behind the at bytes that the body has.
 * The place behind it; negated: it is cut. A function of its own, for the verifier. */
__noinline int put_path(__u64 vfsmount, __u64 end, __u32 at)
{
	struct dentry *dentry = (struct dentry *)end, *up;
	struct mount *m = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	__u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&scratch, &zero);

	if (!s)
		return 0;
	s->at = at;
	s->left = CONNECT_PATH_MAX;
	for (int i = 0; i < 2 * CONNECT_NAMES_MAX; i++) {
		struct mount *below;
		long n;

		if (dentry == BPF_CORE_READ(m, mnt.mnt_root)) {
			below = BPF_CORE_READ(m, mnt_parent);
			if (below == m)
				return s->at; /* the root of all */
			dentry = BPF_CORE_READ(m, mnt_mountpoint);
			m = below;
			continue;
		}
		up = BPF_CORE_READ(dentry, d_parent);
		if (up == dentry)
			break; /* of a mount that was taken away */
		n = bpf_probe_read_kernel_str(s->body + (s->at & (BODY_BYTES - 1)),
					      CONNECT_NAME_MAX,
					      BPF_CORE_READ(dentry, d_name.name));
		if (n <= 0 || n > s->left)
			break;
		s->left -= n;
		s->at += n;
		dentry = up;
	}
	return -(int)s->at;
}

/* What put_path came to: the bytes, and whether they are all. */
static __always_inline __u32 path_bytes(int end, __u32 begun, __u32 *flags, __u32 cut)
{
	if (end < 0) {
		*flags |= cut;
		end = -end;
	}
	return (end - begun) & (BODY_BYTES - 1);
}

static __always_inline void put_process(struct scratch *s, struct task_struct *task)
{
	struct connect_record *r = &s->head;
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	__u32 at = put_args(s->body, task);
	int end;

	r->args_n = at;
	end = put_path((__u64)BPF_CORE_READ(fs, pwd.mnt),
		       (__u64)BPF_CORE_READ(fs, pwd.dentry), at);
	r->cwd_n = path_bytes(end, at, &r->flags, CONNECT_CWD_CUT);
	at += r->cwd_n;
	end = put_path((__u64)BPF_CORE_READ(exe, f_path.mnt),
		       (__u64)BPF_CORE_READ(exe, f_path.dentry), at);
	r->exe_n = path_bytes(end, at, &r->flags, CONNECT_EXE_CUT);
}

static __always_inline void set_fate(__u32 serial, __u16 port, __u32 state)
{
	__u32 at = serial % CONNECT_FATES;
	__u64 *fate = bpf_map_lookup_elem(&fates, &at);

	if (fate && (state == CONNECT_WAITS || *fate >> 32 == serial))
		*fate = (__u64)serial << 32 | (__u32)port << 16 | state;
}

/* Each CPU has fates of its own. */
static __always_inline void await_packet(struct scratch *s, const struct sock *sk)
{
	__u32 serial = s->count++ * reader.cpus + bpf_get_smp_processor_id();
	__u64 key = (__u64)sk;

	s->head.serial = serial;
	set_fate(serial, 0, CONNECT_WAITS);
	if (bpf_map_update_elem(&waiting, &key, &serial, BPF_ANY) == 0)
		__sync_fetch_and_add(&counts.waiting, 1);
	else
		set_fate(serial, 0, CONNECT_UNSEEN);
}

static __always_inline void decide(const struct sock *sk, __u32 state)
{
	__u64 key = (__u64)sk;
	__u32 *serial = bpf_map_lookup_elem(&waiting, &key);

	if (!serial)
		return;
	set_fate(*serial, BPF_CORE_READ(sk, __sk_common.skc_num), state);
	if (bpf_map_delete_elem(&waiting, &key) == 0)
		__sync_fetch_and_add(&counts.waiting, -1);
}

SEC("raw_tp/net_dev_queue")
int on_queue(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sk_buff *skb = (const struct sk_buff *)ctx->args[0];
	const struct sock *sk;

	if (!counts.waiting)
		return 0;
	sk = BPF_CORE_READ(skb, sk);
	if (sk)
		decide(sk, BPF_CORE_READ(skb, dev, ifindex) == LOOPBACK_IFINDEX
				   ? CONNECT_LOCAL
				   : CONNECT_AWAY);
	return 0;
}

SEC("raw_tp/inet_sock_set_state")
int on_state(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sock *sk = (const struct sock *)ctx->args[0];
	struct task_struct *task;
	struct scratch *s;
	__u32 zero = 0, n;

	if ((int)ctx->args[1] == TCP_SYN_SENT)
		decide(sk, (int)ctx->args[2] == TCP_CLOSE ? CONNECT_ENDED : CONNECT_UNSEEN);
	if ((int)ctx->args[2] != TCP_SYN_SENT || !is_watched(sk) || !is_tcp(sk) ||
	    !is_ours(sk))
		return 0;
	s = bpf_map_lookup_elem(&scratch, &zero);
	if (!s)
		return 0;
	__sync_fetch_and_add(&counts.seen, 1);
	__builtin_memset(&s->head, 0, sizeof(s->head));
	task = (struct task_struct *)bpf_get_current_task();
	await_packet(s, sk);
	put_ends(&s->head, sk);
	put_who(&s->head, task);
	if (BPF_CORE_READ(task, flags) & PF_KTHREAD || !BPF_CORE_READ(task, mm))
		s->head.flags |= CONNECT_KTHREAD;
	else
		put_process(s, task);
	n = sizeof(s->head) + s->head.args_n + s->head.cwd_n + s->head.exe_n;
	if (n > sizeof(s->head) + BODY_BYTES || bpf_ringbuf_output(&events, &s->head, n, 0) != 0)
		__sync_fetch_and_add(&counts.dropped, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
