/* SPDX-License-Identifier: Apache-2.0 */
/* child: one program that we started, in a process group of its own. We read its output.
 * Takes:   an absolute program path and its words. The child gets a short list of environment variables only.
 * Returns: how the child ended. Its whole process group is gone then. If we are killed, the kernel kills the child
 *          (PR_SET_PDEATHSIG).
 * Threads: the thread that starts a child must live until its end.
 * Source:  prctl(2), pidfd_open(2), close_range(2). */
#ifndef SENDER_CHILD_H
#define SENDER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/attributes.h"
#include "sender/output.h"

enum child_fate {
	CHILD_NOT_STARTED,
	CHILD_RUNNING,
	CHILD_EXITED,
	CHILD_SIGNALLED,
	CHILD_TIMED_OUT,
	CHILD_CANCELLED,
};

struct child {
	pid_t pid;
	int pidfd, out;
	enum child_fate fate;
	int status; /* exit status, signal, or errno of the failed start */
	struct output *output;
};

/* Starts words[0]. wall is a Landlock ruleset that confines the child (wall.h), or -1. */
MUST_USE bool child_start(struct child *out, const char *const *words, int wall, struct output *output);

/* Starts a program with *stream as its standard input and output; the caller closes *stream. Only standard error goes
 * to output. environment is NULL for the short list. */
MUST_USE bool child_start_stream(struct child *out, const char *const *words, const char *const *environment,
	struct output *output, int *stream);

struct child_watch {
	int cancel_fd;	    /* cancels when it becomes readable; -1 for never */
	int64_t timeout_ms; /* 0 for none */
	int64_t tick_ms;    /* 0 for none */
	/* Called each tick. False ends the wait; the child keeps running. */
	bool (*on_tick)(void *user, pid_t pid);
	void *user;
};

/* Waits. Ends the child when cancelled or out of time. Returns child->fate; CHILD_RUNNING if on_tick ended the wait. */
enum child_fate child_wait(struct child *child, const struct child_watch *watch);

/* Reads the output so far, without waiting. */
void child_drain(struct child *child);

/* Has the child ended, or does it end within ms milliseconds? */
bool child_has_ended(struct child *child, int64_t ms);

/* Ends the process group by SIGTERM, and after a short wait by SIGKILL. */
void child_stop(struct child *child);

/* Milliseconds of the monotonic clock. */
int64_t clock_ms(void);

#endif
