/* SPDX-License-Identifier: Apache-2.0 */
/* wall: keeps a program that receives from an untrusted far end from writing anywhere but into one
 * directory, by Landlock(7). It may read, which ssh(1) needs; /dev/null may be written.
 * A kernel without Landlock gives no wall: then the directory alone, fresh and ours, has to do. */
#ifndef SENDER_WALL_H
#define SENDER_WALL_H

#include <stdbool.h>

#include "policy/attributes.h"

/* *ruleset is owned, or -1 when the kernel has no Landlock. Gives false and errno when there should be a wall and
 * none can be made: nothing may be received then. */
MUST_USE bool wall_open(int *ruleset, const char *dir);

/* Confines this process for good. Async-signal-safe. Gives 0 or -1. */
MUST_USE int wall_enter(int ruleset);

#endif
