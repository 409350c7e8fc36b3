/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/arrival.h"

#include <stdio.h>

#include "policy/path.h"

static void file_judge(
	struct image_report *out, const struct disk_image *file, const struct config *config, const struct roots *roots)
{
	for (unsigned i = 0; i < roots->count; i++) {
		const char *const root = text_at(&config->roots, i);
		const char *const rel = path_is_plain(file->path) ? path_below(file->path, root) : NULL;
		const struct image_rules rules = { config, root, file->format, file->is_backing };

		if (rel == NULL || rel[0] == '\0')
			continue;
		if (file->format[0] != '\0') {
			image_check_file(out, roots->fd[i], rel, file->path, roots->fd[i], &rules);
			return;
		}
		*out = (struct image_report){ .finding = image_look(roots->fd[i], rel) };
		(void)snprintf(out->file, sizeof(out->file), "%s", file->path);
		return;
	}
	*out = (struct image_report){ .finding = IMAGE_UNREAD }; /* domain.h lets none come that is in no root */
}

bool arrival_judge(struct image_report *out, const struct disk_image *files, unsigned count,
	const struct config *config, const struct roots *roots)
{
	*out = (struct image_report){ .finding = IMAGE_GOOD };
	for (unsigned i = 0; i < count; i++) {
		const bool is_image = files[i].format[0] != '\0';
		struct image_report found;

		if (is_image && config->images_mode == IMAGES_OFF)
			continue;
		file_judge(&found, &files[i], config, roots);
		if (found.finding == IMAGE_GOOD)
			continue;
		if (out->finding == IMAGE_GOOD)
			*out = found;
		if (!is_image || config->images_mode == IMAGES_ENFORCE) {
			*out = found;
			return false;
		}
	}
	return true;
}
