/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/file.h"
#include "admin/setup/key_copy.h"
#include "admin/setup/libvirt.h"
#include "admin/setup/login_shell.h"
#include "admin/setup/recipe.h"
#include "admin/setup/sending.h"
#include "admin/subsystem.h"

#define KEYS_DIRECTORY "/etc/ssh/authorized_keys.d"

static const char keys_pattern[] = KEYS_DIRECTORY "/%u", shells[] = "/etc/shells";

void setup_note(struct setup *setup, const char *text, ...)
{
	char line[1024];
	va_list args;

	va_start(args, text);
	vsnprintf(line, sizeof(line), text, args);
	va_end(args);
	for (char *at = line; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	json_array_append_new(setup->notes, json_string(line));
}

static int no_memory(struct trouble *trouble)
{
	return trouble_set(trouble, "%s", strerror(ENOMEM));
}

static struct change *plan_add(struct setup *setup, enum change_kind kind, const char *path)
{
	struct change *const change = &setup->plan.at[setup->plan.count++];

	*change = (struct change){ .kind = kind };
	snprintf(change->path, sizeof(change->path), "%s", path);
	return change;
}

void setup_plan_directory(struct setup *setup, const char *path)
{
	if (access(path, F_OK) != 0)
		plan_add(setup, CHANGE_DIRECTORY, path)->mode = 0755;
}

/* Takes text; was is that of an earlier setup, or NULL. */
static void plan_file(struct setup *setup, const char *path, mode_t mode, char *text, char *was)
{
	struct change *const change = plan_add(setup, CHANGE_FILE, path);

	change->mode = mode;
	change->text = text;
	change->was = was;
	change_sum(change->sums[0], bytes_of(text));
}

/* What is there where a file of ours goes. */
enum place {
	PLACE_FREE,
	PLACE_DONE,  /* exactly that */
	PLACE_OURS,  /* what an earlier setup put there; *was is its text */
	PLACE_TAKEN, /* something else */
};

static enum place place_look(const struct setup *setup, const char *path, const char *text, char **was)
{
	const struct change *const earlier = manifest_find(&setup->manifest, CHANGE_FILE, path);
	char *now;
	size_t len;

	*was = NULL;
	if (file_read(&now, &len, path) != 0)
		return errno == ENOENT ? PLACE_FREE : PLACE_TAKEN;
	if (strlen(text) == len && memcmp(text, now, len) == 0) {
		free(now);
		return PLACE_DONE;
	}
	if (earlier != NULL && change_look(earlier) == CHANGE_THERE) {
		*was = now;
		return PLACE_OURS;
	}
	free(now);
	return PLACE_TAKEN;
}

static void keys_note(struct setup *setup, const struct key_copy *copy, const char *path)
{
	if (copy->copied == 0)
		setup_note(setup,
			"no key of %s was found: put the keys of the other nodes into %s, "
			"each as: restrict ssh-...",
			setup->user, path);
	if (copy->forced != 0 && setup->force_command)
		setup_note(setup,
			"ForceCommand counts before command= of %u keys; where each key is to "
			"have its own, use --no-force-command",
			copy->forced);
	if (copy->passed_over != 0)
		setup_note(setup, "%u lines of %s's authorized_keys are no keys, and are not copied", copy->passed_over,
			setup->user);
}

static void sshd_note(struct setup *setup, const struct sshd_settings *settings)
{
	if (sshd_settings_first(settings, "authorizedkeyscommand")[0] == '/')
		setup_note(setup,
			"AuthorizedKeysCommand stays in force: see that each key it gives "
			"has restrict");
	if (sshd_settings_first(settings, "trustedusercakeys")[0] == '/')
		setup_note(setup,
			"TrustedUserCAKeys stays in force: its authorities let in whoever they sign a certificate "
			"for %s, see doctor",
			setup->user);
	if (strcmp(sshd_settings_first(settings, "permituserenvironment"), "no") != 0)
		setup_note(setup,
			"PermitUserEnvironment counts for all users and is not touched: "
			"set it to no in " SSHD_MAIN);
}

static void subsystem_note(struct setup *setup, const struct sshd_settings *settings)
{
	const char *const command = subsystem_sftp(settings);

	if (command != NULL && !subsystem_is_let_in(command, setup->sftp_server, setup->force_command) &&
		(setup->force_command || strncmp(command, "internal-sftp", strlen("internal-sftp")) != 0))
		setup_note(setup,
			"Subsystem sftp %s is not what the shell lets in, so scp of OpenSSH 9 and newer will fail: "
			"leave no other options than -e, -f and -l there, and make [programs] sftp_server equal to "
			"its path",
			command);
}

static int plan_keys(struct setup *setup, const struct sshd_settings *settings, struct trouble *trouble)
{
	struct key_copy copy;
	char path[CHANGE_PATH_MAX];

	snprintf(path, sizeof(path), KEYS_DIRECTORY "/%s", setup->user);
	if (access(path, F_OK) == 0)
		return 0;
	if (key_copy_make(&copy, settings, setup->entry, path) != 0)
		return no_memory(trouble);
	if (copy.unread[0] != '\0') {
		free(copy.text);
		return trouble_set(trouble, "%s: its keys cannot be copied", copy.unread);
	}
	setup_plan_directory(setup, KEYS_DIRECTORY);
	plan_file(setup, path, 0644, copy.text, NULL);
	keys_note(setup, &copy, path);
	return 0;
}

/* What sshd says for the user as long as nothing is changed: where his keys are, and what is not
 * ours. */
static int plan_login(struct setup *setup, struct trouble *trouble)
{
	static struct sshd_settings settings;

	sshd_settings_read(&settings, setup->user, NULL);
	if (!settings.known)
		return trouble_set(trouble, "%s fails: %s", settings.question, settings.text);
	sshd_note(setup, &settings);
	subsystem_note(setup, &settings);
	return plan_keys(setup, &settings, trouble);
}

/* Without Include, or where an earlier setup has put it there, our block stands in the main file.
 */
static int plan_sshd_main(struct setup *setup, const char *block, struct trouble *trouble)
{
	const struct change *const earlier = manifest_find(&setup->manifest, CHANGE_LINES, SSHD_MAIN);
	const char *const main = setup->stage.main;
	const size_t len = strlen(main);
	struct change *change;
	char *lines, *changed;

	if (change_find_lines(main, block) != NULL)
		return 0;
	if (asprintf(&lines, "%s%s", len != 0 && main[len - 1] != '\n' ? "\n" : "", block) < 0)
		return no_memory(trouble);
	change = plan_add(setup, CHANGE_LINES, SSHD_MAIN);
	change->text = lines;
	if (change_look(change) == CHANGE_ALTERED && earlier == NULL)
		return trouble_set(trouble, SSHD_MAIN " holds the block of another setup: take it out, and try again");
	if (earlier != NULL && change_find_lines(main, earlier->text) != NULL) {
		memmove(lines, block, strlen(block) + 1);
		change->was = strdup(earlier->text[0] == '\n' ? earlier->text + 1 : earlier->text);
	} else if (earlier != NULL && change_look(earlier) == CHANGE_ALTERED) {
		return trouble_set(trouble,
			"the block in " SSHD_MAIN " was changed since setup put it there: take it "
			"out, and try again");
	}
	changed = change_put_lines(main, change->was, change->text);
	if (changed == NULL)
		return no_memory(trouble);
	free(setup->stage.main);
	setup->stage.main = changed;
	return 0;
}

static int plan_sshd_drop_in(struct setup *setup, const char *block, struct trouble *trouble)
{
	char *text, *was;
	enum place place;

	setup->stage.drop_in = strdup(block);
	place = place_look(setup, SSHD_DROP_IN, block, &was);
	if (place == PLACE_DONE)
		return 0;
	if (place == PLACE_TAKEN)
		return trouble_set(trouble,
			SSHD_DROP_IN " is not as setup puts it there: move it away, to a file of "
				     "another name, and try again");
	text = strdup(block);
	if (text == NULL)
		return no_memory(trouble);
	setup_plan_directory(setup, SSHD_DROP_INS);
	plan_file(setup, SSHD_DROP_IN, 0600, text, was);
	return 0;
}

static void force_command_drop(char *block)
{
	char *const at = strstr(block, "\tForceCommand");
	const char *const behind = strchr(at, '\n') + 1;

	memmove(at, behind, strlen(behind) + 1);
}

static int plan_sshd(struct setup *setup, struct trouble *trouble)
{
	char *main, *block = recipe_fill(RECIPE_SSHD, setup->user, setup->shell, keys_pattern);
	size_t len;

	if (block == NULL)
		return no_memory(trouble);
	if (!setup->force_command)
		force_command_drop(block);
	setup->stage.user = setup->user;
	setup->stage.wanted = block;
	if (file_read(&main, &len, SSHD_MAIN) != 0)
		return trouble_set(trouble, SSHD_MAIN ": %s", strerror(errno));
	setup->stage.main = main;
	if (strlen(main) != len)
		return trouble_set(trouble, SSHD_MAIN ": a NUL in it");
	setup->no_include =
		!sshd_stage_includes(main) || manifest_find(&setup->manifest, CHANGE_LINES, SSHD_MAIN) != NULL;
	if (setup->no_include)
		return plan_sshd_main(setup, block, trouble);
	return plan_sshd_drop_in(setup, block, trouble);
}

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

static int plan_shells(struct setup *setup, struct trouble *trouble)
{
	char *content = NULL, *lines;
	size_t len;
	const bool missing = file_read(&content, &len, shells) != 0;

	if (missing && errno != ENOENT)
		return trouble_set(trouble, "%s: %s", shells, strerror(errno));
	if (!missing && names_shell(content, setup->shell)) {
		free(content);
		return 0;
	}
	if (asprintf(&lines, "%s%s\n", !missing && len != 0 && content[len - 1] != '\n' ? "\n" : "", setup->shell) <
		0) {
		free(content);
		return no_memory(trouble);
	}
	free(content);
	if (missing)
		plan_file(setup, shells, 0644, lines, NULL);
	else
		plan_add(setup, CHANGE_LINES, shells)->text = lines;
	return 0;
}

static int plan_login_shell(struct setup *setup, struct trouble *trouble)
{
	char now[LOGIN_SHELL_MAX];
	struct change *change;

	if (login_shell_read(now, setup->user) != 0)
		return trouble_set(trouble,
			"user %s is not in /etc/passwd: give him the login shell %s where he is "
			"kept, "
			"or make him here",
			setup->user, setup->shell);
	if (strcmp(now, setup->shell) == 0)
		return 0;
	change = plan_add(setup, CHANGE_SHELL, setup->user);
	change->was = strdup(now);
	change->text = strdup(setup->shell);
	return change->was != NULL && change->text != NULL ? 0 : no_memory(trouble);
}

/* A recipe for a directory of another program's. One that the operator has changed is his. */
static int plan_recipe(struct setup *setup, enum recipe recipe, const char *path, struct trouble *trouble)
{
	char *was, *const text = recipe_fill(recipe, setup->user, setup->shell, keys_pattern);
	enum place place;

	if (text == NULL)
		return no_memory(trouble);
	place = place_look(setup, path, text, &was);
	if (place == PLACE_FREE || place == PLACE_OURS) {
		plan_file(setup, path, 0644, text, was);
		return 0;
	}
	if (place == PLACE_TAKEN)
		setup_note(setup, "%s is there already and is left as it is", path);
	free(text);
	return 0;
}

int setup_plan_file(struct setup *setup, const char *path, mode_t mode, char *text, struct trouble *trouble)
{
	char *was;
	const enum place place = place_look(setup, path, text, &was);

	if (place == PLACE_FREE || place == PLACE_OURS) {
		plan_file(setup, path, mode, text, was);
		return 0;
	}
	free(text);
	if (place == PLACE_DONE)
		return 0;
	return trouble_set(trouble, "%s is not as setup puts it there: move it away, and try again", path);
}

int setup_plan_program(struct setup *setup, const char *path, char *text, struct trouble *trouble)
{
	return setup_plan_file(setup, path, 0755, text, trouble);
}

int setup_plan_lines(struct setup *setup, const char *path, char *text, struct trouble *trouble)
{
	char *content = NULL, *lines = NULL;
	size_t len = 0;
	int rc = 0;

	if (file_read(&content, &len, path) != 0) {
		if (errno == ENOENT)
			return setup_plan_file(setup, path, 0644, text, trouble);
		free(text);
		return trouble_set(trouble, "%s: %s", path, strerror(errno));
	}
	if (change_find_lines(content, text) == NULL) {
		if (asprintf(&lines, "%s%s", len != 0 && content[len - 1] != '\n' ? "\n" : "", text) < 0)
			rc = no_memory(trouble);
		else
			plan_add(setup, CHANGE_LINES, path)->text = lines;
	}
	free(content);
	free(text);
	return rc;
}

static int plan_sending(struct setup *setup, struct trouble *trouble)
{
	return setup->sending ? setup_sending_plan(setup, trouble) : 0;
}

static int plan_libvirt(struct setup *setup, struct trouble *trouble)
{
	return setup->libvirt ? setup_libvirt_plan(setup, trouble) : 0;
}

static int plan_syslog(struct setup *setup, struct trouble *trouble)
{
	if (access("/usr/sbin/rsyslogd", X_OK) != 0 || access("/etc/rsyslog.d", F_OK) != 0) {
		setup_note(setup,
			"rsyslog is not here: the audit is where the syslog of this host "
			"puts it (journalctl -t rssh-nova)");
		return 0;
	}
	if (plan_recipe(setup, RECIPE_RSYSLOG, "/etc/rsyslog.d/30-rssh-nova.conf", trouble) != 0)
		return -1;
	if (access("/etc/logrotate.d", F_OK) != 0) {
		setup_note(setup,
			"logrotate is not here: see that /var/log/rssh-nova.log does not "
			"grow for ever");
		return 0;
	}
	return plan_recipe(setup, RECIPE_LOGROTATE, "/etc/logrotate.d/rssh-nova", trouble);
}

int setup_plan_make(struct setup *setup, struct trouble *trouble)
{
	static int (*const plans[])(struct setup *, struct trouble *) = {
		plan_login,
		plan_sshd,
		plan_shells,
		plan_login_shell,
		plan_syslog,
		plan_libvirt,
		plan_sending,
	};

	for (size_t i = 0; i < N_ELEMENTS(plans); i++)
		if (plans[i](setup, trouble) != 0)
			return -1;
	return 0;
}

int setup_plan_undo_stage(struct setup *setup, struct trouble *trouble)
{
	const struct change *const block = manifest_find(&setup->manifest, CHANGE_LINES, SSHD_MAIN);
	char *main, *without, *drop_in;
	size_t len;

	if (file_read(&main, &len, SSHD_MAIN) != 0)
		return trouble_set(trouble, SSHD_MAIN ": %s", strerror(errno));
	setup->stage.main = main;
	setup->stage.user = setup->user;
	if (manifest_find(&setup->manifest, CHANGE_FILE, SSHD_DROP_IN) == NULL &&
		file_read(&drop_in, &len, SSHD_DROP_IN) == 0)
		setup->stage.drop_in = drop_in;
	if (block == NULL || change_find_lines(main, block->text) == NULL)
		return 0;
	without = change_put_lines(main, block->text, "");
	if (without == NULL)
		return no_memory(trouble);
	free(main);
	setup->stage.main = without;
	return 0;
}

void setup_clear(struct setup *setup)
{
	free(setup->stage.main);
	free(setup->stage.drop_in);
	free(setup->stage.wanted);
	changes_clear(&setup->plan);
	changes_clear(&setup->manifest.changes);
	json_decref(setup->notes);
}
