/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "landlock.h"

int trace_begin(pid_t pid)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;

	return (int)ptrace(PTRACE_SEIZE, pid, NULL, options);
}

/* It does not run: no call has the number -1. */
static void answer(pid_t pid, long value)
{
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) != 0)
		return;
	registers.orig_rax = (unsigned long long)-1;
	registers.rax = (unsigned long long)value;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &registers);
}

static long uname_as(pid_t pid, uint64_t at, const char *release)
{
	struct utsname kernel;
	const struct iovec here = { &kernel, sizeof(kernel) }, there = { (void *)(uintptr_t)at, sizeof(kernel) };

	if (uname(&kernel) != 0)
		return -errno;
	snprintf(kernel.release, sizeof(kernel.release), "%s", release);
	return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)sizeof(kernel) ? 0 : -EFAULT;
}

static void on_call(pid_t pid, const struct mask *mask)
{
	struct __ptrace_syscall_info info;
	long value;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return; /* it was killed meanwhile */
	if (info.seccomp.nr == SYS_uname)
		answer(pid, uname_as(pid, info.seccomp.args[0], mask->release));
	else if (landlock_judge(&value, mask->abi, pid, (long)info.seccomp.nr, info.seccomp.args))
		answer(pid, value);
}

static bool is_stopping(int number)
{
	return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static void on_stop(pid_t pid, int status, const struct mask *mask)
{
	const int event = status >> 16, number = WSTOPSIG(status);

	if (event == PTRACE_EVENT_SECCOMP)
		on_call(pid, mask);
	if (event == PTRACE_EVENT_STOP && is_stopping(number))
		(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
	else
		(void)ptrace(PTRACE_CONT, pid, NULL, event == 0 ? (long)number : 0L);
}

int trace_all(pid_t pid, const struct mask *mask)
{
	int status, first = 0;
	pid_t one;

	while ((one = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (one > 0 && WIFSTOPPED(status))
			on_stop(one, status, mask);
		else if (one == pid)
			first = status;
	}
	return first;
}
