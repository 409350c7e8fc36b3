/* SPDX-License-Identifier: Apache-2.0 */
/* A second reading of the rules judges each path the same. The input is a pattern of [paths], an instances root and a
 * word, a line each. */
#include <regex.h>
#include <string.h>

#include "policy/path.h"
#include "policy/words.h"
#include "tests/fuzz/lines.h"
#include "tests/fuzz/must.h"

#define UUID "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define HEX "[0-9a-f]{32}"

static bool is_plain(const char *word)
{
	const size_t len = strlen(word);

	if (word[0] != '/' || strspn(word, UPPER LOWER "0123456789._/:=,@+-") != len)
		return false;
	if (strstr(word, "//") != NULL || strstr(word, "/.") != NULL || word[len - 1] == '/')
		return false;
	for (const char *at = word; at != NULL; at = strchr(at + 1, '/'))
		if (strcspn(at + 1, "/") > 255)
			return false;
	return true;
}

/* Turns the pattern into a regular expression: each byte is literal, except the two placeholders. */
static void regex_make(regex_t *out, const char *pattern)
{
	char *const text = malloc(strlen(pattern) * (sizeof(UUID) + 2) + 16);
	char *at = text;

	MUST(text != NULL);
	at = stpcpy(at, "^");
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '%')
			at = stpcpy(at, *++pattern == 'u' ? UUID : HEX);
		else
			at += sprintf(at, "[%c]", *pattern);
	}
	strcpy(at, "(/.*)?$");
	MUST(regcomp(out, text, REG_EXTENDED) == 0);
	free(text);
}

static void check_pattern(const char *pattern, const char *rel)
{
	regmatch_t part[2];
	regex_t regex;
	int miss;

	regex_make(&regex, pattern);
	miss = regexec(&regex, rel, 2, part, 0);
	switch (pattern_match(pattern, rel)) {
	case PATTERN_MISS:
		MUST(miss != 0);
		break;
	case PATTERN_EXACT:
		MUST(miss == 0 && part[1].rm_so == -1);
		break;
	case PATTERN_BELOW:
		MUST(miss == 0 && part[1].rm_so != -1);
		break;
	}
	regfree(&regex);
}

static void check_uuid(const char *text)
{
	static regex_t regex;
	static bool ready;

	if (!ready)
		MUST(regcomp(&regex, "^" UUID "$", REG_EXTENDED | REG_NOSUB) == 0);
	ready = true;
	MUST(path_is_uuid(text, strlen(text)) == (regexec(&regex, text, 0, NULL, 0) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *pattern, *root, *word, *rel;
	struct lines lines;

	if (!lines_cut(&lines, data, size, 3))
		return 0;
	pattern = lines.at[0];
	root = lines.at[1];
	word = lines.at[2];
	MUST(path_is_plain(word) == is_plain(word));
	check_uuid(word);
	rel = path_below(word, root);
	if (strncmp(word, root, strlen(root)) != 0 || (word[strlen(root)] != '/' && word[strlen(root)] != '\0'))
		MUST(rel == NULL);
	else
		MUST(rel == word + strlen(root) + (word[strlen(root)] == '/'));
	if (pattern_is_valid(pattern) && strlen(pattern) < VALUE_MAX && is_plain(word))
		check_pattern(pattern, word + 1);
	lines_drop(&lines);
	return 0;
}
