/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "tests/bench/classic.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* "0100007F:9C40 0200000A:0019", as the kernel prints it (proc_pid_net(5)). */
static void print_ends(const struct flow *f, char out[160])
{
	const struct addr *a[2] = {&f->from, &f->to};
	const unsigned port[2] = {f->from_port, f->to_port};
	char *p = out;

	for (int i = 0; i < 2; i++) {
		for (int w = 0; w < (f->from.family == AF_INET ? 1 : 4); w++) {
			uint32_t word;

			memcpy(&word, a[i]->bytes + 4 * w, 4);
			p += sprintf(p, "%08" PRIX32, word);
		}
		p += sprintf(p, i ? ":%04X" : ":%04X ", port[i]);
	}
}

/* The socket's inode; 0: none. */
static uint64_t find_socket(const struct flow *f, int64_t *uid)
{
	FILE *table = fopen(
		f->from.family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6", "r");
	char line[512], ends[160];
	unsigned long long inode = 0;
	unsigned user;

	print_ends(f, ends);
	while (table && fgets(line, sizeof(line), table)) {
		const char *at = strstr(line, ends);

		if (at && sscanf(at + strlen(ends), " %*x %*s %*s %*s %u %*u %llu", &user,
				 &inode) == 2) {
			*uid = user;
			break;
		}
	}
	if (table)
		fclose(table);
	return inode;
}

static bool has(const char *pid, const char *want)
{
	char path[64], file[128], to[64];
	const struct dirent *entry;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	d = opendir(path);
	while (d && !found && (entry = readdir(d))) {
		ssize_t n;

		snprintf(file, sizeof(file), "%s/%.40s", path, entry->d_name);
		n = readlink(file, to, sizeof(to) - 1);
		if (n > 0) {
			to[n] = '\0';
			found = strcmp(to, want) == 0;
		}
	}
	if (d)
		closedir(d);
	return found;
}

static void read_link(const char *pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
	n = readlink(path, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
}

void classic_find(const struct flow *f, struct classic_answer *out)
{
	const struct dirent *entry;
	uint64_t inode;
	char want[64];
	DIR *d;

	*out = (struct classic_answer){.uid = -1, .pid = -1};
	inode = find_socket(f, &out->uid);
	if (!inode)
		return;
	snprintf(want, sizeof(want), "socket:[%" PRIu64 "]", inode);
	d = opendir("/proc");
	while (d && out->pid < 0 && (entry = readdir(d))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !has(entry->d_name, want))
			continue;
		out->pid = strtoll(entry->d_name, NULL, 10);
		read_link(entry->d_name, "cwd", out->cwd, sizeof(out->cwd));
		read_link(entry->d_name, "exe", out->exe, sizeof(out->exe));
	}
	if (d)
		closedir(d);
}
