/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/writable.h"

#include <string.h>
#include <sys/stat.h>

/* In a sticky directory only owners can replace files. */
static enum writer writer_of(const struct passwd *entry, const struct stat *st)
{
	const bool everybody = (st->st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH;
	const bool group = (st->st_mode & S_IWGRP) != 0;

	if (st->st_uid == entry->pw_uid || everybody || (group && st->st_gid == entry->pw_gid))
		return WRITER_USER;
	return st->st_uid != 0 || (group && st->st_gid != 0) ? WRITER_OTHERS : WRITER_ROOT;
}

enum writer writable_by(char part[KEY_FILE_NAME_MAX], const struct passwd *entry, const char *path)
{
	enum writer worst = WRITER_ROOT;
	char above[KEY_FILE_NAME_MAX];

	part[0] = '\0';
	if (strlen(path) >= sizeof(above))
		return worst;
	strcpy(above, path);
	for (; above[0] == '/' && above[1] != '\0'; *strrchr(above, '/') = '\0') {
		struct stat st;
		enum writer writer;

		if (stat(above, &st) != 0)
			continue;
		writer = writer_of(entry, &st);
		if (writer > worst) {
			worst = writer;
			strcpy(part, above);
		}
	}
	return worst;
}
