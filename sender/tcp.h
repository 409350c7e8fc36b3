/* SPDX-License-Identifier: Apache-2.0 */
/* tcp: makes a child's TCP connections send and acknowledge at once.
 * While ssh(1) logs in, its small packets wait by Nagle's algorithm (RFC 896) for an acknowledgement that the
 * other end delays (RFC 1122, 4.2.3.2; 40 ms on Linux), and at the first command the other way round. ssh sets
 * TCP_NODELAY only later, and for a session at a terminal. So we set it, on the connection itself.
 * Where the system does not let us, or ssh does not connect by itself (ProxyJump), all goes on at its own pace.
 * Source: pidfd_getfd(2), tcp(7), packet.c of OpenSSH (ssh_packet_set_interactive). */
#ifndef SENDER_TCP_H
#define SENDER_TCP_H

#include "sender/child.h"

/* The second of both holds only until data goes back and forth again: to be called now and then. */
void tcp_hurry(const struct child *child);

#endif
