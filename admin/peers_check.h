/* SPDX-License-Identifier: Apache-2.0 */
/* peers_check: all faults of the file that [claims] peers_file names. The shell reads that file for one address and
 * sees the repetition of that address and its name alone; this looks for any. */
#ifndef ADMIN_PEERS_CHECK_H
#define ADMIN_PEERS_CHECK_H

#include "policy/attributes.h"
#include "policy/peers.h"

struct peers_count {
	unsigned peers, addresses;
};

/* word is the name or the address that is repeated, "" for a broken line. */
typedef void peers_fault_fn(void *user, const struct peers_fault *fault, const char *word);

/* Counts what is in the file and calls on_fault for each fault: the first broken line, or else each line that repeats
 * something of an earlier one. Fails with -1 and errno without memory. */
MUST_USE int peers_check(struct peers_count *out, struct bytes file, peers_fault_fn *on_fault, void *user);

#endif
