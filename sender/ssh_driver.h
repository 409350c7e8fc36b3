/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_driver: what of Nova's SshDriver the copy over SFTP needs, too. */
#ifndef SENDER_SSH_DRIVER_H
#define SENDER_SSH_DRIVER_H

#include "sender/driver.h"

/* The connection that a copy goes over. */
enum connection_kind ssh_copy_connection(struct remotefs *fs, const struct transfer *transfer);

/* The words that begin an SFTP session, as scp(1) begins its own. */
void ssh_sftp_words(struct argv *argv, const struct remotefs *fs, enum connection_kind connection);

/* After an SFTP session was shut: returns REMOTEFS_REFUSED and sets fs's fault if rssh-nova refuses one. Else returns
 * REMOTEFS_FAILED, and the fault stays. */
MUST_USE enum remotefs_error ssh_why_closed(struct remotefs *fs, enum connection_kind connection);

#endif
