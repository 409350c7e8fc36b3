/* SPDX-License-Identifier: Apache-2.0 */
/* symlink: a symlink on the way to an instances directory, and what an operator can put in its place.
 * Why not follow it: who owns the directory that it is in can point it elsewhere, and that is nova itself for
 * /var/lib/nova/instances. A mount leads to the same place, and root alone makes it.
 * Takes: an absolute path. Returns what holds at the moment; nothing is opened. */
#ifndef ADMIN_SYMLINK_H
#define ADMIN_SYMLINK_H

#include <limits.h>
#include <stdbool.h>

enum {
	SYMLINK_COMMAND_MAX = 4 * PATH_MAX + 128,
};

/* Writes the commands that put a mount in the place of the first symlink on the way. False if there is none. */
bool symlink_mount_command(char out[SYMLINK_COMMAND_MAX], const char *path);

#endif
