/* SPDX-License-Identifier: Apache-2.0 */
/* clock: milliseconds of a clock that never goes back. Source: clock_gettime(2), CLOCK_MONOTONIC. It calls the kernel
 * instead of the vDSO, whose pages cost a short process more than two calls. */
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
