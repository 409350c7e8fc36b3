/* SPDX-License-Identifier: Apache-2.0 */
/* trouble: why something cannot be done, in a line for the operator. Owns nothing. */
#ifndef ADMIN_TROUBLE_H
#define ADMIN_TROUBLE_H

#include "policy/attributes.h"

struct trouble {
	char text[1024];
};

/* Formats it, cutting what is too long, and gives -1 to return. */
int trouble_set(struct trouble *trouble, const char *text, ...) PRINTF(2, 3);

#endif
