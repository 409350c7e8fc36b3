/* The files that say who may log in, and what each key may do. Source: sshd(8), AUTHORIZED_KEYS. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "install/admin/host.h"

enum {
	FILE_NAME_MAX = 1024,
};

/* The name that one pattern of AuthorizedKeysFile stands for. False when it does not fit. */
static bool expand(
	char out[FILE_NAME_MAX], const struct passwd *entry, const char *pattern, size_t len)
{
	FILE *const file = fmemopen(out, FILE_NAME_MAX, "w");
	bool fits;

	if (file == NULL)
		return false;
	if (pattern[0] != '/' && strncmp(pattern, "%h", 2) != 0)
		fprintf(file, "%s/", entry->pw_dir);
	for (size_t i = 0; i < len; i++) {
		const char next = pattern[i] == '%' && i + 1 < len ? pattern[++i] : '\0';

		if (next == 'h')
			fputs(entry->pw_dir, file);
		else if (next == 'u')
			fputs(entry->pw_name, file);
		else if (next == 'U')
			fprintf(file, "%u", entry->pw_uid);
		else
			fputc(pattern[i], file);
	}
	fits = ftell(file) < FILE_NAME_MAX - 1;
	fclose(file);
	return fits;
}

typedef void file_fn(struct findings *findings, const struct host *host, const char *path);

static void each_file(struct findings *findings, const struct host *host, file_fn *look)
{
	const char *at = sshd_settings_first(&host->sshd, "authorizedkeysfile");

	if (!host->sshd.known || host->entry == NULL) {
		finding_put(findings, FINDING_FATAL, "see the checks \"user\" and \"sshd\"",
			"not known");
		return;
	}
	while (*(at += strspn(at, " \t")) != '\0') {
		const size_t len = strcspn(at, " \t");
		char path[FILE_NAME_MAX];

		if (strncmp(at, "none", len) != 0 && expand(path, host->entry, at, len))
			look(findings, host, path);
		at += len;
	}
}

static bool may_write(const struct passwd *entry, const struct stat *st)
{
	/* In a sticky directory of another's, files of another's stay. */
	return st->st_uid == entry->pw_uid || (st->st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH ||
	       (st->st_gid == entry->pw_gid && (st->st_mode & S_IWGRP) != 0);
}

/* The file, and every directory above it, in which it could be made or put in another's place. */
static void file_judge(struct findings *findings, const struct host *host, const char *path)
{
	char above[FILE_NAME_MAX];

	strcpy(above, path);
	while (above[0] == '/' && above[1] != '\0') {
		struct stat st;

		if (stat(above, &st) == 0 && may_write(host->entry, &st)) {
			finding_put(findings, FINDING_WARNING,
				"AuthorizedKeysFile /etc/ssh/authorized_keys/%u, with root as "
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

/* The options of a line: what stands before the first blank outside quotes, when it is no key type.
 */
static size_t options_len(const char *line)
{
	static const char *const types[] = { "ssh-", "ecdsa-", "sk-" };
	bool quoted = false;
	size_t len = 0;

	for (size_t i = 0; i < N_ELEMENTS(types); i++)
		if (strncmp(line, types[i], strlen(types[i])) == 0)
			return 0;
	for (; line[len] != '\0' && (quoted || (line[len] != ' ' && line[len] != '\t')); len++) {
		if (line[len] == '\\' && line[len + 1] == '"')
			len++;
		else if (line[len] == '"')
			quoted = !quoted;
	}
	return len;
}

/* Does one of the options, apart by commas outside quotes, have that name? */
static bool has_option(const char *options, size_t len, const char *name)
{
	const size_t name_len = strlen(name);
	bool quoted = false, begins = true;

	for (size_t i = 0; i < len; i++) {
		if (begins && i + name_len <= len &&
			strncasecmp(options + i, name, name_len) == 0 &&
			(i + name_len == len || options[i + name_len] == ',' ||
				options[i + name_len] == '='))
			return true;
		if (options[i] == '\\' && i + 1 < len)
			i++;
		else if (options[i] == '"')
			quoted = !quoted;
		begins = !quoted && options[i] == ',';
	}
	return false;
}

static void line_judge(
	struct findings *findings, const char *path, unsigned number, const char *line)
{
	static const char *const undone[] = { "port-forwarding", "agent-forwarding",
		"x11-forwarding", "pty", "user-rc" };
	const size_t len = options_len(line);

	if (!has_option(line, len, "restrict")) {
		finding_put(findings, FINDING_WARNING, "put restrict in front of the key",
			"%s:%u: a key without restrict", path, number);
		return;
	}
	for (size_t i = 0; i < N_ELEMENTS(undone); i++)
		if (has_option(line, len, undone[i]))
			finding_put(findings, FINDING_WARNING, "take the option away",
				"%s:%u: %s undoes a part of restrict", path, number, undone[i]);
}

static void keys_judge(struct findings *findings, const struct host *host, const char *path)
{
	FILE *const file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;

	(void)host;
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
