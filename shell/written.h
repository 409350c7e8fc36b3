/* SPDX-License-Identifier: Apache-2.0 */
/* written: the files of the held instances that a session has made or changed, for the audit. Told by a look before the
 * child starts and one after everything it started has ended. What a child says of itself does not count: the look
 * goes by inode, size and ctime, and no process can set a ctime. */
#ifndef SHELL_WRITTEN_H
#define SHELL_WRITTEN_H

#include <stdbool.h>
#include <sys/stat.h>

#include "node/held.h"
#include "policy/limits.h"

enum {
	WRITTEN_FILES_MAX = 1024, /* looked at before; of more, all count as changed */
	WRITTEN_TEXT_MAX = RECORD_WROTE_MAX + 1,
};

struct written_file {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct written {
	unsigned count;
	struct written_file before[WRITTEN_FILES_MAX];
};

/* The look before. What cannot be looked at counts as changed later. */
void written_begin(struct written *written, const struct held *held);

/* The look after: "UUID/PATH:BYTES,...", with the size that each file has now; "" if nothing was written. Each place
 * that cannot be looked into counts as one more at the end, ",more:N". */
void written_text(char text[WRITTEN_TEXT_MAX], const struct written *written, const struct held *held);

#endif
