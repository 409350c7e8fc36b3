/* SPDX-License-Identifier: Apache-2.0 */
/* extent: where a local file has data. lseek(2) finds holes (SEEK_DATA, SEEK_HOLE); extent_run() finds zeros that the
 * file system does not report as a hole.
 * Takes:   an open regular file; offsets and sizes in bytes.
 * Returns: plain values. A file system without holes has data everywhere.
 * No heap, no globals. */
#ifndef SENDER_EXTENT_H
#define SENDER_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/attributes.h"

enum {
	EXTENT_GRAIN = 16 * 1024, /* bytes; fewer zeros are not worth a separate request */
};

struct extent {
	uint64_t from, to;
};

/* The first extent of data in [from, size). Returns false if there is none. */
MUST_USE bool extent_find(struct extent *out, int fd, uint64_t from, uint64_t size);

/* Bytes of data in [from, to). */
uint64_t extent_sum(int fd, uint64_t from, uint64_t to);

/* How many bytes at the front are all zeros, or all data: whole grains, except at the end. *zeros says which. */
size_t extent_run(const unsigned char *bytes, size_t len, bool *zeros);

#endif
