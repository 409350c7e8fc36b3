/* SPDX-License-Identifier: Apache-2.0 */
/* peers: the file that names peers. A line is NAME ADDRESS ADDRESS..., separated by blanks.
 * "#" begins a comment at the start of a line or after a blank.
 * Takes:   the bytes of the file; node/peers_open.h checks the file itself.
 * Returns: entries in order, each with a name and one address in the canonical form of policy/peer.h. A name begins
 *          with a letter or a digit, may contain "._-", and is no address: no claim by name equals one by address.
 * Fails:   at the first line that is anything else. Reads every line, also after the wanted one.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_PEERS_H
#define POLICY_PEERS_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/request.h"

enum peers_error {
	PEERS_OK,
	PEERS_BAD_BYTE,
	PEERS_BAD_NAME,
	PEERS_NO_ADDRESS,
	PEERS_BAD_ADDRESS,
	PEERS_REPEATED_NAME,
	PEERS_REPEATED_ADDRESS,
};

struct peers_fault {
	enum peers_error error; /* PEERS_OK for none */
	unsigned line;		/* from 1 */
};

struct peers_entry {
	char name[PEER_MAX], address[PEER_MAX];
	unsigned line;
};

/* Begins as { .rest = file }. */
struct peers_reading {
	struct bytes rest, words; /* the lines to read, and the rest of this one */
	unsigned line, addresses; /* of this line so far */
	char name[PEER_MAX];
};

/* Writes the next entry. False at the end, or with a fault. Does not notice repeated names and addresses. */
MUST_USE bool peers_next(struct peers_entry *out, struct peers_reading *reading, struct peers_fault *fault);

/* Writes the name of the peer that has the address, "" if no line has it. False and a fault if the file is broken, or
 * if this address or this name is in it twice. */
MUST_USE bool peers_find(char out[PEER_MAX], struct peers_fault *fault, struct bytes file, const char *address);

/* Returns one sentence: what is wrong, and what to do. */
const char *peers_error_text(enum peers_error error);

#endif
