/* SPDX-License-Identifier: Apache-2.0 */
/* words: splits a command line into words. No shell ever runs.
 * Takes:   untrusted bytes.
 * Grammar: words separated by one space. No quoting, no escape, no expansion. The whole line fails for any
 *          byte outside [A-Za-z0-9._/:=,@+-], for an empty line, for CMD_MAX bytes or more, and for more
 *          than WORDS_MAX words.
 * Returns: NUL-ended words inside the struct; a plain value, safe to copy.
 * Fails:   with an error; do not use *out then.
 * No heap, no I/O, no globals. */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/attributes.h"
#include "policy/bytes.h"
#include "policy/limits.h"
#include "policy/reason.h"

enum words_error {
	WORDS_OK,
	WORDS_EMPTY,
	WORDS_TOO_LONG,
	WORDS_BAD_BYTE,
	WORDS_LIBVIRT_TUNNEL, /* a bad byte, in a line of libvirt's client */
	WORDS_BAD_SPACING,
	WORDS_TOO_MANY,
};

struct words {
	uint16_t count, used;
	uint16_t start[WORDS_MAX]; /* offset of each word in store */
	char store[CMD_MAX];
};

/* True if a word may contain c. */
bool words_allow(char c);

MUST_USE enum words_error words_split(struct words *out, struct bytes line);

/* Returns word i, or "" if there is none. Borrows from words. */
const char *words_at(const struct words *words, unsigned i);

/* Returns the reason of the refusal; REASON_NONE for WORDS_OK. */
enum reason words_reason(enum words_error error);

#endif
