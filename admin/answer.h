/* SPDX-License-Identifier: Apache-2.0 */
/* answer: what rssh-nova would come to on one command line, before it would act.
 * Takes:   the line, who sends it, and by which way in; goes the shell's own way, shell/query.h.
 * Gives:   a value that borrows from itself: it must not be copied.
 * Leaves out what comes behind it: a record that is lost, the sandbox failing to stand, the path in
 * an rsync stream. */
#ifndef ADMIN_ANSWER_H
#define ADMIN_ANSWER_H

#include "admin/identity.h"
#include "policy/plan.h"
#include "shell/query.h"
#include "wall/sandbox.h"

struct question {
	struct bytes line;   /* a NUL stands behind it */
	const char *config;  /* NULL for the default */
	const char *profile; /* NULL for none */
	const struct identity *identity;
	bool forced; /* it comes in SSH_ORIGINAL_COMMAND */
};

struct answer {
	char *connection, *original; /* of the environment, owned */
	struct invocation invocation;
	struct config config;
	struct roots roots; /* closed by answer_clear() */
	struct query query;
	struct verdict verdict;
	struct plan plan;
	struct sandbox sandbox;
	struct fault fault; /* what is missing on this node; fault.what is NULL for nothing */
};

/* Clears the environment of the process. */
void answer_make(struct answer *out, const struct question *question);

void answer_clear(struct answer *answer);

#endif
