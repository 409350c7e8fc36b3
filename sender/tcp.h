/* SPDX-License-Identifier: Apache-2.0 */
/* tcp: makes a child's TCP connections send and acknowledge at once.
 * While ssh(1) logs in, Nagle's algorithm (RFC 896) holds its small packets back until an acknowledgement comes, which
 * the far end delays (RFC 1122, 4.2.3.2; 40 ms on Linux). At the first command the two ends change roles. ssh sets
 * TCP_NODELAY later, and only for a session at a terminal. So we set it on ssh's own socket.
 * Fails:   in silence. If the system refuses, or ssh does not connect by itself (ProxyJump), the login is slower.
 * Source: pidfd_getfd(2), tcp(7), packet.c of OpenSSH (ssh_packet_set_interactive). */
#ifndef SENDER_TCP_H
#define SENDER_TCP_H

#include "sender/child.h"

/* Call it repeatedly: TCP_QUICKACK holds only until data flows in both directions again. */
void tcp_no_delay(const struct child *child);

#endif
