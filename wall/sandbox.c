/* SPDX-License-Identifier: Apache-2.0 */
#include "wall/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/landlock.h"
#include "base/own.h"
#include "policy/digits.h"
#include "wall/grant.h"
#include "wall/program.h"
#include "wall/seccomp.h"

static int check_landlock(const struct sandbox *sandbox, const struct plan *plan, struct fault *fault)
{
	if (sandbox->abi >= sandbox->config->min_abi)
		return 0;
	if (sandbox->abi > 0)
		return fault_set(fault, REASON_NOT_CONFINED, "the kernel's Landlock is below min_abi", 0, NULL);
	if (!sandbox->config->landlock_optional)
		return fault_set(fault, REASON_NOT_CONFINED, "the kernel has no Landlock", 0, NULL);
	if (plan->role != ROLE_ACT && plan->role != ROLE_RSYNC_SEND)
		return fault_set(fault, REASON_NOT_CONFINED,
			"the kernel has no Landlock, and nothing else can hold this form", 0, NULL);
	return 0;
}

/* With "auto", goes on without namespaces, unless Landlock is missing too: one of the two must keep the child from
 * reading. */
static int check_namespaces(struct sandbox *sandbox, const struct plan *plan, struct fault *fault)
{
	const unsigned wanted = sandbox->config->namespaces;
	const bool needed = wanted == NAMESPACES_REQUIRED || sandbox->abi == 0;
	int made;

	if (plan->program == PROGRAM_NONE || (wanted == NAMESPACES_OFF && !needed))
		return 0;
	if (wanted == NAMESPACES_OFF)
		return fault_set(
			fault, REASON_NOT_CONFINED, "the kernel has no Landlock, and namespaces are off", 0, NULL);
	made = sandbox->namespace_make(&sandbox->namespace, fault);
	if (made < 0 || (made == 0 && needed))
		return -1;
	sandbox->second_wall = made == 1;
	return 0;
}

int sandbox_prepare(struct sandbox *sandbox, const struct plan *plan, struct fault *fault)
{
	if (check_landlock(sandbox, plan, fault) != 0)
		return -1;
	return check_namespaces(sandbox, plan, fault);
}

int sandbox_scratch(struct sandbox *sandbox, struct fault *fault)
{
	return sandbox->second_wall ? namespace_scratch(&sandbox->namespace, fault) : 0;
}

void sandbox_drop_namespaces(struct sandbox *sandbox)
{
	namespace_drop(&sandbox->namespace);
	sandbox->second_wall = false;
}

void sandbox_text(char text[CONFINE_TEXT_MAX], const struct sandbox *sandbox)
{
	char *at = stpcpy(text, sandbox->second_wall ? "namespaces," : "");

	if (sandbox->abi > 0)
		at = stpcpy(digits_decimal(stpcpy(at, "landlock-"), sandbox->abi), ",");
	strcpy(at, "seccomp");
}

/* Everything is opened, granted and shown here, while all paths still exist. */
static int grant_all(
	const struct sandbox *sandbox, int ruleset, enum role role, const struct grant grants[GRANTS_MAX], int program)
{
	const struct granting granting = {
		.config = sandbox->config,
		.roots = sandbox->roots,
		.verdict = sandbox->verdict,
		.held = sandbox->held,
		.instance = sandbox->instance,
		.mirror = sandbox->mirror,
		.mirror_parent = sandbox->mirror_parent,
		.shows_mirror = sandbox->namespace.scratch >= 0,
		.abi = sandbox->abi,
		.ruleset = ruleset,
		.view = sandbox->view,
	};

	for (unsigned i = 0; i < GRANTS_MAX; i++)
		if (grant_make(&granting, &grants[i]) != 0)
			return -1;
	return program < 0 ? 0 : program_grant(ruleset, sandbox->abi, program, role, sandbox->view);
}

static int walls_up_to_landlock(const struct sandbox *sandbox, enum role role, const struct grant grants[GRANTS_MAX],
	int program, struct fault *fault)
{
	const bool landlocked = sandbox->abi != 0; /* else sandbox_prepare() decided that it may be missing */
	OWN_FD int ruleset = -1;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "no_new_privs", errno, NULL);
	if (landlocked)
		ruleset = landlock_begin(sandbox->abi, role == ROLE_SUPERVISE);
	if ((landlocked && ruleset < 0) || grant_all(sandbox, ruleset, role, grants, program) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "the rules of landlock", errno, NULL);
	/* Before Landlock, which forbids every mount. */
	if (sandbox->view != NULL && namespace_enter(&sandbox->namespace, sandbox->view, fault) != 0)
		return -1;
	if (landlocked && landlock_enforce(ruleset, sandbox->abi) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "entering landlock", errno, NULL);
	return 0;
}

int sandbox_enter(
	const struct sandbox *sandbox, enum role role, const struct grant grants[GRANTS_MAX], struct fault *fault)
{
	if (walls_up_to_landlock(sandbox, role, grants, -1, fault) != 0)
		return -1;
	if (seccomp_confine(role) != 0)
		return fault_set(fault, REASON_NOT_CONFINED, "seccomp", errno, NULL);
	return 0;
}

/* The filter that counts on the second wall is for a child that is behind it, and sees no more than it was granted. */
static enum role role_behind(const struct plan *plan, const struct view *view)
{
	const bool stands = view->entered && !view->whole_roots;

	return stands && plan->role_in_view != ROLE_NONE ? plan->role_in_view : plan->role;
}

int sandbox_enter_watched(const struct sandbox *sandbox, const struct plan *plan, int program, struct fault *fault)
{
	struct sandbox walls = *sandbox;
	struct view view = { .count = 0, .entered = false };
	int listener;

	walls.view = sandbox->second_wall ? &view : NULL;
	if (walls_up_to_landlock(&walls, plan->role, plan->grants, program, fault) != 0)
		return -1;
	listener = seccomp_confine_watched(role_behind(plan, &view));
	if (listener < 0)
		return fault_set(fault, REASON_NOT_CONFINED, "seccomp with user notification", errno, NULL);
	return listener;
}
