/* SPDX-License-Identifier: Apache-2.0 */
/* push: a copy to the other end that runs. Several may run at a time, over one connection.
 * push_begin() ... push_finish() or push_abort(), always one of them when it began. */
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

/* Starts to copy. Fails with fs's fault; nothing is then to be ended. */
MUST_USE enum remotefs_error push_begin(struct push *out, struct remotefs *fs, const struct remotefs_copy *copy);
MUST_USE enum remotefs_error push_finish(struct push *push, struct remotefs *fs);
void push_abort(struct push *push, struct remotefs *fs);

/* A whole copy: over SFTP if the transport and the other end have it, else by the driver's program.
 * *begun says whether something may have been written there. */
MUST_USE enum remotefs_error push_run(struct remotefs *fs, const struct remotefs_copy *copy, bool *begun);

/* A local name with a slash before any colon, which is one to scp and rsync, and no option.
 * Fails with fs's fault. */
MUST_USE enum remotefs_error local_name(char out[SCRATCH_PATH_MAX], struct remotefs *fs, const char *local);

#endif
