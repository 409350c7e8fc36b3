/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/arrival.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/path.h"

#define NETWORKS "/sys/class/net/"
#define TAP_PLACE "domain/devices/interface/target@dev="

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

static bool interface_exists(const char *name)
{
	char path[sizeof(NETWORKS) + DOMAIN_TAP_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), NETWORKS "%s", name);
	return fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

bool arrival_taps_judge(char detail[TUNNEL_DETAIL_MAX], const char taps[][DOMAIN_TAP_MAX], unsigned count)
{
	struct stat st;

	if (count != 0 && fstatat(AT_FDCWD, NETWORKS "lo", &st, AT_SYMLINK_NOFOLLOW) != 0) {
		(void)snprintf(detail, TUNNEL_DETAIL_MAX, TAP_PLACE "%s may exist: no " NETWORKS "lo here", taps[0]);
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		if (strchr(taps[i], '/') == NULL && !interface_exists(taps[i]))
			continue;
		(void)snprintf(detail, TUNNEL_DETAIL_MAX, TAP_PLACE "%s exists here", taps[i]);
		return false;
	}
	return true;
}
