/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Only async-signal-safe calls: the caller may have threads. It leaves our session, so that a signal to the
 * terminal's process group does not kill it before it is done. */
__attribute__((noreturn)) static void janitor_run(int pipe_end, const char *path)
{
	const char *const words[] = { "/bin/rm", "-rf", "--", path, NULL };
	const char *const environment[] = { NULL };
	char byte;

	(void)setsid();
	/* If a janitor kept the write end of a janitor's pipe, it would wait for ever. */
	if (dup2(pipe_end, 0) < 0 || close_range(1, ~0U, 0) != 0)
		_exit(1);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		continue;
	(void)close(0);
	for (int fd = 0; fd < 3; fd++)
		if (open("/dev/null", O_RDWR) < 0)
			_exit(1);
	if (chdir("/") != 0)
		_exit(1);
	execve(words[0], (char *const *)words, (char *const *)environment);
	_exit(1);
}

bool scratch_name(char out[SCRATCH_PATH_MAX], const char *parent)
{
	const int len = snprintf(out, SCRATCH_PATH_MAX, "%s/.rssh-nova-send.%d.XXXXXX", parent, (int)getpid());

	return len > 0 && len < SCRATCH_PATH_MAX;
}

static bool janitor_start(struct scratch *scratch)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) != 0)
		return false;
	scratch->janitor = fork();
	if (scratch->janitor == 0)
		janitor_run(pipes[0], scratch->path);
	close(pipes[0]);
	scratch->pipe = pipes[1];
	if (scratch->janitor < 0)
		close(pipes[1]);
	return scratch->janitor > 0;
}

bool scratch_create(struct scratch *out, const char *parent)
{
	struct scratch scratch = { .pipe = -1, .janitor = -1 };

	if (!scratch_name(scratch.path, parent)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (mkdtemp(scratch.path) == NULL)
		return false;
	if (!janitor_start(&scratch)) {
		(void)rmdir(scratch.path);
		return false;
	}
	*out = scratch;
	return true;
}

void scratch_remove(struct scratch *scratch)
{
	if (scratch->path[0] == '\0')
		return;
	close(scratch->pipe);
	while (waitpid(scratch->janitor, NULL, 0) < 0 && errno == EINTR)
		continue;
	scratch->path[0] = '\0';
}
