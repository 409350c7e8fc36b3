/* finding: what doctor found, told as it is found. Every finding that is not good says what to do.
 */
#ifndef INSTALL_ADMIN_FINDING_H
#define INSTALL_ADMIN_FINDING_H

#include <jansson.h>
#include <stdbool.h>

#include "policy/attributes.h"

enum finding_level {
	FINDING_OK,
	FINDING_WARNING, /* something is weaker than it could be, or will not work */
	FINDING_FATAL, /* a peer can go round the shell, or everything is refused */
	FINDING_LEVELS
};

struct findings {
	json_t *array; /* owned; NULL for text */
	const char *check; /* what is being looked at, borrowed */
	unsigned count; /* of this check */
	enum finding_level worst; /* of all */
};

const char *finding_word(enum finding_level level);

/* fix is the line to change, "" for FINDING_OK; the text is formatted. */
void finding_put(struct findings *findings, enum finding_level level, const char *fix,
	const char *text, ...) PRINTF(4, 5);

#endif
