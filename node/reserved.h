/* SPDX-License-Identifier: Apache-2.0 */
/* reserved: the empty instance directories of a root on which a peer has a live claim. Each keeps other peers from
 * migrating that instance here, so their number is bounded.
 * Finds them by node/claim_index.h, and drops a few entries that name no live claim. All other peers wait for the turn
 * meanwhile. */
#ifndef NODE_RESERVED_H
#define NODE_RESERVED_H

#include <stdint.h>

#include "policy/config.h"
#include "policy/request.h"

enum {
	RESERVED_DROPPED_MAX = 16, /* entries, at a time */
};

/* Counts those of the peer below root, without uuid, up to most. Returns INT64_MAX if it cannot look. The caller has
 * the turn (shell/turn.h). */
int64_t reserved_count(
	int root, const char *uuid, const struct config *config, const struct request *request, int64_t most);

#endif
