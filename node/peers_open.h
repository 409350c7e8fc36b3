/* SPDX-License-Identifier: Apache-2.0 */
/* peers_open: the file that [claims] peers_file names, judged on the open descriptor as the configuration is
 * (node/config_open.h), of at most PEERS_FILE_MAX bytes. */
#ifndef NODE_PEERS_OPEN_H
#define NODE_PEERS_OPEN_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/peers.h"

/* Writes the name that the file of config has for the address, "" if it has none or config names no file. of_root as
 * of config_open(). Fails with -1 and a fault. */
MUST_USE int peers_open(
	char out[PEER_MAX], const struct config *config, const char *address, bool of_root, struct fault *fault);

/* The bytes of the file alone, for a caller that wants all its entries. *out borrows the buffer of read_file(). */
MUST_USE int peers_read(struct bytes *out, const struct config *config, bool of_root, struct fault *fault);

#endif
