/* SPDX-License-Identifier: Apache-2.0 */
/* sftp_large: the one large file in flight: only its data is sent, and after a lost session only the rest of it.
 * Takes:   the open local file and its names in the slot SFTP_LARGE.
 * Fails:   after reporting why; a lost session that cannot be replaced is in session.broken. */
#ifndef SENDER_SFTP_LARGE_H
#define SENDER_SFTP_LARGE_H

#include "sender/sftp_copy.h"

MUST_USE bool sftp_large_send(struct sftp_copy *copy);

/* How far the large file in flight is. Returns false if there is none, or if no later run can continue it. */
MUST_USE bool sftp_large_where(const struct sftp_copy *copy, struct sftp_resume *out);

struct sftp_near sftp_near_of(const struct stat *st);
bool sftp_near_equal(const struct sftp_near *one, const struct sftp_near *other);

#endif
