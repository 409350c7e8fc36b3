/* SPDX-License-Identifier: Apache-2.0 */
/* whole_io: reads and writes of the tunnel, on pipes and sockets. A call that a signal interrupts is made again.
 * Source: read(2), write(2), pipe(7). */
#ifndef SHELL_WHOLE_IO_H
#define SHELL_WHOLE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "policy/attributes.h"

enum {
	WRITE_PATIENCE_MS = 30000, /* for a side that does not read */
};

/* As read(2). */
MUST_USE ssize_t read_some(int fd, void *out, size_t size);

/* As base/write_all.h, but waits only WRITE_PATIENCE_MS for a side that does not read. False then, and if it is gone. */
MUST_USE bool write_patiently(int fd, const char *bytes, size_t len);

/* Writes one message to a socket that keeps messages apart. False if not all of it was written. */
MUST_USE bool write_message(int fd, const void *message, size_t len);

#endif
