/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/second_wall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/detach.h"
#include "base/own.h"

enum {
	TRIED_MS = 10000,
};

/* What the child tells. Another process of the user may have changed it: texts, and no pointers. */
struct tried {
	int made, err;
	char what[64], detail[sizeof(((struct fault *)0)->detail)];
};

/* After root becomes the user, the process cannot read its own files in /proc until it is dumpable again. By then it
 * has nothing that another process of the user could take: no terminal, and no descriptor except answer. */
static _Noreturn void helper_main(pid_t parent, const struct passwd *entry, int answer)
{
	struct tried tried = { .made = -1 };
	struct fault fault = { .what = "" };
	struct namespace_set made = NAMESPACE_NONE;

	if (dup2(answer, 0) != 0 || close_range(1, ~0u, 0) != 0 ||
		detach_self(parent, geteuid() == 0 ? entry : NULL) != 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
		(void)fault_set(&fault, REASON_NOT_CONFINED, "a process of the user", errno, NULL);
	else
		tried.made = namespace_make(&made, &fault);
	tried.err = fault.err;
	(void)snprintf(tried.what, sizeof(tried.what), "%s", fault.what);
	(void)snprintf(tried.detail, sizeof(tried.detail), "%s", fault.detail);
	_exit(write(0, &tried, sizeof(tried)) == (ssize_t)sizeof(tried) ? 0 : 1);
}

/* Returns false if the child has not told all of it in time. */
static bool tried_hear(struct tried *out, int child)
{
	struct pollfd answer = { .fd = child, .events = POLLIN };

	if (poll(&answer, 1, TRIED_MS) != 1 || read(child, out, sizeof(*out)) != (ssize_t)sizeof(*out))
		return false;
	out->what[sizeof(out->what) - 1] = out->detail[sizeof(out->detail) - 1] = '\0';
	return true;
}

int second_wall_try_as(const struct passwd *entry, struct fault *fault)
{
	static struct tried tried; /* the fault borrows from it */
	OWN_FD int mine = -1;
	const pid_t parent = getpid();
	int ends[2];
	pid_t helper;
	bool heard;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "pipe", errno, NULL);
	mine = ends[0];
	helper = fork();
	if (helper == 0)
		helper_main(parent, entry, ends[1]);
	close(ends[1]);
	if (helper < 0)
		return fault_set(fault, REASON_NOT_CONFINED, "fork", errno, NULL);
	heard = tried_hear(&tried, mine);
	(void)kill(helper, SIGKILL);
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (!heard)
		return fault_set(
			fault, REASON_NOT_CONFINED, "a signal ended or stopped the process that tries it", 0, NULL);
	if (tried.made == 1)
		return 1;
	(void)fault_set(fault, REASON_NOT_CONFINED, tried.what, tried.err, tried.detail);
	return tried.made == 0 ? 0 : -1;
}

int second_wall_try(struct namespace_set *out, struct fault *fault)
{
	*out = NAMESPACE_NONE;
	return second_wall_try_as(NULL, fault);
}
