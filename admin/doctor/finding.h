/* SPDX-License-Identifier: Apache-2.0 */
/* finding: what doctor found, kept until all is known. Every finding that is not good says what to do.
 */
#ifndef ADMIN_DOCTOR_FINDING_H
#define ADMIN_DOCTOR_FINDING_H

#include <jansson.h>
#include <stdbool.h>

#include "policy/attributes.h"

enum finding_level {
	FINDING_OK,
	FINDING_WARNING, /* something is weaker than it could be, or will not work */
	FINDING_FATAL,	 /* a peer can go round the shell, or everything is refused */
	FINDING_LEVELS
};

struct findings {
	json_t *array;			 /* owned */
	const char *check;		 /* what is being looked at, borrowed */
	unsigned count;			 /* of this check */
	unsigned counts[FINDING_LEVELS]; /* of all, by level */
	enum finding_level worst;	 /* of all */
};

const char *finding_word(enum finding_level level);

/* As text: the worst first, then what is well, then a summary. With colours on a terminal, unless NO_COLOR is set. */
void findings_print(const struct findings *findings);

/* fix is the line to change, "" for FINDING_OK; the text is formatted. */
void finding_put(struct findings *findings, enum finding_level level, const char *fix, const char *text, ...)
	PRINTF(4, 5);

#endif
