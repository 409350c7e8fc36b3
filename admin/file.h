/* SPDX-License-Identifier: Apache-2.0 */
/* file: reads small files of the host whole, and replaces them in one step or not at all.
 * A replaced file keeps its owner, its mode and its extended attributes (the SELinux label); a new file is root's. The
 * new text is first written beside it to a name that ends in "~", which sshd, rsyslog and logrotate do not read.
 * Fails with -1 and errno; EINVAL for what is no regular file. Does not follow symlinks. */
#ifndef ADMIN_FILE_H
#define ADMIN_FILE_H

#include <pwd.h>
#include <stdbool.h>
#include <sys/types.h>

#include "policy/attributes.h"
#include "policy/bytes.h"

enum {
	FILE_MAX = 1 << 20,
};

/* The caller owns the text. A NUL follows it. */
MUST_USE int file_read(char **text, size_t *len, const char *path);

/* The same for an open file. */
MUST_USE int file_read_open(char **text, size_t *len, int fd);

/* The same with the rights of the user, who may have put anything in its place: its open blocks on nothing, and cannot reach
 * what the user cannot read. Follows symlinks. NULL: with our own rights. */
MUST_USE int file_read_as(char **text, size_t *len, const struct passwd *user, const char *path);

/* Why a file was not read. */
const char *file_error(int err);

/* mode is for a new file. */
MUST_USE int file_write(const char *path, struct bytes content, mode_t mode);

/* Both succeed also if path does not exist. */
MUST_USE int file_remove(const char *path);
MUST_USE int directory_remove(const char *path);

MUST_USE int directory_make(const char *path, mode_t mode);

/* Do sshd, systemd and a shell read the path as it is written? It has letters, digits and /._+- only. */
bool file_path_is_plain(const char *path);

#endif
