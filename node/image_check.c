/* SPDX-License-Identifier: Apache-2.0 */
#include "node/image_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/own.h"
#include "base/read_all.h"
#include "node/instance.h"
#include "node/root.h"

enum {
	PASSES_MAX = 16, /* getdents may skip names while others are deleted */
};

/* One pass over an instance. */
struct pass {
	const struct image_rules *rules;
	struct image_report *out;
	int root; /* of the backing files; -1 to skip them */
	bool alone;
	int obstacle; /* the errno of the first look or deletion that failed; 0 for none */
	unsigned files, refused, deleted;
};

/* Which entries of a directory it judges. */
enum kind {
	FILES,
	DIRECTORIES,
};

/* The first bytes of one file at a time. */
static char window[IMAGE_WINDOW];

static void report(struct image_report *out, enum image_finding finding, const char *file, const char *detail)
{
	out->finding = finding;
	out->is_cut = false;
	snprintf(out->file, sizeof(out->file), "%s", file);
	snprintf(out->detail, sizeof(out->detail), "%s", detail);
}

/* Reads the header of rel below dir. Returns IMAGE_GOOD and sets *out; another finding; or IMAGE_FINDINGS if there is
 * no such file. */
static enum image_finding load(struct image *out, int dir, const char *rel)
{
	OWN_FD int fd = root_openat(dir, rel, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;
	ssize_t len;

	if (fd < 0 && errno == ENOENT)
		return IMAGE_FINDINGS;
	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? IMAGE_LINK : IMAGE_UNREAD;
	if (fstat(fd, &st) != 0)
		return IMAGE_UNREAD;
	if (!S_ISREG(st.st_mode))
		return IMAGE_LINK;
	len = read_all(fd, window, sizeof(window), READ_ON);
	if (len < 0)
		return IMAGE_UNREAD;
	image_read(out, (struct bytes){ window, (size_t)len });
	return IMAGE_GOOD;
}

/* Returns what in the header is the reason for a finding. */
static const char *detail_of(const struct image *image, enum image_finding finding)
{
	if (finding == IMAGE_FORMAT || finding == IMAGE_MISMATCH || finding == IMAGE_HEADER)
		return image_format_word(image->format);
	return finding == IMAGE_BACKING_FORMAT ? image->backing_format : image->backing;
}

/* Returns whether the file is good so far and has a backing file. */
static bool check_one(struct image_report *out, struct image *image, int dir, const char *rel, const char *shown,
	const struct image_rules *rules)
{
	enum image_finding finding = load(image, dir, rel);

	if (finding == IMAGE_FINDINGS) {
		report(out, IMAGE_GOOD, shown, "");
		return false;
	}
	if (finding != IMAGE_GOOD) {
		report(out, finding, shown, "");
		return false;
	}
	finding = image_judge(image, rules);
	report(out, finding, shown, finding == IMAGE_GOOD ? "" : detail_of(image, finding));
	out->is_cut = finding == IMAGE_HEADER && image->is_cut;
	return finding == IMAGE_GOOD && image->has_backing;
}

void image_check_file(struct image_report *out, int dir, const char *rel, const char *shown, int root,
	const struct image_rules *rules)
{
	struct image image, base;
	struct image_rules below = *rules;
	const char *at;

	if (!check_one(out, &image, dir, rel, shown, rules) || root < 0)
		return;
	below.is_backing = true;
	below.declared = image.backing_format[0] != '\0' ? image.backing_format : NULL;
	at = image_backing_rel(&image, rules);
	(void)check_one(out, &base, root, at, at, &below);
}

enum image_finding image_look(int dir, const char *rel)
{
	OWN_FD int fd = root_openat(dir, rel, O_PATH, 0); /* it may be closed to us */
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? IMAGE_GOOD : errno == ELOOP ? IMAGE_LINK : IMAGE_UNREAD;
	if (fstat(fd, &st) != 0)
		return IMAGE_UNREAD;
	return S_ISREG(st.st_mode) ? IMAGE_GOOD : IMAGE_LINK;
}

/* Remembers the failure, and goes on with the rest. */
static void obstacle_set(struct pass *pass, enum image_finding finding, const char *shown, int err)
{
	if (pass->obstacle == 0)
		pass->obstacle = err;
	if (pass->out->finding == IMAGE_GOOD)
		report(pass->out, finding, shown, "");
}

static void file_delete(struct pass *pass, int dir, const char *name, const char *shown, const struct stat *st)
{
	/* No transfer of Nova's makes a file that its owner cannot read. */
	const bool shut = (st->st_mode & S_IRUSR) == 0;

	if (!shut && instance_file_is_locked(dir, name) == 1)
		return;
	if (unlinkat(dir, name, 0) == 0)
		pass->deleted++;
	else if (errno != ENOENT)
		obstacle_set(pass, IMAGE_UNREAD, shown, errno);
}

static void file_judge(struct pass *pass, int dir, const char *name, const char *shown, const struct stat *st)
{
	struct image_report found;

	image_check_file(&found, dir, name, shown, pass->root, pass->rules);
	if (found.finding != IMAGE_GOOD && strcmp(found.file, shown) != 0) { /* its backing file */
		(void)snprintf(found.detail, sizeof(found.detail), "%.*s", IMAGE_BACKING_MAX - 1, found.file);
		(void)snprintf(found.file, sizeof(found.file), "%s", shown);
	}
	if (found.finding == IMAGE_GOOD || (!pass->alone && found.is_cut))
		return;
	pass->refused++;
	if (pass->out->finding == IMAGE_GOOD)
		*pass->out = found;
	if (pass->rules->config->images_mode == IMAGES_AUDIT ||
		(found.finding == IMAGE_UNREAD && (st->st_mode & S_IRUSR) != 0))
		return;
	file_delete(pass, dir, name, shown, st);
}

static void directory_judge(struct pass *pass, int fd, const char *shown, unsigned depth);

static void below_judge(struct pass *pass, int dir, const char *name, const char *shown, unsigned depth)
{
	OWN_FD int fd = root_openat(dir, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0)
		directory_judge(pass, fd, shown, depth + 1);
	else if (errno != ENOENT)
		obstacle_set(pass, IMAGE_UNREAD, shown, errno);
}

/* Counts a file. All files at the top are judged, because a disk is there, and no number of files may hide it. */
static bool may_judge(struct pass *pass, const char *shown, unsigned depth)
{
	if (++pass->files <= IMAGE_FILES_MAX)
		return true;
	obstacle_set(pass, IMAGE_TOO_MANY, shown, EMFILE);
	return depth == 0;
}

/* No peer wrote a file that another user owns, such as Nova's console.log. */
static void entry_judge(struct pass *pass, int dir, const char *name, const char *above, unsigned depth, enum kind kind)
{
	char shown[CMD_MAX];
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)
			obstacle_set(pass, IMAGE_UNREAD, above, errno);
		return;
	}
	if ((size_t)snprintf(shown, sizeof(shown), "%s%s%s", above, above[0] != '\0' ? "/" : "", name) >=
		sizeof(shown)) {
		obstacle_set(pass, IMAGE_UNREAD, above, ENAMETOOLONG);
		return;
	}
	if (kind == FILES && S_ISREG(st.st_mode) && st.st_uid == geteuid() && may_judge(pass, shown, depth))
		file_judge(pass, dir, name, shown, &st);
	if (kind == DIRECTORIES && S_ISDIR(st.st_mode) && pass->files <= IMAGE_FILES_MAX)
		below_judge(pass, dir, name, shown, depth);
}

static void entries_judge(struct pass *pass, int fd, const char *shown, unsigned depth, enum kind kind)
{
	struct directory names;
	const struct dirent64 *entry;
	int more;

	directory_begin(&names, fd);
	while ((more = directory_next(&names, &entry)) == 1)
		entry_judge(pass, fd, entry->d_name, shown, depth, kind);
	if (more < 0)
		obstacle_set(pass, IMAGE_UNREAD, shown, errno);
}

static void directory_judge(struct pass *pass, int fd, const char *shown, unsigned depth)
{
	if (depth > IMAGE_DEPTH_MAX) {
		obstacle_set(pass, IMAGE_UNREAD, shown, ELOOP);
		return;
	}
	entries_judge(pass, fd, shown, depth, FILES);
	entries_judge(pass, fd, shown, depth, DIRECTORIES);
}

int image_check_instance(struct image_report *out, int instance, int root, const struct image_rules *rules, bool alone)
{
	struct image_rules any = *rules;
	struct pass pass;
	unsigned refused = 0;

	any.declared = NULL;
	any.is_backing = false;
	report(out, IMAGE_GOOD, "", "");
	for (unsigned i = 0; i < PASSES_MAX; i++) {
		pass = (struct pass){ .rules = &any, .out = out, .root = root, .alone = alone };
		directory_judge(&pass, instance, "", 0);
		refused += pass.refused;
		if (pass.deleted != 0)
			continue;
		errno = pass.obstacle;
		return pass.obstacle == 0 ? (int)refused : -1;
	}
	errno = EBUSY;
	return -1;
}
