/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/own.h"
#include "base/read_all.h"
#include "base/write_all.h"

int file_read_open(char **text, size_t *len, int fd)
{
	struct stat st;
	char *at;
	ssize_t used;

	if (fstat(fd, &st) != 0)
		return -1;
	errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return -1;
	at = malloc(FILE_MAX + 1);
	if (at == NULL)
		return -1;
	used = read_all(fd, at, FILE_MAX, READ_ON);
	if (used < 0) {
		free(at);
		return -1;
	}
	at[used] = '\0';
	*text = at;
	*len = (size_t)used;
	return 0;
}

int file_read(char **text, size_t *len, const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? -1 : file_read_open(text, len, fd);
}

/* Opens with the user's rights. Root's supplementary groups must go too: they could open what the user cannot. */
static int open_as(const struct passwd *user, const char *path)
{
	gid_t groups[256];
	const int count = getgroups(N_ELEMENTS(groups), groups);
	int fd = -1, err;

	if (count < 0 || initgroups(user->pw_name, user->pw_gid) != 0)
		return -1;
	if (setegid(user->pw_gid) == 0 && seteuid(user->pw_uid) == 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	err = errno;
	if (seteuid(0) != 0 || setegid(0) != 0 || setgroups((size_t)count, groups) != 0)
		abort();
	errno = err;
	return fd;
}

int file_read_as(char **text, size_t *len, const struct passwd *user, const char *path)
{
	OWN_FD int fd = user != NULL ? open_as(user, path) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? -1 : file_read_open(text, len, fd);
}

const char *file_error(int err)
{
	return err == EINVAL ? "no regular file" : strerror(err);
}

/* A name survives a crash only if its directory is on the disk. */
static int parent_sync(const char *path)
{
	char parent[PATH_MAX];
	const size_t len = (size_t)(strrchr(path, '/') - path);

	if (len >= sizeof(parent))
		return -1;
	memcpy(parent, path, len);
	strcpy(parent + len, len == 0 ? "/" : "");
	OWN_FD int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

static int attributes_copy(int to, int from)
{
	char names[4096], value[4096];
	const ssize_t len = flistxattr(from, names, sizeof(names));

	if (len < 0)
		return errno == ENOTSUP ? 0 : -1;
	for (const char *name = names; name < names + len; name += strlen(name) + 1) {
		const ssize_t size = fgetxattr(from, name, value, sizeof(value));

		if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) != 0)
			return -1;
	}
	return 0;
}

/* Gives the new file the owner, mode and attributes of the old one, if there is one. */
static int metadata_copy(int fd, const char *path, mode_t mode)
{
	OWN_FD int old = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st = { .st_mode = mode };

	if (old < 0 && errno != ENOENT)
		return -1;
	if (old >= 0) {
		if (fstat(old, &st) != 0)
			return -1;
		errno = EINVAL;
		if (!S_ISREG(st.st_mode))
			return -1;
	}
	if (fchown(fd, st.st_uid, st.st_gid) != 0 || fchmod(fd, st.st_mode & 07777) != 0)
		return -1;
	return old < 0 ? 0 : attributes_copy(fd, old);
}

int file_write(const char *path, struct bytes content, mode_t mode)
{
	char beside[PATH_MAX];
	int err;

	if (snprintf(beside, sizeof(beside), "%s.XXXXXX~", path) >= (int)sizeof(beside)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	OWN_FD int fd = mkostemps(beside, 1, O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write_all(fd, content) == 0 && metadata_copy(fd, path, mode) == 0 && fsync(fd) == 0 &&
		rename(beside, path) == 0)
		return parent_sync(path);
	err = errno;
	unlink(beside);
	errno = err;
	return -1;
}

int file_remove(const char *path)
{
	if (unlink(path) != 0)
		return errno == ENOENT ? 0 : -1;
	return parent_sync(path);
}

int directory_remove(const char *path)
{
	if (rmdir(path) != 0)
		return errno == ENOENT ? 0 : -1;
	return parent_sync(path);
}

int directory_make(const char *path, mode_t mode)
{
	if (mkdir(path, mode) != 0)
		return -1;
	return parent_sync(path);
}

bool file_path_is_plain(const char *path)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-";

	return path[0] != '\0' && strspn(path, letters) == strlen(path);
}
