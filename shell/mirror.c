/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/own.h"
#include "node/root.h"
#include "wall/namespace.h"

enum {
	GROWTH_MAX = 128, /* entries beyond the placeholders */
	CHAIN_MAX = 64,	  /* directories below each other */
};

/* The placeholders: each has a byte for the kind, the inode of a file, and the NUL-ended name. */
struct placeholders {
	unsigned count;
	size_t used, size;
	char *store;
};

struct placeholder {
	bool directory;
	ino_t inode;
	const char *name;
};

/* Writes the path of the descriptor's directory, without symlinks, because behind the second wall there are none.
 * Returns the length, or -1 and errno. */
static ssize_t place_of(char *out, size_t size, int directory)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
	len = readlink(link, out, size);
	if (len < (ssize_t)size)
		return len;
	errno = ENAMETOOLONG;
	return -1;
}

/* No other process uses that file system, so a fixed name suffices. */
static int make_on(struct mirror *out, int scratch)
{
	out->parent = root_openat(scratch, ".", O_PATH | O_DIRECTORY, 0);
	strcpy(out->path, NAMESPACE_SCRATCH "/mirror");
	return out->parent < 0 ? -1 : mkdirat(out->parent, strrchr(out->path, '/') + 1, 0700);
}

static int make_in_tmp(struct mirror *out)
{
	static const char template[] = "/rssh-nova.XXXXXX";
	ssize_t len;

	out->parent = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	len = out->parent < 0 ? -1 : place_of(out->path, sizeof(out->path) - sizeof(template), out->parent);
	if (len < 0)
		return -1;
	memcpy(out->path + len, template, sizeof(template));
	return mkdtemp(out->path) != NULL ? 0 : -1;
}

int mirror_make(struct mirror *out, int scratch, struct fault *fault)
{
	*out = (struct mirror){ .fd = -1, .parent = -1 };
	if ((scratch >= 0 ? make_on(out, scratch) : make_in_tmp(out)) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "cannot make the mirror directory", errno,
			scratch >= 0 ? NULL : "/tmp");
	out->name = strrchr(out->path, '/') + 1;
	out->fd = openat(out->parent, out->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out->fd < 0)
		return fault_set(fault, REASON_NOT_CONFINED, "cannot open the mirror directory", errno, out->path);
	return 0;
}

static int keep(struct placeholders *all, bool directory, ino_t inode, const char *name)
{
	const size_t len = strlen(name) + 1;
	const size_t need = all->used + 1 + sizeof(inode) + len;

	if (need > all->size) {
		const size_t size = need * 2 + 4096;
		char *const store = realloc(all->store, size);

		if (store == NULL)
			return -1;
		all->store = store;
		all->size = size;
	}
	all->store[all->used] = directory;
	memcpy(all->store + all->used + 1, &inode, sizeof(inode));
	memcpy(all->store + all->used + 1 + sizeof(inode), name, len);
	all->used = need;
	all->count++;
	return 0;
}

/* Returns the next placeholder from *at on. */
static bool next(const struct placeholders *all, size_t *at, struct placeholder *out)
{
	if (*at >= all->used)
		return false;
	out->directory = all->store[*at] != 0;
	memcpy(&out->inode, all->store + *at + 1, sizeof(out->inode));
	out->name = all->store + *at + 1 + sizeof(out->inode);
	*at += 1 + sizeof(out->inode) + strlen(out->name) + 1;
	return true;
}

static int put_file(struct mirror *mirror, const char *name, ino_t *inode)
{
	OWN_FD int fd = openat(mirror->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	*inode = st.st_ino;
	return 0;
}

int mirror_stand_for(struct mirror *mirror, const char *origin, struct fault *fault)
{
	mirror->origin = origin;
	mirror->placeholders = calloc(1, sizeof(*mirror->placeholders));
	if (mirror->placeholders == NULL)
		return fault_set(fault, REASON_NOT_CONFINED, "no memory for the mirror", errno, NULL);
	return 0;
}

int mirror_put(struct mirror *mirror, const char *name, bool directory)
{
	ino_t inode = 0;

	if (mirror->placeholders->count == MIRROR_PLACEHOLDERS_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (directory ? mkdirat(mirror->fd, name, 0700) != 0 : put_file(mirror, name, &inode) != 0)
		return -1;
	return keep(mirror->placeholders, directory, inode, name);
}

/* Counts entries, up to limit. A directory that is too deep, or that it cannot look into, counts as limit: Nova's
 * streams make no such directory, and it may hold anything. */
static unsigned count_entries(int dir, unsigned depth, unsigned limit)
{
	struct directory names;
	const struct dirent64 *entry;
	unsigned count = 0;

	directory_begin(&names, dir);
	while (count < limit && directory_next(&names, &entry) == 1) {
		OWN_FD int fd = -1;

		count++;
		if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
			continue;
		fd = root_openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY, 0);
		if (fd >= 0 && depth < CHAIN_MAX)
			count += count_entries(fd, depth + 1, limit - count);
		else if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR))
			return limit;
	}
	return count;
}

bool mirror_is_overgrown(const struct mirror *mirror)
{
	const unsigned limit = GROWTH_MAX + (mirror->placeholders != NULL ? mirror->placeholders->count : 0);
	OWN_FD int fd = root_openat(mirror->fd, ".", O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 || count_entries(fd, 0, limit) >= limit;
}

/* Finds the only entry of a directory. Returns 1, 0 for none, -1 for more than one or a failure. */
static int only_entry(int dir, char name[COMPONENT_MAX + 1])
{
	struct directory names;
	const struct dirent64 *entry;
	int more;

	directory_begin(&names, dir);
	more = directory_next(&names, &entry);
	if (more != 1)
		return more;
	strcpy(name, entry->d_name);
	return directory_next(&names, &entry) == 0 ? 1 : -1;
}

static bool is_empty_file(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size == 0 &&
		st.st_nlink == 1;
}

static bool append(char path[CMD_MAX], const char *name)
{
	const size_t len = strlen(path);
	const int more = snprintf(path + len, CMD_MAX - len, "/%s", name);

	return more > 0 && (size_t)more < CMD_MAX - len;
}

/* Follows the chain of directories from the mirror's root. */
static enum mirror_kind read_chain(struct asked *out, const struct mirror *mirror)
{
	OWN_FD int dir = root_openat(mirror->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	char name[COMPONENT_MAX + 1];

	out->op = OP_MKDIR;
	out->path[0] = '\0';
	for (unsigned depth = 0; dir >= 0 && depth < CHAIN_MAX; depth++) {
		const int found = only_entry(dir, name);
		int below;

		if (found == 0)
			return depth == 0 ? MIRROR_NOTHING : MIRROR_ASKED;
		if (found < 0 || !append(out->path, name))
			return MIRROR_OTHER;
		below = root_openat(dir, name, O_RDONLY | O_DIRECTORY, 0);
		if (below < 0 && errno == ENOTDIR && is_empty_file(dir, name)) {
			out->op = OP_TOUCH;
			return MIRROR_ASKED;
		}
		fd_drop(&dir);
		dir = below;
	}
	return MIRROR_OTHER;
}

/* Removes a placeholder. Returns 1 if it was as we made it, 0 if it was gone, -1 if it was changed. */
static int take_away(const struct mirror *mirror, const struct placeholder *one)
{
	struct stat st;

	if (one->directory) { /* fails unless it is empty */
		if (unlinkat(mirror->fd, one->name, AT_REMOVEDIR) == 0)
			return 1;
		return errno == ENOENT ? 0 : -1;
	}
	if (fstatat(mirror->fd, one->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISREG(st.st_mode) || st.st_ino != one->inode || st.st_size != 0 || st.st_nlink != 1)
		return -1;
	return unlinkat(mirror->fd, one->name, 0) == 0 ? 1 : -1;
}

static enum mirror_kind read_vanished(struct asked *out, const struct mirror *mirror)
{
	const struct placeholders *const all = mirror->placeholders;
	struct placeholder one;
	unsigned gone = 0;

	for (size_t at = 0; next(all, &at, &one);) {
		const int there = take_away(mirror, &one);

		if (there < 0 || (there == 0 && ++gone > 1))
			return MIRROR_OTHER;
		if (there == 1)
			continue;
		out->op = one.directory ? OP_RMDIR : OP_REMOVE;
		snprintf(out->path, sizeof(out->path), "%s", mirror->origin);
		if (!append(out->path, one.name))
			return MIRROR_OTHER;
	}
	/* Fails unless the mirror is empty, so nothing was added. */
	if (unlinkat(mirror->parent, mirror->name, AT_REMOVEDIR) != 0)
		return MIRROR_OTHER;
	return gone == 0 ? MIRROR_NOTHING : MIRROR_ASKED;
}

void mirror_read(struct asked *out, struct mirror *mirror)
{
	*out = (struct asked){ .op = OP_NONE };
	out->kind = mirror->placeholders != NULL ? read_vanished(out, mirror) : read_chain(out, mirror);
	mirror_clear(mirror);
}

static bool goes_by_itself(int dir, const char *name)
{
	return unlinkat(dir, name, 0) == 0 || unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

/* A stream may have made a directory with any mode. This changes the mode by descriptor, because the name may be a link
 * by now. It goes through /proc, because fchmod(2) refuses O_PATH, and a directory without rights opens in no other
 * way. */
static int unshut(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fchmodat(AT_FDCWD, path, 0700, 0);
}

static int open_shut(int dir, const char *name)
{
	OWN_FD int fd = root_openat(dir, name, O_PATH | O_DIRECTORY, 0);

	if (fd < 0 || unshut(fd) != 0)
		return -1;
	return root_openat(fd, ".", O_RDONLY | O_DIRECTORY, 0);
}

/* Removes every file and empty directory of dir, and opens the first other directory as *below. Returns 1 if there is
 * one, 0 if dir is empty now, -1 if an entry cannot be removed. */
static int clear_level(int dir, int *below)
{
	struct directory names;
	const struct dirent64 *entry;
	bool removed;
	int more;

	do { /* getdents may skip names while others go */
		removed = false;
		directory_begin(&names, dir);
		while ((more = directory_next(&names, &entry)) == 1 && goes_by_itself(dir, entry->d_name))
			removed = true;
	} while (more == 0 && removed);
	if (more != 1)
		return more;
	*below = open_shut(dir, entry->d_name);
	return *below < 0 ? -1 : 1;
}

/* Empties the mirror, however deep, with two descriptors. No other process uses it any more, so ".." leads back to the
 * directory that we came from. */
static void clear_levels(int mirror)
{
	OWN_FD int dir = root_openat(mirror, ".", O_RDONLY | O_DIRECTORY, 0);
	unsigned depth = 0;

	while (dir >= 0) {
		int next_dir = -1;
		const int found = clear_level(dir, &next_dir);

		if (found < 0 || (found == 0 && depth == 0))
			return;
		if (found == 0)
			next_dir = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		depth = found == 0 ? depth - 1 : depth + 1;
		fd_drop(&dir);
		dir = next_dir;
	}
}

static bool is_cleared(const struct mirror *mirror)
{
	if (mirror->fd >= 0) {
		(void)!unshut(mirror->fd);
		clear_levels(mirror->fd);
	}
	return mirror->parent < 0 || mirror->name == NULL ||
		unlinkat(mirror->parent, mirror->name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

/* Tries twice: nobody else would ever remove it. */
void mirror_clear(struct mirror *mirror)
{
	if (!is_cleared(mirror))
		(void)is_cleared(mirror);
	fd_drop(&mirror->fd);
	fd_drop(&mirror->parent);
}
