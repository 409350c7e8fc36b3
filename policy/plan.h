/* SPDX-License-Identifier: Apache-2.0 */
/* plan: how an allowed command is done, as data: which process, its rights, and its own argument vector.
 * Of the client's words it has only a checked path and rsync's capability letters, which describe the client's
 * protocol. The rights are the least that each program needs for Nova's forms, as measured.
 * Pure: no heap, no I/O, no globals. */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include "policy/config.h"
#include "policy/form.h"
#include "policy/right.h"
#include "policy/role.h"
#include "policy/verdict.h"

/* What a grant is for; wall/grant.c opens it. */
enum anchor {
	ANCHOR_NONE,
	ANCHOR_ROOT,	      /* the instances root of the path */
	ANCHOR_ROOTS,	      /* each instances root */
	ANCHOR_INSTANCE,      /* the instance directory of the path */
	ANCHOR_TARGET,	      /* the file or directory that the path names */
	ANCHOR_MIRROR,	      /* the private directory that rsync sees instead of the root */
	ANCHOR_MIRROR_PARENT, /* the directory that contains the mirror */
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
	enum role role_in_view;		     /* behind the second wall; ROLE_NONE: as role */
	enum program program;		     /* PROGRAM_NONE: a builtin */
	struct grant grants[GRANTS_MAX];     /* of the process that acts: we or the child */
	struct grant supervisor[GRANTS_MAX]; /* of the supervisor */
	const char *argv[ARGV_MAX + 1];	     /* NULL-ended; borrows from here, the match and constants */
	unsigned destination;		     /* index in argv that the mirror replaces */
	char flags[16 + CAPS_MAX];
};

/* Makes the plan of an allowed verdict. *out borrows from match and from itself, so do not copy it. False if the
 * verdict does not allow match. */
MUST_USE bool plan_make(struct plan *out, const struct verdict *verdict, const struct match *match);

/* Does the child work in a private directory instead of the root? instance: that of the path exists. */
bool plan_needs_mirror(const struct plan *plan, bool instance);

/* Gives the child the private directory at mirror instead of the root. Borrows mirror. */
void plan_redirect(struct plan *plan, const char *mirror);

/* Makes the plan of a builtin operation that a stream asked for. False if the verdict does not allow one. */
MUST_USE bool plan_make_stream(struct plan *out, const struct verdict *verdict);

#endif
