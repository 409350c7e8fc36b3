/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/exit_code.h"
#include "base/own.h"
#include "base/write_all.h"

int detach_self(pid_t parent, const struct passwd *user)
{
	if (setsid() < 0)
		return -1;
	if (user != NULL &&
		(initgroups(user->pw_name, user->pw_gid) != 0 ||
			setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
			setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0))
		return -1;
	/* The change of the user would clear it. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0)
		return -1;
	errno = ESRCH;
	return getppid() == parent ? 0 : -1;
}

/* Three pipes: what the new process reads and prints. */
struct pipes {
	int in[2], out[2], err[2]; /* [0] is read */
};

static const int passed[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static volatile pid_t detached;

static void on_signal(int number)
{
	const int err = errno;

	(void)kill(detached, number);
	(void)kill(detached, SIGCONT); /* another process of the user may have stopped it */
	errno = err;
}

/* What nohup(1) ignores stays ignored, here and there. */
static void signals_pass(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct sigaction before;

	for (size_t i = 0; i < N_ELEMENTS(passed); i++)
		if (sigaction(passed[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			(void)sigaction(passed[i], &action, NULL);
}

static int pipes_make(struct pipes *out)
{
	return pipe2(out->in, O_CLOEXEC) != 0 || pipe2(out->out, O_CLOEXEC) != 0 || pipe2(out->err, O_CLOEXEC) != 0 ? -1
														    : 0;
}

static int become(const struct passwd *user, pid_t parent, const struct pipes *pipes, bool reads_input)
{
	const bool terminal = isatty(STDOUT_FILENO) == 1;
	const int in = reads_input ? pipes->in[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(pipes->out[1], STDOUT_FILENO) < 0 ||
		dup2(pipes->err[1], STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0u, 0) != 0)
		return -1;
	if (terminal)
		(void)setvbuf(stdout, NULL, _IOLBF, 0);
	return detach_self(parent, user);
}

/* What the first process copies. */
struct copying {
	struct pollfd at[4]; /* of the new process: output, errors; ours: input; of the new process: input */
	char input[PIPE_BUF];
	size_t len;
	int lost;	/* errno of a failed write to standard output */
	bool may_break; /* the caller did not ignore SIGPIPE */
};

enum {
	OUTPUT,
	ERRORS,
	INPUT,
	TO,
};

/* Ends us if nobody reads any more, and so the new process. Else what cannot be written is dropped. */
static void write_fail(struct copying *copying, int to)
{
	if (errno == EPIPE && copying->may_break) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)raise(SIGPIPE);
	}
	if (to == STDOUT_FILENO)
		copying->lost = errno;
}

static void output_copy(struct copying *copying, struct pollfd *from, int to)
{
	char bytes[4096];
	const ssize_t got = read(from->fd, bytes, sizeof(bytes));

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0)
		fd_drop(&from->fd);
	else if (write_all(to, (struct bytes){ bytes, (size_t)got }) != 0)
		write_fail(copying, to);
}

static void input_end(struct copying *copying)
{
	copying->at[INPUT].fd = -1; /* not ours to close */
	if (copying->len == 0)
		fd_drop(&copying->at[TO].fd);
}

static void input_read(struct copying *copying)
{
	const ssize_t got = read(STDIN_FILENO, copying->input, sizeof(copying->input));

	if (got > 0)
		copying->len = (size_t)got;
	else if (got == 0 || errno != EINTR)
		input_end(copying);
}

/* poll(2) said that there is room for PIPE_BUF bytes. */
static void input_write(struct copying *copying)
{
	if ((copying->at[TO].revents & POLLERR) != 0 ||
		write_all(copying->at[TO].fd, (struct bytes){ copying->input, copying->len }) != 0) {
		input_end(copying);
		fd_drop(&copying->at[TO].fd);
	}
	copying->len = 0;
}

static void step(struct copying *copying)
{
	struct pollfd *const at = copying->at;
	const bool full = copying->len != 0;
	const int ours = at[INPUT].fd, theirs = at[TO].fd;

	at[INPUT].fd = full ? -1 : ours;
	at[TO].fd = full ? theirs : -1;
	const int ready = poll(at, N_ELEMENTS(copying->at), -1);

	at[INPUT].fd = ours;
	at[TO].fd = theirs;
	if (ready < 0)
		return;
	if (at[OUTPUT].revents != 0)
		output_copy(copying, &at[OUTPUT], STDOUT_FILENO);
	if (at[ERRORS].revents != 0)
		output_copy(copying, &at[ERRORS], STDERR_FILENO);
	if (!full && at[INPUT].revents != 0)
		input_read(copying);
	else if (full && at[TO].revents != 0)
		input_write(copying);
}

/* Ends as the new process ended. */
static _Noreturn void end(int status, int lost)
{
	sigset_t none;

	if (WIFSIGNALED(status)) {
		(void)signal(WTERMSIG(status), SIG_DFL);
		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)raise(WTERMSIG(status));
	}
	if (lost != 0) {
		fprintf(stderr, "rssh-nova-admin: standard output: %s\n", strerror(lost));
		exit(ADMIN_CANNOT);
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : ADMIN_CANNOT);
}

static _Noreturn void copy(const struct pipes *pipes, bool reads_input)
{
	struct copying copying = {
		.at = { { .fd = pipes->out[0], .events = POLLIN }, { .fd = pipes->err[0], .events = POLLIN },
			{ .fd = reads_input ? STDIN_FILENO : -1, .events = POLLIN },
			{ .fd = pipes->in[1], .events = POLLOUT } },
		.may_break = signal(SIGPIPE, SIG_IGN) != SIG_IGN,
	};
	siginfo_t info;
	sigset_t all;
	int status = 0;

	if (!reads_input)
		fd_drop(&copying.at[TO].fd);
	while (copying.at[OUTPUT].fd >= 0 || copying.at[ERRORS].fd >= 0)
		step(&copying);
	while (waitid(P_PID, (id_t)detached, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
		;
	sigfillset(&all); /* nobody signals the number of a process that is gone */
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)!waitpid(detached, &status, 0);
	end(status, copying.lost);
}

int detach_as(const struct passwd *user, bool reads_input)
{
	const pid_t parent = getpid();
	struct pipes pipes;
	sigset_t all, before;

	if (fflush(stdout) != 0 || pipes_make(&pipes) != 0)
		return -1;
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	detached = fork();
	if (detached > 0)
		signals_pass();
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (detached < 0)
		return -1;
	if (detached == 0)
		return become(user, parent, &pipes, reads_input);
	close(pipes.in[0]);
	close(pipes.out[1]);
	close(pipes.err[1]);
	copy(&pipes, reads_input);
}
