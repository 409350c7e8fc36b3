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
	bool sent;		  /* everything: only the far end's verdict is missing */
	char last[sizeof(((struct remotefs_fault *)NULL)->text)];
};

/* The session of a connection, opened if needed, for the next copy. Returns NULL and sets *error, or clears *served. */
struct copying *copying_need(struct remotefs *fs, enum connection_kind connection, struct progress *progress,
	enum remotefs_error *error, bool *served);

/* Ends a copy. A session with an error is not used again. */
enum remotefs_error copying_end(struct copying *copying, bool good);

/* What was copied. name writes the remote path of the thing with this number; it returns false behind the last. */
struct copied {
	bool (*name)(const void *user, size_t number, char out[SFTP_PATH_MAX]);
	const void *user;
	bool unheard; /* an earlier run sent some of it, and nobody heard how its session ended */
};

/* Ends the sessions and waits for their exit status: rssh-nova judges the files when a session is over, and deletes what
 * it refuses. If a session was lost, sees whether all is still there. Call it before a copy counts as done. */
MUST_USE enum remotefs_error copies_end(struct remotefs *fs, const struct copied *copied);

/* Ends the sessions and ignores their exit status. */
void copies_close(struct remotefs *fs);

#endif
