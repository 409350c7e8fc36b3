/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/sftp_pull.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "sender/extent.h"

enum {
	AHEAD = 64, /* reads in flight at a time */
};

static bool write_all(int fd, const unsigned char *bytes, size_t len, uint64_t offset)
{
	while (len > 0) {
		const ssize_t done = pwrite(fd, bytes, len, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		len -= (size_t)done;
		offset += (uint64_t)done;
	}
	return true;
}

static void data_keep(struct sftp_copy *copy, const unsigned char *bytes, size_t len, uint64_t offset)
{
	struct sftp_fetch *const fetch = &copy->fetch;

	for (size_t at = 0, run; at < len && fetch->error == 0; at += run) {
		bool zeros = false;

		run = copy->host.dense ? len - at : extent_run(bytes + at, len - at, &zeros);
		if (!zeros && !write_all(fetch->fd, bytes + at, run, offset + at))
			fetch->error = errno == 0 ? EIO : errno;
		*(zeros ? &copy->tally.holes : &copy->tally.data) += run;
	}
	if (offset + len > fetch->written)
		fetch->written = offset + len;
	copy->host.calls->on_progress(copy->host.user, len);
}

static void back_keep(struct sftp_fetch *fetch, const struct sftp_reply *reply)
{
	if (reply->type != SFTP_DATA)
		return;
	memcpy(fetch->back, reply->bytes, reply->len);
	fetch->back_len = (uint32_t)reply->len;
}

static bool is_behind(uint64_t size, uint64_t offset, size_t len)
{
	return offset > size || len > size - offset;
}

static void on_answer(void *user, const struct sftp_pending *pending, const struct sftp_reply *reply)
{
	struct sftp_copy *const copy = user;
	struct sftp_fetch *const fetch = &copy->fetch;

	if (fetch->back != NULL) {
		back_keep(fetch, reply);
	} else if (reply->type == SFTP_DATA && is_behind(fetch->size, pending->offset, reply->len)) {
		fetch->longer = true;
	} else if (reply->type == SFTP_DATA) {
		data_keep(copy, reply->bytes, reply->len, pending->offset);
		if (reply->len < pending->len && fetch->shorts < SFTP_SHORT_MAX) {
			fetch->missing[fetch->shorts].offset = pending->offset + reply->len;
			fetch->missing[fetch->shorts++].len = pending->len - (uint32_t)reply->len;
		}
	} else if (reply->status == SFTP_EOF) {
		if (pending->offset < fetch->end)
			fetch->end = pending->offset;
	} else {
		fetch->status = reply->status;
	}
}

static bool read_send(struct sftp_copy *copy, const struct sftp_handle *handle, uint64_t offset, uint32_t len)
{
	struct sftp_request request;

	sftp_read_write(&request, handle, offset, len);
	return sftp_session_send(&copy->session, &request, NULL,
		&(struct sftp_pending){ .type = SFTP_READ, .offset = offset, .len = len, .on_answer = on_answer });
}

bool sftp_pull_back(struct sftp_copy *copy, const struct sftp_handle *handle, uint64_t offset, uint32_t len)
{
	copy->fetch = (struct sftp_fetch){ .fd = -1, .end = UINT64_MAX, .back = copy->chunk };
	return read_send(copy, handle, offset, len) && sftp_session_wait(&copy->session, 0);
}

static bool has_failed(const struct sftp_fetch *fetch)
{
	return fetch->status != 0 || fetch->error != 0 || fetch->longer;
}

static bool is_over(const struct sftp_fetch *fetch)
{
	return has_failed(fetch) || fetch->end != UINT64_MAX;
}

/* Requests missing parts again, then the following parts. Behind the announced size, only one part at a time, which must
 * be the end. */
static bool ask_more(struct sftp_copy *copy, const struct sftp_handle *handle)
{
	struct sftp_fetch *const fetch = &copy->fetch;
	const uint32_t most = copy->session.read_max;

	while (fetch->shorts > 0 && !has_failed(fetch)) {
		fetch->shorts--;
		if (fetch->missing[fetch->shorts].offset < fetch->end &&
			!read_send(
				copy, handle, fetch->missing[fetch->shorts].offset, fetch->missing[fetch->shorts].len))
			return false;
	}
	while (!is_over(fetch) && sftp_session_flying(&copy->session) < (fetch->next < fetch->size ? AHEAD : 1)) {
		if (!read_send(copy, handle, fetch->next, most))
			return false;
		fetch->next += most;
	}
	return true;
}

static bool data_fetch(struct sftp_copy *copy, const struct sftp_handle *handle)
{
	struct sftp_fetch *const fetch = &copy->fetch;

	for (;;) {
		if (!ask_more(copy, handle))
			return false;
		if (sftp_session_flying(&copy->session) == 0 && (has_failed(fetch) || fetch->shorts == 0))
			return true;
		if (!sftp_session_turn(&copy->session))
			return false;
	}
}

/* The received data is the file if it reaches the end without a gap. */
static bool fetch_judge(struct sftp_copy *copy, const char *remote)
{
	const struct sftp_fetch *const fetch = &copy->fetch;

	if (fetch->error != 0)
		return sftp_copy_fail(copy, "write local: %s", strerror(fetch->error));
	if (fetch->status != 0)
		return sftp_copy_fail(copy, "read remote \"%s\": %s", remote, sftp_status_text(fetch->status));
	if (fetch->longer)
		return sftp_copy_fail(copy,
			"read remote \"%s\": it is longer than the %" PRIu64 " bytes that the other end announced",
			remote, fetch->size);
	if (fetch->end < fetch->size || fetch->written != fetch->end || fetch->shorts != 0)
		return sftp_copy_fail(copy, "read remote \"%s\": it ended early", remote);
	if (ftruncate(fetch->fd, (off_t)fetch->end) != 0)
		return sftp_copy_fail(copy, "write local: %s", strerror(errno));
	copy->tally.files++;
	return true;
}

/* Fetches as much as one session can, into an empty file. */
static bool fetch(struct sftp_copy *copy, const char *remote, int fd, uint64_t size)
{
	struct sftp_handle handle;
	struct sftp_request request;
	struct sftp_reply reply;

	copy->fetch = (struct sftp_fetch){ .fd = fd, .end = UINT64_MAX, .size = size };
	if (ftruncate(fd, 0) != 0)
		return sftp_copy_fail(copy, "write local: %s", strerror(errno));
	sftp_open_write(&request, remote, SFTP_OPEN_READ, 0);
	if (!sftp_session_ask(&copy->session, &request, SFTP_OPEN, &reply))
		return false;
	if (reply.type != SFTP_HANDLE)
		return sftp_copy_fail(copy, "open remote \"%s\": %s", remote, sftp_status_text(reply.status));
	handle.len = (uint32_t)reply.len;
	memcpy(handle.bytes, reply.bytes, reply.len);
	if (!data_fetch(copy, &handle))
		return false;
	sftp_handle_write(&request, SFTP_CLOSE, &handle);
	return sftp_session_ask(&copy->session, &request, SFTP_CLOSE, &reply) && fetch_judge(copy, remote);
}

bool sftp_look(struct sftp_copy *copy, const char *remote, struct sftp_attrs *out)
{
	struct sftp_request request;
	struct sftp_reply reply;

	copy->failed = false;
	sftp_path_write(&request, SFTP_STAT, remote);
	if (!sftp_copy_ask(copy, &request, SFTP_STAT, &reply))
		return false;
	if (reply.type != SFTP_ATTRS)
		return sftp_copy_fail(copy, "%s: %s", remote, sftp_status_text(reply.status));
	*out = reply.attrs;
	return true;
}

int sftp_pull_create(const char *local, const struct sftp_attrs *attrs)
{
	return open(local, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (attrs->mode & 0777) | 0200);
}

bool sftp_pull(struct sftp_copy *copy, const char *remote, const struct sftp_attrs *attrs, int fd)
{
	if (!attrs->has_size)
		return sftp_copy_fail(copy, "read remote \"%s\": the other end announces no size", remote);
	while (!fetch(copy, remote, fd, attrs->size))
		if (!sftp_copy_again(copy))
			return false;
	return true;
}
