/* SPDX-License-Identifier: Apache-2.0 */
/* landlock: the file system, network and IPC wall. What is not granted is refused by the kernel.
 * Handles every right that the running kernel knows and that we know a name for.
 * Source: landlock(7), linux/landlock.h; numbers above ABI 2 are our own, for Debian 12's header ends there. */
#ifndef BASE_LANDLOCK_H
#define BASE_LANDLOCK_H

#include <stdbool.h>

#include "base/fault.h"
#include "policy/attributes.h"

/* The kernel's Landlock ABI; 0 when there is none. */
int landlock_abi(void);

/* A ruleset in the making: an owned descriptor, -1 and errno on failure. peers_signal lets the
 * process signal those outside its domain (a supervisor its child). */
MUST_USE int landlock_begin(int abi, bool peers_signal);

/* Grants rights (of enum right) below the directory fd, or on the file fd. Rights that make no sense on a
 * file are left out there. Borrows fd. */
MUST_USE int landlock_grant(int ruleset, int abi, int fd, unsigned rights);

/* Confines the calling thread for good. no_new_privs must be set. */
MUST_USE int landlock_enforce(int ruleset, int abi);

#endif
