/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/second_wall.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

struct tried {
	int made;
	struct fault fault;
};

static int user_become(const struct passwd *entry)
{
	if (entry == NULL || geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) != 0 || setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0)
		return -1;
	return setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid);
}

/* After root becomes the user, the process cannot read its own files in /proc until it is dumpable again. By then it
 * has nothing that another process of the user could take: no terminal, and no descriptor except answer. */
static _Noreturn void helper_main(const struct passwd *entry, int answer)
{
	struct tried tried = { .made = -1 };
	struct namespace_set made = NAMESPACE_NONE;

	if (dup2(answer, 0) != 0 || close_range(1, ~0u, 0) != 0 || setsid() < 0 || user_become(entry) != 0 ||
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
		(void)fault_set(&tried.fault, REASON_NOT_CONFINED, "a process of the user", errno, NULL);
	else
		tried.made = namespace_make(&made, &tried.fault);
	_exit(write(0, &tried, sizeof(tried)) == (ssize_t)sizeof(tried) ? 0 : 1);
}

int second_wall_try_as(const struct passwd *entry, struct fault *fault)
{
	OWN_FD int mine = -1;
	struct tried tried;
	int ends[2];
	pid_t helper;
	ssize_t got;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "pipe", errno, NULL);
	mine = ends[0];
	helper = fork();
	if (helper == 0)
		helper_main(entry, ends[1]);
	close(ends[1]);
	if (helper < 0)
		return fault_set(fault, REASON_NOT_CONFINED, "fork", errno, NULL);
	got = read(mine, &tried, sizeof(tried));
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (got != (ssize_t)sizeof(tried))
		return fault_set(fault, REASON_NOT_CONFINED, "a signal ended the process that tries it", 0, NULL);
	if (tried.made != 1)
		*fault = tried.fault;
	return tried.made;
}

int second_wall_try(struct namespace_set *out, struct fault *fault)
{
	*out = NAMESPACE_NONE;
	return second_wall_try_as(NULL, fault);
}
