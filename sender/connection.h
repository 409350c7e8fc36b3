/* SPDX-License-Identifier: Apache-2.0 */
/* connection: one SSH connection to a host. Later ssh, scp and rsync commands run over it (ControlMaster in
 * ssh_config(5)), so a whole migration has one handshake.
 * Its control socket is in a private directory; closing the connection removes it.
 * A second, compressed connection serves large copies that Nova would compress: compression is a property of an SSH
 * connection, not of a command. */
#ifndef SENDER_CONNECTION_H
#define SENDER_CONNECTION_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "sender/context.h"

/* The task of an ssh that gets the options. */
enum connection_use {
	CONNECTION_MASTER,    /* hold the connection: ssh -N */
	CONNECTION_SUBSYSTEM, /* run a subsystem over it: ssh -s, which scp(1) runs as well */
	CONNECTION_COMMAND,   /* run a command over it */
};

/* Adds the options of ssh(1) and scp(1) that fix how the connection is used, whatever ssh_config(5) says. */
void connection_options(
	struct argv *argv, const struct remotefs *fs, enum connection_kind kind, enum connection_use use);

/* Does this output of ssh show that it is older than OpenSSH 8.7, and lacks some of our options? */
bool connection_lacks_options(const char *words);

/* Connects unless the connection is up. Fails with fs's fault. */
MUST_USE bool connection_need(struct remotefs *fs, enum connection_kind kind);

bool connection_is_up(struct remotefs *fs, enum connection_kind kind);

/* After a command failed: did the connection break? Waits a moment for the master to notice. */
bool connection_is_lost(struct remotefs *fs, enum connection_kind kind);

/* Closes all connections. */
void connections_close(struct remotefs *fs);

#endif
