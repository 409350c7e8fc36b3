/* SPDX-License-Identifier: Apache-2.0 */
#include "node/reserved.h"

#include <errno.h>
#include <string.h>

#include "base/directory.h"
#include "base/own.h"
#include "node/claim_index.h"
#include "node/instance.h"
#include "policy/path.h"

/* One pass over the index of a root. */
struct counting {
	int root;
	const struct config *config;
	const struct request *request;
	int64_t count;
	unsigned dead;
	char dead_at[RESERVED_DROPPED_MAX][UUID_LEN + 1]; /* entries that seem to name no claim */
};

static bool holds_something(int fd)
{
	const struct dirent64 *entry;
	struct directory names;

	directory_begin(&names, fd);
	return directory_next(&names, &entry) == 1;
}

/* Does this peer have a live claim on the directory fd, and is it empty? */
static bool is_reserved(const struct counting *counting, int fd, const struct claim *claim)
{
	const struct config *const config = counting->config;

	return claim_judge(claim, config->claims_identity, counting->request, config->claims_window, 0, claim->made) ==
		CLAIM_OWN &&
		!holds_something(fd);
}

/* True also if the clock fails. */
static bool is_live(const struct claim *claim, const struct config *config)
{
	const struct moment now = instance_now();

	return now.wall == 0 || !claim_is_over(claim, config->claims_window, now);
}

/* An entry that it cannot look at counts. */
static void count_one(struct counting *counting, const char *uuid)
{
	OWN_FD int fd = instance_open(counting->root, uuid);
	const bool is_gone = fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP);
	struct claim claim;
	const bool readable = fd >= 0 && instance_claim_read(&claim, fd);
	const bool is_unclaimed = fd < 0 ? is_gone : !readable && errno == ENODATA;

	if (readable && is_live(&claim, counting->config)) {
		counting->count += is_reserved(counting, fd, &claim);
		return;
	}
	counting->count += !readable && !is_unclaimed;
	if (counting->dead < RESERVED_DROPPED_MAX)
		strcpy(counting->dead_at[counting->dead++], uuid);
}

/* Drops an entry that names no claim, and adds it again if the claim was made meanwhile. */
static void tidy(int root, const char *uuid, const struct config *config)
{
	if (instance_is_claimed(root, uuid, config))
		return;
	claim_index_drop(root, uuid);
	if (instance_is_claimed(root, uuid, config))
		(void)!claim_index_put(root, uuid);
}

int64_t reserved_count(
	int root, const char *uuid, const struct config *config, const struct request *request, int64_t most)
{
	struct counting counting = { .root = root, .config = config, .request = request };
	OWN_FD int dir = claim_index_open(root);
	const struct dirent64 *entry;
	struct directory names;
	int more = 0;

	if (dir < 0)
		return errno == ENOENT ? 0 : INT64_MAX;
	directory_begin(&names, dir);
	while (counting.count < most && (more = directory_next(&names, &entry)) == 1)
		if (path_is_uuid(entry->d_name, strlen(entry->d_name)) && strcmp(entry->d_name, uuid) != 0)
			count_one(&counting, entry->d_name);
	/* Not during the count: getdents may skip names while others go. */
	for (unsigned i = 0; i < counting.dead; i++)
		tidy(root, counting.dead_at[i], config);
	return more < 0 ? INT64_MAX : counting.count;
}
