/* SPDX-License-Identifier: Apache-2.0 */
/* argv: the words of one local command, each an argument of its own; no shell joins or splits them.
 * Fails:   if there are too many, or they are too long, full is set and argv_words() returns NULL.
 * No heap. */
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

/* The words, NULL-ended and borrowed, or NULL if they did not fit. */
MUST_USE const char *const *argv_words(const struct argv *argv);

/* Writes words into line[size] so that a shell and rsync's --rsh split them again into the same words. Quotes a word
 * that has other than plain bytes. Fails with false if line is too short. With for_rsync also if a word has a single
 * quote: the two quote it differently. */
MUST_USE bool argv_quote(char *line, size_t size, const char *const *words, bool for_rsync);

#endif
