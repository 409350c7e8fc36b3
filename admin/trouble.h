/* SPDX-License-Identifier: Apache-2.0 */
/* trouble: one line that tells the operator why something failed. Owns nothing. */
#ifndef ADMIN_TROUBLE_H
#define ADMIN_TROUBLE_H

#include "policy/attributes.h"

struct trouble {
	char text[1024];
};

/* Formats the line, cut at its size, and returns -1. */
int trouble_set(struct trouble *trouble, const char *text, ...) PRINTF(2, 3);

/* Says that there is no memory, and returns -1. */
int trouble_no_memory(struct trouble *trouble);

#endif
