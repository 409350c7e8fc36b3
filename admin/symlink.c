/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/symlink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/path.h"

/* Finds the first symlink in path. */
static bool symlink_find(char out[PATH_MAX], const char *path)
{
	struct stat st;

	for (const char *end = path; *end != '\0';) {
		end += 1 + strcspn(end + 1, "/");
		if (end - path >= PATH_MAX)
			return false;
		memcpy(out, path, (size_t)(end - path));
		out[end - path] = '\0';
		if (lstat(out, &st) != 0)
			return false;
		if (S_ISLNK(st.st_mode))
			return true;
	}
	return false;
}

bool symlink_mount_command(char out[SYMLINK_COMMAND_MAX], const char *path)
{
	char link[PATH_MAX], target[PATH_MAX];

	if (!symlink_find(link, path))
		return false;
	/* Another user may have chosen the target, and the operator will paste it into a shell. */
	if (realpath(link, target) == NULL || !path_is_plain(target))
		strcpy(target, "DIRECTORY");
	snprintf(out, SYMLINK_COMMAND_MAX, "rm %s && mkdir %s && mount --bind %s %s, and the mount in /etc/fstab", link,
		link, target, link);
	return true;
}
