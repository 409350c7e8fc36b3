/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes: looking into them, stopping them, and getting away from the supervisor. */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "attempt.h"

static void memory(int pid, const char *shown, enum without without)
{
	char word[8];
	struct iovec here = { word, sizeof(word) };
	struct iovec there = { (void *)aim.secret, sizeof(word) };

	report(without, DENIED(process_vm_readv, pid, &here, 1, &there, 1, 0) > 0, "process_vm_readv-%s", shown);
	report(without, DENIED(process_vm_writev, pid, &here, 1, &there, 1, 0) > 0, "process_vm_writev-%s", shown);
	report(REFUSED, DENIED(process_madvise, -1, &there, 1, 4, 0) >= 0, "process_madvise-%s", shown);
	report(REFUSED, DENIED(move_pages, pid, 0, NULL, NULL, NULL, 0) == 0 && !is_free(), "move_pages-%s", shown);
	report(REFUSED, DENIED(kcmp, pid, getpid(), 0, 0, 0) >= 0 && !is_free(), "kcmp-%s", shown);
	report(REFUSED, DENIED(get_robust_list, pid, word, word) == 0 && !is_free(), "get_robust_list-%s", shown);
}

static void tracing(int pid, const char *shown, enum without without)
{
	report(without, DENIED(ptrace, PTRACE_SEIZE, pid, 0, 0) == 0, "ptrace-seize-%s", shown);
	if (!is_free())
		report(REFUSED, DENIED(ptrace, PTRACE_ATTACH, pid, 0, 0) == 0, "ptrace-attach-%s", shown);
}

static void descriptors_of(int pid, int number, const char *shown, enum without without)
{
	const long fd = DENIED(pidfd_open, pid, 0);

	report(without, fd >= 0, "pidfd_open-%s", shown);
	report(fd >= 0 ? without : REFUSED, DENIED(pidfd_getfd, fd, number, 0) >= 0, "pidfd_getfd-%s", shown);
	report(fd >= 0 ? without : REFUSED, DENIED(pidfd_send_signal, fd, 0, NULL, 0) == 0, "pidfd_send_signal-%s",
		shown);
	report(REFUSED, DENIED(setns, fd, 0) == 0, "setns-pidfd-%s", shown);
	report(REFUSED, DENIED(process_mrelease, fd, 0) == 0, "process_mrelease-%s", shown);
	if (fd >= 0)
		close((int)fd);
}

/* Signals that it ignores, or that do nothing. */
static void signals(int pid, const char *shown, enum without without)
{
	static const int some[] = { 0, SIGUSR1, SIGUSR2, SIGTERM };
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };

	for (size_t i = 0; i < 4; i++)
		report(without, DENIED(kill, pid, some[i]) == 0, "kill-%d-%s", some[i], shown);
	report(without, DENIED(kill, pid, SIGCONT) == 0, "kill-SIGCONT-%s", shown);
	report(without, DENIED(tkill, pid, SIGUSR1) == 0, "tkill-%s", shown);
	report(without, DENIED(tgkill, pid, pid, SIGUSR1) == 0, "tgkill-%s", shown);
	report(without, DENIED(rt_sigqueueinfo, pid, SIGUSR1, &info) == 0, "rt_sigqueueinfo-%s", shown);
	report(without, DENIED(rt_tgsigqueueinfo, pid, pid, SIGUSR1, &info) == 0, "rt_tgsigqueueinfo-%s", shown);
	report(is_free() ? INSIDE : REFUSED, DENIED(tgkill, pid, pid, SIGABRT) == 0, "tgkill-SIGABRT-%s", shown);
}

static void more_signals(void)
{
	report(ESCAPES, DENIED(kill, aim.decoy, SIGKILL) == 0, "kill-SIGKILL-decoy");
	report(ESCAPES, DENIED(kill, -1, 0) == 0, "kill-everybody");
	report(REFUSED, DENIED(kill, 0, 0) == 0 && !is_free(), "kill-own-group");
	report(INSIDE, TRIED(kill, getpid(), 0) == 0, "kill-own");
	report(REFUSED, DENIED(kill, getpid(), SIGCONT) == 0 && !is_free(), "kill-SIGCONT-own");
	report(REFUSED, DENIED(tgkill, getpid(), getpid(), SIGCONT) == 0 && !is_free(), "tgkill-SIGCONT-own");
	report(REFUSED, DENIED(tgkill, getpid(), getppid(), SIGABRT) == 0 && !is_free(), "tgkill-SIGABRT-own-other");
	report(INSIDE, TRIED(kill, 0x7fffffff, 0) != 0 && errno == ESRCH, "kill-nobody");
	report(REFUSED, DENIED(kill, -getppid(), SIGUSR1) == 0 && !is_free(), "kill-group-of-parent");
	report(ESCAPES, DENIED(fcntl, 0, F_SETOWN, aim.victim) == 0, "F_SETOWN");
	report(REFUSED, DENIED(fcntl, 0, F_SETSIG, SIGUSR1) == 0 && !is_free(), "F_SETSIG");
	report(ESCAPES, DENIED(fcntl, 0, F_SETFL, O_ASYNC) == 0, "F_SETFL-O_ASYNC");
	(void)TRIED(fcntl, 0, F_SETFL, 0);
}

static void scheduling(void)
{
	const struct rlimit limit = { 64, 64 };
	const struct sched_param none = { 0 };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	report(ESCAPES, DENIED(prlimit64, aim.victim, RLIMIT_NOFILE, &limit, NULL) == 0, "prlimit64-victim");
	report(REFUSED, DENIED(prlimit64, getppid(), RLIMIT_NOFILE, &limit, NULL) == 0 && !is_free(),
		"prlimit64-parent");
	report(ESCAPES, DENIED(setpriority, PRIO_PROCESS, aim.victim, 19) == 0, "setpriority");
	report(ESCAPES, DENIED(sched_setaffinity, aim.victim, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
	report(ESCAPES, DENIED(sched_setscheduler, aim.victim, SCHED_BATCH, &none) == 0, "sched_setscheduler");
	report(REFUSED, DENIED(sched_setparam, aim.victim, &none) == 0 && !is_free(), "sched_setparam");
	report(REFUSED, DENIED(sched_setattr, aim.victim, &none, 0) == 0, "sched_setattr");
	report(ESCAPES, DENIED(ioprio_set, IOPRIO_WHO_PROCESS, aim.victim, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7)) == 0,
		"ioprio_set");
	report(REFUSED, DENIED(migrate_pages, aim.victim, 0, NULL, NULL) == 0 && !is_free(), "migrate_pages");
}

static bool leave_session(void)
{
	return DENIED(setsid) >= 0;
}

static bool leave_group(void)
{
	return DENIED(setpgid, 0, 0) == 0;
}

static bool forget_walls(void)
{
	return DENIED(prctl, PR_SET_PDEATHSIG, 0) == 0;
}

static bool become_reaper(void)
{
	return DENIED(prctl, PR_SET_CHILD_SUBREAPER, 1) == 0;
}

static bool be_dumpable(void)
{
	return DENIED(prctl, PR_SET_DUMPABLE, 1) == 0;
}

static bool be_traced(void)
{
	return DENIED(prctl, PR_SET_PTRACER, -1) == 0;
}

static bool be_named(void)
{
	return DENIED(prctl, PR_SET_NAME, "nova-compute") == 0;
}

static bool be_strict(void)
{
	return DENIED(prctl, PR_SET_SECCOMP, 1, 0, 0, 0) == 0;
}

static bool map_itself(void)
{
	return DENIED(prctl, PR_SET_MM, 1, 0, 0, 0) == 0;
}

static bool be_alone(void)
{
	return DENIED(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static void escaping(void)
{
	report(REFUSED, apart(leave_session), "setsid");
	report(is_free() ? INSIDE : REFUSED, apart(leave_group), "setpgid");
	report(ESCAPES, apart(forget_walls), "PR_SET_PDEATHSIG");
	report(ESCAPES, apart(become_reaper), "PR_SET_CHILD_SUBREAPER");
	report(ESCAPES, apart(be_dumpable), "PR_SET_DUMPABLE");
	report(is_free() ? INSIDE : REFUSED, apart(be_traced), "PR_SET_PTRACER");
	report(ESCAPES, apart(be_named), "PR_SET_NAME");
	report(REFUSED, apart(be_strict), "PR_SET_SECCOMP");
	report(REFUSED, apart(map_itself), "PR_SET_MM");
	report(ESCAPES, apart(be_alone), "PR_SET_NO_NEW_PRIVS");
}

void attempts_processes(void)
{
	const int parent = getppid();

	memory(aim.victim, "victim", ESCAPES);
	memory(parent, "parent", REFUSED);
	tracing(aim.victim, "victim", ESCAPES);
	tracing(parent, "parent", REFUSED);
	descriptors_of(aim.victim, aim.victim_fd, "victim", ESCAPES);
	descriptors_of(parent, 0, "parent", is_free() ? INSIDE : REFUSED);
	signals(aim.victim, "victim", ESCAPES);
	if (!is_free())
		signals(parent, "parent", REFUSED);
	more_signals();
	scheduling();
	escaping();
}
