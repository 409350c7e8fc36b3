/* SPDX-License-Identifier: Apache-2.0 */
/* symlink: a symlink in the path of an instances directory, and the mount that can replace it.
 * The shell does not follow it: the owner of its directory can point it elsewhere, and for /var/lib/nova/instances
 * that is nova itself. A mount leads to the same place, and only root can make it.
 * Takes: an absolute path. Opens nothing: the path may change later. */
#ifndef ADMIN_SYMLINK_H
#define ADMIN_SYMLINK_H

#include <limits.h>
#include <stdbool.h>

enum {
	SYMLINK_COMMAND_MAX = 4 * PATH_MAX + 128,
};

/* Writes the commands that replace the first symlink in the path by a mount. False if there is none. */
bool symlink_mount_command(char out[SYMLINK_COMMAND_MAX], const char *path);

#endif
