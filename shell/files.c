#include "shell/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/directory.h"
#include "shell/own.h"
#include "shell/root.h"

enum {
	TREE_DEPTH_MAX = 200, /* a descriptor and a buffer each */
	PASSES_MAX = 16,
};

/* One write, so that no other process' output falls into the line. */
static int complain(const char *what, const char *shown, size_t shown_len, int err)
{
	char line[CMD_MAX + 256];
	const int len = snprintf(line, sizeof(line), "%s '%.*s': %s\n", what, (int)shown_len, shown, strerror(err));

	if (len > 0)
		(void)!write(STDERR_FILENO, line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
	return 1;
}

static int complain_of(const struct place *place, const char *what)
{
	return complain(what, place->shown, strlen(place->shown), errno);
}

/* The directory that holds the last name of place, and that name. -1 and errno. */
static int parent_open(const struct place *place, const char **leaf)
{
	const char *const slash = strrchr(place->rel, '/');
	char dir[CMD_MAX];

	*leaf = slash == NULL ? place->rel : slash + 1;
	if (slash == NULL)
		return root_openat(place->root, ".", O_PATH | O_DIRECTORY, 0);
	if ((size_t)(slash - place->rel) >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, place->rel, (size_t)(slash - place->rel));
	dir[slash - place->rel] = '\0';
	return root_openat(place->root, dir, O_PATH | O_DIRECTORY, 0);
}

static int touch_directory(const struct place *place)
{
	OWN_FD int fd = root_openat(place->root, place->rel, O_PATH | O_DIRECTORY, 0);

	if (fd < 0 || utimensat(fd, "", NULL, AT_EMPTY_PATH) != 0)
		return complain_of(place, "touch: setting times of");
	return 0;
}

int files_touch(const struct place *place)
{
	OWN_FD int fd = root_openat(
		place->root, place->rel, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0666);
	struct stat st;

	if (fd < 0 && errno == EISDIR)
		return touch_directory(place);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink > 1) {
		fd_drop(&fd); /* its times are also those of another name */
		errno = EMLINK;
	}
	if (fd < 0)
		return complain_of(place, "touch: cannot touch");
	if (futimens(fd, NULL) != 0)
		return complain_of(place, "touch: setting times of");
	return 0;
}

static int unlink_leaf(const struct place *place, int flags)
{
	const char *leaf;
	OWN_FD int dir = parent_open(place, &leaf);

	return dir < 0 ? -1 : unlinkat(dir, leaf, flags);
}

int files_remove(const struct place *place)
{
	return unlink_leaf(place, 0) == 0 ? 0 : complain_of(place, "rm: cannot remove");
}

int files_rmdir(const struct place *place)
{
	return unlink_leaf(place, AT_REMOVEDIR) == 0 ? 0 : complain_of(place, "rmdir: failed to remove");
}

/* Makes each missing directory from the root down. *end is how much of rel was tried. */
static int make_each(const struct place *place, size_t *end)
{
	char rel[CMD_MAX];
	const struct place step = { place->root, rel, "" };

	if (strlen(place->rel) >= sizeof(rel)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t start = 0;; start = *end + 1) {
		OWN_FD int parent = -1;
		const char *leaf;

		*end = start + strcspn(place->rel + start, "/");
		memcpy(rel, place->rel, *end);
		rel[*end] = '\0';
		parent = parent_open(&step, &leaf);
		if (parent < 0 || (mkdirat(parent, leaf, 0777) != 0 && errno != EEXIST))
			return -1;
		if (place->rel[*end] == '\0')
			return 0;
	}
}

int files_mkdir(const struct place *place)
{
	const size_t prefix = strlen(place->shown) - strlen(place->rel);
	size_t end = strlen(place->rel);
	OWN_FD int fd = root_openat(place->root, place->rel, O_PATH | O_DIRECTORY, 0);

	if (fd < 0 && errno == ENOENT && make_each(place, &end) == 0)
		fd = root_openat(place->root, place->rel, O_PATH | O_DIRECTORY, 0);
	if (fd >= 0)
		return 0;
	if (errno == ENOTDIR && end == strlen(place->rel))
		errno = EEXIST; /* a file stands there, says mkdir(1) */
	return complain("mkdir: cannot create directory", place->shown, prefix + end, errno);
}

struct clearing {
	bool quiet, force;    /* say nothing; give ourselves the modes to go on */
	int err;	      /* of the first failure */
	size_t len;
	char shown[CMD_MAX + COMPONENT_MAX + 2]; /* what is being removed */
};

static void failed(struct clearing *clearing, int err)
{
	if (clearing->err == 0)
		clearing->err = err;
	if (!clearing->quiet)
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

static int clear_open(struct clearing *clearing, int dir, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY;
	const int fd = root_openat(dir, name, flags, 0);

	if (fd >= 0 || errno != EACCES || !clearing->force || fchmodat(dir, name, 0700, 0) != 0)
		return fd;
	return root_openat(dir, name, flags, 0);
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
	OWN_FD int fd = depth < TREE_DEPTH_MAX ? clear_open(clearing, dir, name) : -1;
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

int files_remove_tree(const struct place *place)
{
	struct clearing clearing = { .quiet = false };
	const char *leaf;
	OWN_FD int dir = parent_open(place, &leaf);

	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : complain_of(place, "rm: cannot remove");
	clearing.len = strlen(place->shown);
	memcpy(clearing.shown, place->shown, clearing.len + 1);
	(void)clear_entry(&clearing, dir, leaf, 0);
	return clearing.err != 0;
}

int files_clear(int dir, const char *name)
{
	struct clearing clearing = { .quiet = true, .force = true };

	(void)clear_entry(&clearing, dir, name, 0);
	return clearing.err;
}

files_fn *files_op(enum op op)
{
	switch (op) {
	case OP_TOUCH:
		return files_touch;
	case OP_REMOVE:
		return files_remove;
	case OP_MKDIR:
		return files_mkdir;
	case OP_REMOVE_TREE:
		return files_remove_tree;
	case OP_RMDIR:
		return files_rmdir;
	case OP_NONE:
	case OP_RECEIVE:
	case OP_SEND:
	case OP_EMPTY:
	case OP_SFTP:
	case OP_STREAM:
	case OP_COUNT:
		return NULL;
	}
	return NULL;
}
