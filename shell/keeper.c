/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "shell/exit_code.h"

/* The messages on the link. */
struct word {
	enum { WORD_READY, WORD_DECISION, WORD_CHILD, WORD_END } kind;
	pid_t child;
	struct keeper_end end;
};

static int tell(const struct keeper *keeper, struct word word)
{
	return write(keeper->link, &word, sizeof(word)) == (ssize_t)sizeof(word) ? 0 : -1;
}

static int told_or_fault(int rc, struct fault *fault)
{
	return rc == 0 ? 0 : fault_set(fault, REASON_NOT_CONFINED, "the keeper's link", errno, NULL);
}

int keeper_tell_ready(const struct keeper *keeper, struct fault *fault)
{
	return told_or_fault(tell(keeper, (struct word){ .kind = WORD_READY }), fault);
}

int keeper_wait_ready(const struct keeper *keeper, struct fault *fault)
{
	struct pollfd link = { .fd = keeper->link, .events = POLLIN };
	struct word word;

	(void)poll(&link, 1, -1);
	if (read(keeper->link, &word, sizeof(word)) == (ssize_t)sizeof(word))
		return 0;
	return fault_set(fault, REASON_NOT_CONFINED, "the keeper ended before the decision", errno, NULL);
}

void keeper_tell_decision(const struct keeper *keeper)
{
	(void)tell(keeper, (struct word){ .kind = WORD_DECISION });
}

int keeper_tell_child(const struct keeper *keeper, pid_t child, struct fault *fault)
{
	return told_or_fault(tell(keeper, (struct word){ .kind = WORD_CHILD, .child = child }), fault);
}

void keeper_tell_end(const struct keeper *keeper, struct keeper_end end)
{
	(void)tell(keeper, (struct word){ .kind = WORD_END, .end = end }); /* a keeper that is gone needs no message */
}

int keeper_split(struct keeper *out, struct fault *fault)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "socketpair of the keeper", errno, NULL);
	out->supervisor = fork();
	if (out->supervisor < 0) {
		const int err = errno;

		close(ends[0]);
		close(ends[1]);
		return fault_set(fault, REASON_NOT_CONFINED, "fork of the supervisor", err, NULL);
	}
	close(ends[out->supervisor == 0 ? 0 : 1]);
	out->link = ends[out->supervisor == 0 ? 1 : 0];
	if (out->supervisor == 0 && (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0))
		_exit(EXIT_CODE_NOT_CONFIGURED);
	return out->supervisor != 0;
}

/* Reaps each process that ended. Returns true, and sets *status, if the supervisor was one of them. */
static bool reap(const struct keeper *keeper, int *status)
{
	bool ended = false;
	pid_t pid;
	int each;

	do {
		pid = waitpid(-1, &each, WNOHANG);
		if (pid == keeper->supervisor) {
			*status = each;
			ended = true;
		}
	} while (pid > 0 || (pid < 0 && errno == EINTR));
	return ended;
}

/* Forwards all signals that arrived. Returns as reap(). */
static bool signals_take(const struct keeper *keeper, int signals, int *status)
{
	struct signalfd_siginfo info;
	bool ended = false;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if ((int)info.ssi_signo == SIGCHLD)
			ended = reap(keeper, status) || ended;
		else if (!ended)
			(void)kill(keeper->supervisor, (int)info.ssi_signo);
	}
	return ended;
}

/* No process that the supervisor started outlives it: the child is ours now, and all its processes are in its group. */
static void sweep(pid_t child)
{
	if (child > 0)
		(void)kill(-child, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

bool keeper_wait(struct keeper_end *out, const struct keeper *keeper, int signals)
{
	struct pollfd source = { .fd = signals, .events = POLLIN };
	struct word word;
	pid_t child = 0;
	bool told = false;
	int status = 0;

	while (!signals_take(keeper, signals, &status))
		(void)poll(&source, 1, -1);
	*out = (struct keeper_end){ .status = 0 };
	while (read(keeper->link, &word, sizeof(word)) == (ssize_t)sizeof(word)) {
		child = word.kind == WORD_CHILD ? word.child : child;
		told = word.kind == WORD_END;
		*out = word.end;
		out->decided = true;
	}
	sweep(child);
	if (told)
		return true;
	out->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	out->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + out->signal;
	return false;
}
