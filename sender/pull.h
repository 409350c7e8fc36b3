/* SPDX-License-Identifier: Apache-2.0 */
/* pull: receives a file in a private directory beside its place, behind a wall (wall.h). If exactly one regular file
 * arrived, rename(2) moves it to its place. So a far end that sends other names, more files, directories or links
 * changes nothing (CVE-2019-6111).
 * Fails:   with fs's fault.
 * Owns:    pull_begin() ... pull_end(). */
#ifndef SENDER_PULL_H
#define SENDER_PULL_H

#include "sender/context.h"
#include "sender/scratch.h"

struct pull {
	struct scratch scratch;
	char place[SCRATCH_PATH_MAX];	 /* where the file belongs */
	char received[SCRATCH_PATH_MAX]; /* where it is received */
	int wall;
};

/* If local is a directory, the remote file's name goes below it. */
MUST_USE bool pull_begin(struct pull *out, struct remotefs *fs, const char *local, const char *remote);
MUST_USE enum remotefs_error pull_finish(struct pull *pull, struct remotefs *fs);
void pull_end(struct pull *pull);

#endif
