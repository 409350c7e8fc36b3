/* SPDX-License-Identifier: Apache-2.0 */
/* copy: copy_file over SFTP, by the connection of a struct remotefs: what its ssh transport does unless the other end
 * serves no SFTP, or the protocol of old scp was asked for.
 * The session stays open for the next file; connections_close() comes after copies_close().
 * Fails:   with fs's fault. *served says whether anything was tried: if not, scp is to do it. */
#ifndef SENDER_COPY_H
#define SENDER_COPY_H

#include "sender/driver.h"

/* Is it to be tried at all? */
bool copy_is_wanted(const struct remotefs *fs);

/* *begun is set if something may have been written there. */
MUST_USE enum remotefs_error copy_push(struct remotefs *fs, const struct transfer *transfer, bool *served, bool *begun);

/* Makes the local file, which must not exist. */
MUST_USE enum remotefs_error copy_pull(struct remotefs *fs, const struct transfer *transfer, bool *served);

/* Ends the sessions, and heeds how they end: rssh-nova judges what was sent when a session is over. Due before anything
 * that was copied counts as done. */
MUST_USE enum remotefs_error copies_end(struct remotefs *fs);

/* As copies_end(), for who does not care any more. */
void copies_close(struct remotefs *fs);

#endif
