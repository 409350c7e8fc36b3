/* SPDX-License-Identifier: Apache-2.0 */
/* finding: the findings of doctor, kept until all checks have run. Each finding that is not ok says what to do. */
#ifndef ADMIN_DOCTOR_FINDING_H
#define ADMIN_DOCTOR_FINDING_H

#include <jansson.h>
#include <stdbool.h>

#include "policy/attributes.h"

enum finding_level {
	FINDING_OK,
	FINDING_WARNING, /* a protection is weaker than it could be, or something will not work */
	FINDING_FATAL,	 /* a peer can bypass the shell, or everything is refused */
	FINDING_LEVELS
};

struct findings {
	json_t *array;			 /* owned */
	const char *check;		 /* the name of the running check, borrowed */
	unsigned count;			 /* of this check */
	unsigned counts[FINDING_LEVELS]; /* of all, by level */
	enum finding_level worst;	 /* of all */
};

const char *finding_word(enum finding_level level);

/* Prints text: the worst findings first, then a summary. With colours on a terminal, unless NO_COLOR is set. */
void findings_print(const struct findings *findings);

/* Adds a finding of the running check. fix says what to do, "" for FINDING_OK; text is formatted. */
void finding_put(struct findings *findings, enum finding_level level, const char *fix, const char *text, ...)
	PRINTF(4, 5);

#endif
