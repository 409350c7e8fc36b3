/* SPDX-License-Identifier: Apache-2.0 */
/* random: a seeded generator of our own (splitmix64), so that a failing run can be repeated.
 * Use it only to choose mutations. */
#ifndef TESTS_UNIT_POLICY_RANDOM_H
#define TESTS_UNIT_POLICY_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Returns a number below bound, which must not be 0. */
static inline size_t random_below(struct random *random, size_t bound)
{
	return (size_t)(random_next(random) % bound);
}

#endif
