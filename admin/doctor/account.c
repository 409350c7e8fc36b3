/* SPDX-License-Identifier: Apache-2.0 */
/* The account: user, login shell, /etc/shells. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/doctor/host.h"
#include "base/own.h"
#include "wall/program.h"

void doctor_user(struct findings *findings, const struct host *host)
{
	if (host->entry == NULL)
		finding_put(findings, FINDING_FATAL, "name the user of nova-compute with --user", "no user %s exists",
			host->user);
	else if (host->entry->pw_uid == 0)
		finding_put(
			findings, FINDING_FATAL, "run nova-compute as an unprivileged user", "%s is root", host->user);
}

static void binary_check(struct findings *findings, const char *path)
{
	struct fault fault;
	char text[256];
	OWN_FD int fd = program_open(path, &fault);

	if (fd >= 0)
		return;
	fault_text(text, sizeof(text), &fault);
	finding_put(findings, FINDING_FATAL, "install rssh-nova as root, mode 0755", "%s", text);
}

/* sshd runs ForceCommand with the login shell. */
static const char *shell_fault(const char *path)
{
	static const char *const idle[] = { "/false", "/nologin", "/true" };
	const char *const name = strrchr(path, '/');

	if (path[0] == '\0')
		return NULL; /* sshd then uses /bin/sh */
	if (access(path, X_OK) != 0)
		return "cannot be run: sshd refuses every login";
	for (size_t i = 0; i < N_ELEMENTS(idle); i++)
		if (name != NULL && strcmp(name, idle[i]) == 0)
			return "runs nothing, not even ForceCommand";
	return NULL;
}

void doctor_login_shell(struct findings *findings, const struct host *host)
{
	if (host->entry == NULL)
		finding_put(findings, FINDING_FATAL, "see the check \"user\"", "the user does not exist");
	else if (host_is_rssh_nova(host->entry->pw_shell))
		binary_check(findings, host->entry->pw_shell);
	else if (shell_fault(host->entry->pw_shell) != NULL)
		finding_put(findings, FINDING_FATAL, "run rssh-nova-admin setup, or usermod --shell /usr/bin/rssh-nova",
			"the login shell %s %s", host->entry->pw_shell, shell_fault(host->entry->pw_shell));
	else if (host_is_forced(host))
		finding_put(findings, FINDING_WARNING,
			"run rssh-nova-admin setup, or usermod --shell /usr/bin/rssh-nova",
			"the login shell is %s: only sshd's ForceCommand keeps peers from it", host->entry->pw_shell);
	else
		finding_put(findings, FINDING_FATAL,
			"run rssh-nova-admin setup, or usermod --shell /usr/bin/rssh-nova and "
			"set ForceCommand /usr/bin/rssh-nova in sshd_config",
			"neither the login shell (%s) nor ForceCommand is rssh-nova: a key opens a shell",
			host->entry->pw_shell);
}

void doctor_shells(struct findings *findings, const struct host *host)
{
	FILE *const file = fopen("/etc/shells", "re");
	char line[1024];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		found = host->entry != NULL && strcmp(line, host->entry->pw_shell) == 0;
	}
	if (file != NULL)
		fclose(file);
	if (!found)
		finding_put(findings, FINDING_WARNING, "add a line with the login shell to /etc/shells",
			"/etc/shells does not name the login shell: pam_shells and chsh reject it");
}
