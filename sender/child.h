/* SPDX-License-Identifier: Apache-2.0 */
/* child: one program that we started, in a process group of its own, with what it writes read by us.
 * Takes:   an absolute program path and its words; nothing of our environment but a short list.
 * Gives:   how it ended. At the end, however it comes, the whole process group is gone, and should we be
 *          killed the kernel ends the child (PR_SET_PDEATHSIG).
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
	int status; /* exit status, signal, or errno of what kept it from starting */
	struct output *output;
};

/* Starts words[0]. wall is a Landlock ruleset to confine the child by (wall.h), or -1. */
MUST_USE bool child_start(struct child *out, const char *const *words, int wall, struct output *output);

/* The same for a program that is talked to: *stream, which the caller closes, is its standard input and output, and
 * only what it writes to standard error goes to output. environment is NULL for the short list. */
MUST_USE bool child_start_stream(struct child *out, const char *const *words, const char *const *environment,
	struct output *output, int *stream);

struct child_watch {
	int cancel_fd;	    /* readable: stop; -1 for never */
	int64_t timeout_ms; /* 0 for none */
	int64_t tick_ms;    /* 0 for none */
	/* Called each tick; gives false to stop waiting though the child runs on. */
	bool (*on_tick)(void *user, pid_t pid);
	void *user;
};

/* Waits. Ends the child when cancelled or out of time. Gives child->fate, CHILD_RUNNING when on_tick said
 * so. */
enum child_fate child_wait(struct child *child, const struct child_watch *watch);

/* Takes what it has written so far, without waiting. */
void child_drain(struct child *child);

/* Has it ended, or will it within ms? */
bool child_has_ended(struct child *child, int64_t ms);

/* Ends the process group: SIGTERM, and SIGKILL for what is still there after a short while. */
void child_stop(struct child *child);

/* Milliseconds of the monotonic clock. */
int64_t clock_ms(void);

#endif
