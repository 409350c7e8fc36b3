/* SPDX-License-Identifier: Apache-2.0 */
/* landlock: the file system, network and IPC wall. What is not granted is refused by the kernel.
 * Handles every right that the running kernel knows and that we know a name for.
 * Source: landlock(7), linux/landlock.h; the header of Debian 12 ends at ABI 2, so later
 * numbers are our own. */
#ifndef BASE_LANDLOCK_H
#define BASE_LANDLOCK_H

#include <stdbool.h>

#include "base/fault.h"
#include "policy/attributes.h"

/* Returns the kernel's Landlock ABI; 0 if it has none. */
int landlock_abi(void);

/* Begins a ruleset. Returns its descriptor, owned, or -1 and errno. With peers_signal the process may signal processes
 * outside its domain, as a supervisor signals its child. */
MUST_USE int landlock_begin(int abi, bool peers_signal);

/* Grants rights (of enum right) below the directory fd, or on the file fd, without those that apply to directories
 * only. Borrows fd. Returns 0, or -1 and errno. */
MUST_USE int landlock_grant(int ruleset, int abi, int fd, unsigned rights);

/* Confines the calling thread until it ends. no_new_privs must be set. Returns 0, or -1 and errno. */
MUST_USE int landlock_enforce(int ruleset, int abi);

#endif
