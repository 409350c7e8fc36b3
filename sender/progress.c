/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/progress.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/child.h"

/* Bytes of data of fd in [from, to). A file system that does not report holes has none. */
static int64_t data_between(int fd, int64_t from, int64_t to)
{
	int64_t sum = 0;

	while (from < to) {
		const off_t data = lseek(fd, from, SEEK_DATA);
		off_t hole;

		if (data < 0)
			return errno == ENXIO ? sum : sum + to - from;
		if (data >= to)
			break;
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0 || hole > to)
			hole = to;
		sum += hole - data;
		from = hole;
	}
	return sum;
}

/* Allocated bytes of the regular files directly in a directory. */
static int64_t files_data(const char *path)
{
	int64_t sum = 0;
	DIR *const dir = opendir(path);

	for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		struct stat st;

		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			sum += (int64_t)st.st_blocks * 512;
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

bool progress_of_push(struct progress *out, const char *local)
{
	struct progress progress = { .label = local, .fd = open(local, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
	struct stat st;

	if (progress.fd < 0)
		return false;
	if (fstat(progress.fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		close(progress.fd);
		errno = EINVAL;
		return false;
	}
	progress.device = st.st_dev;
	progress.inode = st.st_ino;
	progress.size = st.st_size;
	progress.started = clock_ms();
	if (S_ISREG(st.st_mode)) {
		progress.total = data_between(progress.fd, 0, st.st_size);
	} else {
		close(progress.fd);
		progress.fd = -1;
	}
	*out = progress;
	return true;
}

void progress_of_pull(struct progress *out, const char *label, const char *received)
{
	*out = (struct progress){ .label = label, .fd = -1, .received = received, .started = clock_ms() };
}

void progress_close(struct progress *progress)
{
	if (progress->fd >= 0)
		close(progress->fd);
	progress->fd = -1;
}

/* The "pos:" line of /proc/PID/fdinfo/N, or -1. */
static int64_t fd_offset(pid_t pid, const char *number)
{
	char path[64], text[256];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.10s", (int)pid, number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return -1;
	text[len] = '\0';
	return strncmp(text, "pos:", 4) == 0 ? strtoll(text + 4, NULL, 10) : -1;
}

/* The offset of the process in the file, or -1 if it does not have the file open. */
static int64_t child_offset(const struct progress *progress, pid_t pid)
{
	int64_t offset = -1;
	char path[64];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		struct stat st;

		if (entry->d_name[0] != '.' && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
			st.st_dev == progress->device && st.st_ino == progress->inode)
			offset = fd_offset(pid, entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	return offset;
}

static bool look_at_offset(struct progress *progress, pid_t pid)
{
	const int64_t found = child_offset(progress, pid);
	const int64_t offset = found < progress->size ? found : progress->size;

	if (offset > progress->counted) {
		progress->done += data_between(progress->fd, progress->counted, offset);
		progress->counted = offset;
	}
	return found >= 0;
}

static bool look_at_received(struct progress *progress)
{
	const int64_t before = progress->done;

	progress->done = files_data(progress->received);
	return progress->done != before;
}

bool progress_look(struct progress *progress, pid_t pid)
{
	bool seen = false;

	if (progress->received != NULL)
		seen = look_at_received(progress);
	else if (progress->fd >= 0)
		seen = look_at_offset(progress, pid);
	progress->shown = progress->shown || seen;
	return seen;
}
