/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* One poll(2) shows which of the three are closed. */
int process_open_stdio(void)
{
	struct pollfd fds[] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	if (poll(fds, 3, 0) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		if ((fds[i].revents & POLLNVAL) != 0 && open("/dev/null", i == 0 ? O_RDONLY : O_WRONLY) != i)
			return -1;
	return 0;
}

int process_harden(void)
{
	const struct rlimit none = { 0, 0 };

	umask(022);
	/* We end by the signal that ended our child, and the child may choose it: that must leave no core file. */
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return -1;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -1;
	return close_range(3, ~0u, 0);
}
