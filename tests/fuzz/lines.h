/* SPDX-License-Identifier: Apache-2.0 */
/* lines: splits an input into NUL-ended texts, for targets that need more than one.
 * Each has memory of the exact size, so that ASan sees a read past its end. */
#ifndef TESTS_FUZZ_LINES_H
#define TESTS_FUZZ_LINES_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/must.h"

enum {
	LINES_MAX = 6,
};

struct lines {
	unsigned count;
	char *at[LINES_MAX]; /* owned */
	size_t last_len;     /* of the last, which may contain NULs and newlines */
};

static inline void lines_drop(struct lines *lines)
{
	for (unsigned i = 0; i < lines->count; i++)
		free(lines->at[i]);
	lines->count = 0;
}

static inline void lines_add(struct lines *lines, const char *at, size_t len)
{
	char *const text = malloc(len + 1);

	MUST(text != NULL && lines->count < LINES_MAX);
	if (len != 0)
		memcpy(text, at, len);
	text[len] = '\0';
	lines->at[lines->count++] = text;
	lines->last_len = len;
}

/* Splits at the first count - 1 newlines. Fails if there are fewer. */
static inline bool lines_cut(struct lines *out, const uint8_t *data, size_t size, unsigned count)
{
	const char *at = (const char *)data;
	const char *const end = at + size;

	out->count = 0;
	while (out->count + 1 < count) {
		const char *const newline = at == end ? NULL : memchr(at, '\n', (size_t)(end - at));

		if (newline == NULL) {
			lines_drop(out);
			return false;
		}
		lines_add(out, at, (size_t)(newline - at));
		at = newline + 1;
	}
	lines_add(out, at, (size_t)(end - at));
	return true;
}

#endif
