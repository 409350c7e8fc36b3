/* SPDX-License-Identifier: Apache-2.0 */
/* check_hint: helps with a fault of the configuration: the byte or the value in the file, the values that the key takes,
 * and for an unknown name the known name that is closest.
 * Source: policy/config.def, policy/profile.def, rssh-nova.conf(5). */
#ifndef ADMIN_CHECK_HINT_H
#define ADMIN_CHECK_HINT_H

#include "policy/config.h"

enum {
	CHECK_HINT_MAX = 1024,
};

/* Writes a sentence, or "" if there is nothing to add. file is the text with the fault. */
void check_hint(char out[CHECK_HINT_MAX], const struct config_fault *fault, struct bytes file);

#endif
