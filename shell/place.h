/* SPDX-License-Identifier: Apache-2.0 */
/* place: the file or directory below an instances root that one of our own operations is about, and what the operations
 * share. They reach what is in the instance from the descriptor of the instance that was judged, so a directory that
 * takes its name meanwhile is not touched. No symlink is followed, not even the last name with a slash behind it. */
#ifndef SHELL_PLACE_H
#define SHELL_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/attributes.h"
#include "policy/config.h"
#include "policy/limits.h"
#include "policy/path.h"
#include "policy/request.h"

enum builtin_result {
	BUILTIN_DONE,
	BUILTIN_FAILED,
	BUILTIN_TAKEN,		 /* mkdir: another peer made and claimed the instance directory meanwhile */
	BUILTIN_TOO_MANY_CLAIMS, /* mkdir: the peer has as many empty ones as it may have */
	BUILTIN_TOO_MANY_PROBES, /* touch: the directory holds PROBES_MAX probe files */
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
	const char *ref;	       /* mkdir: part of the directory's name until it is claimed */
};

/* What follows the uuid: "" for the instance directory itself. */
const char *place_inside(const struct place *place);

/* Writes the uuid of the place, NUL-ended. */
void place_uuid(char uuid[UUID_LEN + 1], const struct place *place);

/* Opens rel below the instance directory, "" for the directory. Returns a descriptor, owned, or -1 and errno. */
MUST_USE int place_open(const struct place *place, const char *rel, int flags, mode_t mode);

/* Opens the directory that holds the last name of the place, and sets *leaf to that name. Returns as place_open(). */
MUST_USE int place_open_parent(const struct place *place, const char **leaf);

bool place_is_enforced(const struct place *place);

/* The directory that an operation seals again (node/seal.h): the instance's, or -1 for none. */
int place_sealed(const struct place *place);

/* Returns 1 for an empty regular file, 0 for anything else, -1 and errno if it cannot look. */
int place_is_empty_file(int dir, const char *name);

/* Does uuid still name the directory that was judged? Returns 0, or -1 and errno: EBUSY if it names another. */
MUST_USE int place_is_judged(const struct place *place, const char *uuid);

/* Runs step while no other process of ours runs one (shell/turn.h). Returns its result, or BUILTIN_FAILED and errno.
 * A step makes no call that may wait for the peer: a peer that reads nothing would keep all others waiting. */
typedef int turn_fn(const struct place *place, const char *name);
MUST_USE int place_in_turn(const struct place *place, turn_fn *step, const char *name);

/* Tells the client what failed, in the words of coreutils in the C locale, which Nova logs and tests. Returns
 * BUILTIN_FAILED. */
int place_complain(const char *what, const char *shown, size_t shown_len, int err);
int place_complain_of(const struct place *place, const char *what); /* with errno */

#endif
