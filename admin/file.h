/* SPDX-License-Identifier: Apache-2.0 */
/* file: small files of the host, read whole, and replaced at once or not at all.
 * A file that is replaced keeps its owner, its mode and its extended attributes (the SELinux
 * label); a new one is root's. What takes its place is written beside it first, under a name that
 * ends in "~", which neither sshd's, rsyslog's nor logrotate's configuration takes for one of
 * theirs. Fails with -1 and errno; symlinks are not followed, and what is no regular file is
 * EINVAL. */
#ifndef ADMIN_FILE_H
#define ADMIN_FILE_H

#include <sys/types.h>

#include "policy/attributes.h"
#include "policy/bytes.h"

enum {
	FILE_MAX = 1 << 20,
};

/* The text is owned by the caller, and a NUL stands behind it. */
MUST_USE int file_read(char **text, size_t *len, const char *path);

/* Takes what file_read() took, of a file that is open. */
MUST_USE int file_read_open(char **text, size_t *len, int fd);

/* mode is that of a new file. */
MUST_USE int file_write(const char *path, struct bytes content, mode_t mode);

/* Both succeed also when the other end has been reached already. */
MUST_USE int file_remove(const char *path);
MUST_USE int directory_remove(const char *path);

MUST_USE int directory_make(const char *path, mode_t mode);

#endif
