/* SPDX-License-Identifier: Apache-2.0 */
/* copy: copy_file over SFTP, by the connection of a struct remotefs. The ssh transport uses it unless the far end
 * serves no SFTP, or the caller wants the protocol of old scp.
 * Fails:   with fs's fault. *served is false if nothing was tried: then scp must copy.
 * Owns:    a session stays open for the next file: see copying.h. */
#ifndef SENDER_COPY_H
#define SENDER_COPY_H

#include "sender/driver.h"

/* Should SFTP be tried? */
bool copy_is_wanted(const struct remotefs *fs);

/* *begun is true if the far end may have written something. */
MUST_USE enum remotefs_error copy_push(struct remotefs *fs, const struct transfer *transfer, bool *served, bool *begun);

/* Creates the local file, which must not exist. */
MUST_USE enum remotefs_error copy_pull(struct remotefs *fs, const struct transfer *transfer, bool *served);

#endif
