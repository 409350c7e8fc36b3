/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that may log in, their files and their options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/doctor/host.h"
#include "admin/doctor/key_command.h"
#include "admin/doctor/key_file.h"
#include "admin/doctor/writable.h"
#include "admin/file.h"

struct context {
	struct findings *findings;
	const struct host *host;
	unsigned keys; /* lines with a key */
};

static void each_file(struct context *context, key_file_fn *look)
{
	const struct host *const host = context->host;

	if (!host->sshd.known || host->entry == NULL)
		finding_put(context->findings, FINDING_FATAL, "see the checks \"user\" and \"sshd\"", "not checked");
	else
		key_files_each(&host->sshd, "authorizedkeysfile", host->entry, look, context);
}

/* Checks the file and the directories above it, in which it could be created or replaced. */
static void file_check(void *context, const char *path)
{
	const struct context *const look = context;
	const struct host *const host = look->host;
	char part[KEY_FILE_NAME_MAX];

	if (writable_by(part, host->entry, path) == WRITER_USER)
		finding_put(look->findings, FINDING_WARNING,
			"set AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u, and make root its owner",
			"%s can write %s, and so add keys that may log in (%s)", host->user, part, path);
}

struct gathering {
	const struct passwd *entry;
	FILE *out;
};

static void line_gather(void *context, unsigned number, char *line)
{
	(void)number;
	fprintf(context, "%s\n", line);
}

/* The keys that sshd reads, as one text. doctor_keys() reports a file that cannot be read. */
static void file_gather(void *context, const char *path)
{
	const struct gathering *const gathering = context;

	(void)!key_lines_each(gathering->entry, path, line_gather, gathering->out);
}

static char *keys_gather(const struct host *host)
{
	char *text = NULL;
	size_t size;
	struct gathering gathering = { host->entry, open_memstream(&text, &size) };

	if (gathering.out == NULL)
		return NULL;
	key_files_each(&host->sshd, "authorizedkeysfile", host->entry, file_gather, &gathering);
	return fclose(gathering.out) == 0 ? text : NULL;
}

struct unread {
	const char *known;
	unsigned count;
};

/* Counts a key that is not known. */
static void line_count(void *context, unsigned number, char *line)
{
	struct unread *const unread = context;
	size_t len;
	const char *const blob = key_blob(line, &len);

	(void)number;
	if (blob == NULL)
		return;
	line[(size_t)(blob - line) + len] = '\0';
	unread->count += strstr(unread->known, blob) == NULL;
}

/* Tools that distribute keys write them to the home directory, which sshd does not read after setup. */
static void home_check(struct findings *findings, const struct host *host)
{
	static const char *const names[] = { "authorized_keys", "authorized_keys2" };
	char *const known = keys_gather(host);

	for (size_t i = 0; known != NULL && i < N_ELEMENTS(names); i++) {
		struct unread unread = { known, 0 };
		char path[KEY_FILE_NAME_MAX];

		snprintf(path, sizeof(path), "%s/.ssh/%s", host->entry->pw_dir, names[i]);
		if (key_lines_each(host->entry, path, line_count, &unread) == 0 && unread.count != 0)
			finding_put(findings, FINDING_WARNING,
				"move them to the file that AuthorizedKeysFile names, and change the tool that distributes "
				"them",
				"%u keys in %s cannot log in: sshd does not read that file for %s", unread.count, path,
				host->user);
	}
	free(known);
}

void doctor_key_files(struct findings *findings, const struct host *host)
{
	struct context context = { findings, host, 0 };

	each_file(&context, file_check);
	if (!host->sshd.known || host->entry == NULL)
		return;
	home_check(findings, host);
	key_command_check(findings, host, KEY_COMMAND_AUTHORIZED);
}

static void line_check(const struct context *look, const char *path, unsigned number, const char *line)
{
	struct findings *const findings = look->findings;
	const size_t len = key_options_len(line);

	if (!host_is_forced(look->host) && !key_has_option(line, len, "command"))
		finding_put(findings, FINDING_WARNING,
			"run rssh-nova-admin setup, or put command=\"/usr/bin/rssh-nova\" in front of the key",
			"%s:%u: a key has neither ForceCommand nor command=: sshd lets its client signal the session",
			path, number);
	if (!key_has_option(line, len, "restrict")) {
		finding_put(findings, FINDING_WARNING, "put restrict in front of the key",
			"%s:%u: a key without restrict", path, number);
		return;
	}
	for (size_t i = 0; key_undoing[i] != NULL; i++)
		if (key_has_option(line, len, key_undoing[i]))
			finding_put(findings, FINDING_WARNING, "delete the option",
				"%s:%u: %s undoes a part of restrict", path, number, key_undoing[i]);
}

struct checking {
	struct context *look;
	const char *path;
};

static void file_line_check(void *context, unsigned number, char *line)
{
	const struct checking *const checking = context;

	checking->look->keys++;
	line_check(checking->look, checking->path, number, line);
}

static void keys_check(void *context, const char *path)
{
	struct checking checking = { context, path };

	if (key_lines_each(checking.look->host->entry, path, file_line_check, &checking) != 0 && errno != ENOENT)
		finding_put(checking.look->findings, FINDING_WARNING,
			"make it a file of at most 1 MiB that the user can read", "%s: %s: its keys cannot be checked",
			path, file_error(errno));
}

static void output_check(struct context *look, char *text)
{
	static const char name[] = "AuthorizedKeysCommand";
	unsigned number = 0;
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *const at = line + strspn(line, " \t");

		number++;
		if (*at == '\0' || *at == '#')
			continue;
		look->keys++;
		line_check(look, name, number, at);
	}
}

/* Checks and counts the keys of AuthorizedKeysCommand. Returns false if doctor cannot know them. */
static bool command_check(struct context *look)
{
	static char text[CAPTURE_MAX];
	struct findings *const findings = look->findings;
	const struct host *const host = look->host;
	const char *const command = sshd_settings_first(&host->sshd, "authorizedkeyscommand");
	const unsigned before = findings->count, of_files = look->keys;

	switch (key_command_run(text, &host->sshd, host->entry, KEY_COMMAND_AUTHORIZED)) {
	case KEY_COMMAND_NONE:
		return true;
	case KEY_COMMAND_KEYS:
		output_check(look, text);
		if (findings->count == before && look->keys != of_files)
			finding_put(findings, FINDING_OK, "", "%u keys of AuthorizedKeysCommand %s are restricted",
				look->keys - of_files, command);
		return true;
	case KEY_COMMAND_FAILED:
		finding_put(findings, FINDING_WARNING, "repair it, or set AuthorizedKeysCommand none for the user",
			"AuthorizedKeysCommand %s fails: its keys cannot log in now, and doctor cannot check them",
			command);
		return false;
	case KEY_COMMAND_UNASKED:
		finding_put(findings, FINDING_WARNING,
			"check that each key that it prints has restrict and command=, or set it to none for the user",
			"doctor cannot run AuthorizedKeysCommand %s, and so cannot check its keys", command);
		return false;
	}
	return false;
}

void doctor_keys(struct findings *findings, const struct host *host)
{
	struct context context = { findings, host, 0 };

	each_file(&context, keys_check);
	if (!host->sshd.known || host->entry == NULL || !command_check(&context))
		return;
	if (context.keys == 0 && sshd_settings_first(&host->sshd, "trustedusercakeys")[0] != '/')
		finding_put(findings, FINDING_WARNING,
			"put the public key of each node into the file that AuthorizedKeysFile names",
			"no key can log in as %s: no node can migrate here", host->user);
}
