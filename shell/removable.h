/* SPDX-License-Identifier: Apache-2.0 */
/* removable: the names that the peer may remove by rsync-remove, as placeholders in the mirror. rsync prints the names
 * that it finds there and can delete no other, so the peer neither sees nor names anything else.
 * For a root: empty instance directories. For an instance: files. A name is there only if policy/verdict.h allows its
 * removal now. We decide again on the name that vanished.
 * Looks at the disk and changes nothing there but the mirror. */
#ifndef SHELL_REMOVABLE_H
#define SHELL_REMOVABLE_H

#include "policy/attributes.h"
#include "shell/mirror.h"
#include "shell/query.h"

/* Fills mirror for the verdict of an rsync-remove, whose path it borrows. If a root has more names than the mirror
 * takes, it shows the first ones; an instance with more fails. Uses only config, roots and request of command.
 * Returns 0, or -1 and a fault. */
MUST_USE int removable_show(
	struct mirror *mirror, const struct query *command, const struct verdict *verdict, struct fault *fault);

#endif
