/* SPDX-License-Identifier: Apache-2.0 */
/* change: one thing on this host that setup makes different, and can take back.
 * A change is told by what it leaves behind, never by having been tried: so a setup that was cut
 * off anywhere is taken back by the same functions as one that ended. */
#ifndef ADMIN_SETUP_CHANGE_H
#define ADMIN_SETUP_CHANGE_H

#include <jansson.h>
#include <sys/types.h>

#include "admin/trouble.h"
#include "policy/bytes.h"

enum change_kind {
	CHANGE_NONE,
	CHANGE_DIRECTORY, /* is made */
	CHANGE_FILE,	  /* is made, or the one of an earlier setup replaced */
	CHANGE_LINES,	  /* are appended to a file of others, or those of an earlier setup replaced */
	CHANGE_SHELL,	  /* of the user whose name stands for the path */
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
	char *text;		       /* owned: the file, the lines, the new shell; NULL for a file out of the
		       manifest */
	char *was;		       /* owned: what text replaces; NULL for nothing */
	char sums[SUMS_MAX][SUM_SIZE]; /* of a file: what setup put there; "" for none */
};

struct changes {
	unsigned count;
	struct change at[CHANGES_MAX];
};

enum change_state {
	CHANGE_ABSENT,
	CHANGE_THERE,
	CHANGE_ALTERED, /* something else is in its place, or it is not as it was put there */
};

/* What is there now. What cannot be read is altered. */
enum change_state change_look(const struct change *change);

MUST_USE int change_do(const struct change *change, struct trouble *trouble);

/* Takes back what is there; for CHANGE_THERE only. A directory that is not empty stays. */
MUST_USE int change_undo(const struct change *change, struct trouble *trouble);

void change_sum(char out[SUM_SIZE], struct bytes content);

/* "create", "append": how what is done to the path is called. */
const char *change_word(const struct change *change);

const char *change_kind_word(enum change_kind kind);

/* Where text stands in content, at the beginning of a line; NULL when it does not. */
const char *change_find_lines(const char *content, const char *text);

/* content with the lines from (NULL: none, they go to the end) put in as to. Owned by the caller.
 */
char *change_put_lines(const char *content, const char *from, const char *to);

void changes_clear(struct changes *changes);

#endif
