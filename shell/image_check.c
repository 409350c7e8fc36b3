#include "shell/image_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/directory.h"
#include "shell/own.h"
#include "shell/root.h"

enum {
	PASSES_MAX = 16, /* getdents may skip names while others are deleted */
};

/* One pass over an instance. */
struct pass {
	const struct image_rules *rules;
	struct image_report *out;
	bool alone;
	unsigned files, refused, deleted;
};

/* Its first bytes, of one file at a time. */
static char window[IMAGE_WINDOW];

static void report(struct image_report *out, enum image_finding finding, const char *file, const char *detail)
{
	out->finding = finding;
	snprintf(out->file, sizeof(out->file), "%s", file);
	snprintf(out->detail, sizeof(out->detail), "%s", detail);
}

static ssize_t window_read(int fd)
{
	size_t len = 0;

	while (len < sizeof(window)) {
		const ssize_t got = read(fd, window + len, sizeof(window) - len);

		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -1;
		len += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)len;
}

/* Reads the header of rel below dir. IMAGE_GOOD and *out; another finding and nothing; IMAGE_FINDINGS if there is no
 * such file. */
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
	len = window_read(fd);
	if (len < 0)
		return IMAGE_UNREAD;
	image_read(out, (struct bytes){ window, (size_t)len });
	return IMAGE_GOOD;
}

/* What the header says that is the reason for a finding. */
static const char *detail_of(const struct image *image, enum image_finding finding)
{
	if (finding == IMAGE_FORMAT || finding == IMAGE_MISMATCH || finding == IMAGE_HEADER)
		return image_format_word(image->format);
	return finding == IMAGE_BACKING_FORMAT ? image->backing_format : image->backing;
}

/* Gives whether the file is good so far and has a backing file. */
static bool check_one(struct image_report *out, struct image *image, int dir, const char *rel,
	const struct image_rules *rules)
{
	enum image_finding finding = load(image, dir, rel);

	if (finding == IMAGE_FINDINGS) {
		report(out, IMAGE_GOOD, rel, "");
		return false;
	}
	if (finding != IMAGE_GOOD) {
		report(out, finding, rel, "");
		return false;
	}
	finding = image_judge(image, rules);
	report(out, finding, rel, finding == IMAGE_GOOD ? "" : detail_of(image, finding));
	return finding == IMAGE_GOOD && image->has_backing;
}

void image_check_file(struct image_report *out, int dir, const char *rel, int root, const struct image_rules *rules)
{
	struct image image, base;
	struct image_rules below = *rules;

	if (!check_one(out, &image, dir, rel, rules) || root < 0)
		return;
	below.is_backing = true;
	below.declared = image.backing_format[0] != '\0' ? image.backing_format : NULL;
	(void)check_one(out, &base, root, image_backing_rel(&image, rules), &below);
}

/* May it be good once another transfer has written all of it? */
static bool is_incomplete(enum image_finding finding)
{
	return finding == IMAGE_HEADER || finding == IMAGE_UNREAD;
}

static int file_judge(struct pass *pass, int dir, const char *name, const char *shown)
{
	struct image_report found;

	if (++pass->files > IMAGE_FILES_MAX) {
		report(pass->out, IMAGE_TOO_MANY, shown, "");
		errno = EMFILE;
		return -1;
	}
	image_check_file(&found, dir, name, -1, pass->rules);
	if (found.finding == IMAGE_GOOD || (!pass->alone && is_incomplete(found.finding)))
		return 0;
	pass->refused++;
	if (pass->out->finding == IMAGE_GOOD)
		report(pass->out, found.finding, shown, found.detail);
	if (pass->rules->config->images_mode == IMAGES_AUDIT || found.finding == IMAGE_UNREAD)
		return 0;
	pass->deleted++;
	return unlinkat(dir, name, 0);
}

static int directory_judge(struct pass *pass, int fd, const char *shown, unsigned depth);

/* What another user owns no peer has written: Nova's console.log is such a file. */
static int entry_judge(struct pass *pass, int dir, const char *name, const char *above, unsigned depth)
{
	char shown[CMD_MAX];
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if ((size_t)snprintf(shown, sizeof(shown), "%s%s%s", above, above[0] != '\0' ? "/" : "", name) >=
		sizeof(shown)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (S_ISREG(st.st_mode))
		return st.st_uid == geteuid() ? file_judge(pass, dir, name, shown) : 0;
	if (!S_ISDIR(st.st_mode))
		return 0;
	OWN_FD int fd = root_openat(dir, name, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? -1 : directory_judge(pass, fd, shown, depth + 1);
}

static int directory_judge(struct pass *pass, int fd, const char *shown, unsigned depth)
{
	struct directory names;
	const struct dirent64 *entry;
	int more;

	if (depth > IMAGE_DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	directory_begin(&names, fd);
	while ((more = directory_next(&names, &entry)) == 1)
		if (entry_judge(pass, fd, entry->d_name, shown, depth) != 0)
			return -1;
	return more;
}

int image_check_instance(struct image_report *out, int instance, const struct image_rules *rules, bool alone)
{
	struct image_rules any = *rules;
	struct pass pass;
	unsigned refused = 0;

	any.declared = NULL;
	any.is_backing = false;
	report(out, IMAGE_GOOD, "", "");
	for (unsigned i = 0; i < PASSES_MAX; i++) {
		pass = (struct pass){ .rules = &any, .out = out, .alone = alone };
		if (directory_judge(&pass, instance, "", 0) != 0) {
			if (out->finding == IMAGE_GOOD)
				report(out, IMAGE_UNREAD, "", "");
			return -1;
		}
		refused += pass.refused;
		if (pass.deleted == 0)
			return (int)refused;
	}
	errno = EBUSY;
	return -1;
}
