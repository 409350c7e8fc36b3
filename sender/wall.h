/* wall: keeps a program that receives from an untrusted far end from writing anywhere but into one
 * directory, by Landlock(7). It may read, which ssh(1) needs; /dev/null may be written.
 * A kernel without Landlock gives no wall: then the directory alone, fresh and ours, has to do. */
#ifndef SENDER_WALL_H
#define SENDER_WALL_H

#include "policy/attributes.h"

/* Gives an owned ruleset, or -1 when the kernel has no Landlock or dir cannot be opened. */
MUST_USE int wall_open(const char *dir);

/* Confines this process for good. Async-signal-safe. Gives 0 or -1. */
MUST_USE int wall_enter(int ruleset);

#endif
