/* SPDX-License-Identifier: Apache-2.0 */
#include "wall/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/landlock.h"
#include "base/own.h"
#include "node/instance.h"
#include "policy/digits.h"
#include "policy/path.h"
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

/* Where the node has none, "auto" goes on without; but for one of the two walls that keep a child from reading. */
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

int sandbox_check(struct sandbox *sandbox, const struct plan *plan, struct fault *fault)
{
	if (check_landlock(sandbox, plan, fault) != 0)
		return -1;
	return check_namespaces(sandbox, plan, fault);
}

int sandbox_scratch(struct sandbox *sandbox, struct fault *fault)
{
	return sandbox->second_wall ? namespace_scratch(&sandbox->namespace, fault) : 0;
}

void sandbox_spawned(struct sandbox *sandbox)
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

/* There are more places than can be shown one by one: then whole roots, in which Landlock alone holds the
 * child. What it may write comes before what it may only read. */
static int show_roots(const struct sandbox *sandbox, unsigned rights)
{
	for (unsigned r = 0; r < sandbox->roots->count; r++)
		if (view_show_whole(sandbox->view, sandbox->roots->fd[r], rights) != 0)
			return -1;
	return 0;
}

/* Rights to what fd is, behind both walls. */
static int grant_fd(const struct sandbox *sandbox, int ruleset, int fd, unsigned rights)
{
	if (landlock_grant(ruleset, sandbox->abi, fd, rights) != 0)
		return -1;
	if (sandbox->view == NULL || sandbox->view->whole_roots || view_show(sandbox->view, fd, rights) == 0)
		return 0;
	return errno == ENOSPC ? show_roots(sandbox, rights) : -1;
}

/* namespace_enter() mounts the scratch file system itself: the view need not show it. */
static int grant_mirror(const struct sandbox *sandbox, int ruleset, unsigned rights)
{
	if (sandbox->namespace.scratch >= 0)
		return landlock_grant(ruleset, sandbox->abi, sandbox->mirror, rights);
	return grant_fd(sandbox, ruleset, sandbox->mirror, rights);
}

static int grant_below(
	const struct sandbox *sandbox, int ruleset, int root, const char *rel, int flags, unsigned rights)
{
	OWN_FD int fd = root_openat(root, rel, O_PATH | flags, 0);

	if (fd < 0)
		return root_lacks(errno) ? 0 : -1;
	return grant_fd(sandbox, ruleset, fd, rights);
}

/* The directory of one instance. One that holds a hard link is not granted to who may write in place. */
static int grant_instance(const struct sandbox *sandbox, int ruleset, int fd, unsigned rights)
{
	if (fd < 0 || ((rights & RIGHT_TRUNCATE) != 0 && instance_has_hardlink(fd)))
		return 0;
	return grant_fd(sandbox, ruleset, fd, rights);
}

/* An entry of [paths] read that names a place in each instance. */
static bool is_of_instance(const char *pattern)
{
	return strncmp(pattern, "%u", 2) == 0 && strchr(pattern + 2, '%') == NULL;
}

/* Grants rights to what there is of one instance. */
typedef int grant_fn(const struct sandbox *sandbox, int ruleset, int root, const char *uuid, unsigned rights);

static int grant_given(const struct sandbox *sandbox, int ruleset, int root, const char *uuid, unsigned rights)
{
	OWN_FD int fd = instance_open(root, uuid);

	if (fd < 0)
		return root_lacks(errno) ? 0 : -1;
	return grant_instance(sandbox, ruleset, fd, rights);
}

/* Grants the places that patterns name in the instance uuid. */
static int grant_places(const struct sandbox *sandbox, int ruleset, int root, const char *uuid,
	const struct text_list *patterns, unsigned rights)
{
	char rel[UUID_LEN + VALUE_MAX];

	memcpy(rel, uuid, UUID_LEN);
	for (unsigned i = 0; i < patterns->count; i++) {
		if (!is_of_instance(text_at(patterns, i)))
			continue;
		strcpy(rel + UUID_LEN, text_at(patterns, i) + strlen("%u"));
		if (grant_below(sandbox, ruleset, root, rel, 0, rights) != 0)
			return -1;
	}
	return 0;
}

/* Grants the files that may be read while the instance lives here. Whether it does is looked at only if one is there.
 * */
static int grant_of_running(const struct sandbox *sandbox, int ruleset, int root, const char *uuid, unsigned rights)
{
	const struct text_list *const patterns = &sandbox->config->read_running;
	char rel[UUID_LEN + VALUE_MAX];

	memcpy(rel, uuid, UUID_LEN);
	for (unsigned i = 0; i < patterns->count; i++) {
		OWN_FD int fd = -1;

		strcpy(rel + UUID_LEN, text_at(patterns, i) + strlen("%u"));
		fd = instance_file_of_running(root, rel);
		if (fd < 0 && !root_lacks(errno))
			return -1;
		if (fd >= 0 && grant_fd(sandbox, ruleset, fd, rights) != 0)
			return -1;
	}
	return 0;
}

static int grant_readable_of(const struct sandbox *sandbox, int ruleset, int root, const char *uuid, unsigned rights)
{
	if (grant_places(sandbox, ruleset, root, uuid, &sandbox->config->read, rights) != 0)
		return -1;
	return grant_of_running(sandbox, ruleset, root, uuid, rights);
}

/* The next name that is an instance's: as directory_next(). */
static int instance_next(struct directory *names, const struct dirent64 **entry)
{
	int more;

	do
		more = directory_next(names, entry);
	while (more == 1 && !path_is_uuid((*entry)->d_name, strlen((*entry)->d_name)));
	return more;
}

/* Calls grant for each name in dir that is an instance's. */
static int grant_each(const struct sandbox *sandbox, int ruleset, int root, int dir, grant_fn *grant, unsigned rights)
{
	const struct dirent64 *entry;
	struct directory names;
	int more;

	directory_begin(&names, dir);
	while ((more = instance_next(&names, &entry)) == 1)
		if (grant(sandbox, ruleset, root, entry->d_name, rights) != 0)
			return -1;
	return more;
}

/* Calls grant for each instance of the profile, which need not be looked for. */
static int grant_named(const struct sandbox *sandbox, int ruleset, int root, grant_fn *grant, unsigned rights)
{
	const struct scope *const scope = &sandbox->config->scope;

	for (unsigned i = 0; i < scope->instance_count; i++)
		if (grant(sandbox, ruleset, root, scope->instances[i], rights) != 0)
			return -1;
	return 0;
}

static int grant_each_of_root(const struct sandbox *sandbox, int ruleset, int root, grant_fn *grant, unsigned rights)
{
	OWN_FD int dir = root_openat(root, ".", O_RDONLY | O_DIRECTORY, 0);

	return dir < 0 ? -1 : grant_each(sandbox, ruleset, root, dir, grant, rights);
}

/* Calls grant for each instance of the root that the profile names. */
static int grant_each_in_scope(const struct sandbox *sandbox, int ruleset, int root, grant_fn *grant, unsigned rights)
{
	if (sandbox->config->scope.instance_count != 0)
		return grant_named(sandbox, ruleset, root, grant, rights);
	return grant_each_of_root(sandbox, ruleset, root, grant, rights);
}

static int grant_readable(const struct sandbox *sandbox, int ruleset, unsigned rights)
{
	const struct text_list *const patterns = &sandbox->config->read;
	bool of_instances = sandbox->config->read_running.count != 0;

	for (unsigned i = 0; i < patterns->count; i++)
		of_instances = of_instances || is_of_instance(text_at(patterns, i));
	for (unsigned r = 0; r < sandbox->roots->count; r++) {
		const int root = sandbox->roots->fd[r];

		for (unsigned i = 0; i < patterns->count; i++)
			if (strchr(text_at(patterns, i), '%') == NULL &&
				scope_has_instance(&sandbox->config->scope, "") &&
				grant_below(sandbox, ruleset, root, text_at(patterns, i), 0, rights) != 0)
				return -1;
		if (of_instances && grant_each_in_scope(sandbox, ruleset, root, grant_readable_of, rights) != 0)
			return -1;
	}
	return 0;
}

static int grant_held(const struct sandbox *sandbox, int ruleset, unsigned rights)
{
	for (unsigned i = 0; i < sandbox->held->count; i++)
		if (grant_fd(sandbox, ruleset, sandbox->held->at[i].fd, rights) != 0)
			return -1;
	return 0;
}

static int grant_instances(const struct sandbox *sandbox, int ruleset, unsigned rights)
{
	if (sandbox->config->claims_mode == CLAIMS_ENFORCE)
		return grant_held(sandbox, ruleset, rights);
	for (unsigned r = 0; r < sandbox->roots->count; r++)
		if (grant_each_in_scope(sandbox, ruleset, sandbox->roots->fd[r], grant_given, rights) != 0)
			return -1;
	return 0;
}

static int grant_roots(const struct sandbox *sandbox, int ruleset, unsigned rights)
{
	for (unsigned r = 0; r < sandbox->roots->count; r++)
		if (grant_fd(sandbox, ruleset, sandbox->roots->fd[r], rights) != 0)
			return -1;
	return 0;
}

static int grant_anchor(const struct sandbox *sandbox, int ruleset, const struct grant *grant)
{
	const struct verdict *const verdict = sandbox->verdict;
	const int root = sandbox->roots->fd[verdict->root];

	switch (grant->anchor) {
	case ANCHOR_NONE:
		return 0;
	case ANCHOR_ROOT:
		return grant_fd(sandbox, ruleset, root, grant->rights);
	case ANCHOR_ROOTS:
		return grant_roots(sandbox, ruleset, grant->rights);
	case ANCHOR_INSTANCE:
		return grant_instance(sandbox, ruleset, sandbox->instance, grant->rights);
	case ANCHOR_TARGET:
		return grant_below(sandbox, ruleset, root, verdict->rel, 0, grant->rights);
	case ANCHOR_MIRROR:
		return grant_mirror(sandbox, ruleset, grant->rights);
	case ANCHOR_MIRROR_PARENT:
		return grant_fd(sandbox, ruleset, sandbox->mirror_parent, grant->rights);
	case ANCHOR_INSTANCES:
		return grant_instances(sandbox, ruleset, grant->rights);
	case ANCHOR_HELD:
		return grant_held(sandbox, ruleset, grant->rights);
	case ANCHOR_READABLE:
		return grant_readable(sandbox, ruleset, grant->rights);
	}
	errno = EINVAL;
	return -1;
}

/* Everything is opened, granted and put in view here, where all paths are still there. */
static int grant_all(
	const struct sandbox *sandbox, int ruleset, enum role role, const struct grant grants[GRANTS_MAX], int program)
{
	for (unsigned i = 0; i < GRANTS_MAX; i++)
		if (grant_anchor(sandbox, ruleset, &grants[i]) != 0)
			return -1;
	return program < 0 ? 0 : program_grant(ruleset, sandbox->abi, program, role, sandbox->view);
}

static int walls_up_to_landlock(const struct sandbox *sandbox, enum role role, const struct grant grants[GRANTS_MAX],
	int program, struct fault *fault)
{
	const bool landlocked = sandbox->abi != 0; /* else let through by sandbox_check() alone */
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

/* A filter that counts on the second wall is for who stands behind it already, and is shown no more than he was
 * granted. */
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
