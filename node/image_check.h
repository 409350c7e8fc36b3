/* SPDX-License-Identifier: Apache-2.0 */
/* image_check: disk images on their open descriptors, judged by policy/image.
 * Takes:   files below an instances root or an instance directory, reached by openat2(2) without any symlink.
 * Returns: a report that owns nothing.
 * Fails:   by a finding: a file that cannot be read is refused. A file that does not exist is good.
 * Reads the first IMAGE_WINDOW bytes of each file, nothing else. Calls openat2, fstat, fcntl, read, getdents64, lseek,
 * geteuid and unlinkat, which the filter of a supervisor allows. */
#ifndef NODE_IMAGE_CHECK_H
#define NODE_IMAGE_CHECK_H

#include "policy/image.h"

enum {
	IMAGE_FILES_MAX = 1024, /* of one instance; Nova makes about ten */
	IMAGE_DEPTH_MAX = 8,	/* directories below an instance */
};

struct image_report {
	enum image_finding finding;	/* IMAGE_GOOD for none */
	bool is_cut;			/* IMAGE_HEADER only because the file ends within its header */
	char file[CMD_MAX];		/* the file that was judged, as the caller named it */
	char detail[IMAGE_BACKING_MAX]; /* the backing file in the header, or the format; "" for none */
};

/* Judges the file rel below dir, named shown in the report, and its backing file, named by its path below root. root is
 * that of the rules; with -1 the backing file is not judged. */
void image_check_file(struct image_report *out, int dir, const char *rel, const char *shown, int root,
	const struct image_rules *rules);

/* Looks at a file that is no image, such as a kernel or a console's log: libvirtd would open, or make, what a link in
 * its place points to. Returns IMAGE_GOOD, also if there is none, IMAGE_LINK or IMAGE_UNREAD. */
MUST_USE enum image_finding image_look(int dir, const char *rel);

/* Judges what a transfer left: each regular file of the running user in the instance directory, first all at the top,
 * then those in directories. It ignores rules->declared. root is that of the rules; with -1 it skips backing files,
 * which no peer can write. A report on a backing file has the image as file, and the backing file as detail. Unless
 * alone, it also skips a file that ends within its header: another transfer may be writing it.
 * Deletes what it refuses, unless images_mode is IMAGES_AUDIT. Two kinds stay: a file that it cannot read although the
 * mode permits it, because nobody knows what it is, and a file that a process has locked.
 * Returns how many files it refused; *out has the first. Returns -1 and errno if it could not look or delete, after it
 * went on with the rest: *out then has the first refusal, or IMAGE_UNREAD or IMAGE_TOO_MANY. */
MUST_USE int image_check_instance(
	struct image_report *out, int instance, int root, const struct image_rules *rules, bool alone);

#endif
