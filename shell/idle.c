/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/idle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	LOOKS = 8,		 /* in each timeout */
	WAITING_NS = 200000,	 /* a program that only waits uses at most so much, */
	WAITING_NS_PER_S = 2000, /* and for each second */
	LOOK_NS_MAX = 100 * 1000 * 1000,
	CHILDREN_TEXT_MAX = 256,
};

/* Works for a process of any user and needs no right. Returns 0 if it is gone. */
static int64_t used_by(pid_t pid)
{
	const clockid_t clock = (clockid_t)((~(unsigned)pid << 3) | 2 /* CPUCLOCK_SCHED */);
	struct timespec used;

	if (clock_gettime(clock, &used) != 0)
		return 0;
	return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* The receiving rsync is two processes. One may wait for the other as long as a file takes. */
static int64_t used_by_all(const struct idle *idle)
{
	int64_t used = used_by(idle->pid);
	char text[CHILDREN_TEXT_MAX];
	const ssize_t len = pread(idle->children, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	for (char *at = text, *end; *at != '\0'; at = end + (*end == ' ')) {
		const long pid = strtol(at, &end, 10);

		if (end == at || pid <= 0)
			break;
		used += used_by((pid_t)pid);
	}
	return used;
}

/* How fast is this machine? It counts only our own processor time, so that a busy machine does not look slow. It takes
 * the shortest look, because the first one fills the caches. */
static int64_t look_measure(const struct idle *idle)
{
	int64_t least = LOOK_NS_MAX;

	for (int i = 0; i < LOOKS; i++) {
		const int64_t begun = used_by(0);
		int64_t took;

		(void)used_by_all(idle);
		took = used_by(0) - begun;
		if (took < least)
			least = took;
	}
	return least;
}

int64_t idle_allowance(const struct idle *idle)
{
	const int64_t fast = WAITING_NS + idle->timeout_ms / 1000 * WAITING_NS_PER_S;

	return idle->look_ns > IDLE_LOOK_NS ? fast * (idle->look_ns / (IDLE_LOOK_NS / 10)) / 10 : fast;
}

static void begin_anew(struct idle *idle, int64_t now_ms, int64_t used_ns)
{
	idle->since_ms = now_ms;
	idle->used_ns = used_ns;
}

int idle_begin(struct idle *out, pid_t pid, int64_t timeout, struct fault *fault)
{
	char path[64];

	*out = (struct idle){ .pid = pid, .timeout_ms = timeout * 1000 };
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	out->children = open(path, O_RDONLY | O_CLOEXEC);
	if (out->children < 0)
		return fault_set(fault, REASON_NOT_CONFINED,
			"cannot tell whether a transfer is idle: mount /proc, or set [limits] idle_timeout = 0", errno,
			path);
	out->look_ns = look_measure(out);
	begin_anew(out, clock_ms(), used_by_all(out));
	out->look_at_ms = out->since_ms + out->timeout_ms / LOOKS;
	return 0;
}

bool idle_is_over(struct idle *idle, int64_t now_ms)
{
	int64_t used_ns;

	if (now_ms < idle->look_at_ms)
		return false;
	idle->look_at_ms = now_ms + idle->timeout_ms / LOOKS;
	used_ns = used_by_all(idle);
	/* Less than before: a process has ended. */
	if (used_ns < idle->used_ns || used_ns > idle->used_ns + idle_allowance(idle))
		begin_anew(idle, now_ms, used_ns);
	return now_ms - idle->since_ms >= idle->timeout_ms;
}
