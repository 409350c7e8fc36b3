/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/make_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/own.h"
#include "node/claim_index.h"
#include "node/instance.h"
#include "node/reserved.h"
#include "node/root.h"
#include "node/seal.h"
#include "policy/claim.h"

static bool is_full(const struct place *place, const char *uuid)
{
	const struct config *const config = place->config;
	const int64_t most = config->claims_empty_max;

	return most != 0 && config->claims_mode != CLAIMS_AUDIT &&
		reserved_count(place->root, uuid, config, place->request, most) >= most;
}

/* Reads the claim again: a peer that was judged before us may have taken the instance over already. */
static bool is_still_stale(const struct place *place, const char *uuid)
{
	return place->stale && place_is_judged(place, uuid) == 0 && instance_is_stale(place->instance, place->config);
}

/* Renames the claimed directory to the uuid of the instance, if nothing has that name except an instance that is taken
 * over. That one must be empty as the kernel sees it: its owner loses no file. */
static int name_claimed(const struct place *place, const char *name)
{
	char uuid[UUID_LEN + 1];
	int rc;

	place_uuid(uuid, place);
	if (is_full(place, uuid))
		return BUILTIN_TOO_MANY_CLAIMS;
	rc = is_still_stale(place, uuid) ? renameat(place->root, name, place->root, uuid)
					 : renameat2(place->root, name, place->root, uuid, RENAME_NOREPLACE);
	if (rc != 0) {
		errno = errno == ENOTEMPTY ? EEXIST : errno;
		return BUILTIN_FAILED;
	}
	return claim_index_put(place->root, uuid) == 0 ? BUILTIN_DONE : BUILTIN_FAILED;
}

/* Makes the instance directory with its claim, or not at all: it has the claim before it has its name. Sets *instance,
 * owned. BUILTIN_FAILED and EEXIST: another peer was faster. */
static int make_claimed(const struct place *place, int *instance)
{
	char name[COMPONENT_MAX];
	OWN_FD int fd = -1;
	int result = BUILTIN_FAILED;

	snprintf(name, sizeof(name), ".rssh-nova.%s", place->ref);
	if (mkdirat(place->root, name, 0777) != 0)
		return BUILTIN_FAILED;
	fd = root_openat(place->root, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0 && (!place_is_enforced(place) || seal_set(fd) == 0) &&
		fsetxattr(fd, CLAIM_ATTRIBUTE, place->claim, strlen(place->claim), XATTR_CREATE) == 0)
		result = place_in_turn(place, name_claimed, name);
	if (result == BUILTIN_DONE) {
		*instance = fd_take(&fd);
		return BUILTIN_DONE;
	}
	const int err = errno;

	(void)unlinkat(place->root, name, AT_REMOVEDIR);
	errno = err;
	return result;
}

static int make_instance(const struct place *place, int *instance)
{
	char uuid[UUID_LEN + 1];

	if (place->claim != NULL)
		return make_claimed(place, instance);
	place_uuid(uuid, place);
	if (mkdirat(place->root, uuid, 0777) != 0)
		return BUILTIN_FAILED;
	*instance = root_openat(place->root, uuid, O_RDONLY | O_DIRECTORY, 0);
	return *instance < 0 ? BUILTIN_FAILED : BUILTIN_DONE;
}

/* Opens the directory that another process made at the same moment. It is good if this peer has the claim, or if claims
 * are not enforced. */
static int join(const struct place *place, int *instance)
{
	char uuid[UUID_LEN + 1];

	place_uuid(uuid, place);
	*instance = instance_open(place->root, uuid);
	if (*instance < 0)
		return BUILTIN_FAILED;
	if (place->claim == NULL || place->config->claims_mode == CLAIMS_AUDIT ||
		instance_claim(*instance, place->config, place->request, false) == CLAIM_OWN)
		return BUILTIN_DONE;
	return BUILTIN_TAKEN;
}

/* Enters the instance into the index of claims again, if the run that made it was cut off before that. */
static int index_again(const struct place *place)
{
	char uuid[UUID_LEN + 1];

	place_uuid(uuid, place);
	return place->claimed ? claim_index_put(place->root, uuid) : 0;
}

/* Makes each missing directory below the instance. Sets *end to the length of rel that it tried. */
static int make_each(const struct place *place, size_t *end)
{
	const char *const rel = place->rel;
	char name[CMD_MAX];
	OWN_FD int dir = -1;

	*end = UUID_LEN;
	if (rel[UUID_LEN] == '\0')
		return 0;
	dir = place_open(place, "", O_PATH | O_DIRECTORY, 0);
	while (dir >= 0 && rel[*end] == '/') {
		const size_t start = *end + 1;
		struct sealing sealing;
		int below, made;

		*end = start + strcspn(rel + start, "/");
		memcpy(name, rel + start, *end - start);
		name[*end - start] = '\0';
		seal_begin(&sealing, place_sealed(place), place->held);
		made = mkdirat(dir, name, 0777);
		seal_end(&sealing);
		if (made != 0 && errno != EEXIST)
			return -1;
		below = root_openat(dir, name, O_PATH | O_DIRECTORY, 0);
		fd_drop(&dir);
		dir = below;
	}
	return dir < 0 ? -1 : 0;
}

int builtin_mkdir(const struct place *place)
{
	const size_t prefix = strlen(place->shown) - strlen(place->rel);
	struct place made = *place;
	OWN_FD int instance = -1;
	size_t end = UUID_LEN;

	if (place->instance < 0 || place->stale) {
		int result = make_instance(place, &instance);

		if (result == BUILTIN_FAILED && errno == EEXIST)
			result = join(place, &instance);
		if (result > BUILTIN_FAILED)
			return result;
		made.instance = instance;
	}
	if (made.instance >= 0 && index_again(place) == 0 && make_each(&made, &end) == 0)
		return 0;
	if (errno == ENOTDIR && place->rel[end] == '\0')
		errno = EEXIST; /* mkdir(1) reports a file of that name so */
	return place_complain("mkdir: cannot create directory", place->shown, prefix + end, errno);
}
