/* SPDX-License-Identifier: Apache-2.0 */
/* make_directory: makes the directories of a path, and claims the instance directory for the peer.
 * Source: mkdir(1) of coreutils, with -p. */
#ifndef SHELL_MAKE_DIRECTORY_H
#define SHELL_MAKE_DIRECTORY_H

#include "policy/attributes.h"
#include "shell/place.h"

/* Returns a builtin_result. */
MUST_USE int builtin_mkdir(const struct place *place);

#endif
