#include "install/admin/key_file.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const key_undoing[] = { "port-forwarding", "agent-forwarding", "x11-forwarding", "pty",
	"user-rc", NULL };

/* The name that one pattern of AuthorizedKeysFile stands for. False when it does not fit. */
static bool expand(
	char out[KEY_FILE_NAME_MAX], const struct passwd *entry, const char *pattern, size_t len)
{
	FILE *const file = fmemopen(out, KEY_FILE_NAME_MAX, "w");
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
	fits = ftell(file) < KEY_FILE_NAME_MAX - 1;
	fclose(file);
	return fits;
}

void key_files_each(const struct sshd_settings *settings, const struct passwd *entry,
	key_file_fn *look, void *context)
{
	const char *at = sshd_settings_first(settings, "authorizedkeysfile");

	while (*(at += strspn(at, " \t")) != '\0') {
		const size_t len = strcspn(at, " \t");
		char path[KEY_FILE_NAME_MAX];

		if (strncmp(at, "none", len) != 0 && expand(path, entry, at, len))
			look(context, path);
		at += len;
	}
}

size_t key_options_len(const char *line)
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

size_t key_option_len(const char *options, size_t len)
{
	bool quoted = false;
	size_t at = 0;

	for (; at < len && (quoted || options[at] != ','); at++) {
		if (options[at] == '\\' && at + 1 < len)
			at++;
		else if (options[at] == '"')
			quoted = !quoted;
	}
	return at;
}

bool key_has_option(const char *options, size_t len, const char *name)
{
	const size_t name_len = strlen(name);

	for (size_t at = 0; at < len;) {
		const char *const option = options + at;
		const size_t option_len = key_option_len(option, len - at);

		if (option_len >= name_len && strncasecmp(option, name, name_len) == 0 &&
			(option_len == name_len || option[name_len] == '='))
			return true;
		at += option_len + 1;
	}
	return false;
}
