/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_push: a local file or tree to the far end, with the result of scp -r.
 * Takes:   a local path, which is followed if it is a symlink, and a remote path.
 * Fails:   after reporting each file that was not copied, or with session.broken.
 * Source:  scp.c and sftp-client.c of OpenSSH 9. */
#ifndef SENDER_SFTP_PUSH_H
#define SENDER_SFTP_PUSH_H

#include "sender/sftp_copy.h"

/* Copies a file, or a directory with its content. The copy goes below remote if that is a directory, else to remote
 * itself. Returns true if everything was copied. */
MUST_USE bool sftp_push(struct sftp_copy *copy, const char *local, const char *remote);

#endif
