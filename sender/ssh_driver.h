/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_driver: the parts of Nova's SshDriver that the copy over SFTP shares. */
#ifndef SENDER_SSH_DRIVER_H
#define SENDER_SSH_DRIVER_H

#include "sender/driver.h"

/* The connection for a copy. */
enum connection_kind ssh_copy_connection(struct remotefs *fs, const struct transfer *transfer);

/* Writes the command that starts an SFTP session, as scp(1) starts its own. */
void ssh_sftp_words(struct argv *argv, const struct remotefs *fs, enum connection_kind connection);

/* After an SFTP session was closed: returns REMOTEFS_REFUSED and sets fs's fault if rssh-nova refuses one. Else returns
 * REMOTEFS_FAILED, and the fault stays. */
MUST_USE enum remotefs_error ssh_why_closed(struct remotefs *fs, enum connection_kind connection);

#endif
