/* SPDX-License-Identifier: Apache-2.0 */
/* source: may all of a directory be sent? It is looked through before anything is done on the other end, for Nova has
 * powered the guest off by then.
 * Takes:   an open directory, and where the caller may write the path of what cannot be sent.
 * Returns: NULL if every entry below it is a file or a directory that can be read; else why not, and that path.
 * Names are free: below an instance they travel inside SFTP, or inside the protocols of scp and rsync.
 * Owns:    fd in any case. */
#ifndef SENDER_SOURCE_H
#define SENDER_SOURCE_H

#include <stddef.h>
#include <sys/stat.h>

#include "policy/attributes.h"

enum {
	SOURCE_PATH_MAX = 4096,
	SOURCE_DEPTH_MAX = 64, /* directories in one another, as scp has it */
};

/* path: that of the directory. Its store has SOURCE_PATH_MAX bytes; reserve is how much longer a path may be on the
 * other end. */
MUST_USE const char *source_check(int fd, char *path, size_t reserve);

/* Why an entry of a directory cannot be sent, or NULL: then *out is what it is. */
MUST_USE const char *source_entry_check(int dir, const char *name, struct stat *out);

#endif
