/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp: loads the filter of a role, which stays until the process ends.
 * Source: seccomp(2), seccomp_unotify(2). no_new_privs must be set. */
#ifndef WALL_SECCOMP_H
#define WALL_SECCOMP_H

#include "policy/attributes.h"
#include "policy/plan.h"

/* Confines this process. Returns 0, or -1 and errno. */
MUST_USE int seccomp_confine(enum role role);

/* Confines a child. Returns the descriptor that reports its refused calls, owned and close-on-exec, or -1 and errno. */
MUST_USE int seccomp_confine_watched(enum role role);

#endif
