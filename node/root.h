/* SPDX-License-Identifier: Apache-2.0 */
/* root: the instances roots, opened once, and the places below them.
 * Everything is reached from a root's descriptor by openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS
 * and RESOLVE_NO_MAGICLINKS: no symlink, no "..", no way out, whatever is swapped meanwhile. */
#ifndef NODE_ROOT_H
#define NODE_ROOT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "policy/attributes.h"
#include "policy/config.h"

struct roots {
	unsigned count;
	int fd[ROOTS_MAX]; /* O_PATH, owned; never closed before exit */
};

/* Opens every configured root. home is the home directory of the running user, "" when unknown.
 * Fails when one is missing, is no directory, is reached through a symlink, or holds home or ".ssh". */
MUST_USE int roots_open(struct roots *out, const struct config *config, const char *home, struct fault *fault);

/* openat2(2) below root. Gives an owned descriptor, or -1 and errno. O_CLOEXEC is always set. */
MUST_USE int root_openat(int root, const char *rel, int flags, mode_t mode);

/* Does err of root_openat() say that there is no such place for us: missing, a symlink, or not to be entered? */
bool root_lacks(int err);

/* The smallest free space of the roots' file systems, in bytes, for one who is not root. */
int64_t roots_free_space(const struct roots *roots);

#endif
