/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/fence_place.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "policy/path.h"

/* Removes doubled slashes and a slash at the end, which libvirt accepts. */
static void path_tidy(char out[CMD_MAX], const char *path)
{
	size_t used = 0;

	for (const char *at = path; *at != '\0' && used + 1 < CMD_MAX; at++)
		if (*at != '/' || used == 0 || out[used - 1] != '/')
			out[used++] = *at;
	if (used > 1 && out[used - 1] == '/')
		used--;
	out[used] = '\0';
}

static bool path_find(struct fence_place *out, const struct config *config, const char *path)
{
	for (unsigned i = 0; i < config->roots.count; i++) {
		const char *const rel = path_below(path, text_at(&config->roots, i));

		if (rel == NULL || rel[0] == '\0')
			continue;
		out->root = i;
		strcpy(out->rel, rel);
		return true;
	}
	return false;
}

/* As realpath(3), but the end of the path may be missing. */
static bool real_find(char out[PATH_MAX], const char *path)
{
	char head[CMD_MAX];
	size_t len = strlen(path);

	memcpy(head, path, len + 1);
	while (realpath(head, out) == NULL) {
		if (errno != ENOENT)
			return false;
		len = (size_t)(strrchr(head, '/') - head);
		head[len] = '\0';
		if (len == 0)
			return false;
	}
	if (strlen(out) + strlen(path + len) >= PATH_MAX)
		return false;
	strcat(out, path + len);
	return true;
}

bool fence_place_find(struct fence_place *out, const struct config *config, const struct domain_file *file)
{
	char path[CMD_MAX], real[PATH_MAX];

	if (file->path[0] != '/')
		return false;
	out->file = file;
	path_tidy(path, file->path);
	if (path_find(out, config, path))
		return true;
	return real_find(real, path) && strlen(real) < CMD_MAX && path_find(out, config, real);
}

bool fence_place_is_instance(const struct fence_place *place)
{
	return path_is_uuid(place->rel, path_first_len(place->rel));
}
