/* SPDX-License-Identifier: Apache-2.0 */
/* scratch: a private directory (0700), our process number in its name, that is gone when we are, whatever ends
 * us.
 * A janitor, a process that only waits on a pipe, removes it once our end closes: by scratch_remove(), or
 * because we were killed. */
#ifndef SENDER_SCRATCH_H
#define SENDER_SCRATCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "policy/attributes.h"

enum {
	SCRATCH_PATH_MAX = 4096,
};

struct scratch {
	char path[SCRATCH_PATH_MAX]; /* "" when there is none */
	int pipe;
	pid_t janitor;
};

/* The name that would be made in parent, with its X's, for what only shows commands. */
MUST_USE bool scratch_name(char out[SCRATCH_PATH_MAX], const char *parent);

/* Fails with false and errno. */
MUST_USE bool scratch_create(struct scratch *out, const char *parent);

/* Removes it with all that is in it, and waits until that is done. Nothing when there is none. */
void scratch_remove(struct scratch *scratch);

#endif
