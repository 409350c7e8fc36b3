/* SPDX-License-Identifier: Apache-2.0 */
#include "base/read_file.h"

#include <errno.h>

#include "base/read_all.h"

enum {
	PAGE = 4096, /* so a read touches no page too many */
};

ssize_t read_file(char **text, int fd, size_t limit)
{
	_Alignas(PAGE) static char bytes[TEXT_FILE_MAX + 1];
	ssize_t len;

	if (limit > TEXT_FILE_MAX) {
		errno = EFBIG;
		return -1;
	}
	len = read_all(fd, bytes, limit, READ_ON);
	if (len < 0)
		return -1;
	bytes[len] = '\0';
	*text = bytes;
	return len;
}
