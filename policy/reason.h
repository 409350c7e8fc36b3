/* SPDX-License-Identifier: Apache-2.0 */
/* reason: why a command was refused, as one word that clients, audit and manual share.
 * Source: reason.def, which the manual is tested against. */
#ifndef POLICY_REASON_H
#define POLICY_REASON_H

enum reason {
	REASON_NONE, /* no objection. In a denial it counts as REASON_INTERNAL */
#define REASON(name, word, status, meaning) REASON_##name,
#include "policy/reason.def"
#undef REASON
	REASON_COUNT
};

/* Returns the word of the refusal line and of the audit field "reason". Never fails. */
const char *reason_word(enum reason reason);

/* Returns the exit status: 77 if refused, 78 if this node cannot serve. */
int reason_status(enum reason reason);

/* Returns one sentence for an operator. */
const char *reason_meaning(enum reason reason);

#endif
