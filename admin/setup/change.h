/* SPDX-License-Identifier: Apache-2.0 */
/* change: one change that setup makes on this host, and can undo.
 * Whether a change is in place is seen from its result on the host. So the same functions undo a setup that was
 * interrupted anywhere and one that ended. */
#ifndef ADMIN_SETUP_CHANGE_H
#define ADMIN_SETUP_CHANGE_H

#include <jansson.h>
#include <sys/types.h>

#include "admin/trouble.h"
#include "policy/bytes.h"

enum change_kind {
	CHANGE_NONE,
	CHANGE_DIRECTORY, /* create it */
	CHANGE_FILE,	  /* create it, or replace the file of an earlier setup */
	CHANGE_LINES,	  /* append them to a file of others, or replace the lines of an earlier setup */
	CHANGE_SHELL,	  /* set the login shell; the path is the user's name */
	CHANGE_KINDS
};

enum {
	CHANGE_PATH_MAX = 256,
	CHANGES_MAX = 16,
	SUM_SIZE = 65, /* SHA-256 as hexadecimal digits, and a NUL */
	SUMS_MAX = 2,
};

struct change {
	enum change_kind kind;
	char path[CHANGE_PATH_MAX];
	mode_t mode;		       /* of a directory or file */
	char *text;		       /* owned: the file, the lines, the new shell; NULL for a file read from the
		       manifest */
	char *was;		       /* owned: the text that is replaced; NULL for nothing */
	char sums[SUMS_MAX][SUM_SIZE]; /* of the texts that setup wrote to a file; "" for none */
};

struct changes {
	unsigned count;
	struct change at[CHANGES_MAX];
};

enum change_state {
	CHANGE_ABSENT,
	CHANGE_THERE,
	CHANGE_ALTERED, /* others have altered it or put something else in its place */
};

/* The state now; CHANGE_ALTERED if the file cannot be read. */
enum change_state change_look(const struct change *change);

MUST_USE int change_do(const struct change *change, struct trouble *trouble);

/* Undoes a change whose state is CHANGE_THERE. A directory that is not empty stays. */
MUST_USE int change_undo(const struct change *change, struct trouble *trouble);

void change_sum(char out[SUM_SIZE], struct bytes content);

/* The verb for the path: "create", "append" or "replace". */
const char *change_word(const struct change *change);

const char *change_kind_word(enum change_kind kind);

/* Finds text in content at the beginning of a line; NULL if there is none. */
const char *change_find_lines(const char *content, const char *text);

/* Returns content with the lines from replaced by to, or to at the end if from is NULL. Owned by the caller. NULL with
 * errno if from is not there. */
char *change_put_lines(const char *content, const char *from, const char *to);

void changes_clear(struct changes *changes);

#endif
