/* SPDX-License-Identifier: Apache-2.0 */
/* written: the files of the held instances that a session made or changed, for the audit. It looks before the child
 * starts and after every process of the child has ended. It compares inode, size and ctime, because no process can set
 * a ctime: nothing that a child says counts. */
#ifndef SHELL_WRITTEN_H
#define SHELL_WRITTEN_H

#include <stdbool.h>
#include <sys/stat.h>

#include "node/held.h"
#include "policy/limits.h"

enum {
	WRITTEN_FILES_MAX = 1024, /* looked at before; all others count as changed */
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

/* Looks before. A file that it cannot look at counts as changed later. */
void written_begin(struct written *written, const struct held *held);

/* Looks after. Writes "UUID/PATH:BYTES,...", with the present size of each file; "" if nothing was written. Each directory
 * that it cannot look into adds one to ",more:N" at the end. */
void written_text(char text[WRITTEN_TEXT_MAX], const struct written *written, const struct held *held);

#endif
