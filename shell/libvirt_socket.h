/* SPDX-License-Identifier: Apache-2.0 */
/* libvirt_socket: a connection to libvirt's daemon on this node.
 * Source: unix(7); the daemon, or systemd for it, listens as root. */
#ifndef SHELL_LIBVIRT_SOCKET_H
#define SHELL_LIBVIRT_SOCKET_H

#include "policy/attributes.h"
#include "base/fault.h"

/* Connects to the socket at path, which root owns and at which root listens. Returns a descriptor that the caller owns, or
 * -1 and a fault. */
MUST_USE int libvirt_socket_connect(const char *path, struct fault *fault);

#endif
