/* files: touch, rm, mkdir -p, rm -rf and rmdir, done in process below an instances root.
 * Takes:   a root's descriptor, the path below it, and the path as the client wrote it, for messages.
 * Gives:   0, or 1 with one line on standard error, in the words of coreutils in the C locale: Nova logs
 *          and tests them.
 * Differs: a symlink is never followed, not even the last one with a slash behind it.
 * Source:  touch(1), rm(1), mkdir(1), rmdir(1) of coreutils. */
#ifndef SHELL_FILES_H
#define SHELL_FILES_H

#include "policy/attributes.h"
#include "policy/form.h"

struct place {
	int root;
	const char *rel;   /* plain and not empty */
	const char *shown;
};

MUST_USE int files_touch(const struct place *place);
MUST_USE int files_remove(const struct place *place);
MUST_USE int files_mkdir(const struct place *place);
MUST_USE int files_remove_tree(const struct place *place);
MUST_USE int files_rmdir(const struct place *place);

/* Removes the tree of name in the directory dir, whatever its modes; says nothing.
 * Gives the errno of the first failure, 0 for none. */
int files_clear(int dir, const char *name);

/* The function of an operation, NULL when it is not done in process. */
typedef int files_fn(const struct place *place);
files_fn *files_op(enum op op);

#endif
