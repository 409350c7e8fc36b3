/* SPDX-License-Identifier: Apache-2.0 */
/* text: a text file read into the one buffer that there is for it. A short process pays for each page that it
 * touches, so the next file comes to where the last one was. Source: read(2). */
#ifndef BASE_READ_FILE_H
#define BASE_READ_FILE_H

#include <sys/types.h>

#include "policy/attributes.h"

enum {
	TEXT_FILE_MAX = 1024 * 1024, /* bytes; pages that are not read are not there */
};

/* Reads from fd until its end, or until there are limit bytes (at most TEXT_FILE_MAX), and writes a NUL
 * behind them. Gives their number and points *text at them, or -1 and errno. *text is ours, may be written,
 * and holds until the next call. */
MUST_USE ssize_t read_file(char **text, int fd, size_t limit);

#endif
