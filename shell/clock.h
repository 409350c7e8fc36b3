/* clock: milliseconds that only go forward. Source: clock_gettime(2), CLOCK_MONOTONIC. */
#ifndef SHELL_CLOCK_H
#define SHELL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
