/* SPDX-License-Identifier: Apache-2.0 */
/* files: touch, rm, mkdir -p, rm -rf and rmdir, done in process below an instances root.
 * Takes:   descriptors of a root and of the instance directory that was judged, the path below the root, and
 *          the path as the client wrote it, for messages. What lies in the instance is reached from its own
 *          descriptor: a directory put in its place meanwhile is not touched.
 * Gives:   FILES_DONE, or FILES_FAILED with one line on standard error, in the words of coreutils in the C
 *          locale: Nova logs and tests them; or what only the act could find out, without a line.
 * Differs: a symlink is never followed, not even the last one with a slash behind it.
 * Source:  touch(1), rm(1), mkdir(1), rmdir(1) of coreutils. */
#ifndef SHELL_BUILTIN_H
#define SHELL_BUILTIN_H

#include <stdbool.h>

#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/form.h"
#include "policy/request.h"

enum files_result {
	FILES_DONE,
	FILES_FAILED,
	FILES_TAKEN,	       /* mkdir: another peer made and claimed the instance directory meanwhile */
	FILES_TOO_MANY_CLAIMS, /* mkdir: the peer has as many empty ones as it may have */
	FILES_TOO_MANY_PROBES, /* touch: the directory holds PROBES_MAX probe files */
};

enum {
	PROBES_MAX = 4,
};

struct place {
	int root;
	int instance;	 /* the directory that the first name of rel is, -1 when it is not there */
	const char *rel; /* plain; below an instance, its uuid comes first */
	const char *shown;
	bool probe;		     /* touch: only made if absent, only empty; rm: only while empty */
	const char *claim;	     /* mkdir: what a new instance directory is claimed with; NULL for nothing */
	const struct config *config; /* what judges the claims of others, names probes, and says whether claims count */
	const struct request *request; /* mkdir with a claim */
	bool claimed;		       /* mkdir: by this peer, already */
	bool stale;		       /* mkdir: the instance is taken over, if it still is stale then */
	bool held;		       /* the process holds the instance (node/held.h), so its claim was judged */
	int turn;		       /* of shell/turn.h; -1 if nothing is claimed */
	const char *ref;	       /* mkdir: names what is still in the making */
};

MUST_USE int files_touch(const struct place *place);
MUST_USE int files_remove(const struct place *place);
MUST_USE int files_mkdir(const struct place *place);
MUST_USE int files_remove_tree(const struct place *place);
MUST_USE int files_rmdir(const struct place *place);

/* The function of an operation, NULL when it is not done in process. */
typedef int files_fn(const struct place *place);
files_fn *files_op(enum op op);

#endif
