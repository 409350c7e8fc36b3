/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/login_shell.h"

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "admin/capture.h"

static const char file_name[] = "/etc/passwd";

int login_shell_read(char out[LOGIN_SHELL_MAX], const char *user)
{
	FILE *const file = fopen(file_name, "re");
	const struct passwd *entry;
	int rc = -1;

	while (file != NULL && rc != 0 && (entry = fgetpwent(file)) != NULL)
		if (strcmp(entry->pw_name, user) == 0 && strlen(entry->pw_shell) < LOGIN_SHELL_MAX) {
			strcpy(out, entry->pw_shell);
			rc = 0;
		}
	if (file != NULL)
		fclose(file);
	return rc;
}

int login_shell_set(const char *user, const char *shell, struct trouble *trouble)
{
	static char usermod[] = "/usr/sbin/usermod", option[] = "--shell", said[CAPTURE_MAX];
	char *argv[] = { usermod, option, (char *)(uintptr_t)shell, (char *)(uintptr_t)user, NULL };
	char now[LOGIN_SHELL_MAX];
	const int rc = capture(said, argv, true);

	said[strcspn(said, "\n")] = '\0';
	if (rc != 0)
		return trouble_set(trouble, "%s --shell '%s' %s fails (%d): %s", usermod, shell, user, rc,
			said[0] != '\0' ? said : "cannot run it");
	if (login_shell_read(now, user) != 0 || strcmp(now, shell) != 0)
		return trouble_set(trouble,
			"%s succeeded, but the login shell of %s in %s is another: look at the file", usermod, user,
			file_name);
	return 0;
}
