/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/say.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

bool say_to(int fd, const char *bytes, size_t len)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };

	if (len > PIPE_BUF)
		len = PIPE_BUF;
	return poll(&out, 1, SAY_WAIT_MS) == 1 && (out.revents & POLLOUT) != 0 && write(fd, bytes, len) > 0;
}

void say(const char *line, size_t len)
{
	(void)say_to(STDERR_FILENO, line, len);
}
