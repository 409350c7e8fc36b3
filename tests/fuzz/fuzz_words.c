/* SPDX-License-Identifier: Apache-2.0 */
/* Words joined by spaces are the line again, and have only bytes that words_allow(). */
#include "policy/words.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct words words;
	size_t at = 0;

	if (words_split(&words, (struct bytes){ (const char *)data, size }) != WORDS_OK)
		return 0;
	MUST(size > 0 && size < CMD_MAX);
	MUST(words.count >= 1 && words.count <= WORDS_MAX);
	for (unsigned i = 0; i < words.count; i++) {
		const char *const word = words_at(&words, i);
		const size_t len = strlen(word);

		MUST(len > 0 && at + len <= size);
		MUST(memcmp(data + at, word, len) == 0);
		MUST(at + len == size || data[at + len] == ' ');
		for (size_t b = 0; b < len; b++)
			MUST(words_allow(word[b]));
		at += len + 1;
	}
	MUST(at == size + 1);
	return 0;
}
