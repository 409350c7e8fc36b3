/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp: the system call wall. Loads the filter of a role for good.
 * Source: seccomp(2), seccomp_unotify(2). no_new_privs must be set. */
#ifndef WALL_SECCOMP_H
#define WALL_SECCOMP_H

#include "policy/attributes.h"
#include "policy/plan.h"

/* For ourselves. 0, or -1 and errno. */
MUST_USE int seccomp_confine(enum role role);

/* For a child: gives the descriptor on which its refused calls are reported, owned and close-on-exec, or
 * -1 and errno. */
MUST_USE int seccomp_confine_watched(enum role role);

#endif
