/* SPDX-License-Identifier: Apache-2.0 */
/* peer: the address of the other end, out of SSH_CONNECTION ("address port address port", sshd(8)).
 * Takes:   text that sshd wrote, or that somebody planted.
 * Gives:   the address in the canonical form of inet_ntop(3), with its zone when it has one.
 * Fails:   with "-" in out when the text does not begin with an address and a blank. */
#ifndef POLICY_PEER_H
#define POLICY_PEER_H

#include "policy/attributes.h"
#include "policy/request.h"

/* The same of a text that is one address and nothing else. False if it is none; *out then may have been written. */
MUST_USE bool peer_canonical(char out[PEER_MAX], const char *text);

void peer_parse(char out[PEER_MAX], const char *ssh_connection);

/* The network by which limits count a peer, as text: an IPv4 address itself, also in its IPv6 spelling (RFC 4291,
 * 2.5.5.2); of any other IPv6 address the /64, because one host may use all of it. Keeps the zone. Writes "-" for
 * anything that peer_parse() does not write. */
void peer_network(char out[PEER_MAX], const char *peer);

#endif
