/* SPDX-License-Identifier: Apache-2.0 */
/* turn: lets one of our processes at a time change which directory has the name of an instance. So only
 * one of two peers takes over a stale directory, nobody removes what another has just made, and the claims of a peer
 * are counted exactly.
 * Of one peer, only one process at a time waits for the turn; its others wait for that one. So a peer with many processes
 * does not keep other peers waiting.
 * The locks are bytes of the file of shell/slot.h; the kernel releases them however the process ends.
 * Source: fcntl(2), open file description locks. */
#ifndef SHELL_TURN_H
#define SHELL_TURN_H

#include "node/root.h"
#include "policy/attributes.h"
#include "policy/request.h"

/* Opens the file, before this process is confined. Returns it, owned, or -1 and errno. */
MUST_USE int turn_open(const struct roots *roots);

/* Waits for the turn, at most TURN_WAIT_MS. Returns 0, or -1 and errno: EAGAIN if another process kept it. */
MUST_USE int turn_take(int fd, const struct request *request);

/* Ends the turn. */
void turn_give(int fd);

enum {
	TURN_WAIT_MS = 10000,
};

#endif
