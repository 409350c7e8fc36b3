/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/key_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/doctor/key_file.h"
#include "admin/doctor/writable.h"

enum {
	ARGUMENTS_MAX = 16,
};

static const struct {
	const char *command, *user, *shown;
} keywords[] = {
	[KEY_COMMAND_AUTHORIZED] = { "authorizedkeyscommand", "authorizedkeyscommanduser", "AuthorizedKeysCommand" },
	[KEY_COMMAND_PRINCIPALS] = { "authorizedprincipalscommand", "authorizedprincipalscommanduser",
		"AuthorizedPrincipalsCommand" },
};

struct line {
	char store[ARGUMENTS_MAX][KEY_FILE_NAME_MAX];
	char *argv[ARGUMENTS_MAX + 1];
	unsigned count;
};

/* False for a token that needs a connection, and if the word is too long. */
static bool word_put(struct line *line, const struct passwd *entry, const char *word, size_t len)
{
	char *const out = line->count < ARGUMENTS_MAX ? line->store[line->count] : NULL;

	if (out == NULL || !key_tokens_fill(out, entry, word, len))
		return false;
	line->argv[line->count++] = out;
	line->argv[line->count] = NULL;
	return true;
}

/* Splits the line at blanks. False for a line with quotes. */
static bool line_make(struct line *line, const char *command, const struct passwd *entry, enum key_command_kind kind)
{
	static const char blanks[] = " \t";

	*line = (struct line){ .count = 0 };
	if (strpbrk(command, "\"'\\") != NULL)
		return false;
	for (const char *at = command; *(at += strspn(at, blanks)) != '\0'; at += strcspn(at, blanks))
		if (!word_put(line, entry, at, strcspn(at, blanks)))
			return false;
	return line->count > 1 || kind != KEY_COMMAND_AUTHORIZED || word_put(line, entry, "%u", 2);
}

enum key_command key_command_run(char text[CAPTURE_MAX], const struct sshd_settings *settings,
	const struct passwd *entry, enum key_command_kind kind)
{
	static struct line line;
	const char *const command = sshd_settings_first(settings, keywords[kind].command);
	const struct passwd *user;

	if (command[0] != '/')
		return KEY_COMMAND_NONE;
	if (geteuid() != 0 || !line_make(&line, command, entry, kind))
		return KEY_COMMAND_UNASKED;
	user = getpwnam(sshd_settings_first(settings, keywords[kind].user));
	if (user == NULL || user->pw_uid == 0)
		return KEY_COMMAND_UNASKED;
	return capture_as(text, line.argv, user) == 0 ? KEY_COMMAND_KEYS : KEY_COMMAND_FAILED;
}

void key_command_check(struct findings *findings, const struct host *host, enum key_command_kind kind)
{
	const char *const command = sshd_settings_first(&host->sshd, keywords[kind].command);
	char program[KEY_FILE_NAME_MAX], part[KEY_FILE_NAME_MAX];

	if (command[0] != '/')
		return;
	snprintf(program, sizeof(program), "%.*s", (int)strcspn(command, " \t"), command);
	if (writable_by(part, host->entry, program) != WRITER_ROOT)
		finding_put(findings, FINDING_WARNING, "chown root:root, chmod go-w",
			"users other than root can write %s: sshd does not run %s %s", part, keywords[kind].shown,
			program);
	if (strcmp(sshd_settings_first(&host->sshd, keywords[kind].user), host->user) == 0)
		finding_put(findings, FINDING_WARNING, "run it as a separate user that owns no files",
			"%s runs as %s, whose other processes can change its output, and so who may log in",
			keywords[kind].shown, host->user);
}
