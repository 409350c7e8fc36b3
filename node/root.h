/* SPDX-License-Identifier: Apache-2.0 */
/* root: the instances roots, opened once, and the files below them.
 * Every open(2) begins at a root's descriptor, by openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and
 * RESOLVE_NO_MAGICLINKS: no symlink and no ".." leads out, whatever an attacker swaps meanwhile. */
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

/* Opens every configured root. home is the home directory of the running user, "" if unknown. Fails if a root is
 * missing, is no directory, is reached through a symlink, or holds home or ".ssh". Returns 0, or -1 and a fault. */
MUST_USE int roots_open(struct roots *out, const struct config *config, const char *home, struct fault *fault);

/* openat2(2) below root, with O_CLOEXEC. Returns a descriptor, owned, or -1 and errno. */
MUST_USE int root_openat(int root, const char *rel, int flags, mode_t mode);

/* Does err of root_openat() say that we have no such file: it is missing, a symlink, or closed to us? */
bool root_lacks(int err);

/* The smallest free space of the roots' file systems for a user who is not root, in bytes. */
int64_t roots_free_space(const struct roots *roots);

#endif
