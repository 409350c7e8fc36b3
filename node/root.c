/* SPDX-License-Identifier: Apache-2.0 */
#include "node/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "policy/path.h"

enum {
	NO_LINKS = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
};

static int open_resolved(int dir, const char *path, int flags, mode_t mode, unsigned resolve)
{
	const struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.mode = (flags & O_CREAT) != 0 ? mode : 0,
		.resolve = resolve,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int root_openat(int root, const char *rel, int flags, mode_t mode)
{
	return open_resolved(root, rel, flags, mode, RESOLVE_BENEATH | NO_LINKS);
}

bool root_lacks(int err)
{
	return err == ENOENT || err == ENOTDIR || err == ELOOP || err == EACCES;
}

static int root_open(const char *path, const char *home, struct fault *fault)
{
	struct stat st;
	int fd;

	if (home[0] != '\0' && path_below(home, path) != NULL)
		return fault_set(fault, REASON_NOT_CONFIGURED,
			"instances_path holds the home directory of the running user", 0, path);
	fd = open_resolved(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, NO_LINKS);
	if (fd < 0 && errno == ELOOP)
		return fault_set(fault, REASON_NOT_CONFIGURED,
			"instances_path leads through a symlink: mount what it points to there instead", 0, path);
	if (fd < 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot open instances_path", errno, path);
	if (fstatat(fd, ".ssh", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return fault_set(fault, REASON_NOT_CONFIGURED, "instances_path holds .ssh", 0, path);
	if (errno != ENOENT)
		return fault_set(fault, REASON_NOT_CONFIGURED, "cannot look for .ssh in instances_path", errno, path);
	return fd;
}

int roots_open(struct roots *out, const struct config *config, const char *home, struct fault *fault)
{
	out->count = 0;
	for (unsigned i = 0; i < config->roots.count; i++) {
		const int fd = root_open(text_at(&config->roots, i), home, fault);

		if (fd < 0)
			return -1;
		out->fd[out->count++] = fd;
	}
	return 0;
}

int64_t roots_free_space(const struct roots *roots)
{
	int64_t least = INT64_MAX;

	for (unsigned i = 0; i < roots->count; i++) {
		struct statvfs fs;
		int64_t space;

		if (fstatvfs(roots->fd[i], &fs) != 0)
			return 0;
		if (__builtin_mul_overflow(fs.f_bavail, fs.f_frsize, &space))
			continue;
		if (space < least)
			least = space;
	}
	return least;
}
