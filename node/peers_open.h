/* SPDX-License-Identifier: Apache-2.0 */
/* peers_open: reads the file that [claims] peers_file names, if it can be trusted as the configuration
 * (node/config_open.h) and has at most PEERS_FILE_MAX bytes. */
#ifndef NODE_PEERS_OPEN_H
#define NODE_PEERS_OPEN_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/peers.h"

/* Writes the peer's name for the address, "" if the file has none or config names no file. of_root as for config_open().
 * Returns 0, or -1 and a fault. */
MUST_USE int peers_open(
	char out[PEER_MAX], const struct config *config, const char *address, bool of_root, struct fault *fault);

/* Reads only the bytes, for a caller that reports all entries. *out borrows the buffer of read_file(). */
MUST_USE int peers_read(struct bytes *out, const struct config *config, bool of_root, struct fault *fault);

#endif
