/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/resume.h"
#include "sender/source.h"

enum {
	SMALL_MAX = 1024 * 1024, /* bytes */
};

static bool is_probe(const char *name)
{
	return strspn(name, "0123456789abcdef") == PROBE_HEX_LEN && strcmp(name + PROBE_HEX_LEN, ".tmp") == 0;
}

/* Is this a file that is not sent? The far end makes a new swap disk and console log. libvirt owns the console log, so
 * we often cannot read it. Probes and our own record are of no use there. */
static bool stays(int dir, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "disk.swap") == 0 || is_probe(name) ||
		strcmp(name, RESUME_NAME) == 0 || strcmp(name, RESUME_NEW_NAME) == 0)
		return true;
	return strncmp(name, "console.log", 11) == 0 && faccessat(dir, name, R_OK, AT_EACCESS) != 0;
}

/* Plain files first, then directories, disk.info last: if it exists, everything does. */
static int rank(const struct listing_entry *entry)
{
	if (strcmp(entry->name, "disk.info") == 0)
		return 2;
	return entry->is_dir ? 1 : 0;
}

static int entry_order(const void *a, const void *b)
{
	const struct listing_entry *const left = a, *const right = b;
	const int ranks = rank(left) - rank(right);

	return ranks != 0 ? ranks : strcmp(left->name, right->name);
}

static enum remotefs_error fail_local(struct listing *listing, const char *name, const char *why)
{
	return context_fail(listing->fs, REMOTEFS_LOCAL, "%s/%s: %s", listing->dir, name, why);
}

/* The path comes last, because a text that is too long is cut at its end. */
static enum remotefs_error fail_before(struct listing *listing, const char *path, const char *why)
{
	return context_fail(listing->fs, REMOTEFS_LOCAL, "nothing was done: %s: %s", why, path);
}

/* A newline ends a name in the protocol of old scp, and any control byte spoils a message or a log. */
static bool has_control(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return true;
	return false;
}

/* Checks a subdirectory. */
static enum remotefs_error tree_check(struct listing *listing, int dir, const char *name)
{
	char path[SOURCE_PATH_MAX];
	const int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const int len = snprintf(path, sizeof(path), "%s/%s", listing->dir, name);
	const char *why;

	if (fd < 0)
		return fail_local(listing, name, strerror(errno));
	if (len >= SOURCE_PATH_MAX) {
		close(fd);
		return fail_local(listing, name, strerror(ENAMETOOLONG));
	}
	why = source_check(fd, path, strlen(listing->remote));
	return why == NULL ? REMOTEFS_OK : fail_before(listing, path, why);
}

static const char *entry_check(const struct listing *listing, int dir, const char *name, struct stat *st)
{
	if (listing->count == LISTING_MAX)
		return "too many files";
	if (has_control(name))
		return "a name with control bytes cannot be sent";
	if (strlen(listing->remote) + strlen(name) + 1 >= ADDRESS_PATH_MAX)
		return strerror(ENAMETOOLONG);
	return source_entry_check(dir, name, st);
}

static enum remotefs_error entry_add(struct listing *listing, int dir, const char *name)
{
	char path[SOURCE_PATH_MAX], remote[ADDRESS_PATH_MAX];
	struct listing_entry *const entry = &listing->at[listing->count];
	struct stat st;
	const char *const why = entry_check(listing, dir, name, &st);

	if (why != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", listing->dir, name);
		return fail_before(listing, path, why);
	}
	(void)snprintf(entry->name, sizeof(entry->name), "%s", name);
	entry->is_dir = S_ISDIR(st.st_mode);
	entry->beside_others = rank(entry) == 0 && st.st_size <= SMALL_MAX;
	/* rssh-nova refuses a command line with a name that begins with a dot. */
	entry->free_name = name[0] == '.' || !remote_path_join(remote, listing->remote, name);
	listing->count++;
	return entry->is_dir ? tree_check(listing, dir, name) : REMOTEFS_OK;
}

enum remotefs_error listing_read(struct listing *listing, struct remotefs *fs, const char *path, const char *remote)
{
	enum remotefs_error error = REMOTEFS_OK;
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *const dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *found;

	listing->fs = fs;
	listing->dir = path;
	listing->remote = remote;
	listing->count = 0;
	if (dir == NULL) {
		error = fail_local(listing, "", strerror(errno));
		if (fd >= 0)
			close(fd);
		return error;
	}
	while (error == REMOTEFS_OK && (errno = 0, found = readdir(dir)) != NULL)
		if (!stays(fd, found->d_name))
			error = entry_add(listing, fd, found->d_name);
	if (error == REMOTEFS_OK && errno != 0) /* entries that were not read would be missing there */
		error = fail_local(listing, "", strerror(errno));
	closedir(dir);
	qsort(listing->at, listing->count, sizeof(listing->at[0]), entry_order);
	return error;
}
