/* SPDX-License-Identifier: Apache-2.0 */
/* words: one command line cut into words. No shell runs, ever.
 * Takes:   untrusted bytes.
 * Grammar: words apart by one space. No quoting, no escape, no expansion. Any byte but
 *          [A-Za-z0-9._/:=,@+-] fails the whole line; so do an empty line, CMD_MAX bytes or more,
 *          and more than WORDS_MAX words.
 * Gives:   NUL-ended words inside the struct; a plain value, safe to copy.
 * Fails:   with the reason; *out then holds nothing that a caller may use.
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
	WORDS_LIBVIRT_TUNNEL, /* a line with such a byte, which libvirt's client sends */
	WORDS_BAD_SPACING,
	WORDS_TOO_MANY,
};

struct words {
	uint16_t count, used;
	uint16_t start[WORDS_MAX]; /* offset of each word in store */
	char store[CMD_MAX];
};

/* Can c stand in a word? */
bool words_allow(char c);

MUST_USE enum words_error words_split(struct words *out, struct bytes line);

/* Word i, or "" when there is none. Borrows from words. */
const char *words_at(const struct words *words, unsigned i);

/* The reason of a refusal for each failure. */
enum reason words_reason(enum words_error error);

#endif
