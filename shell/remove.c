/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/own.h"
#include "node/claim_index.h"
#include "node/root.h"
#include "node/seal.h"

enum {
	TREE_DEPTH_MAX = 200, /* a descriptor and a buffer each */
	PASSES_MAX = 16,
};

/* Removes the empty instance directory if it still is the one that was judged. No process of ours puts another in its
 * place meanwhile: it would need the turn. */
static int remove_judged(const struct place *place, const char *unused)
{
	char uuid[UUID_LEN + 1];

	(void)unused;
	place_uuid(uuid, place);
	if (place_is_judged(place, uuid) != 0 || unlinkat(place->root, uuid, AT_REMOVEDIR) != 0)
		return BUILTIN_FAILED;
	claim_index_drop(place->root, uuid);
	claim_index_tidy(place->root);
	return BUILTIN_DONE;
}

static int remove_instance(const struct place *place)
{
	return place->turn < 0 ? remove_judged(place, NULL) : place_in_turn(place, remove_judged, NULL);
}

static int unlink_sealed(const struct place *place, int dir, const char *leaf)
{
	struct sealing sealing;
	int rc;

	seal_begin(&sealing, place_sealed(place), place->held);
	rc = unlinkat(dir, leaf, 0);
	seal_end(&sealing);
	return rc;
}

int builtin_remove(const struct place *place)
{
	const char *leaf;
	OWN_FD int dir = place_open_parent(place, &leaf);
	const int goes = dir >= 0 && place->probe ? place_is_empty_file(dir, leaf) : 1;

	if (goes == 0)
		errno = EPERM;
	else if (goes == 1 && dir >= 0 && unlink_sealed(place, dir, leaf) == 0)
		return 0;
	return place_complain_of(place, "rm: cannot remove");
}

int builtin_rmdir(const struct place *place)
{
	if (place->instance < 0)
		errno = ENOENT;
	else if (remove_instance(place) == 0)
		return 0;
	return place_complain_of(place, "rmdir: failed to remove");
}

struct clearing {
	int err; /* errno of the first failure */
	size_t len;
	char shown[CMD_MAX + COMPONENT_MAX + 2]; /* the name that is being removed */
};

static void failed(struct clearing *clearing, int err)
{
	if (clearing->err == 0)
		clearing->err = err;
	place_complain("rm: cannot remove", clearing->shown, clearing->len, err);
}

/* Appends a name to the shown path. Returns false if there is no room. */
static bool descend(struct clearing *clearing, const char *name)
{
	const size_t room = sizeof(clearing->shown) - clearing->len;
	const int len = snprintf(clearing->shown + clearing->len, room, "/%s", name);

	if (len < 0 || (size_t)len >= room) {
		clearing->shown[clearing->len] = '\0';
		return false;
	}
	clearing->len += (size_t)len;
	return true;
}

static void ascend(struct clearing *clearing, size_t len)
{
	clearing->len = len;
	clearing->shown[len] = '\0';
}

static int clear_entry(struct clearing *clearing, int dir, const char *name, unsigned depth);

/* Removes every entry it can. getdents may skip names while others go, so it repeats until a pass finds none, at most
 * PASSES_MAX times: a peer that keeps making files does not keep us. Returns the number of failures. */
static unsigned clear_directory(struct clearing *clearing, int fd, unsigned depth)
{
	struct directory names;
	const struct dirent64 *entry;
	unsigned found = 1, failures = 0;

	for (unsigned pass = 0; found != 0 && failures == 0 && pass < PASSES_MAX; pass++) {
		int more;

		found = 0;
		directory_begin(&names, fd);
		while ((more = directory_next(&names, &entry)) == 1) {
			found++;
			failures += clear_entry(clearing, fd, entry->d_name, depth + 1) != 0;
		}
		if (more < 0) {
			failed(clearing, errno);
			failures++;
		}
	}
	return failures;
}

static int clear_subdirectory(struct clearing *clearing, int dir, const char *name, unsigned depth)
{
	OWN_FD int fd = depth < TREE_DEPTH_MAX ? root_openat(dir, name, O_RDONLY | O_DIRECTORY, 0) : -1;
	const int open_error = depth < TREE_DEPTH_MAX ? errno : ENAMETOOLONG;

	if (fd >= 0 && clear_directory(clearing, fd, depth) != 0)
		return -1;
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	failed(clearing, fd >= 0 ? errno : open_error); /* an empty directory needs no look inside */
	return -1;
}

/* Under Landlock unlink(2) of a directory fails with EACCES, not EISDIR, if only directories may be removed. So it asks
 * for the kind first. */
static int clear_entry(struct clearing *clearing, int dir, const char *name, unsigned depth)
{
	const size_t len = clearing->len;
	struct stat st;
	int rc = 0;

	if (depth > 0 && !descend(clearing, name)) {
		failed(clearing, ENAMETOOLONG);
		return -1;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
		rc = clear_subdirectory(clearing, dir, name, depth);
	} else if (unlinkat(dir, name, 0) != 0 && errno != ENOENT) {
		failed(clearing, errno);
		rc = -1;
	}
	ascend(clearing, len);
	return rc;
}

/* Empties the instance directory from its own descriptor, then removes it. */
static void clear_instance(struct clearing *clearing, const struct place *place)
{
	char uuid[UUID_LEN + 1];
	struct stat st;

	place_uuid(uuid, place);
	if (place->instance >= 0) {
		if (clear_directory(clearing, place->instance, 0) == 0 && remove_instance(place) != 0 &&
			errno != ENOENT)
			failed(clearing, errno);
	} else if (fstatat(place->root, uuid, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		failed(clearing, ENOTDIR);
	} else if (errno != ENOENT) {
		failed(clearing, errno);
	}
}

static void clear_below(struct clearing *clearing, const struct place *place)
{
	const char *leaf;
	OWN_FD int dir = place_open_parent(place, &leaf);

	if (dir >= 0)
		(void)clear_entry(clearing, dir, leaf, 0);
	else if (errno != ENOENT && errno != ENOTDIR)
		failed(clearing, errno);
}

int builtin_remove_tree(const struct place *place)
{
	struct clearing clearing = { .err = 0 };

	clearing.len = strlen(place->shown);
	memcpy(clearing.shown, place->shown, clearing.len + 1);
	if (place->rel[UUID_LEN] == '\0')
		clear_instance(&clearing, place);
	else
		clear_below(&clearing, place);
	return clearing.err != 0;
}
