/* SPDX-License-Identifier: Apache-2.0 */
/* connection: one SSH connection to a host that later ssh, scp and rsync commands run over (ControlMaster in
 * ssh_config(5)), so that a whole migration has one handshake.
 * Its control socket lives in a private directory; ending the connection removes it.
 * A second connection, compressed, is made for large copies that Nova would compress: compression is a
 * property of an SSH connection, not of a command on it. */
#ifndef SENDER_CONNECTION_H
#define SENDER_CONNECTION_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "sender/context.h"

/* What an ssh that gets the options is to do. */
enum connection_use {
	CONNECTION_MASTER,    /* hold the connection: ssh -N */
	CONNECTION_SUBSYSTEM, /* run a subsystem over it: ssh -s, which scp(1) runs as well */
	CONNECTION_COMMAND,   /* run a command over it */
};

/* Adds the options of ssh(1) that keep the connection and its uses as we want them, whatever ssh_config(5) says;
 * scp(1) takes them too. */
void connection_options(
	struct argv *argv, const struct remotefs *fs, enum connection_kind kind, enum connection_use use);

/* Do these words of ssh's say that it is from before OpenSSH 8.7, and lacks options of ours? */
bool connection_lacks_options(const char *words);

/* Makes the connection unless it is up. Fails with what went into fs's fault. */
MUST_USE bool connection_need(struct remotefs *fs, enum connection_kind kind);

bool connection_is_up(struct remotefs *fs, enum connection_kind kind);

/* After a command failed: did the connection break under it? Waits a moment for the master to notice. */
bool connection_is_lost(struct remotefs *fs, enum connection_kind kind);

/* Ends all connections. */
void connections_close(struct remotefs *fs);

#endif
