/* SPDX-License-Identifier: Apache-2.0 */
#include "node/claim_index.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "node/root.h"

static const char place[] = ".rssh-nova";

enum {
	TRIES = 8, /* another process may remove the empty directory between our two steps */
};

int claim_index_make(int root)
{
	OWN_FD int dir = root_openat(root, place, O_PATH | O_DIRECTORY, 0);

	if (dir < 0 && errno == ENOENT && (mkdirat(root, place, 0700) == 0 || errno == EEXIST))
		dir = root_openat(root, place, O_PATH | O_DIRECTORY, 0);
	return fd_take(&dir);
}

static int put(int root, const char *uuid)
{
	OWN_FD int dir = claim_index_make(root);

	if (dir < 0 || (mkdirat(dir, uuid, 0700) != 0 && errno != EEXIST))
		return -1;
	return 0;
}

int claim_index_put(int root, const char *uuid)
{
	for (unsigned i = 1; i < TRIES; i++)
		if (put(root, uuid) == 0)
			return 0;
		else if (errno != ENOENT)
			return -1;
	return put(root, uuid);
}

void claim_index_drop(int root, const char *uuid)
{
	OWN_FD int dir = root_openat(root, place, O_PATH | O_DIRECTORY, 0);

	if (dir >= 0)
		(void)unlinkat(dir, uuid, AT_REMOVEDIR);
}

void claim_index_tidy(int root)
{
	(void)unlinkat(root, place, AT_REMOVEDIR);
}

int claim_index_open(int root)
{
	return root_openat(root, place, O_RDONLY | O_DIRECTORY, 0);
}
