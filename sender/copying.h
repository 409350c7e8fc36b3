/* SPDX-License-Identifier: Apache-2.0 */
/* copying: the SFTP session of a connection, with the state of the copy that it makes. It stays open for the next copy.
 * Fails:   with fs's fault.
 * Owns:    struct remotefs has the sessions. Call copies_close() before connections_close(). */
#ifndef SENDER_COPYING_H
#define SENDER_COPYING_H

#include <stdbool.h>

#include "sender/driver.h"
#include "sender/sftp_copy.h"

struct resume_file;

struct copying {
	struct sftp_copy sftp;
	struct remotefs *fs;
	enum connection_kind connection;
	struct argv argv;
	struct progress *progress;
	struct resume_file *file; /* the entry of the copy in the record, or NULL */
	char last[sizeof(((struct remotefs_fault *)NULL)->text)];
};

/* The session of a connection, opened if needed, for the next copy. Returns NULL and sets *error, or clears *served. */
struct copying *copying_need(struct remotefs *fs, enum connection_kind connection, struct progress *progress,
	enum remotefs_error *error, bool *served);

/* Ends a copy. A session with an error is not used again. */
enum remotefs_error copying_end(struct copying *copying, bool good);

/* Ends the sessions and checks their exit status: rssh-nova judges the files when a session is over. Call it before a
 * copy counts as done. */
MUST_USE enum remotefs_error copies_end(struct remotefs *fs);

/* Ends the sessions and ignores their exit status. */
void copies_close(struct remotefs *fs);

#endif
