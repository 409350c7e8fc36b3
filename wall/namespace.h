/* SPDX-License-Identifier: Apache-2.0 */
/* namespace: the second wall of a child: a user and a mount namespace of its own. Its file system holds what
 * a view shows and nothing else, so that a path outside does not exist: not for stat(2), not for utimes(2),
 * for which Landlock has no right. Data is mounted nosuid, nodev and noexec, and read-only unless it may be
 * written. Files keep their owner: the user and the group stand for themselves.
 *
 * In two steps. What the node may refuse comes first, before anything is decided for good: the namespaces, the
 * user in them, and an empty root with the old one on top. Then, in the child, what must not fail any more.
 *
 * No pid namespace: its first process is deaf to most signals, so that a child would not end as it does
 * without. No network namespace: it doubles the cost of the wall, and there is no socket(2).
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

/* Makes one: 1. 0 and *fault when the node refuses it, -1 and *fault when the node failed at it. */
MUST_USE int namespace_make(struct namespace_set *out, struct fault *fault);

/* Makes the scratch file system: empty, in memory, bounded, in no directory. The caller reaches it by its descriptor
 * alone, before and after the child; it is gone with the last descriptor, however the processes end. */
MUST_USE int namespace_scratch(struct namespace_set *namespace, struct fault *fault);

/* Enters it for good, with no capability left and nothing to be seen but view, which then says so. There is no way
 * on for a process in which this failed. */
MUST_USE int namespace_enter(const struct namespace_set *namespace, struct view *view, struct fault *fault);

void namespace_drop(struct namespace_set *namespace);

#endif
