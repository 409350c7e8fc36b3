/* SPDX-License-Identifier: Apache-2.0 */
/* reason: why a command was refused, as one word that clients, audit and manual share.
 * Source: reason.def, which the manual is tested against. */
#ifndef POLICY_REASON_H
#define POLICY_REASON_H

enum reason {
	REASON_NONE, /* nothing speaks against it. In a denial it counts as REASON_INTERNAL */
#define REASON(name, word, status, meaning) REASON_##name,
#include "policy/reason.def"
#undef REASON
	REASON_COUNT
};

/* The word of a refusal line and of the audit field "reason". Never fails. */
const char *reason_word(enum reason reason);

/* The exit status that goes with it: 77 refused, 78 not configured or not able to confine. */
int reason_status(enum reason reason);

/* One sentence for an operator. */
const char *reason_meaning(enum reason reason);

#endif
