/* The files that say who may log in, and what each key may do. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "install/admin/host.h"
#include "install/admin/key_file.h"

struct look {
	struct findings *findings;
	const struct host *host;
};

static void each_file(struct findings *findings, const struct host *host, key_file_fn *look)
{
	struct look context = { findings, host };

	if (!host->sshd.known || host->entry == NULL)
		finding_put(findings, FINDING_FATAL, "see the checks \"user\" and \"sshd\"",
			"not known");
	else
		key_files_each(&host->sshd, host->entry, look, &context);
}

static bool may_write(const struct passwd *entry, const struct stat *st)
{
	/* In a sticky directory of another's, files of another's stay. */
	return st->st_uid == entry->pw_uid || (st->st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH ||
	       (st->st_gid == entry->pw_gid && (st->st_mode & S_IWGRP) != 0);
}

/* The file, and every directory above it, in which it could be made or put in another's place. */
static void file_judge(void *context, const char *path)
{
	const struct look *const look = context;
	const struct host *const host = look->host;
	char above[KEY_FILE_NAME_MAX];

	strcpy(above, path);
	while (above[0] == '/' && above[1] != '\0') {
		struct stat st;

		if (stat(above, &st) == 0 && may_write(host->entry, &st)) {
			finding_put(look->findings, FINDING_WARNING,
				"AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u, with root as "
				"owner",
				"%s can write %s, and so who may log in (%s)", host->user, above,
				path);
			return;
		}
		*strrchr(above, '/') = '\0';
	}
}

void doctor_key_files(struct findings *findings, const struct host *host)
{
	const char *const command = sshd_settings_first(&host->sshd, "authorizedkeyscommand");

	each_file(findings, host, file_judge);
	if (command[0] == '/')
		finding_put(findings, FINDING_OK, "", "AuthorizedKeysCommand %s is not looked into",
			command);
}

static void line_judge(
	struct findings *findings, const char *path, unsigned number, const char *line)
{
	const size_t len = key_options_len(line);

	if (!key_has_option(line, len, "restrict")) {
		finding_put(findings, FINDING_WARNING, "put restrict in front of the key",
			"%s:%u: a key without restrict", path, number);
		return;
	}
	for (size_t i = 0; key_undoing[i] != NULL; i++)
		if (key_has_option(line, len, key_undoing[i]))
			finding_put(findings, FINDING_WARNING, "take the option away",
				"%s:%u: %s undoes a part of restrict", path, number,
				key_undoing[i]);
}

static void keys_judge(void *context, const char *path)
{
	struct findings *const findings = ((const struct look *)context)->findings;
	FILE *const file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;

	if (file == NULL) {
		if (errno != ENOENT)
			finding_put(findings, FINDING_WARNING, "run as root", "%s: %s", path,
				strerror(errno));
		return;
	}
	while (getline(&line, &size, file) > 0) {
		const char *const at = line + strspn(line, " \t");

		line[strcspn(line, "\n")] = '\0';
		number++;
		if (*at != '\0' && *at != '#')
			line_judge(findings, path, number, at);
	}
	free(line);
	fclose(file);
}

void doctor_keys(struct findings *findings, const struct host *host)
{
	each_file(findings, host, keys_judge);
}
