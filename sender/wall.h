/* SPDX-License-Identifier: Apache-2.0 */
/* wall: confines a program that receives from an untrusted far end by Landlock(7): it can write into one directory and
 * to /dev/null only. It can read everything, because ssh(1) must.
 * Without Landlock in the kernel there is no wall; the fresh private directory is then the only protection. */
#ifndef SENDER_WALL_H
#define SENDER_WALL_H

#include <stdbool.h>

#include "policy/attributes.h"

/* The caller owns *ruleset; it is -1 if the kernel has no Landlock. Fails with false and errno if the kernel has
 * Landlock but the ruleset cannot be created: nothing may be received then. */
MUST_USE bool wall_open(int *ruleset, const char *dir);

/* Confines this process for good. Async-signal-safe. Returns 0 or -1. */
MUST_USE int wall_enter(int ruleset);

#endif
