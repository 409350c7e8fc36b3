/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/reason.h"

static const struct {
	const char *word, *meaning;
	int status;
} reasons[] = {
#define REASON(name, word, status, meaning) [REASON_##name] = { word, meaning, status },
#include "policy/reason.def"
#undef REASON
};

/* To refuse without a reason, or with an unknown one, is a mistake of ours. */
static enum reason known(enum reason reason)
{
	return reason != REASON_NONE && (unsigned)reason < REASON_COUNT ? reason : REASON_INTERNAL;
}

const char *reason_word(enum reason reason)
{
	return reasons[known(reason)].word;
}

int reason_status(enum reason reason)
{
	return reasons[known(reason)].status;
}

const char *reason_meaning(enum reason reason)
{
	return reasons[known(reason)].meaning;
}
