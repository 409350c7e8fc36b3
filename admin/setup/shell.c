/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/file.h"
#include "admin/setup/login_shell.h"

static const char shells[] = "/etc/shells";

static bool names_shell(const char *content, const char *shell)
{
	const size_t len = strlen(shell);

	for (const char *line = content; *line != '\0';) {
		const size_t line_len = strcspn(line, "\n");

		if (strcspn(line, "#\n") == len && strncmp(line, shell, len) == 0)
			return true;
		line += line_len + (line[line_len] == '\n');
	}
	return false;
}

static int shells_plan(struct setup *setup, struct trouble *trouble)
{
	char *content, *line;
	bool named = false;
	size_t len;

	if (file_read(&content, &len, shells) == 0) {
		named = names_shell(content, setup->shell);
		free(content);
	}
	if (named)
		return 0;
	if (asprintf(&line, "%s\n", setup->shell) < 0)
		return trouble_no_memory(trouble);
	return setup_plan_lines(setup, shells, line, trouble);
}

static int login_shell_plan(struct setup *setup, struct trouble *trouble)
{
	char now[LOGIN_SHELL_MAX];
	struct change *change;

	if (login_shell_read(now, setup->user) != 0)
		return trouble_set(trouble,
			"user %s is not in /etc/passwd: set the login shell %s in the directory that has the user, or "
			"create the user here",
			setup->user, setup->shell);
	if (strcmp(now, setup->shell) == 0)
		return 0;
	change = setup_plan_add(setup, CHANGE_SHELL, setup->user);
	change->was = strdup(now);
	change->text = strdup(setup->shell);
	return change->was != NULL && change->text != NULL ? 0 : trouble_no_memory(trouble);
}

int setup_shell_plan(struct setup *setup, struct trouble *trouble)
{
	return shells_plan(setup, trouble) != 0 ? -1 : login_shell_plan(setup, trouble);
}
