/* SPDX-License-Identifier: Apache-2.0 */
#include "base/directory.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void directory_begin(struct directory *directory, int fd)
{
	directory->fd = fd;
	directory->at = 0;
	directory->filled = lseek(fd, 0, SEEK_SET) == 0 ? 0 : -1;
}

static int is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int directory_next(struct directory *directory, const struct dirent64 **entry)
{
	if (directory->filled < 0)
		return -1;
	for (;;) {
		if (directory->at >= directory->filled) {
			directory->at = 0;
			directory->filled =
				syscall(SYS_getdents64, directory->fd, directory->buffer, sizeof(directory->buffer));
			if (directory->filled < 0 && errno == ENOENT)
				directory->filled = 0; /* the directory was deleted */
			if (directory->filled <= 0)
				return (int)directory->filled;
		}
		*entry = (const struct dirent64 *)(const void *)(directory->buffer + directory->at);
		directory->at += (*entry)->d_reclen;
		if (!is_dot((*entry)->d_name))
			return 1;
	}
}
