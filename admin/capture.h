/* SPDX-License-Identifier: Apache-2.0 */
/* capture: what a program of the system says on standard output.
 * Takes:   an absolute path in argv[0]; runs it with an empty environment but for PATH and
 * LC_ALL=C, with nothing on standard input, and its standard error joined when merged. Gives:   its
 * text, NUL-ended, cut at CAPTURE_MAX, and its exit status. Fails:   with -1 when it cannot be run
 * or is ended by a signal. */
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

/* The same as another user, for CAPTURE_SECONDS at most. Only root can. */
MUST_USE int capture_as(char text[CAPTURE_MAX], char *const argv[], const struct passwd *user);

/* As who runs it, with an environment of the caller's, for seconds at most, and its standard error joined. */
MUST_USE int capture_in(char text[CAPTURE_MAX], char *const argv[], char *const env[], unsigned seconds);

#endif
