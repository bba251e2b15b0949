/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the osm authors */
#include "osmd/ctl/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "osmd/base/monotonic.h"
#include "osmd/base/slice.h"

/* Most bytes asked of the kernel at once; an answer grows by it. */
#define READ_BYTES 16384

bool ctl_encode(struct buf *out, const json_t *message, struct err *e)
{
	char *text = json_dumps(message, JSON_COMPACT);
	size_t n;
	unsigned char head[CTL_HEADER_BYTES];

	if (!text)
		return err_set(e, ENOMEM, "control message: can't be written as JSON");
	n = strlen(text);
	if (n > CTL_MESSAGE_MAX) {
		free(text);
		return err_set(e, EMSGSIZE, "control message: %zu bytes, at most %d", n,
			       CTL_MESSAGE_MAX);
	}
	for (size_t i = 0; i < sizeof(head); i++)
		head[i] = (unsigned char)(n >> (8 * (sizeof(head) - 1 - i)));
	buf_add(out, head, sizeof(head));
	buf_add(out, text, n);
	free(text);
	if (!buf_ok(out))
		return err_set(e, ENOBUFS, "control message: no room for it");
	return true;
}

ssize_t ctl_need(struct slice bytes)
{
	uint32_t n = 0;

	if (bytes.n < CTL_HEADER_BYTES)
		return 0;
	for (size_t i = 0; i < CTL_HEADER_BYTES; i++)
		n = n << 8 | (unsigned char)bytes.p[i];
	if (n < 2 || n > CTL_MESSAGE_MAX) /* 2: the shortest object, {} */
		return -1;
	return (ssize_t)n + CTL_HEADER_BYTES;
}

int ctl_decode(struct slice *bytes, json_t **message, struct err *e)
{
	ssize_t need = ctl_need(*bytes);
	json_error_t why;
	json_t *doc;

	*message = NULL;
	if (need < 0) {
		err_set(e, EPROTO, "control message: its length is not one of ours");
		return -1;
	}
	if (need == 0 || bytes->n < (size_t)need)
		return 0;
	doc = json_loadb(bytes->p + CTL_HEADER_BYTES, (size_t)need - CTL_HEADER_BYTES,
			 JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(doc)) {
		err_set(e, EPROTO, "control message: %s", doc ? "no object" : why.text);
		json_decref(doc);
		return -1;
	}
	bytes->p += need;
	bytes->n -= (size_t)need;
	*message = doc;
	return 1;
}

bool ctl_address(const char *socket_path, struct sockaddr_un *out, int *folder_fd,
		 struct err *e)
{
	const char *name = strrchr(socket_path, '/');
	char *folder;
	int n;

	*folder_fd = -1;
	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	if (strlen(socket_path) < sizeof(out->sun_path)) {
		memcpy(out->sun_path, socket_path, strlen(socket_path));
		return true;
	}
	if (!name)
		return err_set(e, ENAMETOOLONG, "%s: the name is too long", socket_path);
	folder = slice_dup((struct slice){socket_path, (size_t)(name - socket_path)});
	if (!folder)
		return err_set(e, ENOMEM, "%s: no memory", socket_path);
	*folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (*folder_fd < 0)
		return err_set(e, errno, "%s: %s", socket_path, strerror(errno));
	n = snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d%s",
		     *folder_fd, name);
	if (n < 0 || (size_t)n >= sizeof(out->sun_path)) {
		close(*folder_fd);
		*folder_fd = -1;
		return err_set(e, ENAMETOOLONG, "%s: the name is too long", socket_path);
	}
	return true;
}

/* Wait until fd is ready; false with e at the deadline. */
static bool wait_for(int fd, short what, int64_t deadline_ms, struct err *e)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = what};
		int64_t left = deadline_ms - monotonic_ms();
		int n;

		if (left <= 0)
			return err_set(e, ETIMEDOUT, "osmd does not answer in time");
		n = poll(&p, 1, (int)left);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "poll: %s", strerror(errno));
	}
}

static bool dial(const char *socket_path, unsigned timeout_s, int *fd, struct err *e)
{
	struct timeval limit = {.tv_sec = timeout_s ? (time_t)timeout_s : 1};
	struct sockaddr_un addr;
	int folder_fd, rc, saved;

	if (!ctl_address(socket_path, &addr, &folder_fd, e))
		return false;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* a full backlog makes connect() wait, no longer than this */
	if (*fd >= 0)
		setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	rc = *fd < 0 ? -1 : connect(*fd, (struct sockaddr *)&addr, sizeof(addr));
	saved = errno;
	if (folder_fd >= 0)
		close(folder_fd);
	if (rc == 0)
		return true;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	if (saved == EAGAIN)
		return err_set(e, ETIMEDOUT, "osmd does not answer in time");
	return err_set(e, saved, "%s: %s", socket_path, strerror(saved));
}

static bool send_all(int fd, struct slice bytes, int64_t deadline_ms, struct err *e)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			bytes.p += n;
			bytes.n -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
			return err_set(e, errno, "send to osmd: %s", strerror(errno));
		} else if (!wait_for(fd, POLLOUT, deadline_ms, e)) {
			return false;
		}
	}
	return true;
}

static json_t *receive(int fd, int64_t deadline_ms, struct err *e)
{
	struct buf in;
	json_t *answer = NULL;
	char chunk[READ_BYTES];
	int got = 0;

	buf_init(&in, CTL_HEADER_BYTES + CTL_MESSAGE_MAX);
	while (got == 0) {
		struct slice view;
		ssize_t n, need;

		if (!wait_for(fd, POLLIN, deadline_ms, e))
			break;
		n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			err_set(e, ECONNRESET,
				"osmd closed the connection without an answer");
			break;
		}
		buf_add(&in, chunk, (size_t)n);
		if (!buf_ok(&in)) {
			err_set(e, EPROTO, "osmd's answer does not end where it should");
			break;
		}
		view = buf_view(&in);
		need = ctl_need(view);
		if (need < 0 || (need > 0 && view.n >= (size_t)need))
			got = ctl_decode(&view, &answer, e);
	}
	buf_clear(&in);
	return answer;
}

json_t *ctl_ask(const char *socket_path, const json_t *request, unsigned timeout_s,
		struct err *e)
{
	int64_t deadline_ms = monotonic_ms() + (int64_t)timeout_s * 1000;
	struct buf out;
	json_t *answer = NULL;
	int fd;

	buf_init(&out, CTL_HEADER_BYTES + CTL_MESSAGE_MAX);
	if (ctl_encode(&out, request, e) && dial(socket_path, timeout_s, &fd, e)) {
		if (send_all(fd, buf_view(&out), deadline_ms, e))
			answer = receive(fd, deadline_ms, e);
		close(fd);
	}
	buf_clear(&out);
	return answer;
}

bool ctl_peer_is_root(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	       n == sizeof(peer) && peer.uid == 0;
}
