#include "shell/reserved.h"

#include <errno.h>
#include <string.h>

#include "policy/path.h"
#include "shell/directory.h"
#include "shell/hint.h"
#include "shell/instance.h"
#include "shell/own.h"

static bool holds_something(int fd)
{
	const struct dirent64 *entry;
	struct directory names;

	directory_begin(&names, fd);
	return directory_next(&names, &entry) == 1;
}

/* What cannot be looked at counts. */
static bool is_reserved(int root, const char *uuid, const struct config *config, const struct request *request)
{
	OWN_FD int fd = instance_open(root, uuid);
	enum claim_state state;
	struct claim claim;

	if (fd < 0)
		return errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
	state = instance_claim_read(&claim, fd);
	if (state == CLAIM_OWN)
		state = claim_judge(&claim, config->claims_identity, request, config->claims_window, 0, instance_now());
	else if (state == CLAIM_OTHER)
		return true;
	return state == CLAIM_OWN && !holds_something(fd);
}

/* A hint that points at no claim is dropped; and put back if the claim was made meanwhile. */
static void tidy(int root, const char *uuid, const struct config *config)
{
	if (instance_is_claimed(root, uuid, config))
		return;
	hint_drop(root, uuid);
	if (instance_is_claimed(root, uuid, config))
		(void)!hint_put(root, uuid);
}

int64_t reserved_count(int root, const char *uuid, const struct config *config, const struct request *request)
{
	OWN_FD int dir = hint_open(root);
	const struct dirent64 *entry;
	struct directory names;
	int64_t count = 0;
	int more;

	if (dir < 0)
		return errno == ENOENT ? 0 : INT64_MAX;
	directory_begin(&names, dir);
	while ((more = directory_next(&names, &entry)) == 1)
		if (path_is_uuid(entry->d_name, strlen(entry->d_name)) && strcmp(entry->d_name, uuid) != 0 &&
			is_reserved(root, entry->d_name, config, request))
			count++;
	if (more != 0)
		return INT64_MAX;
	/* Not while they are counted: names may be passed over while others go. */
	directory_begin(&names, dir);
	while (directory_next(&names, &entry) == 1)
		if (path_is_uuid(entry->d_name, strlen(entry->d_name)))
			tidy(root, entry->d_name, config);
	return count;
}
