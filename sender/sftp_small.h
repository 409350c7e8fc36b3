/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_small: files of at most SFTP_SMALL_MAX bytes, SFTP_SLOTS of them in flight at a time.
 * Takes:   an open local file, whose names are in copy->local and copy->remote.
 * Fails:   a file that was not copied is reported, and sets copy->failed. After a lost session, files in flight are
 *          sent again.
 * Owns:    the descriptor, from the call on, even if it fails. */
#ifndef SENDER_SFTP_SMALL_H
#define SENDER_SFTP_SMALL_H

#include "sender/sftp_copy.h"

/* Sends a file as soon as a slot is free. Returns false if nothing more can be sent. */
MUST_USE bool sftp_small_send(struct sftp_copy *copy, int fd, const struct stat *st);

/* Waits until at most busy files are in flight, and reconnects if needed. Returns false if nothing more can be sent. */
MUST_USE bool sftp_small_wait(struct sftp_copy *copy, unsigned busy);

#endif
