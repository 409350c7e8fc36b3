/* SPDX-License-Identifier: Apache-2.0 */
#include "sender/nova_path/share.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder must belong to the user and be closed to all others. So a folder that another user made in /tmp is
 * refused. */
static bool is_private(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

bool share_folder(char out[SHARE_FOLDER_MAX])
{
	const int len = snprintf(out, SHARE_FOLDER_MAX, "/tmp/.rssh-nova-path.%u", (unsigned)geteuid());

	if (len <= 0 || len >= SHARE_FOLDER_MAX)
		return false;
	return (mkdir(out, 0700) == 0 || errno == EEXIST) && is_private(out);
}

/* ServerAlive: a dead connection must not block its users for ever. */
void share_options(struct argv *argv, const char *folder, bool compressed)
{
	argv_add(argv, "-oControlMaster=auto");
	argv_addf(argv, "-oControlPersist=%d", SHARE_SECONDS);
	argv_addf(argv, "-oControlPath=%s/%%C%s", folder, compressed ? "-C" : "");
	argv_add(argv, "-oServerAliveInterval=15");
	argv_add(argv, "-oServerAliveCountMax=3");
}
