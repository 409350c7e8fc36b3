/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/argv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void argv_init(struct argv *argv)
{
	argv->count = 0;
	argv->used = 0;
	argv->full = false;
	argv->at[0] = NULL;
}

void argv_addf(struct argv *argv, const char *format, ...)
{
	const size_t room = sizeof(argv->store) - argv->used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(argv->store + argv->used, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room || argv->count == ARGV_WORDS_MAX) {
		argv->full = true;
		return;
	}
	argv->at[argv->count++] = argv->store + argv->used;
	argv->at[argv->count] = NULL;
	argv->used += (size_t)len + 1;
}

void argv_add(struct argv *argv, const char *word)
{
	argv_addf(argv, "%s", word);
}

const char *const *argv_words(const struct argv *argv)
{
	return argv->full ? NULL : argv->at;
}

struct quoted {
	char *at;
	size_t used, size;
};

static void put(struct quoted *out, const char *text, size_t len)
{
	if (len < out->size - out->used) {
		memcpy(out->at + out->used, text, len);
		out->used += len;
	} else {
		out->used = out->size;
	}
}

static bool is_plain(const char *word)
{
	return word[0] != '\0' &&
		word[strspn(word,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			"%+,-./:=@_")] == '\0';
}

static void put_quoted(struct quoted *out, const char *word)
{
	put(out, "'", 1);
	for (size_t len; *word != '\0'; word += len) {
		len = strcspn(word, "'");
		put(out, word, len);
		if (word[len] == '\'') {
			put(out, "'\\''", 4);
			len++;
		}
	}
	put(out, "'", 1);
}

bool argv_quote(char *line, size_t size, const char *const *words, bool for_rsync)
{
	struct quoted out = { line, 0, size };

	for (size_t i = 0; words[i] != NULL; i++) {
		if (for_rsync && strchr(words[i], '\'') != NULL)
			return false;
		if (i != 0)
			put(&out, " ", 1);
		if (is_plain(words[i]))
			put(&out, words[i], strlen(words[i]));
		else
			put_quoted(&out, words[i]);
	}
	if (out.used >= size)
		return false;
	line[out.used] = '\0';
	return true;
}
