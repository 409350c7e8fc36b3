/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/signal_relay.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"

/* rsync tells its other half to continue or end. */
static bool is_of_rsync(int number)
{
	return number == 0 || number == SIGUSR1 || number == SIGUSR2 || number == SIGTERM;
}

/* abort(3) of a process with one thread, which all of ours have. */
static bool is_abort(const struct seccomp_data *call)
{
	return (int)call->args[0] == (int)call->args[1] && (int)call->args[2] == SIGABRT;
}

/* Sets the pid and the signal, or returns false. The kernel reads 32 bits of each. */
static bool read_call(pid_t *pid, int *number, const struct seccomp_data *call)
{
	if (call->nr == SYS_kill && is_of_rsync((int)call->args[1]))
		*number = (int)call->args[1];
	else if (call->nr == SYS_tgkill && is_abort(call))
		*number = SIGABRT;
	else
		return false;
	*pid = (pid_t)call->args[0];
	return *pid > 0;
}

static int send_by(int fd, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}

int signal_relay_available(void)
{
	OWN_FD int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

	return self < 0 ? -1 : send_by(self, 0);
}

/* Opens the descriptor first, so that getpgid(2) and the signal reach the same process. */
bool signal_relay(int *err, const struct seccomp_data *call, pid_t group)
{
	OWN_FD int fd = -1;
	pid_t pid;
	int number;

	if (!read_call(&pid, &number, call))
		return false;
	*err = 0;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0) {
		*err = errno;
		return errno == ESRCH; /* gone already */
	}
	if (getpgid(pid) != group)
		return false;
	if (send_by(fd, number) != 0)
		*err = errno;
	return true;
}
