/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/detach.h"
#include "base/clock.h"
#include "base/own.h"

/* How to run a program. */
struct run_options {
	char *const *env;
	bool merged;
	const struct passwd *user; /* NULL for the running user */
	unsigned seconds;	   /* then SIGKILL ends it, and it ends with us, because a user chose it; 0 for never */
};

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
static volatile pid_t running; /* 0 for none; the leader of a process group */

void capture_stop(void)
{
	const int err = errno;

	/* It may not lead its group yet. */
	if (running > 0 && kill(-running, SIGTERM) != 0)
		(void)kill(running, SIGTERM);
	errno = err;
}

/* The program has no terminal, so that Ctrl-C does not reach it. */
static void on_end(int number)
{
	capture_stop();
	(void)raise(number); /* waits until this handler returns, and finds the default */
}

/* Leaves what the command caught or ignores. */
static void ends_catch(void)
{
	const struct sigaction action = { .sa_handler = on_end, .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	for (size_t i = 0; i < N_ELEMENTS(ends); i++)
		if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			(void)sigaction(ends[i], &action, NULL);
}

/* Our handlers are not for the program. */
static void ends_default(void)
{
	struct sigaction before;

	for (size_t i = 0; i < N_ELEMENTS(ends); i++)
		if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			(void)signal(ends[i], SIG_DFL);
}

static int leave(pid_t parent, const struct run_options *options)
{
	if (options->seconds == 0)
		return setsid() < 0 ? -1 : 0;
	return chdir("/") != 0 ? -1 : detach_self(parent, options->user);
}

static _Noreturn void program_become(
	pid_t parent, char *const argv[], int out, const struct run_options *options, const sigset_t *mask)
{
	const int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
		dup2(options->merged ? out : null, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0u, 0) != 0 ||
		leave(parent, options) != 0)
		_exit(127);
	ends_default();
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	execve(argv[0], argv, options->env);
	_exit(127);
}

/* Waits for more, until the time. A process that the program left behind may keep its output open. */
static bool await(int fd, int64_t until)
{
	struct pollfd from = { .fd = fd, .events = POLLIN };

	for (;;) {
		const int64_t left = until - clock_ms();
		const int ready = poll(&from, 1, until == 0 ? -1 : left > 0 ? (int)left : 0);

		if (ready >= 0 || errno != EINTR)
			return ready > 0;
	}
}

/* Reads to the end and drops what does not fit, so that the writer never blocks. False if the time is over. */
static bool drain(char text[CAPTURE_MAX], int fd, int64_t until)
{
	size_t used = 0;
	char rest[4096];
	bool more;

	while ((more = await(fd, until))) {
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
	return more;
}

/* It may close its output and go on. */
static bool has_ended(pid_t pid, int64_t until)
{
	OWN_FD int fd = until == 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);

	return until == 0 || await(fd, until);
}

/* Forks with signals blocked, so that capture_stop() never misses the program. */
static pid_t start(char *const argv[], int to, const struct run_options *options)
{
	const pid_t parent = getpid();
	sigset_t all, before;
	pid_t pid;

	ends_catch();
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		program_become(parent, argv, to, options, &before);
	running = pid > 0 ? pid : 0;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int run(char text[CAPTURE_MAX], char *const argv[], const struct run_options *options)
{
	const int64_t until = options->seconds == 0 ? 0 : clock_ms() + (int64_t)options->seconds * 1000;
	int pipes[2], status;
	pid_t pid;

	text[0] = '\0';
	if (access(argv[0], X_OK) != 0 || pipe2(pipes, O_CLOEXEC) != 0)
		return -1;
	OWN_FD int from = pipes[0];
	OWN_FD int to = pipes[1];

	pid = start(argv, to, options);
	if (pid < 0)
		return -1;
	fd_drop(&to);
	if (!drain(text, from, until) || !has_ended(pid, until)) {
		(void)kill(-pid, SIGKILL);
		(void)kill(pid, SIGKILL); /* it may not lead its group yet */
	}
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
