/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/fence_received.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/own.h"
#include "node/instance.h"
#include "node/root.h"
#include "node/seal.h"

/* Takes the length of an attribute, or -1 and errno. True also if nobody could look; a file system without attributes
 * has no claims either. */
static bool is_there(ssize_t len)
{
	return len >= 0 || (errno != ENODATA && errno != EOPNOTSUPP);
}

bool fence_is_sealed(int fd)
{
	return is_there(fgetxattr(fd, SEAL_ATTRIBUTE, NULL, 0));
}

static bool has_received(const char *path)
{
	char above[PATH_MAX];

	if (strlen(path) >= sizeof(above))
		return true;
	for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		memcpy(above, path, (size_t)(slash - path));
		above[slash - path] = '\0';
		if (is_there(getxattr(above, CLAIM_ATTRIBUTE, NULL, 0)) ||
			is_there(getxattr(above, SEAL_ATTRIBUTE, NULL, 0)))
			return true;
	}
	return false;
}

/* A directory of the path may be a link, and so may its last name. */
bool fence_path_is_received(const char *path)
{
	char real[PATH_MAX];

	return has_received(path) || (realpath(path, real) != NULL && has_received(real));
}

/* True if a program that runs has the file, or another user owns it: no peer wrote it since. A link or a directory is no
 * image. */
static bool file_lives(int dir, const char *rel)
{
	OWN_FD int fd = root_openat(dir, rel, O_PATH, 0); /* it may be closed to us */
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return errno != ENOENT;
	return !S_ISREG(st.st_mode) || st.st_uid != geteuid() || instance_file_is_locked(dir, rel) == 1;
}

static bool is_below(const struct fence_received *one, const struct fence_place *place)
{
	return place->root == one->root_number && strncmp(place->rel, one->uuid, UUID_LEN) == 0 &&
		place->rel[UUID_LEN] == '/';
}

/* Judges the given files. Leaves out those that live, because their guest may write any header into them. */
static int given_judge(struct image_report *out, const struct fence_received *one, const struct image_rules *rules)
{
	for (unsigned i = 0; i < one->place_count; i++) {
		const struct fence_place *const place = &one->places[i];
		const char *const rel = place->rel + UUID_LEN + 1;

		if (!is_below(one, place) || file_lives(one->fd, rel))
			continue;
		image_check_file(out, one->fd, rel, rel, one->root, rules);
		if (out->finding != IMAGE_GOOD)
			return -1;
	}
	return 0;
}

static bool has_lived(int fd)
{
	char text[sizeof(SEAL_LIVED)];
	const ssize_t len = fgetxattr(fd, SEAL_ATTRIBUTE, text, sizeof(text));

	return len == (ssize_t)strlen(SEAL_LIVED) && memcmp(text, SEAL_LIVED, (size_t)len) == 0;
}

void fence_set_lived(int fd)
{
	(void)fsetxattr(fd, SEAL_ATTRIBUTE, SEAL_LIVED, strlen(SEAL_LIVED), XATTR_REPLACE);
}

static int judge(struct image_report *out, const struct fence_received *one, bool *all_good)
{
	static struct config keeps;
	const struct image_rules rules = { .config = &keeps, .root = one->root_path };
	const bool lives = instance_life(one->fd) == 1;

	keeps = *one->config;
	keeps.images_mode = IMAGES_AUDIT;
	if (lives)
		fence_set_lived(one->fd);
	*all_good = !lives && image_check_instance(out, one->fd, one->root, &rules, true) == 0;
	if (*all_good)
		return 0;
	return has_lived(one->fd) ? given_judge(out, one, &rules) : -1;
}

/* Judges as the owner of the instance, because to root no file of it is a peer's. */
int fence_received_judge(struct image_report *out, const struct fence_received *one, bool *all_good)
{
	const uid_t own = geteuid();
	struct stat st;
	int result;

	*all_good = false;
	*out = (struct image_report){ .finding = IMAGE_UNREAD };
	if (own != 0)
		return judge(out, one, all_good);
	if (fstat(one->fd, &st) != 0 || seteuid(st.st_uid) != 0)
		return -1;
	result = judge(out, one, all_good);
	if (seteuid(own) != 0)
		abort();
	return result;
}
