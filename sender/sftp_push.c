/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sender/extent.h"
#include "sender/sftp_copy.h"

enum {
	DEPTH_MAX = 64, /* directories in one another, as scp has it */
	MODE_BITS = 0777,
	DIRECTORY_BITS = 01777,
	WHILE_FILLED = 0300, /* what is needed of a directory meanwhile */
};

static bool is_whole(const struct sftp_copy *copy)
{
	return copy->session.broken == SFTP_WHOLE;
}

static void slot_fail(struct sftp_slot *slot, const char *what, uint32_t status)
{
	if (slot->failed == NULL) {
		slot->failed = what;
		slot->status = status;
	}
}

static void handle_take(struct sftp_slot *slot, const struct sftp_reply *reply)
{
	if (reply->type != SFTP_HANDLE) {
		slot_fail(slot, "dest open", reply->status);
		slot->state = SFTP_SLOT_DONE;
		return;
	}
	slot->handle.len = (uint32_t)reply->len;
	memcpy(slot->handle.bytes, reply->bytes, reply->len);
	slot->state = SFTP_SLOT_OPEN;
}

static void write_answer(struct sftp_copy *copy, const struct sftp_pending *pending)
{
	const uint64_t end = pending->offset + pending->len;

	copy->tally.data += pending->len;
	if (pending->slot == SFTP_LARGE && end > copy->large.acknowledged)
		copy->large.acknowledged = end;
}

void sftp_push_answer(struct sftp_copy *copy, const struct sftp_pending *pending, const struct sftp_reply *reply)
{
	struct sftp_slot *const slot = &copy->slots[pending->slot];

	if (pending->type == SFTP_OPEN)
		handle_take(slot, reply);
	else if (pending->type == SFTP_CLOSE)
		slot->state = SFTP_SLOT_DONE;
	if (pending->type != SFTP_OPEN && reply->status != SFTP_OK)
		slot_fail(slot, pending->type == SFTP_WRITE ? "write remote" : "close remote", reply->status);
	else if (pending->type == SFTP_WRITE)
		write_answer(copy, pending);
}

/* The small file was dealt with: says what failed, and frees its place. */
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
	return sftp_session_send(
		&copy->session, &request, NULL, &(struct sftp_pending){ .type = SFTP_OPEN, .slot = number });
}

/* Reads up to len bytes; fewer at the end of the file. */
static ssize_t read_at(int fd, unsigned char *out, size_t len, uint64_t offset)
{
	size_t used = 0;

	while (used < len) {
		const ssize_t got = pread(fd, out + used, len - used, (off_t)(offset + used));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

/* Sends the whole of a small file, its size and its end. The far file is not emptied first, so that a file that is
 * copied onto itself stays. */
static bool slot_write(struct sftp_copy *copy, unsigned number)
{
	struct sftp_slot *const slot = &copy->slots[number];
	const ssize_t len = read_at(slot->fd, copy->chunk, SFTP_SMALL_MAX, 0);
	struct sftp_pending pending = { .type = SFTP_WRITE, .slot = number };
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
	pending = (struct sftp_pending){ .type = SFTP_FSETSTAT, .slot = number };
	sftp_size_write(&request, &slot->handle, len < 0 ? 0 : (uint64_t)len);
	if (len >= 0 && !sftp_session_send(&copy->session, &request, NULL, &pending))
		return false;
	pending.type = SFTP_CLOSE;
	sftp_handle_write(&request, SFTP_CLOSE, &slot->handle);
	return sftp_session_send(&copy->session, &request, NULL, &pending);
}

/* Does what can be done for each small file without waiting. */
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

/* A small file that was on its way is sent anew. */
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

/* Goes on, over another session if need be, until at most so many small files are on their way. */
static bool slots_wait(struct sftp_copy *copy, unsigned busy)
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
	if (!slots_wait(copy, SFTP_SLOTS - 1))
		return NULL;
	for (unsigned i = 0; i < SFTP_SLOTS; i++)
		if (copy->slots[i].state == SFTP_SLOT_FREE)
			return &copy->slots[i];
	return NULL;
}

static bool slot_fill(struct sftp_copy *copy, struct sftp_slot *slot, int fd, const struct stat *st)
{
	slot->fd = fd;
	slot->st = *st;
	slot->failed = NULL;
	strcpy(slot->local, copy->local);
	strcpy(slot->remote, copy->remote);
	return true;
}

static bool send_small(struct sftp_copy *copy, int fd, const struct stat *st)
{
	struct sftp_slot *const slot = slot_take(copy);

	if (slot == NULL || !slot_fill(copy, slot, fd, st)) {
		close(fd);
		return false;
	}
	slot->state = SFTP_SLOT_WAITING;
	return slots_step(copy) || slots_wait(copy, SFTP_SLOTS);
}

static bool send_large(struct sftp_copy *copy, int fd, const struct stat *st)
{
	struct sftp_slot *const slot = &copy->slots[SFTP_LARGE];
	bool sent;

	/* What is on its way goes on meanwhile only as far as nobody waits for it. */
	if (!slots_wait(copy, 0)) {
		close(fd);
		return false;
	}
	(void)slot_fill(copy, slot, fd, st);
	sent = sftp_push_large(copy);
	close(fd);
	slot->fd = -1;
	if (sent)
		copy->tally.files++;
	else if (is_whole(copy))
		sftp_copy_say(copy, "failed to upload file %s to %s", slot->local, slot->remote);
	return is_whole(copy);
}

/* The file that copy->local names. Returns false when no more can be sent; that one was not is in copy->failed. */
static bool send_file(struct sftp_copy *copy)
{
	const int fd = open(copy->local, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		(void)sftp_copy_fail(copy, "open local \"%s\": %s", copy->local, strerror(errno));
		if (fd >= 0)
			close(fd);
		return true;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		(void)sftp_copy_fail(copy, "local \"%s\" is not a regular file", copy->local);
		return true;
	}
	return st.st_size <= SFTP_SMALL_MAX ? send_small(copy, fd, &st) : send_large(copy, fd, &st);
}

/* Puts a name behind both paths. Returns false when they become too long. */
static bool paths_enter(struct sftp_copy *copy, const char *name)
{
	const size_t local = strlen(copy->local), remote = strlen(copy->remote);
	const char *const local_slash = copy->local[local - 1] == '/' ? "" : "/";
	const char *const remote_slash = copy->remote[remote - 1] == '/' ? "" : "/";

	if (local + strlen(name) + 2 > SFTP_PATH_MAX || remote + strlen(name) + 2 > SFTP_PATH_MAX)
		return false;
	(void)snprintf(copy->local + local, SFTP_PATH_MAX - local, "%s%s", local_slash, name);
	(void)snprintf(copy->remote + remote, SFTP_PATH_MAX - remote, "%s%s", remote_slash, name);
	return true;
}

/* Makes the directory, or finds it. Returns false if there is none; *created says whether it is ours. */
static bool directory_make(struct sftp_copy *copy, uint32_t mode, bool *created)
{
	struct sftp_request request;
	struct sftp_reply reply;
	uint32_t status;

	sftp_mode_write(&request, SFTP_MKDIR, copy->remote, mode | WHILE_FILLED);
	if (!sftp_copy_ask(copy, &request, SFTP_MKDIR, &reply))
		return false;
	*created = reply.status == SFTP_OK;
	if (*created)
		return true;
	/* No status of version 3 says that it exists. */
	status = reply.status;
	sftp_path_write(&request, SFTP_STAT, copy->remote);
	if (!sftp_copy_ask(copy, &request, SFTP_STAT, &reply))
		return false;
	if (reply.type == SFTP_STATUS)
		return sftp_copy_fail(copy, "remote mkdir \"%s\": %s", copy->remote, sftp_status_text(status));
	if (!S_ISDIR(reply.attrs.mode))
		return sftp_copy_fail(copy, "\"%s\" exists but is not a directory", copy->remote);
	return true;
}

/* The mode that a new directory was to have, where the umask of the other end, or our need to fill it, was before it.
 * As scp, takes no for an answer: rssh-nova says it. */
static bool directory_mode(struct sftp_copy *copy, uint32_t mode)
{
	struct sftp_request request;
	struct sftp_reply reply;

	sftp_path_write(&request, SFTP_STAT, copy->remote);
	if (!sftp_copy_ask(copy, &request, SFTP_STAT, &reply))
		return false;
	if (reply.type == SFTP_ATTRS && (reply.attrs.mode & DIRECTORY_BITS) == mode)
		return true;
	sftp_mode_write(&request, SFTP_SETSTAT, copy->remote, mode);
	return sftp_copy_ask(copy, &request, SFTP_SETSTAT, &reply);
}

static bool send_directory(struct sftp_copy *copy, unsigned depth);

/* What scp -r does with each: follows links, passes over what is neither a file nor a directory. */
static bool send_entry(struct sftp_copy *copy, unsigned depth)
{
	struct stat st;

	if (stat(copy->local, &st) != 0) {
		(void)sftp_copy_fail(copy, "local stat \"%s\": %s", copy->local, strerror(errno));
		return true;
	}
	if (S_ISDIR(st.st_mode))
		return send_directory(copy, depth + 1);
	if (S_ISREG(st.st_mode))
		return send_file(copy);
	sftp_copy_say(copy, "%s: not a regular file", copy->local);
	return true;
}

static bool send_entries(struct sftp_copy *copy, DIR *dir, unsigned depth)
{
	const size_t local = strlen(copy->local), remote = strlen(copy->remote);
	const struct dirent *found;
	bool good = true;

	while (good && (errno = 0, found = readdir(dir)) != NULL) {
		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		if (paths_enter(copy, found->d_name))
			good = send_entry(copy, depth);
		else
			(void)sftp_copy_fail(copy, "%s: %s", copy->local, strerror(ENAMETOOLONG));
		copy->local[local] = '\0';
		copy->remote[remote] = '\0';
	}
	if (good && errno != 0) /* what was not read is missing there */
		(void)sftp_copy_fail(copy, "%s: %s", copy->local, strerror(errno));
	return good;
}

/* Returns false when no more can be sent. */
static bool send_directory(struct sftp_copy *copy, unsigned depth)
{
	bool created = false, good;
	struct stat st;
	DIR *dir;

	if (depth >= DEPTH_MAX) {
		(void)sftp_copy_fail(copy, "Maximum directory depth exceeded: %u levels", depth);
		return true;
	}
	if (stat(copy->local, &st) != 0) {
		(void)sftp_copy_fail(copy, "stat local \"%s\": %s", copy->local, strerror(errno));
		return true;
	}
	if (!directory_make(copy, st.st_mode & DIRECTORY_BITS, &created))
		return is_whole(copy);
	dir = opendir(copy->local);
	if (dir == NULL) {
		(void)sftp_copy_fail(copy, "local opendir \"%s\": %s", copy->local, strerror(errno));
		return true;
	}
	good = send_entries(copy, dir, depth);
	closedir(dir);
	if (!good || !created)
		return good;
	return slots_wait(copy, 0) && directory_mode(copy, st.st_mode & DIRECTORY_BITS);
}

/* The last name of a path, or NULL when it has none of its own. */
static bool last_name(char *out, size_t size, const char *path)
{
	size_t end = strlen(path), begin;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (begin = end; begin > 0 && path[begin - 1] != '/';)
		begin--;
	if (end == begin || end - begin >= size)
		return false;
	memcpy(out, path + begin, end - begin);
	out[end - begin] = '\0';
	return strcmp(out, ".") != 0 && strcmp(out, "..") != 0;
}

/* Where it goes: below a directory, or to that very name. */
static bool target_find(struct sftp_copy *copy, const char *local, const char *remote)
{
	char name[NAME_MAX + 1];
	struct sftp_request request;
	struct sftp_reply reply;

	if (strlen(local) >= SFTP_PATH_MAX || strlen(remote) >= SFTP_PATH_MAX)
		return sftp_copy_fail(copy, "%s: %s", local, strerror(ENAMETOOLONG));
	strcpy(copy->remote, remote);
	sftp_path_write(&request, SFTP_STAT, remote);
	if (!sftp_copy_ask(copy, &request, SFTP_STAT, &reply))
		return false;
	if (reply.type == SFTP_ATTRS && S_ISDIR(reply.attrs.mode)) {
		strcpy(copy->local, "/");
		if (!last_name(name, sizeof(name), local) || !paths_enter(copy, name))
			return sftp_copy_fail(copy, "%s: no name to be copied to", local);
	}
	strcpy(copy->local, local);
	return true;
}

bool sftp_push(struct sftp_copy *copy, const char *local, const char *remote)
{
	struct stat st;
	bool good;

	copy->failed = false;
	if (!target_find(copy, local, remote))
		return false;
	if (stat(local, &st) != 0)
		return sftp_copy_fail(copy, "stat local \"%s\": %s", local, strerror(errno));
	good = S_ISDIR(st.st_mode) ? send_directory(copy, 0) : send_file(copy);
	if (good)
		good = slots_wait(copy, 0);
	if (good && copy->failed && S_ISDIR(st.st_mode))
		sftp_copy_say(copy, "failed to upload directory %s to %s", local, remote);
	return good && !copy->failed;
}
