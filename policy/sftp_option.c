/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sftp_option.h"

#include <stdbool.h>
#include <string.h>

#include "policy/attributes.h"

/* The values of sftp-server(8), in capital and in small letters. AUTHPRIV is not in the manual, but in log.c and in
 * hardening guides. An option without values takes none. */
static const struct {
	char word[3];
	char values[24][9];
} options[] = {
	{ "-e", { "" } },
	{ "-l",
		{ "QUIET", "FATAL", "ERROR", "INFO", "VERBOSE", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3", "quiet", "fatal",
			"error", "info", "verbose", "debug", "debug1", "debug2", "debug3" } },
	{ "-f",
		{ "DAEMON", "USER", "AUTH", "AUTHPRIV", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5",
			"LOCAL6", "LOCAL7", "daemon", "user", "auth", "authpriv", "local0", "local1", "local2",
			"local3", "local4", "local5", "local6", "local7" } },
};

static bool is_value(unsigned option, const char *word)
{
	for (unsigned i = 0; i < N_ELEMENTS(options[option].values) && options[option].values[i][0] != '\0'; i++)
		if (strcmp(options[option].values[i], word) == 0)
			return true;
	return false;
}

/* Returns how many words the option takes here, 0 if words do not begin with it. */
static unsigned words_of(unsigned option, const char *const *words, unsigned count)
{
	const bool bare = options[option].values[0][0] == '\0';

	if (count == 0 || strcmp(words[0], options[option].word) != 0)
		return 0;
	if (bare)
		return 1;
	return count >= 2 && is_value(option, words[1]) ? 2 : 0;
}

unsigned sftp_options_len(const char *const *words, unsigned count)
{
	unsigned len = 0, seen = 0;
	bool more = true;

	while (more) {
		more = false;
		for (unsigned option = 0; option < N_ELEMENTS(options) && !more; option++) {
			const unsigned used =
				(seen & 1u << option) != 0 ? 0 : words_of(option, words + len, count - len);

			more = used != 0;
			len += used;
			seen |= more ? 1u << option : 0;
		}
	}
	return len;
}
