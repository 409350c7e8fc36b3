/* SPDX-License-Identifier: Apache-2.0 */
/* peer: the address of the peer, from SSH_CONNECTION ("address port address port", sshd(8)).
 * Takes:   text of sshd, or of somebody who set the variable.
 * Returns: the address in the canonical form of inet_ntop(3), with its zone if it has one.
 * Fails:   with "-" in out if the text does not begin with an address and a space. */
#ifndef POLICY_PEER_H
#define POLICY_PEER_H

#include "policy/attributes.h"
#include "policy/request.h"

/* The same for a text that is only an address. False if it is not; out may then have been written. */
MUST_USE bool peer_canonical(char out[PEER_MAX], const char *text);

void peer_parse(char out[PEER_MAX], const char *ssh_connection);

/* Writes the network by which limits count a peer. An IPv4 address is its own network, also in its IPv6 form (RFC 4291,
 * 2.5.5.2). For any other IPv6 address it is the /64, because one host may use all of it. Keeps the zone. Writes "-"
 * for a text that peer_parse() does not write. */
void peer_network(char out[PEER_MAX], const char *peer);

#endif
