/* SPDX-License-Identifier: Apache-2.0 */
/* peers_check: all faults of the file that [claims] peers_file names. The shell looks up one address and finds only the
 * repetition of that address or its name; peers_check finds every repetition. */
#ifndef ADMIN_PEERS_CHECK_H
#define ADMIN_PEERS_CHECK_H

#include "policy/attributes.h"
#include "policy/peers.h"

struct peers_count {
	unsigned peers, addresses;
};

/* word is the repeated name or address, "" for a broken line. */
typedef void peers_fault_fn(void *user, const struct peers_fault *fault, const char *word);

/* Counts peers and addresses, and calls on_fault for the first broken line, or for each line that repeats a name or
 * address. Fails with -1 and errno if there is no memory. */
MUST_USE int peers_check(struct peers_count *out, struct bytes file, peers_fault_fn *on_fault, void *user);

#endif
