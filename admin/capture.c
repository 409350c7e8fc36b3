/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

static bool user_become(const struct passwd *user)
{
	if (user == NULL)
		return true;
	return initgroups(user->pw_name, user->pw_gid) == 0 &&
		setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
		setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0;
}

/* How to run a program. */
struct run_options {
	char *const *env;
	bool merged;
	const struct passwd *user; /* NULL for the running user */
	unsigned seconds;	   /* SIGALRM ends it then; 0 for never */
};

static _Noreturn void program_become(char *const argv[], int out, const struct run_options *options)
{
	const int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
		dup2(options->merged ? out : null, STDERR_FILENO) < 0 || !user_become(options->user))
		_exit(127);
	alarm(options->seconds);
	execve(argv[0], argv, options->env);
	_exit(127);
}

/* Reads to the end and drops what does not fit, so that the writer never blocks. */
static void drain(char text[CAPTURE_MAX], int fd)
{
	size_t used = 0;
	char rest[4096];

	for (;;) {
		const bool full = used == CAPTURE_MAX - 1;
		const ssize_t got = full ? read(fd, rest, sizeof(rest)) : read(fd, text + used, CAPTURE_MAX - 1 - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		if (!full)
			used += (size_t)got;
	}
	text[used] = '\0';
}

static volatile pid_t running; /* 0 for none */

void capture_stop(void)
{
	const int err = errno;

	if (running > 0)
		(void)kill(running, SIGTERM);
	errno = err;
}

static int run(char text[CAPTURE_MAX], char *const argv[], const struct run_options *options)
{
	int ends[2], status;
	pid_t pid;

	text[0] = '\0';
	if (access(argv[0], X_OK) != 0 || pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	OWN_FD int from = ends[0];
	OWN_FD int to = ends[1];

	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0)
		program_become(argv, to, options);
	running = pid;
	fd_drop(&to);
	drain(text, from);
	running = 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
static char *const plain_env[] = { path, locale, NULL };

int capture(char text[CAPTURE_MAX], char *const argv[], bool merged)
{
	return run(text, argv, &(struct run_options){ .env = plain_env, .merged = merged });
}

int capture_as(char text[CAPTURE_MAX], char *const argv[], const struct passwd *user)
{
	return run(text, argv, &(struct run_options){ .env = plain_env, .user = user, .seconds = CAPTURE_SECONDS });
}

int capture_in(char text[CAPTURE_MAX], char *const argv[], char *const env[], unsigned seconds)
{
	return run(text, argv, &(struct run_options){ .env = env, .merged = true, .seconds = seconds });
}
