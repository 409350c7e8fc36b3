/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/setup/key_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/doctor/key_file.h"
#include "admin/file.h"

struct copying {
	struct key_copy *copy;
	const struct passwd *entry;
	const char *target;
	FILE *out;
};

static bool is_kept(const char *option, size_t len)
{
	if (len == 0 || key_has_option(option, len, "restrict"))
		return false;
	for (size_t i = 0; key_undoing[i] != NULL; i++)
		if (key_has_option(option, len, key_undoing[i]))
			return false;
	return true;
}

static void key_print(FILE *out, const char *line, size_t options_len, const char *key)
{
	fputs("restrict", out);
	for (size_t at = 0; at < options_len;) {
		const size_t len = key_option_len(line + at, options_len - at);

		if (is_kept(line + at, len))
			fprintf(out, ",%.*s", (int)len, line + at);
		at += len + 1;
	}
	fprintf(out, " %s\n", key);
}

static void line_copy(struct copying *copying, char *line)
{
	const size_t len = key_options_len(line);
	const char *const key = line + len + strspn(line + len, " \t");
	size_t blob_len;

	for (const char *at = line; *at != '\0'; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == '\x7f') {
			copying->copy->passed_over++;
			return;
		}
	if (key_blob(line, &blob_len) == NULL) {
		copying->copy->passed_over++;
		return;
	}
	copying->copy->copied++;
	copying->copy->forced += key_has_option(line, len, "command");
	key_print(copying->out, line, len, key);
}

static void file_copy(void *context, const char *path)
{
	struct copying *const copying = context;
	char *text, *line, *rest;
	size_t size;

	if (strcmp(path, copying->target) == 0)
		return;
	if (file_read_as(&text, &size, copying->entry, path) != 0) {
		if (errno != ENOENT)
			snprintf(copying->copy->unread, sizeof(copying->copy->unread), "%s: %s", path,
				file_error(errno));
		return;
	}
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, " \t");
		line[strcspn(line, "\r")] = '\0';
		if (*line != '\0' && *line != '#')
			line_copy(copying, line);
	}
	free(text);
}

int key_copy_make(
	struct key_copy *out, const struct sshd_settings *settings, const struct passwd *entry, const char *target)
{
	size_t size;
	struct copying copying = { .copy = out, .entry = entry, .target = target };

	*out = (struct key_copy){ .text = NULL };
	copying.out = open_memstream(&out->text, &size);
	if (copying.out == NULL)
		return -1;
	fprintf(copying.out,
		"# The keys that may migrate to this node, one on each line, each with restrict.\n"
		"# The file belongs to root: %s cannot add a key. See rssh-nova-admin(8), setup.\n",
		entry->pw_name);
	key_files_each(settings, "authorizedkeysfile", entry, file_copy, &copying);
	return fclose(copying.out) == 0 ? 0 : -1;
}
