/* SPDX-License-Identifier: Apache-2.0 */
/* fault: a call into the system failed: which step, and why. A value; owns nothing. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "policy/reason.h"

struct fault {
	enum reason reason; /* what the client is told */
	const char *what;   /* the step, a constant; NULL for no fault */
	const char *file;   /* the file at fault, borrowed; NULL: detail, if that is a path */
	unsigned line;	    /* of the configuration, 0 for none */
	int err;	    /* errno; 0 if the text says everything */
	char detail[112];   /* the file, key or value; "" for none */
};

/* Fills *fault, cutting detail (NULL for none), and returns -1. */
int fault_set(struct fault *fault, enum reason reason, const char *what, int err, const char *detail);

/* Returns the file at fault, or the step that failed. Borrows from *fault. */
const char *fault_where(const struct fault *fault);

/* Writes "what: detail: strerror" into text. */
void fault_text(char *text, unsigned size, const struct fault *fault);

/* The same, after "file:line: " if the fault is on a line of a file. */
void fault_text_at(char *text, unsigned size, const struct fault *fault);

#endif
