/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: confines a process for good to what a plan grants: no_new_privs, for a child the namespaces of the
 * second wall, then Landlock, then seccomp.
 * There is no way on for a process for which a step failed. */
#ifndef WALL_SANDBOX_H
#define WALL_SANDBOX_H

#include "base/fault.h"
#include "node/held.h"
#include "node/root.h"
#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/plan.h"
#include "wall/namespace.h"
#include "wall/view.h"

/* What anchors are opened against. Borrows everything. */
struct sandbox {
	int abi; /* Landlock's, 0 for none */
	const struct config *config;
	const struct roots *roots;
	const struct verdict *verdict;
	const struct request *request;
	const struct held *held;
	int instance;		   /* the directory of the verdict's instance, -1 where there is none */
	int mirror, mirror_parent; /* -1 where there is none */
	int (*namespace_make)(struct namespace_set *out, struct fault *fault); /* ours, or one that only asks */
	struct namespace_set namespace; /* of the child, made by sandbox_prepare(); owned */
	bool second_wall;		/* it will stand */
	struct view *view;		/* gathers what is granted; NULL where nobody asks */
};

enum {
	CONFINE_TEXT_MAX = 48,
};

/* May plan be done under the walls that this kernel has and the configuration asks for? Makes the namespaces
 * that its child will enter.
 * Without Landlock only in-process operations may, and rsync pulls: seccomp keeps those from writing, and the second
 * wall, without which there is none then, from reading what they were not given. */
MUST_USE int sandbox_prepare(struct sandbox *sandbox, const struct plan *plan, struct fault *fault);

/* Gives the child behind the second wall a file system for its mirror: sandbox->namespace.scratch. Without that wall
 * there is none. */
MUST_USE int sandbox_scratch(struct sandbox *sandbox, struct fault *fault);

/* The child has its namespaces, and nobody else will. */
void sandbox_drop_namespaces(struct sandbox *sandbox);

/* The walls in the words of the audit record, such as "namespaces,landlock-7,seccomp". */
void sandbox_text(char text[CONFINE_TEXT_MAX], const struct sandbox *sandbox);

/* Confines ourselves; may be called again with less. */
MUST_USE int sandbox_enter(
	const struct sandbox *sandbox, enum role role, const struct grant grants[GRANTS_MAX], struct fault *fault);

/* Confines a child that is about to become program, and gives the descriptor of its refused calls. */
MUST_USE int sandbox_enter_watched(
	const struct sandbox *sandbox, const struct plan *plan, int program, struct fault *fault);

#endif
