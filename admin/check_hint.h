/* SPDX-License-Identifier: Apache-2.0 */
/* check_hint: what helps with a fault of the configuration: the value as it stands, what the key takes, and the known
 * name that is spelled most like an unknown one.
 * Source: policy/config.def, policy/profile.def, rssh-nova.conf(5). */
#ifndef ADMIN_CHECK_HINT_H
#define ADMIN_CHECK_HINT_H

#include "policy/config.h"

enum {
	CHECK_HINT_MAX = 1024,
};

/* Writes a sentence, or "" if there is nothing to add. file is the text that has the fault. */
void check_hint(char out[CHECK_HINT_MAX], const struct config_fault *fault, struct bytes file);

#endif
