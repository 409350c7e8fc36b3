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

struct context {
	struct findings *findings;
	const struct host *host;
};

static void each_file(struct findings *findings, const struct host *host, key_file_fn *look)
{
	struct context context = { findings, host };

	if (!host->sshd.known || host->entry == NULL)
		finding_put(findings, FINDING_FATAL, "see the checks \"user\" and \"sshd\"", "not checked");
	else
		key_files_each(&host->sshd, "authorizedkeysfile", host->entry, look, &context);
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

/* The keys that sshd reads, as one text. */
static void file_gather(void *context, const char *path)
{
	FILE *const file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	while (file != NULL && getline(&line, &size, file) > 0)
		fputs(line, context);
	free(line);
	if (file != NULL)
		fclose(file);
}

static char *keys_gather(const struct host *host)
{
	char *text = NULL;
	size_t size;
	FILE *const out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	key_files_each(&host->sshd, "authorizedkeysfile", host->entry, file_gather, out);
	return fclose(out) == 0 ? text : NULL;
}

/* Counts the keys of a file that are not in known. */
static unsigned keys_count_unread(const char *path, const char *known)
{
	FILE *const file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, len;
	unsigned count = 0;

	while (file != NULL && getline(&line, &size, file) > 0) {
		const char *const start = line + strspn(line, " \t"), *const blob = key_blob(start, &len);

		if (*start == '#' || blob == NULL)
			continue;
		line[(size_t)(blob - line) + len] = '\0';
		count += strstr(known, blob) == NULL;
	}
	free(line);
	if (file != NULL)
		fclose(file);
	return count;
}

/* Tools that distribute keys write them to the home directory, which sshd does not read after setup. */
static void home_check(struct findings *findings, const struct host *host)
{
	static const char *const names[] = { "authorized_keys", "authorized_keys2" };
	char *const known = keys_gather(host);

	for (size_t i = 0; known != NULL && i < N_ELEMENTS(names); i++) {
		char path[KEY_FILE_NAME_MAX];
		unsigned count;

		snprintf(path, sizeof(path), "%s/.ssh/%s", host->entry->pw_dir, names[i]);
		count = keys_count_unread(path, known);
		if (count != 0)
			finding_put(findings, FINDING_WARNING,
				"move them to the file that AuthorizedKeysFile names, and change the tool that distributes "
				"them",
				"%u keys in %s cannot log in: sshd does not read that file for %s", count, path,
				host->user);
	}
	free(known);
}

void doctor_key_files(struct findings *findings, const struct host *host)
{
	each_file(findings, host, file_check);
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

static void keys_check(void *context, const char *path)
{
	const struct context *const look = context;
	struct findings *const findings = look->findings;
	FILE *const file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;

	if (file == NULL) {
		if (errno != ENOENT)
			finding_put(findings, FINDING_WARNING, "run as root", "%s: %s", path, strerror(errno));
		return;
	}
	while (getline(&line, &size, file) > 0) {
		const char *const at = line + strspn(line, " \t");

		line[strcspn(line, "\n")] = '\0';
		number++;
		if (*at != '\0' && *at != '#')
			line_check(look, path, number, at);
	}
	free(line);
	fclose(file);
}

/* Returns the number of keys. */
static unsigned output_check(const struct context *look, char *text)
{
	static const char name[] = "AuthorizedKeysCommand";
	unsigned number = 0, keys = 0;
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *const at = line + strspn(line, " \t");

		number++;
		if (*at == '\0' || *at == '#')
			continue;
		keys++;
		line_check(look, name, number, at);
	}
	return keys;
}

static void command_check(struct findings *findings, const struct host *host)
{
	static char text[CAPTURE_MAX];
	const struct context look = { findings, host };
	const char *const command = sshd_settings_first(&host->sshd, "authorizedkeyscommand");
	const unsigned before = findings->count;
	unsigned keys;

	switch (key_command_run(text, &host->sshd, host->entry, KEY_COMMAND_AUTHORIZED)) {
	case KEY_COMMAND_NONE:
		return;
	case KEY_COMMAND_KEYS:
		keys = output_check(&look, text);
		if (findings->count == before)
			finding_put(findings, FINDING_OK, "", "%u keys of AuthorizedKeysCommand %s are restricted",
				keys, command);
		return;
	case KEY_COMMAND_FAILED:
		finding_put(findings, FINDING_WARNING, "repair it, or set AuthorizedKeysCommand none for the user",
			"AuthorizedKeysCommand %s fails: its keys cannot log in now, and doctor cannot check them",
			command);
		return;
	case KEY_COMMAND_UNASKED:
		finding_put(findings, FINDING_WARNING,
			"check that each key that it prints has restrict and command=, or set it to none for the user",
			"doctor cannot run AuthorizedKeysCommand %s, and so cannot check its keys", command);
		return;
	}
}

void doctor_keys(struct findings *findings, const struct host *host)
{
	each_file(findings, host, keys_check);
	if (host->sshd.known && host->entry != NULL)
		command_check(findings, host);
}
