/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_pull: one remote file into a local one, with holes instead of zeros.
 * Takes:   a remote path that sftp_look() has looked at.
 * Fails:   after reporting why, or with session.broken. The local file is then not the remote one: the caller removes
 *          it. */
#ifndef SENDER_SFTP_PULL_H
#define SENDER_SFTP_PULL_H

#include "sender/sftp_copy.h"

/* The attributes of the file that the remote path leads to. */
MUST_USE bool sftp_look(struct sftp_copy *copy, const char *remote, struct sftp_attrs *out);

/* Creates the local file, which must not exist. As with scp, its owner can write it. Returns a descriptor, or -1. */
MUST_USE int sftp_pull_create(const char *local, const struct sftp_attrs *attrs);

/* Copies the remote file into fd, an empty file. Fails if the other end sends more than the size in attrs, or attrs have
 * none: the size bounds what a hostile source can write here. */
MUST_USE bool sftp_pull(struct sftp_copy *copy, const char *remote, const struct sftp_attrs *attrs, int fd);

/* Reads len bytes of an open remote file to the front of copy->chunk. copy->fetch.back_len says how many came. Fails
 * only with session.broken. */
MUST_USE bool sftp_pull_back(struct sftp_copy *copy, const struct sftp_handle *handle, uint64_t offset, uint32_t len);

#endif
