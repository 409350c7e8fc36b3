/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/file.h"
#include "admin/setup/login_shell.h"
#include "base/sha256.h"

void change_sum(char out[SUM_SIZE], struct bytes content)
{
	uint8_t digest[SHA256_SIZE];

	sha256(digest, (const uint8_t *)content.at, content.len);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

const char *change_kind_word(enum change_kind kind)
{
	static const char *const words[CHANGE_KINDS] = { "none", "directory", "file", "lines", "shell" };

	return words[kind];
}

const char *change_word(const struct change *change)
{
	if (change->kind == CHANGE_LINES && change->was == NULL)
		return "append";
	if (change->kind == CHANGE_SHELL || change->was != NULL)
		return "replace";
	return "create";
}

const char *change_find_lines(const char *content, const char *text)
{
	const char *at = content;

	while ((at = strstr(at, text)) != NULL && at != content && at[-1] != '\n' && text[0] != '\n')
		at++;
	return at;
}

char *change_put_lines(const char *content, const char *from, const char *to)
{
	const char *const at = from == NULL ? content + strlen(content) : change_find_lines(content, from);
	char *out = NULL;

	if (at == NULL) {
		errno = ENOENT;
		return NULL;
	}
	if (asprintf(&out, "%.*s%s%s", (int)(at - content), content, to, at + (from == NULL ? 0 : strlen(from))) < 0)
		return NULL;
	return out;
}

static enum change_state file_look(const struct change *change)
{
	char *text, sum[SUM_SIZE];
	size_t len;

	if (file_read(&text, &len, change->path) != 0)
		return errno == ENOENT ? CHANGE_ABSENT : CHANGE_ALTERED;
	change_sum(sum, (struct bytes){ text, len });
	free(text);
	for (unsigned i = 0; i < SUMS_MAX; i++)
		if (strcmp(change->sums[i], sum) == 0)
			return CHANGE_THERE;
	return CHANGE_ALTERED;
}

/* An edited block still has its first line; an edited single line cannot be recognized. */
static enum change_state lines_look(const struct change *change)
{
	const char *const first = change->text + (change->text[0] == '\n');
	const size_t len = strcspn(first, "\n");
	enum change_state state = CHANGE_ABSENT;
	char *content, *line;
	size_t size;

	if (file_read(&content, &size, change->path) != 0)
		return errno == ENOENT ? CHANGE_ABSENT : CHANGE_ALTERED;
	line = strndup(first, len + 1);
	if (change_find_lines(content, change->text) != NULL)
		state = CHANGE_THERE;
	else if (line == NULL || (first[len + 1] != '\0' && change_find_lines(content, line) != NULL))
		state = CHANGE_ALTERED;
	free(line);
	free(content);
	return state;
}

static enum change_state shell_look(const struct change *change)
{
	char now[LOGIN_SHELL_MAX];

	if (login_shell_read(now, change->path) != 0 || strcmp(now, change->was) == 0)
		return CHANGE_ABSENT;
	return strcmp(now, change->text) == 0 ? CHANGE_THERE : CHANGE_ALTERED;
}

static enum change_state directory_look(const struct change *change)
{
	struct stat st;

	if (lstat(change->path, &st) != 0)
		return errno == ENOENT ? CHANGE_ABSENT : CHANGE_ALTERED;
	return S_ISDIR(st.st_mode) ? CHANGE_THERE : CHANGE_ALTERED;
}

enum change_state change_look(const struct change *change)
{
	switch (change->kind) {
	case CHANGE_DIRECTORY:
		return directory_look(change);
	case CHANGE_FILE:
		return file_look(change);
	case CHANGE_LINES:
		return lines_look(change);
	case CHANGE_SHELL:
		return shell_look(change);
	case CHANGE_NONE:
	case CHANGE_KINDS:
		break;
	}
	return CHANGE_ABSENT;
}

/* Replaces from by to; NULL is no lines. */
static int lines_replace(const char *path, const char *from, const char *to)
{
	char *content, *changed;
	size_t len;
	int rc = -1;

	if (file_read(&content, &len, path) != 0)
		return -1;
	errno = EINVAL;
	if (strlen(content) == len) {
		changed = change_put_lines(content, from, to != NULL ? to : "");
		rc = changed == NULL ? -1 : file_write(path, bytes_of(changed), 0644);
		free(changed);
	}
	free(content);
	return rc;
}

static int complain(const struct change *change, int rc, struct trouble *trouble)
{
	return rc == 0 ? 0 : trouble_set(trouble, "%s: %s", change->path, strerror(errno));
}

int change_do(const struct change *change, struct trouble *trouble)
{
	switch (change->kind) {
	case CHANGE_DIRECTORY:
		return complain(change, directory_make(change->path, change->mode), trouble);
	case CHANGE_FILE:
		return complain(change, file_write(change->path, bytes_of(change->text), change->mode), trouble);
	case CHANGE_LINES:
		return complain(change, lines_replace(change->path, change->was, change->text), trouble);
	case CHANGE_SHELL:
		return login_shell_set(change->path, change->text, trouble);
	case CHANGE_NONE:
	case CHANGE_KINDS:
		break;
	}
	return 0;
}

static int file_undo(const struct change *change)
{
	if (change->was != NULL)
		return file_write(change->path, bytes_of(change->was), change->mode);
	return file_remove(change->path);
}

static int directory_undo(const struct change *change)
{
	return directory_remove(change->path) == 0 || errno == ENOTEMPTY || errno == EEXIST ? 0 : -1;
}

int change_undo(const struct change *change, struct trouble *trouble)
{
	switch (change->kind) {
	case CHANGE_DIRECTORY:
		return complain(change, directory_undo(change), trouble);
	case CHANGE_FILE:
		return complain(change, file_undo(change), trouble);
	case CHANGE_LINES:
		return complain(change, lines_replace(change->path, change->text, change->was), trouble);
	case CHANGE_SHELL:
		return login_shell_set(change->path, change->was, trouble);
	case CHANGE_NONE:
	case CHANGE_KINDS:
		break;
	}
	return 0;
}

void changes_clear(struct changes *changes)
{
	for (unsigned i = 0; i < changes->count; i++) {
		free(changes->at[i].text);
		free(changes->at[i].was);
	}
	changes->count = 0;
}
