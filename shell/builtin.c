/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/own.h"
#include "node/claim_index.h"
#include "node/instance.h"
#include "node/reserved.h"
#include "node/root.h"
#include "node/seal.h"
#include "policy/claim.h"
#include "policy/path.h"
#include "shell/say.h"
#include "shell/turn.h"

enum {
	TREE_DEPTH_MAX = 200, /* a descriptor and a buffer each */
	PASSES_MAX = 16,
};

/* What one process at a time does. Returns a files_result, FILES_FAILED with errno; name is what gets a name by it. */
typedef int act_fn(const struct place *place, const char *name);

/* What follows the uuid: "" for the instance directory itself. */
static const char *inside(const struct place *place)
{
	return place->rel + UUID_LEN + (place->rel[UUID_LEN] == '/');
}

/* Opens what lies at rel below the instance directory. -1 and errno. */
static int open_inside(const struct place *place, const char *rel, int flags, mode_t mode)
{
	if (place->instance < 0) {
		errno = ENOENT;
		return -1;
	}
	return root_openat(place->instance, rel[0] == '\0' ? "." : rel, flags, mode);
}

/* The directory below the instance that holds the last name of place, and that name. -1 and errno. */
static int parent_open(const struct place *place, const char **leaf)
{
	const char *const rel = inside(place);
	const char *const slash = strrchr(rel, '/');
	char dir[CMD_MAX];

	*leaf = slash == NULL ? rel : slash + 1;
	if (slash == NULL)
		return open_inside(place, "", O_PATH | O_DIRECTORY, 0);
	if ((size_t)(slash - rel) >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, rel, (size_t)(slash - rel));
	dir[slash - rel] = '\0';
	return open_inside(place, dir, O_PATH | O_DIRECTORY, 0);
}

static bool is_enforced(const struct place *place)
{
	return place->config->claims_mode == CLAIMS_ENFORCE;
}

/* What an act has to seal again: the instance directory, -1 for nothing. */
static int sealed_directory(const struct place *place)
{
	return is_enforced(place) ? place->instance : -1;
}

/* 1 for an empty regular file, 0 for anything else, -1 and errno. */
static int is_empty_file(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	return S_ISREG(st.st_mode) && st.st_size == 0;
}

/* Would the file beside place, of that name, be a probe? */
static bool is_probe(const struct place *place, const char *name)
{
	const struct text_list *const patterns = &place->config->probe;
	const char *const slash = strrchr(place->rel, '/');
	char rel[CMD_MAX + COMPONENT_MAX];

	snprintf(rel, sizeof(rel), "%.*s%s", (int)(slash + 1 - place->rel), place->rel, name);
	for (unsigned i = 0; i < patterns->count; i++)
		if (pattern_match(text_at(patterns, i), rel) == PATTERN_EXACT)
			return true;
	return false;
}

/* True if there is no room for one more, or it cannot be told. */
static bool has_many_probes(const struct place *place, int dir)
{
	OWN_FD int fd = root_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0);
	const struct dirent64 *entry;
	struct directory names;
	unsigned count = 0;
	int more = -1;

	if (fd < 0)
		return true;
	directory_begin(&names, fd);
	while (count < PROBES_MAX && (more = directory_next(&names, &entry)) == 1)
		count += is_probe(place, entry->d_name);
	return more != 0;
}

/* Nova's test for shared storage is a way to make an empty file, and to nothing else. */
static int make_probe(const struct place *place, const char *unused)
{
	const char *leaf;
	OWN_FD int dir = parent_open(place, &leaf);
	struct sealing sealing;
	OWN_FD int fd = -1;

	(void)unused;
	if (dir < 0)
		return FILES_FAILED;
	if (is_empty_file(dir, leaf) == 1)
		return FILES_DONE;
	if (has_many_probes(place, dir))
		return FILES_TOO_MANY_PROBES;
	seal_begin(&sealing, sealed_directory(place), place->held);
	fd = root_openat(dir, leaf, O_WRONLY | O_CREAT | O_EXCL, 0666);
	seal_end(&sealing);
	return fd >= 0 ? FILES_DONE : FILES_FAILED;
}

/* The uuid of place, NUL-ended. */
static void uuid_of(char uuid[UUID_LEN + 1], const struct place *place)
{
	memcpy(uuid, place->rel, UUID_LEN);
	uuid[UUID_LEN] = '\0';
}

/* Is the name still that of the directory that was judged? -1 and errno: EBUSY when it is another's. */
static int is_judged(const struct place *place, const char *uuid)
{
	struct stat judged, now;

	if (fstat(place->instance, &judged) != 0 || fstatat(place->root, uuid, &now, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	if (judged.st_ino == now.st_ino && judged.st_dev == now.st_dev)
		return 0;
	errno = EBUSY;
	return -1;
}

/* Removes the empty instance directory if it still is the one that was judged. No process of ours puts another in its
 * place meanwhile: it would need the turn. */
static int remove_judged(const struct place *place, const char *unused)
{
	char uuid[UUID_LEN + 1];

	(void)unused;
	uuid_of(uuid, place);
	if (is_judged(place, uuid) != 0 || unlinkat(place->root, uuid, AT_REMOVEDIR) != 0)
		return FILES_FAILED;
	hint_drop(place->root, uuid);
	hint_tidy(place->root);
	return FILES_DONE;
}

static bool is_full(const struct place *place, const char *uuid)
{
	const struct config *const config = place->config;
	const int64_t most = config->claims_empty_max;

	return most != 0 && config->claims_mode != CLAIMS_AUDIT &&
		reserved_count(place->root, uuid, config, place->request, most) >= most;
}

/* The claim is read again: the peer that was judged before us may have taken it over already. */
static bool is_still_stale(const struct place *place, const char *uuid)
{
	return place->stale && is_judged(place, uuid) == 0 && instance_is_stale(place->instance, place->config);
}

/* Gives the claimed directory the name of the instance, if nothing has that name but what is taken over. That must
 * be empty as the kernel sees it: its owner loses no file. */
static int name_claimed(const struct place *place, const char *name)
{
	char uuid[UUID_LEN + 1];
	int rc;

	uuid_of(uuid, place);
	if (is_full(place, uuid))
		return FILES_TOO_MANY_CLAIMS;
	rc = is_still_stale(place, uuid) ? renameat(place->root, name, place->root, uuid)
					 : renameat2(place->root, name, place->root, uuid, RENAME_NOREPLACE);
	if (rc != 0) {
		errno = errno == ENOTEMPTY ? EEXIST : errno;
		return FILES_FAILED;
	}
	return hint_put(place->root, uuid) == 0 ? FILES_DONE : FILES_FAILED;
}

/* Does one of the acts above while no other process does one.
 * No call that may wait for the peer stands above here: a peer that reads nothing would keep all others waiting. */
static int in_turn(const struct place *place, act_fn *act, const char *name)
{
	int result;

	if (turn_take(place->turn) != 0)
		return FILES_FAILED;
	result = act(place, name);
	const int err = errno;

	turn_give(place->turn);
	errno = err;
	return result;
}

static int touch_probe(const struct place *place)
{
	return place->turn < 0 ? make_probe(place, NULL) : in_turn(place, make_probe, NULL);
}

static int remove_instance(const struct place *place)
{
	return place->turn < 0 ? remove_judged(place, NULL) : in_turn(place, remove_judged, NULL);
}

static int complain(const char *what, const char *shown, size_t shown_len, int err)
{
	char line[CMD_MAX + 256];
	const int len = snprintf(line, sizeof(line), "%s '%.*s': %s\n", what, (int)shown_len, shown, strerror(err));

	if (len > 0)
		say(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
	return 1;
}

static int complain_of(const struct place *place, const char *what)
{
	return complain(what, place->shown, strlen(place->shown), errno);
}

static int touch_directory(const struct place *place)
{
	OWN_FD int fd = open_inside(place, inside(place), O_PATH | O_DIRECTORY, 0);

	if (fd < 0 || utimensat(fd, "", NULL, AT_EMPTY_PATH) != 0)
		return complain_of(place, "touch: setting times of");
	return 0;
}

int files_touch(const struct place *place)
{
	struct sealing sealing;
	OWN_FD int fd = -1;
	struct stat st;

	if (place->probe) {
		const int result = touch_probe(place);

		return result == FILES_FAILED ? complain_of(place, "touch: cannot touch") : result;
	}
	seal_begin(&sealing, sealed_directory(place), place->held);
	fd = open_inside(place, inside(place), O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0666);
	seal_end(&sealing);
	if (fd < 0 && errno == EISDIR)
		return touch_directory(place);
	if (fd < 0 || fstat(fd, &st) != 0)
		return complain_of(place, "touch: cannot touch");
	if (st.st_nlink > 1) { /* its times are also those of another name */
		errno = EMLINK;
		return complain_of(place, "touch: cannot touch");
	}
	if (futimens(fd, NULL) != 0)
		return complain_of(place, "touch: setting times of");
	return 0;
}

static int unlink_sealed(const struct place *place, int dir, const char *leaf)
{
	struct sealing sealing;
	int rc;

	seal_begin(&sealing, sealed_directory(place), place->held);
	rc = unlinkat(dir, leaf, 0);
	seal_end(&sealing);
	return rc;
}

int files_remove(const struct place *place)
{
	const char *leaf;
	OWN_FD int dir = parent_open(place, &leaf);
	const int goes = dir >= 0 && place->probe ? is_empty_file(dir, leaf) : 1;

	if (goes == 0)
		errno = EPERM;
	else if (goes == 1 && dir >= 0 && unlink_sealed(place, dir, leaf) == 0)
		return 0;
	return complain_of(place, "rm: cannot remove");
}

int files_rmdir(const struct place *place)
{
	if (place->instance < 0)
		errno = ENOENT;
	else if (remove_instance(place) == 0)
		return 0;
	return complain_of(place, "rmdir: failed to remove");
}

/* Makes the instance directory with its claim on it, or not at all: it is claimed before it has its name. Sets its
 * descriptor, owned. FILES_FAILED and errno: EEXIST when another was faster. */
static int make_claimed(const struct place *place, int *instance)
{
	char name[COMPONENT_MAX];
	OWN_FD int fd = -1;
	int result = FILES_FAILED;

	snprintf(name, sizeof(name), ".rssh-nova.%s", place->ref);
	if (mkdirat(place->root, name, 0777) != 0)
		return FILES_FAILED;
	fd = root_openat(place->root, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0 && (!is_enforced(place) || seal_set(fd) == 0) &&
		fsetxattr(fd, CLAIM_ATTRIBUTE, place->claim, strlen(place->claim), XATTR_CREATE) == 0)
		result = in_turn(place, name_claimed, name);
	if (result == FILES_DONE) {
		*instance = fd_take(&fd);
		return FILES_DONE;
	}
	const int err = errno;

	(void)unlinkat(place->root, name, AT_REMOVEDIR);
	errno = err;
	return result;
}

static int make_instance(const struct place *place, int *instance)
{
	char uuid[UUID_LEN + 1];

	if (place->claim != NULL)
		return make_claimed(place, instance);
	uuid_of(uuid, place);
	if (mkdirat(place->root, uuid, 0777) != 0)
		return FILES_FAILED;
	*instance = root_openat(place->root, uuid, O_RDONLY | O_DIRECTORY, 0);
	return *instance < 0 ? FILES_FAILED : FILES_DONE;
}

/* Opens the directory that another process made at the same moment. It serves if it is claimed for this peer, or if
 * claims are not enforced. */
static int join(const struct place *place, int *instance)
{
	char uuid[UUID_LEN + 1];

	uuid_of(uuid, place);
	*instance = instance_open(place->root, uuid);
	if (*instance < 0)
		return FILES_FAILED;
	if (place->claim == NULL || place->config->claims_mode == CLAIMS_AUDIT ||
		instance_claim(*instance, place->config, place->request, false) == CLAIM_OWN)
		return FILES_DONE;
	return FILES_TAKEN;
}

/* Where the run that made the instance was cut off before its hint, the peer's next try makes up for it. */
static int hint_again(const struct place *place)
{
	char uuid[UUID_LEN + 1];

	uuid_of(uuid, place);
	return place->claimed ? hint_put(place->root, uuid) : 0;
}

/* Makes each missing directory below the instance. *end is how much of rel was tried. */
static int make_each(const struct place *place, size_t *end)
{
	const char *const rel = place->rel;
	char name[CMD_MAX];
	OWN_FD int dir = -1;

	*end = UUID_LEN;
	if (rel[UUID_LEN] == '\0')
		return 0;
	dir = open_inside(place, "", O_PATH | O_DIRECTORY, 0);
	while (dir >= 0 && rel[*end] == '/') {
		const size_t start = *end + 1;
		struct sealing sealing;
		int below, made;

		*end = start + strcspn(rel + start, "/");
		memcpy(name, rel + start, *end - start);
		name[*end - start] = '\0';
		seal_begin(&sealing, sealed_directory(place), place->held);
		made = mkdirat(dir, name, 0777);
		seal_end(&sealing);
		if (made != 0 && errno != EEXIST)
			return -1;
		below = root_openat(dir, name, O_PATH | O_DIRECTORY, 0);
		fd_drop(&dir);
		dir = below;
	}
	return dir < 0 ? -1 : 0;
}

int files_mkdir(const struct place *place)
{
	const size_t prefix = strlen(place->shown) - strlen(place->rel);
	struct place made = *place;
	OWN_FD int instance = -1;
	size_t end = UUID_LEN;

	if (place->instance < 0 || place->stale) {
		int result = make_instance(place, &instance);

		if (result == FILES_FAILED && errno == EEXIST)
			result = join(place, &instance);
		if (result > FILES_FAILED)
			return result;
		made.instance = instance;
	}
	if (made.instance >= 0 && hint_again(place) == 0 && make_each(&made, &end) == 0)
		return 0;
	if (errno == ENOTDIR && place->rel[end] == '\0')
		errno = EEXIST; /* a file stands there, says mkdir(1) */
	return complain("mkdir: cannot create directory", place->shown, prefix + end, errno);
}

struct clearing {
	int err; /* of the first failure */
	size_t len;
	char shown[CMD_MAX + COMPONENT_MAX + 2]; /* what is being removed */
};

static void failed(struct clearing *clearing, int err)
{
	if (clearing->err == 0)
		clearing->err = err;
	complain("rm: cannot remove", clearing->shown, clearing->len, err);
}

/* Appends a name to what is shown; false when there is no room. */
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

/* Empties the directory fd as far as it can. Names may be passed over while others go, so it looks until
 * a pass finds nothing; one who keeps making files does not keep us. Gives the number of failures. */
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
	failed(clearing, fd >= 0 ? errno : open_error); /* an empty one needed no look inside */
	return -1;
}

/* Landlock answers unlink(2) of a directory with EACCES, not EISDIR, where only directories may go: so
 * the kind is asked for first. */
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

/* The instance directory itself: emptied from its own descriptor, then taken away. */
static void clear_instance(struct clearing *clearing, const struct place *place)
{
	char uuid[UUID_LEN + 1];
	struct stat st;

	uuid_of(uuid, place);
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
	OWN_FD int dir = parent_open(place, &leaf);

	if (dir >= 0)
		(void)clear_entry(clearing, dir, leaf, 0);
	else if (errno != ENOENT && errno != ENOTDIR)
		failed(clearing, errno);
}

int files_remove_tree(const struct place *place)
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

files_fn *files_op(enum op op)
{
	static files_fn *const functions[OP_COUNT] = {
		[OP_TOUCH] = files_touch,
		[OP_REMOVE] = files_remove,
		[OP_MKDIR] = files_mkdir,
		[OP_REMOVE_TREE] = files_remove_tree,
		[OP_RMDIR] = files_rmdir,
	};

	return (unsigned)op < OP_COUNT ? functions[op] : NULL;
}
