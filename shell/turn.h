/* SPDX-License-Identifier: Apache-2.0 */
/* turn: lets one of our processes at a time change which directory has the name of an instance. So of two peers that
 * take over the same stale directory one gets it, nobody removes what another has just made, and the claims of a peer
 * are counted exactly.
 * The lock is one byte of the file of shell/slot.h; the kernel releases it however the process ends.
 * Source: fcntl(2), open file description locks. */
#ifndef SHELL_TURN_H
#define SHELL_TURN_H

#include "node/root.h"
#include "policy/attributes.h"

/* Opens the file, before we are confined. Owned; -1 and errno. */
MUST_USE int turn_open(const struct roots *roots);

/* Waits for the turn, TURN_WAIT_MS at most. 0, or -1 and errno: EAGAIN if another process kept it. */
MUST_USE int turn_take(int fd);

void turn_give(int fd);

enum {
	TURN_WAIT_MS = 10000,
};

#endif
