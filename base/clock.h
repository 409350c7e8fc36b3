/* SPDX-License-Identifier: Apache-2.0 */
/* clock: milliseconds that only go forward. Source: clock_gettime(2), CLOCK_MONOTONIC; not by the vDSO, whose
 * pages cost a process that asks two times more than the calls do. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline int64_t clock_ms(void)
{
	struct timespec now = { 0, 0 };

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
