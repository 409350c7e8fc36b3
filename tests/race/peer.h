/* SPDX-License-Identifier: Apache-2.0 */
/* peer: a command that a peer sends, as sshd would start the shell for it.
 * Source: the environment of sshd(8), SSH_CONNECTION. */
#ifndef RACE_PEER_H
#define RACE_PEER_H

#include <sys/types.h>

/* Starts the shell with that command line, for the peer 192.0.2.PEER. Returns the process, which the caller waits for
 * with peer_wait; -1 if it cannot be started. */
pid_t peer_start(const char *shell, const char *line, unsigned peer);

/* Waits until the process ends. Returns its exit status, -1 if a signal ended it. */
int peer_wait(pid_t pid);

#endif
