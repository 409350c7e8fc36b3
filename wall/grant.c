/* SPDX-License-Identifier: Apache-2.0 */
#include "wall/grant.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/directory.h"
#include "base/landlock.h"
#include "base/own.h"
#include "node/instance.h"
#include "policy/path.h"

/* Shows whole roots, because there are more places than a view can show one by one. Landlock alone then confines the
 * child within them. Places that it may write come before those that it may only read. */
static int show_roots(const struct granting *granting)
{
	for (unsigned r = 0; r < granting->roots->count; r++)
		if (view_show_whole(granting->view, granting->roots->fd[r], granting->rights) != 0)
			return -1;
	return 0;
}

/* Grants the rights to what fd refers to, behind both walls. */
static int grant_fd(const struct granting *granting, int fd)
{
	if (landlock_grant(granting->ruleset, granting->abi, fd, granting->rights) != 0)
		return -1;
	if (granting->view == NULL || granting->view->whole_roots ||
		view_show(granting->view, fd, granting->rights) == 0)
		return 0;
	return errno == ENOSPC ? show_roots(granting) : -1;
}

static int grant_mirror(const struct granting *granting)
{
	if (granting->shows_mirror)
		return landlock_grant(granting->ruleset, granting->abi, granting->mirror, granting->rights);
	return grant_fd(granting, granting->mirror);
}

static int grant_below(const struct granting *granting, int root, const char *rel)
{
	OWN_FD int fd = root_openat(root, rel, O_PATH, 0);

	if (fd < 0)
		return root_lacks(errno) ? 0 : -1;
	return grant_fd(granting, fd);
}

/* Grants the directory of an instance. If it holds a hard link, it is not granted to a child that may write in place.
 * */
static int grant_instance(const struct granting *granting, int fd)
{
	if (fd < 0 || ((granting->rights & RIGHT_TRUNCATE) != 0 && instance_has_hardlink(fd)))
		return 0;
	return grant_fd(granting, fd);
}

/* Does the entry of [paths] read name a place in each instance? */
static bool is_of_instance(const char *pattern)
{
	return strncmp(pattern, "%u", 2) == 0 && strchr(pattern + 2, '%') == NULL;
}

/* Grants the rights to what exists of one instance. */
typedef int grant_fn(const struct granting *granting, int root, const char *uuid);

static int grant_given(const struct granting *granting, int root, const char *uuid)
{
	OWN_FD int fd = instance_open(root, uuid);

	if (fd < 0)
		return root_lacks(errno) ? 0 : -1;
	return grant_instance(granting, fd);
}

/* Grants the places that patterns name in the instance uuid. */
static int grant_places(const struct granting *granting, int root, const char *uuid, const struct text_list *patterns)
{
	char rel[UUID_LEN + VALUE_MAX];

	memcpy(rel, uuid, UUID_LEN);
	for (unsigned i = 0; i < patterns->count; i++) {
		if (!is_of_instance(text_at(patterns, i)))
			continue;
		strcpy(rel + UUID_LEN, text_at(patterns, i) + strlen("%u"));
		if (grant_below(granting, root, rel) != 0)
			return -1;
	}
	return 0;
}

/* Grants the files that may be read while the instance lives here. Looks whether it does only if a file exists. */
static int grant_of_running(const struct granting *granting, int root, const char *uuid)
{
	const struct text_list *const patterns = &granting->config->read_running;
	char rel[UUID_LEN + VALUE_MAX];

	memcpy(rel, uuid, UUID_LEN);
	for (unsigned i = 0; i < patterns->count; i++) {
		OWN_FD int fd = -1;

		strcpy(rel + UUID_LEN, text_at(patterns, i) + strlen("%u"));
		fd = instance_file_of_running(root, rel);
		if (fd < 0 && !root_lacks(errno))
			return -1;
		if (fd >= 0 && grant_fd(granting, fd) != 0)
			return -1;
	}
	return 0;
}

static int grant_readable_of(const struct granting *granting, int root, const char *uuid)
{
	if (grant_places(granting, root, uuid, &granting->config->read) != 0)
		return -1;
	return grant_of_running(granting, root, uuid);
}

/* Finds the next name of an instance. Returns as directory_next(). */
static int instance_next(struct directory *names, const struct dirent64 **entry)
{
	int more;

	do
		more = directory_next(names, entry);
	while (more == 1 && !path_is_uuid((*entry)->d_name, strlen((*entry)->d_name)));
	return more;
}

/* Calls grant for each name of an instance in dir. */
static int grant_each(const struct granting *granting, int root, int dir, grant_fn *grant)
{
	const struct dirent64 *entry;
	struct directory names;
	int more;

	directory_begin(&names, dir);
	while ((more = instance_next(&names, &entry)) == 1)
		if (grant(granting, root, entry->d_name) != 0)
			return -1;
	return more;
}

/* Calls grant for each instance that the profile names. */
static int grant_named(const struct granting *granting, int root, grant_fn *grant)
{
	const struct scope *const scope = &granting->config->scope;

	for (unsigned i = 0; i < scope->instance_count; i++)
		if (grant(granting, root, scope->instances[i]) != 0)
			return -1;
	return 0;
}

static int grant_each_of_root(const struct granting *granting, int root, grant_fn *grant)
{
	OWN_FD int dir = root_openat(root, ".", O_RDONLY | O_DIRECTORY, 0);

	return dir < 0 ? -1 : grant_each(granting, root, dir, grant);
}

/* Calls grant for each instance of the root that the profile names. */
static int grant_each_in_scope(const struct granting *granting, int root, grant_fn *grant)
{
	if (granting->config->scope.instance_count != 0)
		return grant_named(granting, root, grant);
	return grant_each_of_root(granting, root, grant);
}

static int grant_readable(const struct granting *granting)
{
	const struct text_list *const patterns = &granting->config->read;
	bool of_instances = granting->config->read_running.count != 0;

	for (unsigned i = 0; i < patterns->count; i++)
		of_instances = of_instances || is_of_instance(text_at(patterns, i));
	for (unsigned r = 0; r < granting->roots->count; r++) {
		const int root = granting->roots->fd[r];

		for (unsigned i = 0; i < patterns->count; i++)
			if (strchr(text_at(patterns, i), '%') == NULL &&
				scope_has_instance(&granting->config->scope, "") &&
				grant_below(granting, root, text_at(patterns, i)) != 0)
				return -1;
		if (of_instances && grant_each_in_scope(granting, root, grant_readable_of) != 0)
			return -1;
	}
	return 0;
}

static int grant_held(const struct granting *granting)
{
	for (unsigned i = 0; i < granting->held->count; i++)
		if (grant_fd(granting, granting->held->at[i].fd) != 0)
			return -1;
	return 0;
}

static int grant_instances(const struct granting *granting)
{
	if (granting->config->claims_mode == CLAIMS_ENFORCE)
		return grant_held(granting);
	for (unsigned r = 0; r < granting->roots->count; r++)
		if (grant_each_in_scope(granting, granting->roots->fd[r], grant_given) != 0)
			return -1;
	return 0;
}

static int grant_roots(const struct granting *granting)
{
	for (unsigned r = 0; r < granting->roots->count; r++)
		if (grant_fd(granting, granting->roots->fd[r]) != 0)
			return -1;
	return 0;
}

static int grant_anchor(const struct granting *granting, enum anchor anchor)
{
	const struct verdict *const verdict = granting->verdict;
	const int root = granting->roots->fd[verdict->root];

	switch (anchor) {
	case ANCHOR_NONE:
		return 0;
	case ANCHOR_ROOT:
		return grant_fd(granting, root);
	case ANCHOR_ROOTS:
		return grant_roots(granting);
	case ANCHOR_INSTANCE:
		return grant_instance(granting, granting->instance);
	case ANCHOR_TARGET:
		return grant_below(granting, root, verdict->rel);
	case ANCHOR_MIRROR:
		return grant_mirror(granting);
	case ANCHOR_MIRROR_PARENT:
		return grant_fd(granting, granting->mirror_parent);
	case ANCHOR_INSTANCES:
		return grant_instances(granting);
	case ANCHOR_HELD:
		return grant_held(granting);
	case ANCHOR_READABLE:
		return grant_readable(granting);
	}
	errno = EINVAL;
	return -1;
}

int grant_make(const struct granting *all, const struct grant *grant)
{
	struct granting granting = *all;

	granting.rights = grant->rights;
	return grant_anchor(&granting, grant->anchor);
}
