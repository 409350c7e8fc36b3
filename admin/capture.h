/* SPDX-License-Identifier: Apache-2.0 */
/* capture: runs a program of the system and reads its standard output.
 * Takes:   an absolute path in argv[0]. The environment is only PATH and LC_ALL=C, standard input is empty, and
 *          standard error goes to the same text if merged. It has no terminal and no other descriptor.
 * Returns: its exit status; text is NUL-ended and cut at CAPTURE_MAX.
 * Fails:   with -1 if it cannot be run or a signal ends it. */
#ifndef ADMIN_CAPTURE_H
#define ADMIN_CAPTURE_H

#include <pwd.h>
#include <stdbool.h>

#include "policy/attributes.h"

enum {
	CAPTURE_MAX = 64 * 1024,
	CAPTURE_SECONDS = 10,
};

MUST_USE int capture(char text[CAPTURE_MAX], char *const argv[], bool merged);

/* The same as another user, in the directory /, for at most CAPTURE_SECONDS, and at most as long as we live. Needs root. */
MUST_USE int capture_as(char text[CAPTURE_MAX], char *const argv[], const struct passwd *user);

/* As the running user, merged, in the directory /, with the environment env, for at most seconds, and at most as long as
 * we live. */
MUST_USE int capture_in(char text[CAPTURE_MAX], char *const argv[], char *const env[], unsigned seconds);

/* Sends SIGTERM to the process group of the running program, if there is one. A signal handler may call it. A signal that
 * ends us does so by itself. */
void capture_stop(void);

#endif
