/* SPDX-License-Identifier: Apache-2.0 */
/* namespace: the second wall of a child: a user and a mount namespace of its own. Its file system has only what a view
 * shows. A path outside does not exist, not even for stat(2) and utimes(2), for which Landlock has no right. Data is
 * mounted nosuid, nodev and noexec, and read-only unless the child may write it. Files keep their owner: user and group
 * are mapped to themselves.
 *
 * It is made in two steps. First, before the verdict is final, comes what the node may refuse: the namespaces, the user
 * in them, and an empty root with the old root on top. The rest, which must not fail, comes in the child.
 *
 * No pid namespace: its first process ignores most signals, so a child would end differently. No network namespace: it
 * doubles the cost of the wall, and a child has no socket(2).
 * Source: user_namespaces(7), mount_namespaces(7), pivot_root(2), mount_setattr(2). */
#ifndef WALL_NAMESPACE_H
#define WALL_NAMESPACE_H

#include "base/fault.h"
#include "policy/attributes.h"
#include "wall/view.h"

struct namespace_set {
	int user, mount, root; /* owned; -1 for none */
	int scratch;	       /* owned; a file system of its own that becomes NAMESPACE_SCRATCH, -1 for none */
};

#define NAMESPACE_NONE ((struct namespace_set){ -1, -1, -1, -1 })
#define NAMESPACE_SCRATCH "/rssh-nova"

enum {
	NAMESPACE_SCRATCH_INODES = 4352,
	NAMESPACE_SCRATCH_MIB = 1,
};

/* Makes the namespaces. Returns 1; 0 and *fault if the node refuses them; -1 and *fault if it failed. */
MUST_USE int namespace_make(struct namespace_set *out, struct fault *fault);

/* Makes the scratch file system: empty, in memory, bounded, mounted in no directory. The caller reaches it only by its
 * descriptor, before and after the child. It vanishes with the last descriptor. Returns 0, or -1 and a fault. */
MUST_USE int namespace_scratch(struct namespace_set *namespace, struct fault *fault);

/* Enters the namespaces, drops every capability, shows only view, and sets view->entered. Returns 0, or -1 and a fault:
 * the process must then end. */
MUST_USE int namespace_enter(const struct namespace_set *namespace, struct view *view, struct fault *fault);

/* Closes the descriptors. */
void namespace_drop(struct namespace_set *namespace);

#endif
