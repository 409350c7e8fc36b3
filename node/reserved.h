/* SPDX-License-Identifier: Apache-2.0 */
/* reserved: the empty instance directories of a root on which a peer has a live claim. Each keeps other peers from
 * migrating that instance here, so their number is bounded.
 * Found by the hints (node/claim_index.h). A few of those that point at no live claim are dropped on the way: meanwhile all
 * other peers wait for the turn. */
#ifndef NODE_RESERVED_H
#define NODE_RESERVED_H

#include <stdint.h>

#include "policy/config.h"
#include "policy/request.h"

enum {
	RESERVED_DROPPED_MAX = 16, /* hints, at a time */
};

/* How many the sender of request has below root, uuid not counted, and counted up to most. INT64_MAX if it cannot be
 * told. The caller has the turn (shell/turn.h). */
int64_t reserved_count(
	int root, const char *uuid, const struct config *config, const struct request *request, int64_t most);

#endif
