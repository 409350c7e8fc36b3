/* SPDX-License-Identifier: Apache-2.0 */
#include "base/read_file.h"

#include <errno.h>
#include <unistd.h>

enum {
	PAGE = 4096, /* so a read touches no page too many */
};

ssize_t read_file(char **text, int fd, size_t limit)
{
	_Alignas(PAGE) static char bytes[TEXT_FILE_MAX + 1];
	size_t used = 0;

	if (limit > TEXT_FILE_MAX) {
		errno = EFBIG;
		return -1;
	}
	while (used < limit) {
		const ssize_t got = read(fd, bytes + used, limit - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	bytes[used] = '\0';
	*text = bytes;
	return (ssize_t)used;
}
