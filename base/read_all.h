/* SPDX-License-Identifier: Apache-2.0 */
/* read_all: reads a file to its end, or as much of it as the buffer holds. A read that is cut short or interrupted goes
 * on where it stopped. Source: read(2), pread(2). */
#ifndef BASE_READ_ALL_H
#define BASE_READ_ALL_H

#include <stddef.h>
#include <sys/types.h>

#include "policy/attributes.h"

enum {
	READ_ON = -1, /* from where the descriptor is, which moves; so a pipe can be read, too */
};

/* from: an offset in bytes, or READ_ON. Returns the number of bytes, size if there may be more; or -1 and errno. */
MUST_USE ssize_t read_all(int fd, void *out, size_t size, off_t from);

#endif
