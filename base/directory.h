/* SPDX-License-Identifier: Apache-2.0 */
/* directory: the names in a directory, without a heap. Source: getdents64(2). */
#ifndef BASE_DIRECTORY_H
#define BASE_DIRECTORY_H

#include <dirent.h>
#include <stdalign.h>

#include "policy/attributes.h"

struct directory {
	int fd; /* borrowed */
	long filled, at;
	alignas(struct dirent64) char buffer[4096];
};

/* Starts at the first name. */
void directory_begin(struct directory *directory, int fd);

/* Sets *entry to the next name, without "." and "..". It is valid until the next call.
 * Returns 1 for an entry; 0 at the end, or when the directory is deleted; -1 and errno. */
MUST_USE int directory_next(struct directory *directory, const struct dirent64 **entry);

#endif
