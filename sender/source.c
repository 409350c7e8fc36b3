/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sender/source.h"

static const char *tree_check(int fd, char *path, size_t reserve, unsigned depth);

const char *source_entry_check(int dir, const char *name, struct stat *out)
{
	if (fstatat(dir, name, out, AT_SYMLINK_NOFOLLOW) != 0)
		return strerror(errno);
	if (!S_ISREG(out->st_mode) && !S_ISDIR(out->st_mode))
		return "neither a file nor a directory";
	if (faccessat(dir, name, S_ISDIR(out->st_mode) ? R_OK | X_OK : R_OK, AT_EACCESS) != 0)
		return strerror(errno);
	return NULL;
}

static const char *entry_check(int dir, const char *name, char *path, size_t reserve, unsigned depth)
{
	struct stat st;
	const char *const why = source_entry_check(dir, name, &st);
	int fd;

	if (why != NULL || !S_ISDIR(st.st_mode))
		return why;
	if (depth + 1 >= SOURCE_DEPTH_MAX)
		return "too many directories in one another";
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? strerror(errno) : tree_check(fd, path, reserve, depth + 1);
}

/* Leaves the name of an entry that cannot be sent at the end of the path; else restores the path. */
static const char *entries_check(DIR *dir, char *path, size_t reserve, unsigned depth)
{
	const size_t len = strlen(path);
	const struct dirent *found;

	while ((errno = 0, found = readdir(dir)) != NULL) {
		const char *why = strerror(ENAMETOOLONG);

		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		if (len + strlen(found->d_name) + 2 + reserve > SOURCE_PATH_MAX)
			return why;
		(void)snprintf(path + len, SOURCE_PATH_MAX - len, "/%s", found->d_name);
		why = entry_check(dirfd(dir), found->d_name, path, reserve, depth);
		if (why != NULL)
			return why;
		path[len] = '\0';
	}
	return errno == 0 ? NULL : strerror(errno);
}

static const char *tree_check(int fd, char *path, size_t reserve, unsigned depth)
{
	DIR *const dir = fdopendir(fd);
	const char *why;

	if (dir == NULL) {
		why = strerror(errno);
		close(fd);
		return why;
	}
	why = entries_check(dir, path, reserve, depth);
	closedir(dir);
	return why;
}

const char *source_check(int fd, char *path, size_t reserve)
{
	return tree_check(fd, path, reserve, 0);
}
