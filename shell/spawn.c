/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "shell/exit_code.h"
#include "wall/filter.h"

/* Room for one descriptor in a control message. */
union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

static int send_listener(int channel, int listener)
{
	char byte = 0;
	struct iovec part = { &byte, 1 };
	union control control = { .space = { 0 } };
	const struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *const head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &listener, sizeof(int));
	return sendmsg(channel, &message, 0) == 1 ? 0 : -1;
}

int child_hear(int channel, int *listener, struct fault *fault)
{
	struct iovec part = { fault, sizeof(*fault) };
	union control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	const ssize_t got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *const head = CMSG_FIRSTHDR(&message);

	if (got == 0)
		return 0;
	if (got == (ssize_t)sizeof(*fault))
		return -1;
	if (got != 1 || head == NULL || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int)))
		return fault_set(fault, REASON_NOT_CONFINED, "the child's channel", got < 0 ? errno : EPROTO, NULL);
	memcpy(listener, CMSG_DATA(head), sizeof(int));
	return 1;
}

/* Resets all signals that were ignored or blocked when we started. */
static void signals_reset(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Lowers the limit to value. A lower hard limit of the session stays: only root may raise it. */
static int limit(int resource, int64_t value)
{
	struct rlimit now, to = { (rlim_t)value, (rlim_t)value };

	if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
		return -1;
	if (now.rlim_max < to.rlim_max)
		to = (struct rlimit){ now.rlim_max, now.rlim_max };
	return setrlimit((__rlimit_resource_t)resource, &to);
}

/* Gives the two descriptors their numbers before the limit is lowered below them. */
static int descriptors_arrange(int program, int channel)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return -1;
	if (files.rlim_cur <= CHANNEL_FD) {
		files.rlim_cur = CHANNEL_FD + 1;
		if (files.rlim_max < files.rlim_cur) {
			errno = EMFILE;
			return -1;
		}
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			return -1;
	}
	if (fcntl(program, F_DUPFD_CLOEXEC, EXEC_FD) != EXEC_FD ||
		fcntl(channel, F_DUPFD_CLOEXEC, CHANNEL_FD) != CHANNEL_FD)
		return -1;
	return limit(RLIMIT_NOFILE, CHILD_NOFILE);
}

/* Does RLIMIT_NPROC count each user namespace separately? Before Linux 5.14 it counted all processes of the user, with
 * nova-compute's threads. If the kernel does not tell its version, the limit is set. */
static bool processes_are_counted(const struct sandbox *sandbox)
{
	struct utsname kernel;
	unsigned long major;
	char *rest;

	if (sandbox->namespace.user < 0)
		return false;
	if (uname(&kernel) != 0)
		return true;
	major = strtoul(kernel.release, &rest, 10);
	return *rest != '.' || major > 5 || (major == 5 && strtoul(rest + 1, NULL, 10) >= 14);
}

static int limits_set(const struct sandbox *sandbox)
{
	const struct config *const config = sandbox->config;

	if (limit(RLIMIT_CORE, 0) != 0)
		return -1;
	if (config->memory != 0 && limit(RLIMIT_AS, config->memory) != 0)
		return -1;
	if (config->processes != 0 && processes_are_counted(sandbox) && limit(RLIMIT_NPROC, config->processes) != 0)
		return -1;
	/* Nova sends only empty files into a mirror. */
	if (sandbox->mirror >= 0)
		return limit(RLIMIT_FSIZE, 0);
	return config->file_size != 0 ? limit(RLIMIT_FSIZE, config->file_size) : 0;
}

int child_become(void *what, int channel, struct fault *fault)
{
	static char *const environment[] = { (char *)(uintptr_t) "LC_ALL=C", NULL };
	const struct becoming *const becoming = what;
	const struct sandbox *const sandbox = becoming->sandbox;
	const struct plan *const plan = becoming->plan;
	int listener;

	if (descriptors_arrange(becoming->program, channel) != 0)
		return fault_set(fault, REASON_NOT_CONFINED,
			errno == EMFILE ? "the session's hard limit of open files (nofile in limits.conf) is below 514"
					: "descriptors of the child",
			errno, NULL);
	if (limits_set(sandbox) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "limits of the child", errno, NULL);
	listener = sandbox_enter_watched(sandbox, plan, becoming->program, fault);
	if (listener < 0)
		return -1;
	if (send_listener(CHANNEL_FD, listener) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "the supervisor's channel", errno, NULL);
	if (close_range(3, EXEC_FD - 1, 0) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "close_range", errno, NULL);
	(void)syscall(SYS_execveat, EXEC_FD, "", plan->argv, environment, AT_EMPTY_PATH);
	return fault_set(fault, REASON_NOT_CONFINED, "exec", errno, plan->argv[0]);
}

static _Noreturn void child_main(child_fn *run, void *what, int channel, pid_t supervisor)
{
	struct fault fault = { .what = NULL };
	int status;

	signals_reset();
	/* The supervisor ends the whole process group. */
	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != supervisor)
		_exit(EXIT_CODE_NOT_CONFIGURED);
	status = run(what, channel, &fault);
	if (status >= 0)
		_exit(status);
	struct iovec part = { &fault, sizeof(fault) };
	const struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (sendmsg(CHANNEL_FD, &message, 0) < 0)
		(void)sendmsg(channel, &message, 0);
	_exit(EXIT_CODE_NOT_CONFIGURED);
}

int child_spawn(struct child *out, child_fn *run, void *what, struct fault *fault)
{
	const pid_t supervisor = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "socketpair", errno, NULL);
	out->pid = fork();
	if (out->pid == 0)
		child_main(run, what, ends[1], supervisor);
	close(ends[1]);
	out->channel = ends[0];
	if (out->pid < 0) {
		const int err = errno;

		fd_drop(&out->channel);
		return fault_set(fault, REASON_NOT_CONFINED, "fork", err, NULL);
	}
	return 0;
}

void child_end(struct child *child)
{
	fd_drop(&child->channel);
	(void)kill(-child->pid, SIGKILL);
	if (kill(child->pid, SIGKILL) != 0) /* PR_SET_PDEATHSIG then ends it with us */
		return;
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
