/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/subsystem.h"

#include <string.h>

#include "policy/form.h"

bool subsystem_is_allowed(const char *command, const char *sftp_server, bool forced)
{
	struct words words;
	struct match match;
	enum reason reason;

	return words_split(&words, bytes_of(command)) == WORDS_OK &&
		form_match(&match, &reason, &words, sftp_server, forced) && match.form == FORM_SFTP;
}

const char *subsystem_sftp(const struct sshd_settings *settings)
{
	static const char name[] = "sftp ";
	const char *at = NULL, *value;

	while ((value = sshd_settings_next(settings, "subsystem", &at)) != NULL)
		if (strncmp(value, name, sizeof(name) - 1) == 0)
			return value + strspn(value + sizeof(name) - 1, " \t") + sizeof(name) - 1;
	return NULL;
}
