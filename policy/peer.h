/* peer: the address of the other end, out of SSH_CONNECTION ("address port address port", sshd(8)).
 * Takes:   text that sshd wrote, or that somebody planted.
 * Gives:   the address in the canonical form of inet_ntop(3), with its zone when it has one.
 * Fails:   with "-" in out when the text does not begin with an address and a blank. */
#ifndef POLICY_PEER_H
#define POLICY_PEER_H

#include "policy/request.h"

void peer_parse(char out[PEER_MAX], const char *ssh_connection);

#endif
