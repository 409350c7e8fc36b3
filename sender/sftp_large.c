/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/sftp_large.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sender/extent.h"
#include "sender/sftp_pull.h"

enum {
	MODE_BITS = 0777,
	LOOK_BACK = SFTP_DATA_SAFE, /* bytes to read back and compare before a copy continues */
};

static struct sftp_slot *slot_of(struct sftp_copy *copy)
{
	return &copy->slots[SFTP_LARGE];
}

static bool remote_fail(struct sftp_copy *copy, const char *what, uint32_t status)
{
	return sftp_copy_fail(copy, "%s \"%s\": %s", what, slot_of(copy)->remote, sftp_status_text(status));
}

/* A request whose reply is a status. */
static bool ask(struct sftp_copy *copy, struct sftp_request *request, enum sftp_type type, const char *what)
{
	struct sftp_reply reply;

	if (!sftp_session_ask(&copy->session, request, type, &reply))
		return false;
	return reply.status == SFTP_OK || remote_fail(copy, what, reply.status);
}

static bool size_set(struct sftp_copy *copy, uint64_t size)
{
	struct sftp_request request;

	sftp_size_write(&request, &slot_of(copy)->handle, size);
	return ask(copy, &request, SFTP_FSETSTAT, "remote fsetstat");
}

static bool file_open(struct sftp_copy *copy)
{
	struct sftp_slot *const slot = slot_of(copy);
	struct sftp_request request;
	struct sftp_reply reply;

	sftp_open_write(&request, slot->remote, SFTP_OPEN_WRITE | SFTP_OPEN_CREATE, slot->st.st_mode & MODE_BITS);
	if (!sftp_session_ask(&copy->session, &request, SFTP_OPEN, &reply))
		return false;
	if (reply.type != SFTP_HANDLE)
		return remote_fail(copy, "dest open", reply.status);
	slot->handle.len = (uint32_t)reply.len;
	memcpy(slot->handle.bytes, reply.bytes, reply.len);
	return true;
}

static bool attrs_ask(struct sftp_copy *copy, struct sftp_attrs *out)
{
	struct sftp_request request;
	struct sftp_reply reply;

	sftp_handle_write(&request, SFTP_FSTAT, &slot_of(copy)->handle);
	if (!sftp_session_ask(&copy->session, &request, SFTP_FSTAT, &reply))
		return false;
	if (reply.type != SFTP_ATTRS || !reply.attrs.has_size)
		return remote_fail(copy, "remote fstat", reply.type == SFTP_STATUS ? reply.status : SFTP_FAILURE);
	*out = reply.attrs;
	return true;
}

/* Starts with an empty far file. But if both may be the same file on shared storage, overwrites it in place, as scp
 * does. */
static bool begin_anew(struct sftp_copy *copy, const struct sftp_attrs *there)
{
	const struct stat *const here = &slot_of(copy)->st;
	const bool same = copy->large.begun ? copy->large.in_place
					    : there->size == (uint64_t)here->st_size && there->has_times &&
			there->mtime == (uint32_t)here->st_mtime;

	copy->large = (struct sftp_large){
		.begun = true,
		.in_place = same,
		.dense = copy->host.dense || same,
		.mtime = there->mtime,
	};
	return same || there->size == 0 || size_set(copy, 0);
}

/* Reads back the end of the acknowledged data and compares it. *known is false if the server does not let us read, as
 * rssh-nova does not. */
static bool read_back(struct sftp_copy *copy, uint64_t offset, uint32_t len, bool *known, bool *equal)
{
	struct sftp_slot *const slot = slot_of(copy);
	struct sftp_handle handle;
	struct sftp_request request;
	struct sftp_reply reply;

	*known = false;
	sftp_open_write(&request, slot->remote, SFTP_OPEN_READ, 0);
	if (!sftp_session_ask(&copy->session, &request, SFTP_OPEN, &reply))
		return false;
	if (reply.type != SFTP_HANDLE)
		return true;
	handle.len = (uint32_t)reply.len;
	memcpy(handle.bytes, reply.bytes, reply.len);
	if (!sftp_pull_back(copy, &handle, offset, len))
		return false;
	*known = true;
	*equal = copy->fetch.back_len == len &&
		pread(slot->fd, copy->chunk + len, len, (off_t)offset) == (ssize_t)len &&
		memcmp(copy->chunk, copy->chunk + len, len) == 0;
	sftp_handle_write(&request, SFTP_CLOSE, &handle);
	return sftp_session_ask(&copy->session, &request, SFTP_CLOSE, &reply);
}

/* Is the far file as the lost session left it? It has at least the acknowledged bytes and at most the sent ones, is not
 * older, and has the same data at its end if we can read that. */
static bool far_is_ours(struct sftp_copy *copy, const struct sftp_attrs *there, bool *ours)
{
	const struct sftp_large *const large = &copy->large;
	const uint32_t len = large->acknowledged < LOOK_BACK ? (uint32_t)large->acknowledged : LOOK_BACK;
	bool known = false, equal = false;

	*ours = there->size >= large->acknowledged && there->size <= large->sent && there->mtime >= large->mtime;
	if (!*ours || len == 0)
		return true;
	if (!read_back(copy, large->acknowledged - len, len, &known, &equal))
		return false;
	*ours = !known || equal;
	return true;
}

struct sftp_near sftp_near_of(const struct stat *st)
{
	return (struct sftp_near){ (uint64_t)st->st_size, (uint64_t)st->st_ino, st->st_mtim.tv_sec,
		st->st_mtim.tv_nsec };
}

bool sftp_near_equal(const struct sftp_near *one, const struct sftp_near *other)
{
	return one->size == other->size && one->inode == other->inode && one->seconds == other->seconds &&
		one->nanoseconds == other->nanoseconds;
}

static bool near_is_same(struct sftp_slot *slot)
{
	const struct sftp_near before = sftp_near_of(&slot->st);
	struct sftp_near after;
	struct stat now;

	if (fstat(slot->fd, &now) != 0)
		return false;
	after = sftp_near_of(&now);
	return sftp_near_equal(&before, &after);
}

/* Opens the far file, to start or to continue. */
static bool file_begin(struct sftp_copy *copy)
{
	struct sftp_slot *const slot = slot_of(copy);
	struct sftp_attrs there = { .has_size = false };
	bool ours = false;

	if (!file_open(copy) || !attrs_ask(copy, &there))
		return false;
	if (!copy->large.begun)
		return begin_anew(copy, &there);
	if (!near_is_same(slot)) {
		sftp_copy_say(copy, "%s has changed meanwhile; it is sent from its beginning", slot->local);
		if (fstat(slot->fd, &slot->st) != 0)
			return sftp_copy_fail(copy, "%s: %s", slot->local, strerror(errno));
	} else {
		if (!copy->large.in_place && !far_is_ours(copy, &there, &ours))
			return false;
		if (ours)
			return true;
		sftp_copy_say(copy, "%s is not as it was left; it is sent from its beginning", slot->remote);
	}
	return begin_anew(copy, &there);
}

static void on_answer(void *user, const struct sftp_pending *pending, const struct sftp_reply *reply)
{
	struct sftp_copy *const copy = user;
	const uint64_t end = pending->offset + pending->len;

	if (reply->status != SFTP_OK) {
		sftp_slot_fail(slot_of(copy), "write remote", reply->status);
		return;
	}
	copy->tally.data += pending->len;
	if (end > copy->large.acknowledged)
		copy->large.acknowledged = end;
}

static bool write_send(struct sftp_copy *copy, const unsigned char *bytes, uint64_t offset, uint32_t len)
{
	struct sftp_request request;

	/* A file of full size must be complete: the last write waits for all others. */
	if (offset + len >= (uint64_t)slot_of(copy)->st.st_size &&
		(!sftp_session_wait(&copy->session, 0) || slot_of(copy)->failed != NULL))
		return false;
	copy->large.sent = offset + len > copy->large.sent ? offset + len : copy->large.sent;
	sftp_write_write(&request, &slot_of(copy)->handle, offset, len);
	return sftp_session_send(&copy->session, &request, bytes,
		&(struct sftp_pending){
			.type = SFTP_WRITE, .slot = SFTP_LARGE, .offset = offset, .len = len, .on_answer = on_answer });
}

/* Sends the data of the chunk, without its zeros. */
static bool chunk_send(struct sftp_copy *copy, size_t len)
{
	for (size_t at = 0, run; at < len; at += run) {
		bool zeros = false;

		run = copy->large.dense ? len - at : extent_run(copy->chunk + at, len - at, &zeros);
		if (!zeros && !write_send(copy, copy->chunk + at, copy->large.next, (uint32_t)run))
			return false;
		if (zeros)
			copy->large.holes += run;
		copy->large.next += run;
	}
	return slot_of(copy)->failed == NULL;
}

static bool extent_send(struct sftp_copy *copy, const struct extent *extent)
{
	struct sftp_slot *const slot = slot_of(copy);
	const size_t most = copy->session.write_max < EXTENT_GRAIN
		? copy->session.write_max
		: copy->session.write_max / EXTENT_GRAIN * EXTENT_GRAIN;

	while (copy->large.next < extent->to) {
		const uint64_t left = extent->to - copy->large.next;
		const ssize_t len =
			pread(slot->fd, copy->chunk, left < most ? (size_t)left : most, (off_t)copy->large.next);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return sftp_copy_fail(copy, "read local \"%s\": %s", slot->local, strerror(errno));
		if (len == 0) { /* the file was shortened meanwhile */
			slot->st.st_size = (off_t)copy->large.next;
			return true;
		}
		if (!chunk_send(copy, (size_t)len))
			return false;
		copy->host.calls->on_progress(copy->host.user, (uint64_t)len);
	}
	return true;
}

static bool data_send(struct sftp_copy *copy)
{
	struct sftp_slot *const slot = slot_of(copy);
	struct sftp_large *const large = &copy->large;

	while (large->next < (uint64_t)slot->st.st_size) {
		const uint64_t size = (uint64_t)slot->st.st_size;
		struct extent extent = { large->next, size };

		if (!large->dense && !extent_find(&extent, slot->fd, large->next, size))
			extent.from = extent.to = size;
		large->holes += extent.from - large->next;
		large->next = extent.from;
		if (!extent_send(copy, &extent))
			return false;
	}
	return true;
}

/* Sends as much as one session can. */
static bool send(struct sftp_copy *copy)
{
	struct sftp_slot *const slot = slot_of(copy);
	struct sftp_request request;
	bool good;

	if (!file_begin(copy))
		return false;
	good = data_send(copy) && sftp_session_wait(&copy->session, 0) && slot->failed == NULL &&
		size_set(copy, (uint64_t)slot->st.st_size);
	if (copy->session.broken != SFTP_WHOLE || !sftp_session_wait(&copy->session, 0))
		return false;
	if (slot->failed != NULL)
		(void)remote_fail(copy, slot->failed, slot->status);
	sftp_handle_write(&request, SFTP_CLOSE, &slot->handle);
	return ask(copy, &request, SFTP_CLOSE, "close remote") && good;
}

/* Where the first unanswered write of the lost session begins. Everything before is acknowledged: writes go in order.
 * */
static uint64_t unanswered(const struct sftp_copy *copy)
{
	const struct sftp_session *const session = &copy->session;
	uint64_t least = copy->large.next;

	for (uint32_t id = session->first; id != session->next; id++) {
		const struct sftp_pending *const pending = &session->flight[id % SFTP_FLIGHT_MAX].pending;

		if (!session->flight[id % SFTP_FLIGHT_MAX].answered && pending->type == SFTP_WRITE &&
			pending->slot == SFTP_LARGE && pending->offset < least)
			least = pending->offset;
	}
	return least;
}

bool sftp_large_where(const struct sftp_copy *copy, struct sftp_resume *out)
{
	const struct sftp_slot *const slot = &copy->slots[SFTP_LARGE];

	if (slot->fd < 0 || !copy->large.begun || copy->large.in_place)
		return false;
	out->is_set = true;
	out->next = unanswered(copy);
	out->acknowledged = copy->large.acknowledged < out->next ? copy->large.acknowledged : out->next;
	out->mtime = copy->large.mtime;
	out->near = sftp_near_of(&slot->st);
	return true;
}

/* Starts from the beginning, or where an earlier run stopped; send() checks the far file first. */
static void start(struct sftp_copy *copy)
{
	const struct sftp_resume from = copy->resume;
	const struct sftp_slot *const slot = slot_of(copy);
	const struct sftp_near near = sftp_near_of(&slot->st);

	copy->resume.is_set = false;
	copy->large = (struct sftp_large){ .begun = false };
	/* Without an acknowledged byte we cannot recognize the far file. */
	if (!from.is_set || from.acknowledged == 0)
		return;
	if (!sftp_near_equal(&from.near, &near)) {
		sftp_copy_say(copy, "%s has changed meanwhile; it is sent from its beginning", slot->local);
		return;
	}
	copy->large = (struct sftp_large){
		.next = from.next,
		.acknowledged = from.acknowledged,
		.sent = from.near.size,
		.mtime = from.mtime,
		.begun = true,
		.dense = copy->host.dense,
	};
	copy->host.calls->on_progress(copy->host.user, extent_sum(slot->fd, 0, from.next));
}

bool sftp_large_send(struct sftp_copy *copy)
{
	start(copy);
	while (!send(copy)) {
		if (copy->session.broken != SFTP_LOST)
			return false;
		copy->large.next = unanswered(copy);
		if (!sftp_copy_again(copy))
			return false;
	}
	copy->tally.holes += copy->large.holes;
	return true;
}
