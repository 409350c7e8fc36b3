/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/sftp_small.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/read_all.h"

enum {
	MODE_BITS = 0777,
};

static bool is_whole(const struct sftp_copy *copy)
{
	return copy->session.broken == SFTP_WHOLE;
}

static void handle_take(struct sftp_slot *slot, const struct sftp_reply *reply)
{
	if (reply->type != SFTP_HANDLE) {
		sftp_slot_fail(slot, "dest open", reply->status);
		slot->state = SFTP_SLOT_DONE;
		return;
	}
	slot->handle.len = (uint32_t)reply->len;
	memcpy(slot->handle.bytes, reply->bytes, reply->len);
	slot->state = SFTP_SLOT_OPEN;
}

static void on_answer(void *user, const struct sftp_pending *pending, const struct sftp_reply *reply)
{
	struct sftp_copy *const copy = user;
	struct sftp_slot *const slot = &copy->slots[pending->slot];

	if (pending->type == SFTP_OPEN)
		handle_take(slot, reply);
	else if (pending->type == SFTP_CLOSE)
		slot->state = SFTP_SLOT_DONE;
	if (pending->type != SFTP_OPEN && reply->status != SFTP_OK)
		sftp_slot_fail(slot, pending->type == SFTP_WRITE ? "write remote" : "close remote", reply->status);
	else if (pending->type == SFTP_WRITE)
		copy->tally.data += pending->len;
}

/* Reports the result of a small file, and frees its slot. */
static void slot_finish(struct sftp_copy *copy, struct sftp_slot *slot)
{
	close(slot->fd);
	slot->fd = -1;
	slot->state = SFTP_SLOT_FREE;
	copy->tally.files += slot->failed == NULL && !slot->unread;
	copy->host.calls->on_progress(copy->host.user, (uint64_t)slot->st.st_size);
	if (slot->failed == NULL)
		return;
	(void)sftp_copy_fail(copy, "%s \"%s\": %s", slot->failed, slot->remote, sftp_status_text(slot->status));
	sftp_copy_say(copy, "failed to upload file %s to %s", slot->local, slot->remote);
}

static bool slot_open(struct sftp_copy *copy, unsigned number)
{
	struct sftp_slot *const slot = &copy->slots[number];
	struct sftp_request request;

	sftp_open_write(&request, slot->remote, SFTP_OPEN_WRITE | SFTP_OPEN_CREATE, slot->st.st_mode & MODE_BITS);
	slot->state = SFTP_SLOT_OPENING;
	slot->failed = NULL;
	return sftp_session_send(&copy->session, &request, NULL,
		&(struct sftp_pending){ .type = SFTP_OPEN, .slot = number, .on_answer = on_answer });
}

/* Sends the data of a small file, then its size, then CLOSE. The far file is not emptied first, so a file that is
 * copied onto itself survives. */
static bool slot_write(struct sftp_copy *copy, unsigned number)
{
	struct sftp_slot *const slot = &copy->slots[number];
	const ssize_t len = read_all(slot->fd, copy->chunk, SFTP_SMALL_MAX, 0);
	struct sftp_pending pending = { .type = SFTP_WRITE, .slot = number, .on_answer = on_answer };
	struct sftp_request request;

	slot->state = SFTP_SLOT_CLOSING;
	slot->unread = len < 0;
	if (slot->unread)
		(void)sftp_copy_fail(copy, "read local \"%s\": %s", slot->local, strerror(errno));
	for (ssize_t at = 0; at < len; at += pending.len) {
		const uint32_t most = copy->session.write_max;

		pending.len = len - at < (ssize_t)most ? (uint32_t)(len - at) : most;
		pending.offset = (uint64_t)at;
		sftp_write_write(&request, &slot->handle, pending.offset, pending.len);
		if (!sftp_session_send(&copy->session, &request, copy->chunk + at, &pending))
			return false;
	}
	pending = (struct sftp_pending){ .type = SFTP_FSETSTAT, .slot = number, .on_answer = on_answer };
	sftp_size_write(&request, &slot->handle, len < 0 ? 0 : (uint64_t)len);
	if (len >= 0 && !sftp_session_send(&copy->session, &request, NULL, &pending))
		return false;
	pending.type = SFTP_CLOSE;
	sftp_handle_write(&request, SFTP_CLOSE, &slot->handle);
	return sftp_session_send(&copy->session, &request, NULL, &pending);
}

/* Takes each small file one step further, without waiting. */
static bool slots_step(struct sftp_copy *copy)
{
	for (unsigned i = 0; i < SFTP_SLOTS; i++) {
		struct sftp_slot *const slot = &copy->slots[i];

		if (slot->state == SFTP_SLOT_DONE)
			slot_finish(copy, slot);
		else if (slot->state == SFTP_SLOT_WAITING && !slot_open(copy, i))
			return false;
		else if (slot->state == SFTP_SLOT_OPEN && !slot_write(copy, i))
			return false;
	}
	return true;
}

/* Makes all small files in flight start again. */
static void slots_rewind(struct sftp_copy *copy)
{
	for (unsigned i = 0; i < SFTP_SLOTS; i++)
		if (copy->slots[i].state != SFTP_SLOT_FREE && copy->slots[i].state != SFTP_SLOT_DONE)
			copy->slots[i].state = SFTP_SLOT_WAITING;
}

static unsigned slots_busy(const struct sftp_copy *copy)
{
	unsigned busy = 0;

	for (unsigned i = 0; i < SFTP_SLOTS; i++)
		busy += copy->slots[i].state != SFTP_SLOT_FREE;
	return busy;
}

bool sftp_small_wait(struct sftp_copy *copy, unsigned busy)
{
	for (;;) {
		if (!is_whole(copy)) {
			slots_rewind(copy);
			if (!sftp_copy_again(copy))
				return false;
		}
		if (!slots_step(copy))
			continue;
		if (slots_busy(copy) <= busy)
			return true;
		if (!sftp_session_turn(&copy->session))
			slots_rewind(copy);
	}
}

static struct sftp_slot *slot_take(struct sftp_copy *copy)
{
	if (!sftp_small_wait(copy, SFTP_SLOTS - 1))
		return NULL;
	for (unsigned i = 0; i < SFTP_SLOTS; i++)
		if (copy->slots[i].state == SFTP_SLOT_FREE)
			return &copy->slots[i];
	return NULL;
}

bool sftp_small_send(struct sftp_copy *copy, int fd, const struct stat *st)
{
	struct sftp_slot *const slot = slot_take(copy);

	if (slot == NULL) {
		close(fd);
		return false;
	}
	sftp_slot_fill(copy, slot, fd, st);
	slot->state = SFTP_SLOT_WAITING;
	return slots_step(copy) || sftp_small_wait(copy, SFTP_SLOTS);
}
