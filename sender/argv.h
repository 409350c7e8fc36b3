/* SPDX-License-Identifier: Apache-2.0 */
/* argv: the words of one local command, each an argument of its own; no shell ever joins or splits them.
 * Too many or too long: full is set, and argv_words() gives NULL. No heap. */
#ifndef SENDER_ARGV_H
#define SENDER_ARGV_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/attributes.h"

enum {
	ARGV_WORDS_MAX = 80,
	ARGV_STORE_MAX = 24 * 1024,
};

struct argv {
	size_t count, used;
	bool full;
	const char *at[ARGV_WORDS_MAX + 1];
	char store[ARGV_STORE_MAX];
};

void argv_init(struct argv *argv);
void argv_add(struct argv *argv, const char *word);
PRINTF(2, 3) void argv_addf(struct argv *argv, const char *format, ...);

/* The words, NULL-ended, or NULL when they did not fit. Borrows. */
MUST_USE const char *const *argv_words(const struct argv *argv);

/* Writes words into line[size] so that both a shell and rsync's --rsh cut them apart again as they are:
 * a word with other than plain bytes goes into single quotes.
 * Fails with false when line is too short, or, with for_rsync, when a word has a single quote, which the two
 * quote differently. */
MUST_USE bool argv_quote(char *line, size_t size, const char *const *words, bool for_rsync);

#endif
