#include "shell/hardlink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "shell/directory.h"
#include "shell/own.h"
#include "shell/root.h"

enum {
	DEPTH_MAX = 64,
};

static int look(int fd, unsigned depth);

static int look_at(int dir, const char *name, unsigned depth)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if (S_ISDIR(st.st_mode)) {
		OWN_FD int fd = root_openat(dir, name, O_RDONLY | O_DIRECTORY, 0);

		/* What we cannot read, a child of the same user cannot open either. */
		return fd < 0 ? 0 : look(fd, depth + 1);
	}
	return S_ISREG(st.st_mode) && st.st_nlink > 1;
}

static int look(int fd, unsigned depth)
{
	struct directory names;
	const struct dirent64 *entry;
	int more;

	if (depth > DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	directory_begin(&names, fd);
	while ((more = directory_next(&names, &entry)) == 1) {
		const int found = look_at(fd, entry->d_name, depth);

		if (found != 0)
			return found;
	}
	return more;
}

int hardlink_below(int fd)
{
	return look(fd, 0);
}
