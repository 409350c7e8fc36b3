/* SPDX-License-Identifier: Apache-2.0 */
/* idle: has a child, with the processes that it started, done nothing for some time?
 * It compares the processor time that they used. A confined supervisor cannot read /proc/PID/io, and the times of a
 * pipe no longer change since Linux 6.15. A program that moves or examines data uses far more time than one that waits:
 * rsync wakes once a minute for some ten microseconds, the others never.
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
	int64_t since_ms; /* idle since then */
	int64_t used_ns;  /* at that time */
	int64_t look_at_ms;
	int64_t look_ns; /* processor time that a look of ours took at the beginning */
};

enum {
	IDLE_LOOK_NS = 4000, /* a look takes 1,200 on a machine of 2023, and 20 times as long on an emulated one */
};

/* How much processor time a child that only waits may use in one timeout, in nanoseconds. It is more on a slow machine,
 * on which a look takes longer and so does a wake. */
int64_t idle_allowance(const struct idle *idle);

/* Watches pid, a child of ours, from now on; timeout in seconds. Call it before this process is confined. Returns 0, or
 * -1 and a fault. */
MUST_USE int idle_begin(struct idle *out, pid_t pid, int64_t timeout, struct fault *fault);

/* Is the timeout over? Ask at look_at_ms; before, the question is cheap. True never too early, and at most an eighth of
 * the timeout too late. */
bool idle_is_over(struct idle *idle, int64_t now_ms);

#endif
