/* SPDX-License-Identifier: Apache-2.0 */
/* second_wall: can the shell create the namespaces of its second wall on this node? Creates them in a child process,
 * which then ends. */
#ifndef ADMIN_SECOND_WALL_H
#define ADMIN_SECOND_WALL_H

#include <pwd.h>

#include "wall/namespace.h"

/* Returns the result of namespace_make() for the running user; *out stays empty. */
MUST_USE int second_wall_try(struct namespace_set *out, struct fault *fault);

/* The same for another user. Needs root. */
MUST_USE int second_wall_try_as(const struct passwd *entry, struct fault *fault);

#endif
