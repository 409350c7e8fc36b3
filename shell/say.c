/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/say.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

void say(const char *line, size_t len)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (len > PIPE_BUF)
		len = PIPE_BUF;
	if (poll(&out, 1, SAY_WAIT_MS) == 1 && (out.revents & POLLOUT) != 0)
		(void)!write(STDERR_FILENO, line, len);
}
