/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/pull.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/wall.h"

static const char received_name[] = "received";

static bool fail_local(struct remotefs *fs, const char *path)
{
	const int saved = errno;

	(void)context_fail(fs, REMOTEFS_LOCAL, "%s: %s", path, strerror(saved));
	fs->fault->status = saved;
	return false;
}

static bool place_find(char place[SCRATCH_PATH_MAX], const char *local, const char *remote)
{
	struct stat st;
	const bool is_dir = stat(local, &st) == 0 && S_ISDIR(st.st_mode);
	const int len = snprintf(place, SCRATCH_PATH_MAX, "%s%s", local, is_dir ? strrchr(remote, '/') : "");

	errno = ENAMETOOLONG;
	return len > 0 && len < SCRATCH_PATH_MAX;
}

/* Writes the directory of place, "" if it is too long. */
static void parent_of(char out[SCRATCH_PATH_MAX], const char *place)
{
	const char *const slash = strrchr(place, '/');
	const int len = slash == NULL ? 1 : (int)(slash - place);

	(void)snprintf(out, SCRATCH_PATH_MAX, "%.*s", len, slash == NULL ? "." : place);
}

bool pull_begin(struct pull *out, struct remotefs *fs, const char *local, const char *remote)
{
	char parent[SCRATCH_PATH_MAX];
	bool made;

	*out = (struct pull){ .wall = -1 };
	if (!place_find(out->place, local, remote))
		return fail_local(fs, local);
	parent_of(parent, out->place);
	made = fs->options.dry_run ? scratch_name(out->scratch.path, parent) : scratch_create(&out->scratch, parent);
	if (!made)
		return fail_local(fs, parent);
	if (snprintf(out->received, sizeof(out->received), "%s/%s", out->scratch.path, received_name) >=
		SCRATCH_PATH_MAX) {
		pull_end(out);
		return fail_local(fs, parent);
	}
	if (!fs->options.dry_run && !wall_open(&out->wall, out->scratch.path)) {
		(void)fail_local(fs, "no wall round what is received");
		pull_end(out);
		return false;
	}
	return true;
}

/* Is the only entry of the directory a regular file with the name that we asked for? */
static bool only_received(const char *path)
{
	DIR *const dir = opendir(path);
	unsigned entries = 0;
	struct stat st;
	bool good;

	if (dir == NULL)
		return false;
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			entries++;
	good = entries == 1 && fstatat(dirfd(dir), received_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode) && st.st_nlink == 1;
	closedir(dir);
	return good && chmod(path, 0700) == 0;
}

enum remotefs_error pull_finish(struct pull *pull, struct remotefs *fs)
{
	struct stat st;

	if (fs->options.dry_run)
		return REMOTEFS_OK;
	if (!only_received(pull->scratch.path))
		return context_fail(
			fs, REMOTEFS_FAILED, "%s sent something else than the one file asked for", fs->host.name);
	if (lstat(pull->received, &st) != 0 || chmod(pull->received, st.st_mode & 0777) != 0 ||
		rename(pull->received, pull->place) != 0) {
		(void)fail_local(fs, pull->place);
		return REMOTEFS_LOCAL;
	}
	return REMOTEFS_OK;
}

void pull_end(struct pull *pull)
{
	if (pull->wall >= 0)
		close(pull->wall);
	pull->wall = -1;
	if (pull->scratch.janitor > 0)
		scratch_remove(&pull->scratch);
}
