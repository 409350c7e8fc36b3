/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/key_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/file.h"

const char *const key_undoing[] = { "port-forwarding", "agent-forwarding", "x11-forwarding", "pty", "user-rc", NULL };

/* False for an unknown token. */
static bool token_print(FILE *file, const struct passwd *entry, char token)
{
	switch (token) {
	case '%':
		return fputc('%', file) != EOF;
	case 'h':
		return fputs(entry->pw_dir, file) != EOF;
	case 'u':
		return fputs(entry->pw_name, file) != EOF;
	case 'U':
		return fprintf(file, "%u", entry->pw_uid) >= 0;
	default:
		return false;
	}
}

static bool tokens_print(FILE *file, const struct passwd *entry, const char *pattern, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (pattern[i] != '%')
			fputc(pattern[i], file);
		else if (!token_print(file, entry, i + 1 < len ? pattern[++i] : '\0'))
			return false;
	return true;
}

static bool fill(char out[KEY_FILE_NAME_MAX], const struct passwd *entry, const char *pattern, size_t len, bool is_file)
{
	FILE *const file = fmemopen(out, KEY_FILE_NAME_MAX, "w");
	bool filled;

	if (file == NULL)
		return false;
	if (is_file && pattern[0] != '/' && strncmp(pattern, "%h", 2) != 0)
		fprintf(file, "%s/", entry->pw_dir);
	filled = tokens_print(file, entry, pattern, len) && ftell(file) < KEY_FILE_NAME_MAX - 1;
	fclose(file);
	return filled;
}

bool key_tokens_fill(char out[KEY_FILE_NAME_MAX], const struct passwd *entry, const char *pattern, size_t len)
{
	return fill(out, entry, pattern, len, false);
}

void key_files_each(const struct sshd_settings *settings, const char *keyword, const struct passwd *entry,
	key_file_fn *look, void *context)
{
	const char *at = sshd_settings_first(settings, keyword);

	while (*(at += strspn(at, " \t")) != '\0') {
		const size_t len = strcspn(at, " \t");
		char path[KEY_FILE_NAME_MAX];

		if (strncmp(at, "none", len) != 0 && fill(path, entry, at, len, true))
			look(context, path);
		at += len;
	}
}

/* Only at the end: sshd reads one in quotes. */
static void carriage_return_cut(char *line)
{
	const size_t len = strlen(line);

	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
}

/* A NUL does not end the text: what follows its line counts for sshd. */
int key_lines_each(const struct passwd *entry, const char *path, key_line_fn *look, void *context)
{
	char *text, *next;
	size_t len;

	if (file_read_as(&text, &len, entry, path) != 0)
		return -1;
	next = text;
	for (unsigned number = 1; next < text + len; number++) {
		char *const line = next + strspn(next, " \t");
		char *const newline = memchr(next, '\n', (size_t)(text + len - next));

		next = newline != NULL ? newline + 1 : text + len;
		if (newline != NULL)
			*newline = '\0';
		carriage_return_cut(line);
		if (*line != '\0' && *line != '#')
			look(context, number, line);
	}
	free(text);
	return 0;
}

static bool is_type(const char *word)
{
	static const char *const types[] = { "ssh-", "ecdsa-", "sk-" };

	for (size_t i = 0; i < N_ELEMENTS(types); i++)
		if (strncmp(word, types[i], strlen(types[i])) == 0)
			return true;
	return false;
}

size_t key_options_len(const char *line)
{
	bool quoted = false;
	size_t len = 0;

	if (is_type(line))
		return 0;
	for (; line[len] != '\0' && (quoted || (line[len] != ' ' && line[len] != '\t')); len++) {
		if (line[len] == '\\' && line[len + 1] == '"')
			len++;
		else if (line[len] == '"')
			quoted = !quoted;
	}
	return len;
}

const char *key_blob(const char *line, size_t *len)
{
	static const char blanks[] = " \t",
			  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	const char *at = line + key_options_len(line);

	at += strspn(at, blanks);
	if (!is_type(at))
		return NULL;
	at += strcspn(at, blanks);
	at += strspn(at, blanks);
	*len = strcspn(at, " \t\r\n");
	return *len >= 16 && strspn(at, letters) == *len ? at : NULL;
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
