/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/setup/key_copy.h"
#include "admin/subsystem.h"

static void keys_note(struct setup *setup, const struct key_copy *copy, const char *path)
{
	if (copy->copied == 0)
		setup_note(setup,
			"no key of %s was found: put the keys of the other nodes into %s, each as: restrict ssh-...",
			setup->user, path);
	if (copy->forced != 0 && setup->force_command)
		setup_note(setup,
			"ForceCommand overrides command= of %u keys: use --no-force-command to keep a command for each "
			"key",
			copy->forced);
	if (copy->passed_over != 0)
		setup_note(setup, "%u lines of %s's authorized_keys are no keys, and are not copied", copy->passed_over,
			setup->user);
}

static void sshd_note(struct setup *setup, const struct sshd_settings *settings)
{
	if (sshd_settings_first(settings, "authorizedkeyscommand")[0] == '/')
		setup_note(
			setup, "AuthorizedKeysCommand stays in force: make sure that each key it prints has restrict");
	if (sshd_settings_first(settings, "trustedusercakeys")[0] == '/')
		setup_note(setup,
			"TrustedUserCAKeys stays in force: its authorities can sign certificates for %s; run "
			"rssh-nova-admin doctor",
			setup->user);
	if (strcmp(sshd_settings_first(settings, "permituserenvironment"), "no") != 0)
		setup_note(setup,
			"PermitUserEnvironment holds for all users, and setup does not change it: set it to no "
			"in " SSHD_MAIN);
}

static void subsystem_note(struct setup *setup, const struct sshd_settings *settings)
{
	const char *const command = subsystem_sftp(settings);

	if (command != NULL && !subsystem_is_allowed(command, setup->sftp_server, setup->force_command) &&
		(setup->force_command || strncmp(command, "internal-sftp", strlen("internal-sftp")) != 0))
		setup_note(setup,
			"the shell refuses Subsystem sftp %s, so scp of OpenSSH 9 and newer will fail: keep no options "
			"there except -e, -f and -l, and set [programs] sftp_server to its path",
			command);
}

static int keys_copy(struct setup *setup, const struct sshd_settings *settings, struct trouble *trouble)
{
	struct key_copy copy;
	char path[CHANGE_PATH_MAX];

	snprintf(path, sizeof(path), SETUP_KEYS_DIRECTORY "/%s", setup->user);
	if (access(path, F_OK) == 0)
		return 0;
	if (key_copy_make(&copy, settings, setup->entry, path) != 0)
		return trouble_no_memory(trouble);
	if (copy.unread[0] != '\0') {
		free(copy.text);
		return trouble_set(trouble, "cannot copy the keys of %s", copy.unread);
	}
	setup_plan_directory(setup, SETUP_KEYS_DIRECTORY);
	if (setup_plan_file(setup, path, 0644, copy.text, trouble) != 0)
		return -1;
	keys_note(setup, &copy, path);
	return 0;
}

int setup_keys_plan(struct setup *setup, struct trouble *trouble)
{
	static struct sshd_settings settings;

	sshd_settings_read(&settings, setup->user, NULL);
	if (!settings.known)
		return trouble_set(trouble, "%s fails: %s", settings.question, settings.text);
	sshd_note(setup, &settings);
	subsystem_note(setup, &settings);
	return keys_copy(setup, &settings, trouble);
}
