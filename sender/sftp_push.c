/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/sftp_push.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sender/sftp_large.h"
#include "sender/sftp_small.h"

enum {
	DEPTH_MAX = 64, /* nested directories, as in scp */
	DIRECTORY_BITS = 01777,
	WHILE_FILLED = 0300, /* permissions that we need until the directory is complete */
};

static bool is_whole(const struct sftp_copy *copy)
{
	return copy->session.broken == SFTP_WHOLE;
}

static bool send_large(struct sftp_copy *copy, int fd, const struct stat *st)
{
	struct sftp_slot *const slot = &copy->slots[SFTP_LARGE];
	bool sent;

	/* A large file waits until all small files are done. */
	if (!sftp_small_wait(copy, 0)) {
		close(fd);
		return false;
	}
	sftp_slot_fill(copy, slot, fd, st);
	sent = sftp_large_send(copy);
	close(fd);
	slot->fd = -1;
	if (sent)
		copy->tally.files++;
	else if (is_whole(copy))
		sftp_copy_say(copy, "failed to upload file %s to %s", slot->local, slot->remote);
	return is_whole(copy);
}

/* Sends the file copy->local. Returns false if nothing more can be sent. If only this file failed, sets copy->failed.
 * */
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
	return st.st_size <= SFTP_SMALL_MAX ? sftp_small_send(copy, fd, &st) : send_large(copy, fd, &st);
}

/* Appends a name to both paths. Returns false if they become too long. */
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

/* Creates the directory unless it exists. Returns false if it does not exist afterwards. *created: we created it. */
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
	/* Version 3 has no status for an existing directory. */
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

/* Sets the wanted mode of a new directory, which the far umask or WHILE_FILLED has changed. A refusal is fine, as for
 * scp: rssh-nova refuses. */
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

/* As scp -r: follows symlinks, and skips what is neither a file nor a directory. */
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
	if (good && errno != 0) /* entries that were not read are missing there */
		(void)sftp_copy_fail(copy, "%s: %s", copy->local, strerror(errno));
	return good;
}

/* Returns false if nothing more can be sent. */
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
	return sftp_small_wait(copy, 0) && directory_mode(copy, st.st_mode & DIRECTORY_BITS);
}

/* Writes the last name of a path. Returns false if there is none. */
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

/* Sets copy->remote: below remote if that is a directory, else remote itself. */
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
		good = sftp_small_wait(copy, 0);
	if (good && copy->failed && S_ISDIR(st.st_mode))
		sftp_copy_say(copy, "failed to upload directory %s to %s", local, remote);
	return good && !copy->failed;
}
