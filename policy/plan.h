/* SPDX-License-Identifier: Apache-2.0 */
/* plan: what an allowed command will do, as data: the process that does it, what that process may reach,
 * and its own argument vector. Nothing of the client's words is in it but a checked path and rsync's
 * capability letters, which are the protocol that its side speaks.
 * Pure: no heap, no I/O, no globals. Rights: measured per program, the least that Nova's forms need. */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include "policy/config.h"
#include "policy/form.h"
#include "policy/right.h"
#include "policy/role.h"
#include "policy/verdict.h"

/* Where a grant is anchored; node/root.h opens it. */
enum anchor {
	ANCHOR_NONE,
	ANCHOR_ROOT,	      /* the instances root of the path */
	ANCHOR_ROOTS,	      /* each instances root */
	ANCHOR_INSTANCE,      /* the instance directory of the path */
	ANCHOR_TARGET,	      /* the file or directory that the path names */
	ANCHOR_MIRROR,	      /* the private directory that stands in for the real one */
	ANCHOR_MIRROR_PARENT, /* the directory that it is made in */
	ANCHOR_INSTANCES,     /* each instance directory that a session without a path may write */
	ANCHOR_HELD,	      /* each instance directory that the supervisor looks at again */
	ANCHOR_READABLE,      /* each place that [paths] read names */
};

struct grant {
	enum anchor anchor;
	unsigned rights; /* of enum right */
};

enum {
	GRANTS_MAX = 3,
	ARGV_MAX = 12,
};

struct plan {
	enum op op;
	enum role role;
	enum role role_in_view;		     /* of a child behind the second wall; ROLE_NONE: the same */
	enum program program;		     /* PROGRAM_NONE: done in process */
	struct grant grants[GRANTS_MAX];     /* of who acts: ourselves or the child */
	struct grant supervisor[GRANTS_MAX]; /* of ourselves beside a child */
	const char *argv[ARGV_MAX + 1];	     /* NULL-ended; borrows from here, the match and constants */
	unsigned destination;		     /* index in argv of what the mirror replaces */
	char flags[16 + CAPS_MAX];
};

/* Makes the plan of an allowed verdict; out then borrows from match and from itself, so it must not be
 * copied. Gives false for anything else. */
MUST_USE bool plan_make(struct plan *out, const struct verdict *verdict, const struct match *match);

/* Turns the child of a plan to the private directory at mirror, which it borrows, and away from the tree. */
void plan_redirect(struct plan *plan, const char *mirror);

/* The plan of an in-process operation that a stream asked for. */
MUST_USE bool plan_make_stream(struct plan *out, const struct verdict *verdict);

#endif
