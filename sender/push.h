/* SPDX-License-Identifier: Apache-2.0 */
/* push: a copy to the far end. Several can run at a time, over one connection.
 * Takes:   a local path and a checked remote one.
 * Fails:   with fs's fault.
 * Owns:    push_begin() ... push_finish() or push_abort(); after a failed push_begin(), neither is due. */
#ifndef SENDER_PUSH_H
#define SENDER_PUSH_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "sender/job.h"

struct push {
	char local[SCRATCH_PATH_MAX];
	struct progress progress;
	struct command command;
	struct job job;
};

/* Starts a copy by the driver's program. */
MUST_USE enum remotefs_error push_begin(struct push *out, struct remotefs *fs, const struct remotefs_copy *copy);
MUST_USE enum remotefs_error push_finish(struct push *push, struct remotefs *fs);
void push_abort(struct push *push, struct remotefs *fs);

/* Does a whole copy: over SFTP if the transport and the far end have it, else by the driver's program. *begun is true
 * if the far end may have written something. */
MUST_USE enum remotefs_error push_run(struct remotefs *fs, const struct remotefs_copy *copy, bool *begun);

/* Writes a local name that scp and rsync cannot take for a remote one or an option: with a slash before any colon. */
MUST_USE enum remotefs_error local_name(char out[SCRATCH_PATH_MAX], struct remotefs *fs, const char *local);

#endif
