/* SPDX-License-Identifier: Apache-2.0 */
/* image_check: disk images on their open descriptors, judged by policy/image.
 * Takes:   files below an instances root or an instance directory, reached by openat2(2) without any symlink.
 * Returns: a report that owns nothing.
 * Fails:   by a finding: a file that cannot be read is refused. A file that does not exist is good, for it names
 *          nothing.
 * Of each file the first IMAGE_WINDOW bytes are read, nothing else. The calls into the system are openat2, fstat,
 * fcntl, read, getdents64, lseek, geteuid and unlinkat, all of which a supervisor's filter allows. */
#ifndef NODE_IMAGE_CHECK_H
#define NODE_IMAGE_CHECK_H

#include "policy/image.h"

enum {
	IMAGE_FILES_MAX = 1024, /* of one instance; Nova makes about ten */
	IMAGE_DEPTH_MAX = 8,	/* directories below an instance */
};

struct image_report {
	enum image_finding finding;	/* IMAGE_GOOD for nothing to say */
	bool is_cut;			/* IMAGE_HEADER only because the file ends within its header */
	char file[CMD_MAX];		/* what was judged, as the caller named it */
	char detail[IMAGE_BACKING_MAX]; /* what the header names, or the format; "" for nothing */
};

/* Judges the file rel below dir, which the report calls shown, and its backing file, which the report calls by its path
 * below root. root is that of the rules: with -1 in its place the backing file is not looked at. */
void image_check_file(struct image_report *out, int dir, const char *rel, const char *shown, int root,
	const struct image_rules *rules);

/* Judges what a transfer left: each regular file of the running user in the instance directory, without the backing
 * files, which no peer can write. The files at the top come first, however many; below them it looks into directories.
 * What is refused is deleted, unless images_mode is IMAGES_AUDIT. Two kinds stay: a file that its own mode does not
 * keep from us and that cannot be read all the same, for nobody knows what it is; and a file that somebody has locked.
 * rules->declared is not looked at. If not alone, a file that ends within its header is passed over: another transfer
 * may be writing it.
 * Returns how many files were refused, *out then says which one first; -1 and errno if it could not look at all or
 * delete, although it went on with the rest: *out then says what was refused first, or IMAGE_UNREAD or IMAGE_TOO_MANY.
 * */
MUST_USE int image_check_instance(struct image_report *out, int instance, const struct image_rules *rules, bool alone);

#endif
