/* SPDX-License-Identifier: Apache-2.0 */
/* slot: counts the transfers that run at a time, of the user, of a peer (by its name, else by its network as in
 * policy/peer.h, and by its key if keys identify peers), of a profile, and of the tunnel on this node.
 * A transfer locks one byte for each count in a file of the first instances root. The kernel releases the lock however
 * the transfer ends, and no child has the descriptor or a right to the file.
 * Source: fcntl(2), open file description locks. */
#ifndef SHELL_SLOT_H
#define SHELL_SLOT_H

#include "base/fault.h"
#include "node/root.h"
#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/request.h"

/* Opens that file in the first root, and makes it if absent. Returns it, owned, or -1 and errno, also if another user
 * could open it: that user could lock every slot. */
MUST_USE int slot_file_open(const struct roots *roots);

/* Takes a slot of each count that config bounds, until the process ends; in_tunnel: also one of the tunnel. Returns 1; 0
 * if one count is full; -1 and a fault. */
MUST_USE int slot_take(const struct config *config, const struct roots *roots, const struct request *request,
	bool in_tunnel, struct fault *fault);

/* The byte of that file by which the processes of the request's peer wait for each other (shell/turn.h). */
off_t slot_of_waiting(const struct request *request);

#endif
