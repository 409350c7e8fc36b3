/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "node/root.h"
#include "policy/claim.h"
#include "shell/say.h"
#include "shell/turn.h"

const char *place_inside(const struct place *place)
{
	return place->rel + UUID_LEN + (place->rel[UUID_LEN] == '/');
}

int place_open(const struct place *place, const char *rel, int flags, mode_t mode)
{
	if (place->instance < 0) {
		errno = ENOENT;
		return -1;
	}
	return root_openat(place->instance, rel[0] == '\0' ? "." : rel, flags, mode);
}

int place_open_parent(const struct place *place, const char **leaf)
{
	const char *const rel = place_inside(place);
	const char *const slash = strrchr(rel, '/');
	char dir[CMD_MAX];

	*leaf = slash == NULL ? rel : slash + 1;
	if (slash == NULL)
		return place_open(place, "", O_PATH | O_DIRECTORY, 0);
	if ((size_t)(slash - rel) >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, rel, (size_t)(slash - rel));
	dir[slash - rel] = '\0';
	return place_open(place, dir, O_PATH | O_DIRECTORY, 0);
}

bool place_is_enforced(const struct place *place)
{
	return place->config->claims_mode == CLAIMS_ENFORCE;
}

int place_sealed(const struct place *place)
{
	return place_is_enforced(place) ? place->instance : -1;
}

int place_is_empty_file(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	return S_ISREG(st.st_mode) && st.st_size == 0;
}

void place_uuid(char uuid[UUID_LEN + 1], const struct place *place)
{
	memcpy(uuid, place->rel, UUID_LEN);
	uuid[UUID_LEN] = '\0';
}

int place_is_judged(const struct place *place, const char *uuid)
{
	struct stat judged, now;

	if (fstat(place->instance, &judged) != 0 || fstatat(place->root, uuid, &now, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	if (judged.st_ino == now.st_ino && judged.st_dev == now.st_dev)
		return 0;
	errno = EBUSY;
	return -1;
}

int place_in_turn(const struct place *place, turn_fn *step, const char *name)
{
	int result;

	if (turn_take(place->turn, place->request) != 0)
		return BUILTIN_FAILED;
	result = step(place, name);
	const int err = errno;

	turn_give(place->turn);
	errno = err;
	return result;
}

int place_complain(const char *what, const char *shown, size_t shown_len, int err)
{
	char line[CMD_MAX + 256];
	const int len = snprintf(line, sizeof(line), "%s '%.*s': %s\n", what, (int)shown_len, shown, strerror(err));

	if (len > 0)
		say(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
	return BUILTIN_FAILED;
}

int place_complain_of(const struct place *place, const char *what)
{
	return place_complain(what, place->shown, strlen(place->shown), errno);
}
