/* SPDX-License-Identifier: Apache-2.0 */
/* remove: removes a file, an empty instance directory, or a tree. A probe (see [paths] probe) goes only while it is
 * empty.
 * Source: rm(1) and rmdir(1) of coreutils. Each returns a builtin_result. */
#ifndef SHELL_REMOVE_H
#define SHELL_REMOVE_H

#include "policy/attributes.h"
#include "shell/place.h"

MUST_USE int builtin_remove(const struct place *place);
MUST_USE int builtin_rmdir(const struct place *place);

/* As rm -rf: removes all it can, and complains of each failure. */
MUST_USE int builtin_remove_tree(const struct place *place);

#endif
