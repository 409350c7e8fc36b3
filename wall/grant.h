/* SPDX-License-Identifier: Apache-2.0 */
/* grant: opens what a grant of a plan means on this host, and grants its rights behind both walls: in the ruleset of
 * Landlock, and in the view of the second wall. What does not exist is not granted, and is no failure. */
#ifndef WALL_GRANT_H
#define WALL_GRANT_H

#include <stdbool.h>

#include "node/held.h"
#include "node/root.h"
#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/plan.h"
#include "policy/verdict.h"
#include "wall/view.h"

/* What anchors are opened against, and the walls that take the rights. Borrows everything. */
struct granting {
	const struct config *config;
	const struct roots *roots;
	const struct verdict *verdict;
	const struct held *held;
	int instance, mirror, mirror_parent; /* as in struct sandbox */
	bool shows_mirror; /* namespace_enter() mounts the file system of the mirror: the view need not show it */
	int abi, ruleset;  /* of Landlock; 0 and -1 without it */
	struct view *view; /* NULL without the second wall */
	unsigned rights;   /* of the grant that is being made */
};

/* Returns 0, or -1 and errno. */
MUST_USE int grant_make(const struct granting *all, const struct grant *grant);

#endif
