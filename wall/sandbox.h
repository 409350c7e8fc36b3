/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: confines a process to what a plan grants, until it ends: no_new_privs, for a child the namespaces of the
 * second wall, then Landlock, then seccomp. A process for which a step failed must end. */
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

/* What confines a process. Borrows everything except namespace. */
struct sandbox {
	int abi; /* Landlock's, 0 for none */
	const struct config *config;
	const struct roots *roots;
	const struct verdict *verdict;
	const struct held *held;
	int instance;		   /* the directory of the verdict's instance; -1 for none */
	int mirror, mirror_parent; /* -1 for none */
	int (*namespace_make)(
		struct namespace_set *out, struct fault *fault); /* namespace_make(), or a test whether it would work */
	struct namespace_set namespace;				 /* of the child, made by sandbox_prepare(); owned */
	bool second_wall;					 /* the child will have it */
	struct view *view; /* gathers what is granted; NULL without the second wall */
};

enum {
	CONFINE_TEXT_MAX = 48,
};

/* Can this kernel confine the plan as the configuration requires? Makes the namespaces that the child will enter.
 * Without Landlock only our own operations and rsync pulls can be confined: seccomp keeps a pull from writing. The
 * second wall, then required, keeps it from reading what it was not granted. Returns 0, or -1 and a fault. */
MUST_USE int sandbox_prepare(struct sandbox *sandbox, const struct plan *plan, struct fault *fault);

/* Makes a file system for the mirror of a child behind the second wall: sandbox->namespace.scratch. Does nothing
 * without that wall. Returns 0, or -1 and a fault. */
MUST_USE int sandbox_scratch(struct sandbox *sandbox, struct fault *fault);

/* The child has entered its namespaces: closes our descriptors of them. */
void sandbox_drop_namespaces(struct sandbox *sandbox);

/* Writes the walls as the audit names them, such as "namespaces,landlock-7,seccomp". */
void sandbox_text(char text[CONFINE_TEXT_MAX], const struct sandbox *sandbox);

/* Confines this process. May be called again with fewer grants. Returns 0, or -1 and a fault. */
MUST_USE int sandbox_enter(
	const struct sandbox *sandbox, enum role role, const struct grant grants[GRANTS_MAX], struct fault *fault);

/* Confines a child that will become program. Returns the descriptor of its refused calls, owned, or -1 and a fault. */
MUST_USE int sandbox_enter_watched(
	const struct sandbox *sandbox, const struct plan *plan, int program, struct fault *fault);

#endif
