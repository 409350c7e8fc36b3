/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sender/wall.h"

enum {
	STOP_GRACE_MS = 2000,
	LAST_WORDS_MS = 500,
	NOT_STARTED_STATUS = 127,
};

int64_t clock_ms(void)
{
	static struct timespec now; /* the last known time, in case the clock fails: so no wait is endless */

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The environment of a child. ssh(1) runs ProxyCommand and Match exec by SHELL, which is rssh-nova for the nova user of
 * a compute node. LC_ALL keeps messages in English, which we parse. */
enum {
	ENVIRONMENT_MAX = 10,
	VARIABLE_MAX = 4096,
};

struct environment {
	const char *at[ENVIRONMENT_MAX];
	char store[5][VARIABLE_MAX];
};

static void environment_build(struct environment *out)
{
	static const char *const fixed[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "SHELL=/bin/sh", "LC_ALL=C" };
	static const char *const passed[] = { "HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "KRB5CCNAME" };
	size_t count = 0;

	for (size_t i = 0; i < N_ELEMENTS(fixed); i++)
		out->at[count++] = fixed[i];
	for (size_t i = 0; i < N_ELEMENTS(passed); i++) {
		const char *const value = getenv(passed[i]);
		const int len = value == NULL ? -1 : snprintf(out->store[i], VARIABLE_MAX, "%s=%s", passed[i], value);

		if (len > 0 && len < VARIABLE_MAX)
			out->at[count++] = out->store[i];
	}
	out->at[count] = NULL;
}

static void signals_reset(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		(void)signal(signo, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* How to start a child. */
struct setup {
	const char *const *words, *const *environment;
	int wall;   /* a Landlock ruleset, or -1 */
	int stream; /* standard input and output; -1 for /dev/null and the output pipe */
};

/* Runs in the child. Makes only async-signal-safe calls: the caller may have threads. */
__attribute__((noreturn)) static void child_become(const struct setup *setup, int out, pid_t parent)
{
	const int null = open("/dev/null", O_RDONLY);
	const bool piped = setup->stream >= 0;

	signals_reset();
	(void)setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		_exit(NOT_STARTED_STATUS);
	if (null < 0 || dup2(piped ? setup->stream : null, 0) < 0 || dup2(piped ? setup->stream : out, 1) < 0 ||
		dup2(out, 2) < 0)
		_exit(NOT_STARTED_STATUS);
	if (setup->wall >= 0 && wall_enter(setup->wall) != 0)
		_exit(NOT_STARTED_STATUS);
	(void)close_range(3, ~0U, 0);
	execve(setup->words[0], (char *const *)setup->words, (char *const *)setup->environment);
	_exit(NOT_STARTED_STATUS);
}

/* Only the child sees execve(2) fail, so this checks beforehand. */
static int program_errno(const char *program)
{
	return access(program, X_OK) == 0 ? 0 : errno;
}

static bool start(struct child *out, const struct setup *setup, struct output *output)
{
	const pid_t parent = getpid();
	int pipes[2];

	*out = (struct child){ .pid = -1, .pidfd = -1, .out = -1, .output = output };
	out->status = program_errno(setup->words[0]);
	if (out->status != 0)
		return false;
	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0) {
		out->status = errno;
		return false;
	}
	out->pid = fork();
	if (out->pid == 0) {
		/* Non-blocking only at our end: the child expects a plain pipe. */
		(void)fcntl(pipes[1], F_SETFL, 0);
		child_become(setup, pipes[1], parent);
	}
	out->status = errno;
	close(pipes[1]);
	if (out->pid < 0) {
		close(pipes[0]);
		return false;
	}
	(void)setpgid(out->pid, out->pid);
	out->out = pipes[0];
	out->pidfd = (int)syscall(SYS_pidfd_open, out->pid, 0);
	out->status = 0;
	out->fate = CHILD_RUNNING;
	return true;
}

bool child_start(struct child *out, const char *const *words, int wall, struct output *output)
{
	struct environment environment;

	environment_build(&environment);
	return start(out, &(struct setup){ words, environment.at, wall, -1 }, output);
}

bool child_start_stream(
	struct child *out, const char *const *words, const char *const *environment, struct output *output, int *stream)
{
	struct environment ours;
	int ends[2];
	bool started;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		*out = (struct child){ .pid = -1, .pidfd = -1, .out = -1, .output = output, .status = errno };
		return false;
	}
	environment_build(&ours);
	started =
		start(out, &(struct setup){ words, environment == NULL ? ours.at : environment, -1, ends[1] }, output);
	close(ends[1]);
	if (started)
		*stream = ends[0];
	else
		close(ends[0]);
	return started;
}

void child_drain(struct child *child)
{
	char bytes[4096];
	ssize_t len = 0;

	/* Bounded: a child that writes without end must not keep us from our timeouts. */
	for (unsigned i = 0; i < 64 && child->out >= 0; i++) {
		len = read(child->out, bytes, sizeof(bytes));
		if (len <= 0)
			break;
		output_feed(child->output, bytes, (size_t)len);
	}
	if (child->out >= 0 && (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))) {
		close(child->out);
		child->out = -1;
	}
}

/* scp ends before the ssh that it started, so the last words of the far end may come later. */
static void output_await_end(struct child *child)
{
	const int64_t end = clock_ms() + LAST_WORDS_MS;

	for (;;) {
		struct pollfd out = { .fd = child->out, .events = POLLIN };
		const int64_t left = end - clock_ms();

		child_drain(child);
		if (child->out < 0 || left <= 0)
			return;
		(void)poll(&out, 1, (int)left);
	}
}

/* May we still signal the process? If the program around the library has reaped it, its number may belong to another
 * process. */
static bool is_ours(const struct child *child)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void group_signal(const struct child *child, int signo)
{
	if (is_ours(child))
		(void)kill(-child->pid, signo);
}

/* Kills what an ended child left in its process group, then reaps the child. Until then its entry keeps the number of
 * the group from being reused. */
static void child_reap(struct child *child)
{
	siginfo_t info = { .si_pid = 0 };

	output_await_end(child);
	group_signal(child, SIGTERM);
	while (waitid(P_PID, (id_t)child->pid, &info, WEXITED) != 0 && errno == EINTR)
		continue;
	if (child->fate == CHILD_RUNNING) {
		child->fate = info.si_code == CLD_EXITED ? CHILD_EXITED : CHILD_SIGNALLED;
		child->status = info.si_status;
	}
	output_end(child->output);
	if (child->out >= 0)
		close(child->out);
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->out = child->pidfd = -1;
	child->pid = -1;
}

static bool ended_now(const struct child *child)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

static bool can_read(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&one, 1, 0) == 1 && (one.revents & POLLIN) != 0;
}

/* Sleeps until there is something to do, at most ms. Without a pidfd (old kernels) it polls often. */
static void child_poll(const struct child *child, int cancel_fd, int64_t ms)
{
	struct pollfd fds[] = {
		{ .fd = child->pidfd, .events = POLLIN },
		{ .fd = child->out, .events = POLLIN },
		{ .fd = cancel_fd, .events = POLLIN },
	};

	if (child->pidfd < 0 && ms > 20)
		ms = 20;
	(void)poll(fds, N_ELEMENTS(fds), (int)ms);
}

bool child_has_ended(struct child *child, int64_t ms)
{
	const int64_t end = clock_ms() + ms;

	while (child->fate == CHILD_RUNNING) {
		const int64_t left = end - clock_ms();

		child_drain(child);
		if (ended_now(child)) {
			child_reap(child);
			break;
		}
		if (left <= 0)
			return false;
		child_poll(child, -1, left);
	}
	return true;
}

void child_stop(struct child *child)
{
	if (child->fate != CHILD_RUNNING)
		return;
	group_signal(child, SIGTERM);
	if (child_has_ended(child, STOP_GRACE_MS))
		return;
	group_signal(child, SIGKILL);
	(void)child_has_ended(child, STOP_GRACE_MS);
}

static enum child_fate child_abort(struct child *child, enum child_fate fate)
{
	child_stop(child);
	child->fate = fate;
	return fate;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum child_fate child_wait(struct child *child, const struct child_watch *watch)
{
	const int64_t end = clock_ms() + watch->timeout_ms;
	int64_t next_tick = clock_ms() + watch->tick_ms;

	while (child->fate == CHILD_RUNNING) {
		const int64_t now = clock_ms();
		int64_t sleep = 1000;

		child_drain(child);
		if (ended_now(child)) {
			child_reap(child);
			break;
		}
		if (can_read(watch->cancel_fd))
			return child_abort(child, CHILD_CANCELLED);
		if (watch->timeout_ms != 0 && now >= end)
			return child_abort(child, CHILD_TIMED_OUT);
		if (watch->tick_ms != 0 && now >= next_tick) {
			next_tick = now + watch->tick_ms;
			if (!watch->on_tick(watch->user, child->pid))
				return CHILD_RUNNING;
		}
		if (watch->timeout_ms != 0)
			sleep = least(sleep, end - now);
		if (watch->tick_ms != 0)
			sleep = least(sleep, next_tick - now);
		child_poll(child, watch->cancel_fd, sleep);
	}
	return child->fate;
}
