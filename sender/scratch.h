/* SPDX-License-Identifier: Apache-2.0 */
/* scratch: a private directory (0700) with our process number in its name. It is removed when we end, even if we are
 * killed: a janitor process waits on a pipe, and removes the directory when our end of the pipe closes.
 * Owns:    scratch_create() ... scratch_remove(). */
#ifndef SENDER_SCRATCH_H
#define SENDER_SCRATCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "policy/attributes.h"

enum {
	SCRATCH_PATH_MAX = 4096,
};

struct scratch {
	char path[SCRATCH_PATH_MAX]; /* "" if there is none */
	int pipe;
	pid_t janitor;
};

/* The name that scratch_create() would use in parent, with X's, for a dry run. */
MUST_USE bool scratch_name(char out[SCRATCH_PATH_MAX], const char *parent);

/* Fails with false and errno. */
MUST_USE bool scratch_create(struct scratch *out, const char *parent);

/* Removes the directory with its content, and waits for that. Does nothing if there is none. */
void scratch_remove(struct scratch *scratch);

#endif
