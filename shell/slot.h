/* SPDX-License-Identifier: Apache-2.0 */
/* session: counts the transfers that run at a time, of the user, of a peer (by its name, else by its network as of
 * policy/peer.h, where keys tell peers apart by its key too) and of a profile.
 * Each holds one byte of a file of the first instances root locked for each count, as long as it lives: the
 * kernel gives the lock back however it ends, and no child has the descriptor or a right to the file.
 * Source: fcntl(2), open file description locks. */
#ifndef SHELL_SLOT_H
#define SHELL_SLOT_H

#include "base/fault.h"
#include "node/root.h"
#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/request.h"

/* Opens the file whose bytes are locked, in the first root; it is made if absent. Owned; -1 and errno, also when
 * another user could open it. */
MUST_USE int slot_file_open(const struct roots *roots);

/* Takes a place in each count that config bounds; it is given back when the process ends.
 * Gives 1, 0 when one of them is full, -1 and a fault when that cannot be told. */
MUST_USE int slot_take(
	const struct config *config, const struct roots *roots, const struct request *request, struct fault *fault);

#endif
