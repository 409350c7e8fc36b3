/* SPDX-License-Identifier: Apache-2.0 */
/* answer: the decision of rssh-nova on one command line, and the plan and walls that would carry it out.
 * Takes:   the line, its peer, and the entry: login shell or forced command. Decides with shell/query.h, as the shell.
 * Returns: a value that points into itself: never copy it.
 * Does not predict a lost record, a sandbox that fails later, or the path in an rsync stream. */
#ifndef ADMIN_ANSWER_H
#define ADMIN_ANSWER_H

#include "admin/identity.h"
#include "policy/plan.h"
#include "shell/query.h"
#include "wall/sandbox.h"

struct question {
	struct bytes line;   /* a NUL follows it */
	const char *config;  /* NULL for the default */
	const char *profile; /* NULL for none */
	const struct identity *identity;
	bool forced; /* the line is in SSH_ORIGINAL_COMMAND */
};

struct answer {
	char *connection, *original; /* entries of the environment, owned */
	struct invocation invocation;
	struct config config;
	struct roots roots; /* closed by answer_clear() */
	struct query query;
	struct verdict verdict;
	struct plan plan;
	struct sandbox sandbox;
	struct fault fault; /* what failed or is missing on this node; fault.what is NULL for nothing */
};

/* Clears the environment of the process. */
void answer_make(struct answer *out, const struct question *question);

void answer_clear(struct answer *answer);

#endif
