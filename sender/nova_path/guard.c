/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/nova_path/guard.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/installed.h"
#include "sender/child.h"

static bool add(struct guard_files *out, size_t *used, const char *path, size_t len)
{
	if (out->count == GUARD_FILES_MAX || len >= GUARD_TEXT_MAX - *used)
		return false;
	memcpy(out->text + *used, path, len);
	out->text[*used + len] = '\0';
	out->at[out->count++] = out->text + *used;
	*used += len + 1;
	return true;
}

/* The values in a word such as "driver=raw,file.filename=PATH". */
static bool values_add(struct guard_files *out, size_t *used, const char *word)
{
	const char *at = word;

	while ((at = strchr(at, '=')) != NULL)
		if (*++at == '/' && !add(out, used, at, strcspn(at, ",")))
			return false;
	return true;
}

bool guard_files_find(struct guard_files *out, int count, char *const *words)
{
	size_t used = 0;

	out->count = 0;
	for (int i = 1; i < count; i++)
		if (words[i][0] == '/' ? !add(out, &used, words[i], strlen(words[i]))
				       : !values_add(out, &used, words[i]))
			return false;
	return true;
}

static bool refuse(const char *why)
{
	(void)fprintf(stderr, "rssh-nova: refused: %s\n", why);
	return false;
}

static void line_print(void *user, const char *line)
{
	(void)user;
	(void)fprintf(stderr, "%s\n", line);
}

static bool fence(const char *admin, const struct guard_files *files)
{
	const struct child_watch watch = { .cancel_fd = -1 };
	const char *words[GUARD_FILES_MAX + 5] = { admin, "fence", "--files", "--" };
	struct output output;
	struct child child;

	for (unsigned i = 0; i < files->count; i++)
		words[4 + i] = files->at[i];
	output_init(&output, line_print, NULL);
	if (!child_start(&child, words, -1, &output))
		return refuse("cannot run rssh-nova-admin");
	return child_wait(&child, &watch) == CHILD_EXITED && child.status == 0;
}

bool guard_allows(int count, char *const *words)
{
	static const char *const beside[] = { "../../../sbin/rssh-nova-admin",
		"../rssh-nova-admin" }; /* installed, built */
	static struct guard_files files;
	char admin[PATH_MAX];

	if (!guard_files_find(&files, count, words))
		return refuse("too many files for one qemu-img");
	if (files.count == 0)
		return true;
	if (installed_find(beside, N_ELEMENTS(beside), admin) == NULL || access(admin, X_OK) != 0)
		return refuse("rssh-nova-admin is missing: install rssh-nova again");
	return fence(admin, &files);
}
