/* SPDX-License-Identifier: Apache-2.0 */
/* read_file: reads a text file into the one buffer that all callers share. A short process pays for each page that it
 * touches, so the next file overwrites the last one. Source: read(2). */
#ifndef BASE_READ_FILE_H
#define BASE_READ_FILE_H

#include <sys/types.h>

#include "policy/attributes.h"

enum {
	TEXT_FILE_MAX = 1024 * 1024, /* bytes; unused pages cost nothing */
};

/* Reads fd to its end, but at most limit bytes (up to TEXT_FILE_MAX), and appends a NUL. Sets *text to the bytes, which
 * the caller may write until the next call. Returns their number, or -1 and errno. */
MUST_USE ssize_t read_file(char **text, int fd, size_t limit);

#endif
