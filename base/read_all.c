/* SPDX-License-Identifier: Apache-2.0 */
#include "base/read_all.h"

#include <errno.h>
#include <unistd.h>

ssize_t read_all(int fd, void *out, size_t size, off_t from)
{
	char *const bytes = out;
	size_t used = 0;

	while (used < size) {
		const ssize_t got = from == READ_ON ? read(fd, bytes + used, size - used)
						    : pread(fd, bytes + used, size - used, from + (off_t)used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}
