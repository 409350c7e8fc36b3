/* SPDX-License-Identifier: Apache-2.0 */
/* source: can everything in a directory be sent? The check comes before the first remote command, because Nova has
 * powered the guest off by then.
 * Takes:   an open directory, and a buffer for the path of an entry that cannot be sent.
 * Returns: NULL if every entry is a readable file or directory; else the reason, with the path in the buffer.
 * Names may have any bytes: they travel inside SFTP, or inside the protocols of scp and rsync.
 * Owns:    fd, also on failure. */
#ifndef SENDER_SOURCE_H
#define SENDER_SOURCE_H

#include <stddef.h>
#include <sys/stat.h>

#include "policy/attributes.h"

enum {
	SOURCE_PATH_MAX = 4096,
	SOURCE_DEPTH_MAX = 64, /* directories in one another, as scp has it */
};

/* path is the path of the directory, in a buffer of SOURCE_PATH_MAX bytes. reserve is how many bytes longer a remote
 * path may be. */
MUST_USE const char *source_check(int fd, char *path, size_t reserve);

/* Returns why an entry of a directory cannot be sent, or NULL; then *out holds its status. */
MUST_USE const char *source_entry_check(int dir, const char *name, struct stat *out);

#endif
