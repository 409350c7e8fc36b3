/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/path.h"

#include <string.h>

#include "policy/words.h"

static bool lower_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool path_is_uuid(const char *text, size_t len)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	_Static_assert(sizeof(shape) - 1 == UUID_LEN, "a uuid has UUID_LEN bytes");
	if (len != UUID_LEN)
		return false;
	for (size_t i = 0; i < UUID_LEN; i++)
		if (shape[i] == '-' ? text[i] != '-' : !lower_hex(text[i]))
			return false;
	return true;
}

size_t path_first_len(const char *rel)
{
	return strcspn(rel, "/");
}

/* True if no name of a relative path is empty, too long, or begins with a dot. */
static bool names_are_plain(const char *rel)
{
	for (;;) {
		const size_t len = path_first_len(rel);

		if (len == 0 || len > COMPONENT_MAX || rel[0] == '.')
			return false;
		if (rel[len] == '\0')
			return true;
		rel += len + 1;
	}
}

bool path_is_plain(const char *word)
{
	for (const char *at = word; *at != '\0'; at++)
		if (!words_allow(*at))
			return false;
	return word[0] == '/' && names_are_plain(word + 1);
}

/* A record escapes one byte of a path: an equals sign takes six bytes. */
static size_t recorded_len(const char *word)
{
	size_t len = 0;

	for (; *word != '\0'; word++)
		len += *word == '=' ? strlen("\\u00NN") : 1;
	return len;
}

bool path_is_bounded(const char *word, const char *rel)
{
	unsigned depth = 0;

	for (; *rel != '\0'; rel++)
		depth += *rel == '/';
	return depth <= PATH_DEPTH_MAX && recorded_len(word) <= PATH_RECORDED_MAX;
}

const char *path_below(const char *word, const char *root)
{
	const size_t len = strlen(root);

	if (strncmp(word, root, len) != 0)
		return NULL;
	if (word[len] == '\0')
		return word + len;
	return word[len] == '/' ? word + len + 1 : NULL;
}

bool pattern_is_valid(const char *text)
{
	if (!names_are_plain(text))
		return false;
	for (const char *at = text; *at != '\0'; at++)
		if (*at == '%' ? *++at != 'u' && *at != 'x' : !words_allow(*at))
			return false;
	return true;
}

/* Returns how many bytes of name a placeholder matches, 0 if none. */
static size_t placeholder_take(char letter, const char *name, size_t len)
{
	if (letter == 'u')
		return len >= UUID_LEN && path_is_uuid(name, UUID_LEN) ? UUID_LEN : 0;
	if (len < PROBE_HEX_LEN)
		return 0;
	for (size_t i = 0; i < PROBE_HEX_LEN; i++)
		if (!lower_hex(name[i]))
			return 0;
	return PROBE_HEX_LEN;
}

static bool name_match(const char *pattern, size_t pattern_len, const char *name, size_t len)
{
	const char *const end = pattern + pattern_len;

	while (pattern < end) {
		size_t take = 1;

		if (*pattern == '%') {
			take = placeholder_take(pattern[1], name, len);
			pattern++;
		} else if (len == 0 || *name != *pattern) {
			take = 0;
		}
		if (take == 0)
			return false;
		pattern++;
		name += take;
		len -= take;
	}
	return len == 0;
}

enum pattern_hit pattern_match(const char *pattern, const char *rel)
{
	for (;;) {
		const size_t pattern_len = path_first_len(pattern);
		const size_t len = path_first_len(rel);

		if (!name_match(pattern, pattern_len, rel, len))
			return PATTERN_MISS;
		if (pattern[pattern_len] == '\0')
			return rel[len] == '\0' ? PATTERN_EXACT : PATTERN_BELOW;
		if (rel[len] == '\0')
			return PATTERN_MISS;
		pattern += pattern_len + 1;
		rel += len + 1;
	}
}
