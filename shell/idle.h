/* SPDX-License-Identifier: Apache-2.0 */
/* idle: has a child, with what it started, done nothing for some time?
 * Told by the processor time that it used. The counters of /proc/PID/io are out of reach for who is confined
 * beside the child, and the times of a pipe stand still since Linux 6.15. A program that moves or looks at
 * data uses far more than one that waits: rsync wakes once a minute for some ten microseconds, the others
 * never.
 * Source: clock_getcpuclockid(3) and linux/posix-timers.h for the clock of another process, proc_pid_task(5)
 * for its children. */
#ifndef SHELL_IDLE_H
#define SHELL_IDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "policy/attributes.h"

struct idle {
	pid_t pid;
	int children; /* owned; -1 for none */
	int64_t timeout_ms;
	int64_t since_ms; /* nothing was done since */
	int64_t used_ns;  /* by then */
	int64_t look_at_ms;
	int64_t look_ns; /* of our own processor time that a look took at the beginning */
};

enum {
	IDLE_LOOK_NS = 4000, /* a look takes 1,200 on a machine of 2023, and 20 times as long on an emulated one */
};

/* What a child that only waits may use in one timeout, in nanoseconds: more where a look takes longer, for there a wake
 * does too. */
int64_t idle_allowance(const struct idle *idle);

/* Watches pid, a child of ours, from now on; timeout in seconds. Before we are confined. */
MUST_USE int idle_begin(struct idle *out, pid_t pid, int64_t timeout, struct fault *fault);

/* Is it over? To be asked at look_at_ms, and cheap before. Never too early, and late by an eighth at most. */
bool idle_is_over(struct idle *idle, int64_t now_ms);

#endif
