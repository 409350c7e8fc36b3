/* SPDX-License-Identifier: Apache-2.0 */
#include "base/write_all.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, struct bytes content)
{
	for (size_t used = 0; used < content.len;) {
		const ssize_t put = write(fd, content.at + used, content.len - used);

		if (put < 0 && errno != EINTR)
			return -1;
		used += put > 0 ? (size_t)put : 0;
	}
	return 0;
}
