/* SPDX-License-Identifier: Apache-2.0 */
/* second_wall: would this node give the shell the namespaces of its second wall? Asked by making them and
 * throwing them away, in a process of its own. */
#ifndef ADMIN_SECOND_WALL_H
#define ADMIN_SECOND_WALL_H

#include <pwd.h>

#include "wall/namespace.h"

/* Gives what namespace_make() would, for the running user; *out stays empty. */
MUST_USE int second_wall_try(struct namespace_set *out, struct fault *fault);

/* The same for another user, when root asks. */
MUST_USE int second_wall_try_as(const struct passwd *entry, struct fault *fault);

#endif
